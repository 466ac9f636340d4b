//! Whose the half-written files in `tmp/` are.
//!
//! A process that writes blobs has a file `locks/writer-…` that it holds a lock
//! on. The names of its temporary files begin with the rest of that name, so
//! that those of a dead process can be told.

use std::{ffi::OsStr, path::PathBuf, sync::OnceLock};

use super::{
    StoreError,
    error::AtPath,
    layout::Layout,
    locked::{self, Holder, LockedFile},
    warning::warn_once,
};

/// What the names of the lock files begin with.
pub(super) const PREFIX: &str = "writer-";

/// What ends the writer's name in that of a temporary file.
const END: char = '.';

/// This process as a writer of blobs, from the first one on.
#[derive(Debug, Default)]
pub(super) struct Writer(OnceLock<Option<LockedFile>>);

impl Writer {
    /// What the names of this process's temporary files begin with; empty if
    /// nobody could tell that it lives.
    pub(super) fn prefix(&self, layout: &Layout) -> String {
        let locked = self.0.get_or_init(|| {
            LockedFile::new(layout.locks(), PREFIX)
                .inspect_err(|error| {
                    warn_once(&format!(
                        "half-written files in {} will not be told apart: {error}",
                        layout.temporary().display()
                    ));
                })
                .ok()
        });
        // A forked child writes files of its own; that its parent has died does
        // not mean that it has.
        let name = locked.as_ref().filter(|locked| locked.file().is_some());
        let name = name.and_then(|locked| locked.path().file_name()?.to_str());
        let name = name.and_then(|name| name.strip_prefix(PREFIX));
        name.map(|name| format!("{name}{END}")).unwrap_or_default()
    }
}

/// The lock file of the writer that a temporary file is of, if its name tells.
pub(super) fn of(layout: &Layout, temporary: &OsStr) -> Option<PathBuf> {
    let (writer, _) = temporary.to_str()?.split_once(END)?;
    let is_name = writer.len() == 24 && writer.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_name.then(|| layout.locks().join(format!("{PREFIX}{writer}")))
}

/// Whether other processes, or other stores of this one, may be writing blobs.
pub(super) fn others(layout: &Layout) -> Result<bool, StoreError> {
    let own = format!("{:08x}", std::process::id());
    for path in locked::files(layout.locks(), PREFIX)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_own = name.get(PREFIX.len() + 12..PREFIX.len() + 20) == Some(&own);
        if !is_own && matches!(locked::holder(&path).at(&path)?, Holder::Alive(_)) {
            return Ok(true);
        }
    }
    Ok(false)
}
