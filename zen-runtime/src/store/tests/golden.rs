//! What is on disk, pinned: these tests fail when a release could no longer
//! read what an earlier one wrote. A deliberate change takes a new format
//! number, and a new line here beside the old one.

use std::borrow::Cow;

use super::{artifact, record, store};
use crate::{
    codec,
    fingerprint::{Content, EnvPart, Origin, SourceItem},
    store::{
        Collection,
        artifact::{Entry, lineage},
        record as bytes_of, seal,
    },
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
    let names = store.disk.fresh_snapshot().unwrap().table_names().unwrap();
    let own = [
        "artifacts",
        "artifacts young",
        "files",
        "format",
        "lineage",
        "lineage young",
        "pins",
        "recent",
        "records",
        "records young",
        "rows",
        "usage",
    ];
    assert_eq!(names, own);
    let collections = [Collection::PIPELINES, Collection::RUNS, Collection::SOURCES];
    assert_eq!(
        collections.map(Collection::name),
        ["pipelines", "runs", "sources"]
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
        "01b500000002000000000000000000000000000000b0e502140f664747d9c1b6\
         dcf2d2e2437256750a8ecbc97263d4a7b958ab7f2b0300000000000000753634\
         0500000000000000050000000000000073636f72656dfba8cd00edcdbb96ef22\
         527e5dd119fd7e5a8413837f3c84107a0fecf622280300000000000000753634\
         0500000000000000ef030000000000000000000000000000404b4c0001050000\
         000000000072756e2031b66ed48c90225df3064083c9b8091f050c0000000000\
         000063726174653a3a747261696e0b0000000000000063726174653a3a737465\
         7001000000000000000100000000000000540300000000000000753634030303\
         0303030303030303030303030303030303030303030303030303030303010100\
         0000000000003201000000000000000200000000000000545a01010101010101\
         0101010101010101010101010101010101010101010101010101010000000000\
         000001000000000000006e00000000cc8c12298d35a569c21e9cbc0d19d3c2b6\
         3538cc3d46aead1a7664a978eda511000000003ef5aaefde305b92508223f28d\
         8665d0"
    );
}

#[test]
fn the_halves_of_a_record_are_as_the_codec_encodes_them() {
    let mut record = record("crate::train", 7, &[artifact("model"), artifact("score")]);
    record.parts.version = Some("2".to_owned());
    record.parts.generics = vec![("T".to_owned(), "u64".to_owned())];
    record.parts.env = vec![EnvPart {
        name: Cow::Borrowed("TZ"),
        value: Some([1; 32]),
    }];
    let ids = vec![artifact("one").id, artifact("two").id];
    let mut list = record.parts.arguments[0].clone();
    list.content = Content::List(ids);
    list.origin = Origin::Input;
    record.parts.arguments.push(list);
    for run in [None, Some("run 1".to_owned())] {
        record.run = run;
        let key = record.fingerprint.as_bytes();
        let head = codec::encode(&record.hit()).unwrap();
        let head = seal::seal(bytes_of::HEAD, key, head);
        let parts = codec::encode(&record.parts).unwrap();
        let parts = seal::seal(bytes_of::PARTS, key, parts);
        let length = u32::try_from(head.len()).unwrap().to_le_bytes();
        let expected = [&[1][..], &length, &head, &parts].concat();
        assert_eq!(bytes_of::encode(&record).unwrap(), expected);
    }
}

#[test]
fn the_bytes_of_an_artifact() {
    assert_eq!(
        hex(&artifact("model").entry()),
        "01010500000000000000080000000000000062696e636f6465322c2794f777caf6cd275a695a88554a406d6f64656c"
    );
    let small = artifact("model");
    let entry = small.entry();
    let evicted = Entry::read(&small.id, &entry).unwrap().evicted();
    assert_eq!(
        hex(&evicted.write(&small.id)),
        "01020500000000000000080000000000000062696e636f6465320da820b3982d14fca5d0ef3edf64e3d7"
    );
}

#[test]
fn the_bytes_of_a_source() {
    let item = SourceItem {
        label: "k::f".to_owned(),
        hash: [7; 8],
    };
    assert_eq!(
        hex(&codec::encode(&[item][..]).unwrap()),
        "010000000000000004000000000000006b3a3a660707070707070707"
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
        "00000000000003ef",
        record.fingerprint
    );
    assert_eq!(hex(&record.recent_key()), expected);
    let new = artifact("value");
    let expected = format!(
        "{}{}",
        &new.id.to_string()[..16],
        &record.fingerprint.to_string()[..16]
    );
    assert_eq!(hex(&lineage::key(&new.id, &record.fingerprint)), expected);
}
