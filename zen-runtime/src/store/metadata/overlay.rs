//! A database that needs to be written before it can be read, where it may not
//! be written.
//!
//! redb leaves a mark in the file while a process has it open. A process that
//! was killed, or that never drops its store, leaves the mark behind; the next
//! one writes it away. Where that is forbidden, what redb writes is kept in
//! memory.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use redb::StorageBackend;

/// How many bytes are kept as one.
const PAGE: u64 = 4096;

type Page = Box<[u8; 4096]>;

/// A file, and what was written over it.
#[derive(Debug)]
pub(super) struct Overlay {
    file: Mutex<File>,
    written: Mutex<Written>,
}

#[derive(Debug)]
struct Written {
    pages: HashMap<u64, Page>,
    length: u64,
    /// How much of the file shows where nothing was written: cut off once, it
    /// does not come back.
    shown: u64,
}

impl Overlay {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(Self {
            file: Mutex::new(file),
            written: Mutex::new(Written {
                pages: HashMap::new(),
                length,
                shown: length,
            }),
        })
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The page as it is in the file; zeros after its end.
    fn original(&self, number: u64, shown: u64) -> io::Result<Page> {
        let mut page = Box::new([0; 4096]);
        let start = number * PAGE;
        let length = shown.saturating_sub(start).min(PAGE);
        let wanted = usize::try_from(length).unwrap_or(0);
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut page[..wanted])?;
        Ok(page)
    }
}

impl StorageBackend for Overlay {
    fn len(&self) -> io::Result<u64> {
        Ok(self.written().length)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let written = self.written();
        let end = offset.checked_add(out.len() as u64);
        if end.is_none_or(|end| end > written.length) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        for (number, within, range) in pieces(offset, out.len()) {
            let target = &mut out[range];
            let source = within..within + target.len();
            match written.pages.get(&number) {
                Some(page) => target.copy_from_slice(&page[source]),
                None => {
                    target.copy_from_slice(&self.original(number, written.shown)?[source]);
                }
            }
        }
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut written = self.written();
        written.length = length;
        written.shown = written.shown.min(length);
        // What is made longer again begins with zeros.
        let last = length / PAGE;
        written.pages.retain(|number, _| *number <= last);
        let cut = usize::try_from(length % PAGE).unwrap_or(0);
        if let Some(page) = written.pages.get_mut(&last) {
            page[cut..].fill(0);
        }
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut written = self.written();
        for (number, within, range) in pieces(offset, data.len()) {
            let source = &data[range];
            if !written.pages.contains_key(&number) {
                let page = self.original(number, written.shown)?;
                written.pages.insert(number, page);
            }
            if let Some(page) = written.pages.get_mut(&number) {
                page[within..within + source.len()].copy_from_slice(source);
            }
        }
        written.length = written.length.max(offset + data.len() as u64);
        Ok(())
    }
}

/// The pages that so many bytes from `offset` on lie in: the number of each,
/// where in it they begin, and which of the bytes they are.
fn pieces(
    offset: u64,
    length: usize,
) -> impl Iterator<Item = (u64, usize, std::ops::Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let at = offset + done as u64;
        let within = usize::try_from(at % PAGE).ok()?;
        let count = (4096 - within).min(length - done);
        let range = done..done + count;
        done += count;
        (count > 0).then_some((at / PAGE, within, range))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_behaves_like_a_file(
            before in 0_usize..9000,
            actions in prop::collection::vec(
                (0_u64..12_000, 0_usize..6000, any::<Option<u8>>()),
                0..12,
            ),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("file");
            let mut expected = vec![77; before];
            std::fs::write(&path, &expected).unwrap();
            let overlay = Overlay::open(&path).unwrap();
            for (offset, length, written) in actions {
                let start = usize::try_from(offset).unwrap();
                if let Some(byte) = written {
                    overlay.write(offset, &vec![byte; length]).unwrap();
                    let end = expected.len().max(start + length);
                    expected.resize(end, 0);
                    expected[start..start + length].fill(byte);
                } else {
                    overlay.set_len(offset).unwrap();
                    expected.resize(start, 0);
                }
                let mut read = vec![0; expected.len()];
                prop_assert_eq!(overlay.len().unwrap(), expected.len() as u64);
                overlay.read(0, &mut read).unwrap();
                prop_assert_eq!(&read, &expected);
            }
            prop_assert!(overlay.read(expected.len() as u64, &mut [0]).is_err());
            prop_assert_eq!(std::fs::read(&path).unwrap().len(), before);
        }
    }
}
