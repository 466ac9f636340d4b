//! The store as a whole: what is kept, what survives, what is refused.

mod books;
mod clearing;
mod clock;
mod committing;
mod damage;
mod documents;
mod golden;
mod keeping;
mod migration;
mod processes;
mod usage;

use std::{borrow::Cow, fs, path::Path, path::PathBuf, time::Duration};

use tempfile::TempDir;

use super::{
    Flight, NewArtifact, Output, Record, Store, StoreError, layout::Layout, metadata::Table,
    usage::Usage,
};
use crate::{
    codec::{ArtifactId, BINCODE},
    fingerprint::{ArgumentPart, Content, Fingerprint, Origin, Parts},
};

/// A store in a folder of its own, not shared with the rest of the process.
pub(super) fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    (folder, store)
}

/// Opens a store as another process would.
pub(super) fn open(folder: &Path) -> Result<Store, StoreError> {
    Store::new(Layout::create(folder)?)
}

/// An artifact of these bytes.
pub(super) fn artifact(bytes: impl Into<Vec<u8>>) -> NewArtifact {
    let bytes = bytes.into();
    NewArtifact {
        id: ArtifactId::of(BINCODE, &bytes),
        codec: BINCODE,
        bytes,
    }
}

/// An artifact that is a blob.
pub(super) fn large() -> NewArtifact {
    artifact(vec![7; 100_000])
}

/// The record of a call `step(n)` that gave these artifacts.
pub(super) fn record(step: &'static str, n: u64, artifacts: &[NewArtifact]) -> Record {
    let parts = Parts {
        step: Cow::Borrowed(step),
        path: Cow::Borrowed("crate::step"),
        generics: Vec::new(),
        source: [3; 32],
        version: None,
        env: Vec::new(),
        arguments: vec![ArgumentPart {
            name: Cow::Borrowed("n"),
            content: Content::One(ArtifactId::of(BINCODE, &n.to_le_bytes())),
            origin: Origin::Parameter,
        }],
    };
    Record {
        fingerprint: parts.fingerprint(),
        parts,
        outputs: artifacts.iter().map(output).collect(),
        created: 1_000 + n,
        duration: Duration::from_millis(5),
        run: Some("run 1".to_owned()),
    }
}

fn output(artifact: &NewArtifact) -> Output {
    Output {
        name: Cow::Borrowed(""),
        id: artifact.id,
        type_name: "u64".to_owned(),
        size: artifact.bytes.len() as u64,
    }
}

/// Keeps a call that gave one artifact.
pub(super) fn keep(
    store: &Store,
    step: &'static str,
    n: u64,
    artifact: &NewArtifact,
) -> Fingerprint {
    let record = record(step, n, std::slice::from_ref(artifact));
    let fingerprint = record.fingerprint;
    commit(store, Some(record), vec![artifact.clone()]).unwrap();
    fingerprint
}

/// Keeps a result, and waits until it is durable.
pub(super) fn commit(
    store: &Store,
    record: Option<Record>,
    artifacts: Vec<NewArtifact>,
) -> Result<(), StoreError> {
    store.hand_over(record, artifacts, Flight::none());
    store.flush()
}

/// What is noted of the uses of a call.
fn noted(store: &Store, call: &Fingerprint) -> Option<Usage> {
    let snapshot = store.disk.fresh_snapshot().unwrap();
    let page = snapshot.look(Table::USAGE, call.as_bytes()).unwrap()?;
    Usage::decode(call, &page)
}

/// The file of a blob.
fn blob(folder: &TempDir, artifact: &NewArtifact) -> PathBuf {
    let name = artifact.id.to_string();
    folder
        .path()
        .join("blobs")
        .join(&name[..2])
        .join(&name[2..])
}

/// Everything below a folder that is not a folder.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries.map(|entry| entry.unwrap().path()).collect()
}
