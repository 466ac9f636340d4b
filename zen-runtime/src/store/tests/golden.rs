//! What is on disk, pinned: these tests fail when a release could no longer
//! read what an earlier one wrote. A deliberate change takes a new format
//! number, and a new line here beside the old one.

use std::borrow::Cow;

use super::{artifact, record, store};
use crate::{
    fingerprint::EnvPart,
    store::{Collection, record as bytes_of, seal},
};

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

#[test]
fn the_tables_of_the_database() {
    let (_folder, store) = store();
    let names = store.fresh_snapshot().unwrap().table_names().unwrap();
    let own = [
        "artifacts",
        "files",
        "format",
        "lineage",
        "recent",
        "records",
    ];
    assert_eq!(names, own);
    let collections = [
        Collection::PIPELINES,
        Collection::PIPELINE_NAMES,
        Collection::RUNS,
        Collection::RUN_STEPS,
    ];
    assert_eq!(
        collections.map(Collection::name),
        ["pipelines", "pipeline-names", "runs", "run-steps"]
    );
    assert!(collections.iter().all(|other| !own.contains(&other.name())));
}

#[test]
fn the_bytes_of_a_record() {
    let mut fixed = record("crate::train", 7, &[artifact("model"), artifact("score")]);
    fixed.outputs[1].name = Cow::Borrowed("score");
    fixed.parts.version = Some("2".to_owned());
    fixed.parts.generics = vec![("T".to_owned(), "u64".to_owned())];
    fixed.parts.env = vec![EnvPart {
        name: Cow::Borrowed("TZ"),
        value: Some([1; 32]),
    }];
    fixed.fingerprint = fixed.parts.fingerprint();
    let bytes = bytes_of::encode(&fixed).unwrap();
    assert_eq!(bytes_of::decode(&fixed.fingerprint, &bytes), Some(fixed));
    assert_eq!(
        hex(&bytes),
        "01720000000200b0e502140f664747d9c1b6dcf2d2e2437256750a8ecbc97263\
         d4a7b958ab7f2b03753634050573636f72656dfba8cd00edcdbb96ef22527e5d\
         d119fd7e5a8413837f3c84107a0fecf622280375363405fbef0300fc404b4c00\
         010572756e203121aa8af611a0f78c5e5660422dcb46020c63726174653a3a74\
         7261696e0b63726174653a3a7374657001015403753634030303030303030303\
         03030303030303030303030303030303030303030303030101320102545a0101\
         0101010101010101010101010101010101010101010101010101010101010101\
         016e00cc8c12298d35a569c21e9cbc0d19d3c2b63538cc3d46aead1a7664a978\
         eda51100aa9ff06836d645882c3aff5fe84763b8"
    );
}

#[test]
fn the_bytes_of_an_artifact() {
    assert_eq!(
        hex(&artifact("model").entry()),
        "01010500000000000000080000000000000062696e636f6465322c2794f777caf6cd275a695a88554a406d6f64656c"
    );
}

#[test]
fn the_checksum_of_a_document() {
    assert_eq!(
        hex(&seal::checksum("runs", b"key", b"value")),
        "c20d476a30ac205339ea79d1237cccf3"
    );
}

#[test]
fn the_keys_of_the_indexes() {
    let record = record("crate::train", 7, &[]);
    let expected = format!(
        "{}00{}{}",
        hex(b"crate::train"),
        "fffffffffffffc10",
        record.fingerprint
    );
    assert_eq!(hex(&record.recent_key()), expected);
}
