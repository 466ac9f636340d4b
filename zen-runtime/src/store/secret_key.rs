//! The store's key for the hashes of secrets.
//!
//! A hash without a key would let anybody who sees a record try out guesses, as
//! passwords are short. The key is random and lies beside the records, for its
//! owner alone to read: processes of one store agree on fingerprints, and a record
//! that gets out tells nothing.

use std::{
    fs, io,
    io::{ErrorKind, Write},
    path::Path,
};

use super::layout::Layout;

/// The key; made if there is none. One that is damaged is replaced: what was
/// found by it is computed again.
pub(super) fn get(layout: &Layout) -> io::Result<[u8; 32]> {
    let path = layout.secret_key();
    match read(&path) {
        Ok(Some(key)) => Ok(key),
        Ok(None) => {
            written(layout)?.persist(&path).map_err(|e| e.error)?;
            whole(&path)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let file = written(layout)?;
            match file.persist_noclobber(&path) {
                // Another process was first.
                Err(failed) if failed.error.kind() == ErrorKind::AlreadyExists => {}
                Err(failed) => return Err(failed.error),
                Ok(_) => {}
            }
            whole(&path)
        }
        Err(error) => Err(error),
    }
}

/// The key in a file; `None` if what is there is no key.
fn read(path: &Path) -> io::Result<Option<[u8; 32]>> {
    Ok(fs::read(path)?.try_into().ok())
}

fn whole(path: &Path) -> io::Result<[u8; 32]> {
    read(path)?.ok_or_else(|| ErrorKind::InvalidData.into())
}

/// A new key in a temporary file, which nobody else may read.
fn written(layout: &Layout) -> io::Result<tempfile::NamedTempFile> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    let mut file = tempfile::NamedTempFile::new_in(layout.temporary())?;
    file.write_all(&key)?;
    file.as_file().sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_key_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::create(&folder.path().join("store")).unwrap();
        let key = get(&layout).unwrap();
        assert_eq!(get(&layout).unwrap(), key);
        assert_ne!(key, [0; 32]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&layout.secret_key()), 0o600);
            assert_eq!(mode(layout.root()), 0o700);
        }
        fs::write(layout.secret_key(), "cut").unwrap();
        assert_ne!(get(&layout).unwrap(), key);
    }
}
