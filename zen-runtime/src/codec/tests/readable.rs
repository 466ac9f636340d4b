//! What is stored can be read back, and files are told by their content.

use std::fs;

use serde::{Deserialize, Serialize};

use super::{Content, id};
use crate::codec::{
    CodecError, Dir, File, check_readable, decode, encode, encode_parameter, identify,
};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u64),
    Text(String),
}

#[derive(Serialize, Deserialize)]
struct Sparse {
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Forgetful {
    kept: u8,
    #[serde(skip)]
    skipped: u8,
}

/// Writes one more than it reads.
#[derive(Deserialize)]
struct Drifting(u8);

impl Serialize for Drifting {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct("Drifting", &(self.0 + 1))
    }
}

#[test]
fn a_type_that_cannot_be_read_back_is_told_when_it_is_stored() {
    for value in [Untagged::Number(1), Untagged::Text("a".to_owned())] {
        let bytes = encode(&value).unwrap();
        let error = check_readable::<Untagged>(&bytes).unwrap_err();
        assert!(error.to_string().contains("Untagged` cannot be read back"));
    }
    let error = encode(&Sparse { note: None }).unwrap_err();
    assert!(matches!(error, CodecError::SkippedField { field: "note" }));
    let bytes = encode(&Drifting(1)).unwrap();
    let error = check_readable::<Drifting>(&bytes).unwrap_err();
    assert!(matches!(error, CodecError::Changed { .. }), "{error}");
}

#[test]
fn a_skipped_field_is_no_part_of_the_value() {
    let bytes = encode(&Forgetful {
        kept: 1,
        skipped: 2,
    })
    .unwrap();
    check_readable::<Forgetful>(&bytes).unwrap();
    let back: Forgetful = decode(&bytes).unwrap();
    assert_eq!((back.kept, back.skipped), (1, 0));
    assert_eq!(
        id(&Forgetful {
            kept: 1,
            skipped: 2
        }),
        id(&Forgetful {
            kept: 1,
            skipped: 3
        })
    );
}

#[test]
fn a_file_counts_by_content_in_an_id_and_by_path_in_a_pipeline() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        File::new(path)
    };
    let (a, same, other) = (file("a", "1"), file("b", "1"), file("c", "2"));
    assert_eq!(id(&a), id(&same));
    assert_ne!(id(&a), id(&other));
    assert_eq!(id(&vec![Some(&a)]), id(&vec![Some(&same)]));
    assert_ne!(id(&(&a, &other)), id(&(&other, &a)));
    assert_ne!(id(&a), id(&a.path()), "a path is not a file");

    let bytes = encode_parameter(&vec![&a, &other]).unwrap();
    assert_eq!(decode::<Vec<File>>(&bytes).unwrap(), [a.clone(), other]);
    let error = encode(&Some(&a)).unwrap_err().to_string();
    assert!(error.contains("must hold its content"), "{error}");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let error = identify(&File::new("no/such/file"), &Content).unwrap_err();
    assert!(error.to_string().contains("no/such/file"), "{error}");
    let error = identify(&vec![Dir::new("no/such/folder")], &Content).unwrap_err();
    assert!(error.to_string().contains("no/such/folder"), "{error}");
}
