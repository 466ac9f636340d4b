//! The pages in which redb keeps its own books: which tables there are, which
//! pages are free, and which are to be freed.
//!
//! What else a damaged page does to redb is an error or one panic, and both are
//! caught. Damage here makes it panic inside of a commit, and then again while it
//! cleans up after the first panic, which ends the process. So these pages are
//! looked at before redb sees them: a few, however large the database is. Each page
//! has its checksum beside the number that leads to it.
//!
//! redb describes its file in `docs/design.md`, and keeps to that layout in all of
//! its releases 4. Of a layout that is not known here nothing is said.

mod header;
mod node;
mod table;
#[cfg(test)]
mod tests;

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use self::{
    header::{HEADER, Header},
    node::{Node, Root, Widths},
};
use super::guard::damaged;
use crate::store::StoreError;

/// How often the pages are looked at again while other processes commit.
const TRIES: usize = 10;

/// A tree that is higher leads in a circle.
const HIGHEST: usize = 32;

/// Looks at redb's books. What cannot be read, or changes all the while, is left
/// to redb.
///
/// # Errors
/// [`StoreError::Damaged`] if a page is not as redb wrote it.
pub(super) fn check(path: &Path) -> Result<(), StoreError> {
    match read(path, &mut |_| {}) {
        Err(Fault::Damaged(page)) => Err(damaged(
            path,
            format!("the page at byte {page} of the database's own books is not whole"),
        )),
        Ok(()) | Err(Fault::Unknown) => Ok(()),
    }
}

/// Where a page lies in the file, and how much of it is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Place {
    pub(in crate::store) start: u64,
    pub(in crate::store) used: usize,
}

/// Where the pages of the books are.
#[cfg(test)]
pub(in crate::store) fn places(path: &Path) -> Vec<Place> {
    let mut places = Vec::new();
    read(path, &mut |place| places.push(place)).unwrap();
    places
}

/// What was found.
#[derive(Debug, PartialEq, Eq)]
enum Fault {
    /// The page that begins here is not as redb wrote it.
    Damaged(u64),
    /// There is no telling.
    Unknown,
}

impl From<io::Error> for Fault {
    fn from(_: io::Error) -> Self {
        Self::Unknown
    }
}

/// Reads all of the books, and calls `visit` with each page that is whole.
fn read(path: &Path, visit: &mut dyn FnMut(Place)) -> Result<(), Fault> {
    let mut file = File::open(path)?;
    let mut before = header(&mut file)?;
    for _ in 0..TRIES {
        let found = Books::new(&mut file, &before)?.read(visit);
        // Pages that a commit leads to are used for another only after the next
        // one, which changes the header.
        let after = header(&mut file)?;
        if after == before {
            return found;
        }
        before = after;
    }
    Err(Fault::Unknown)
}

fn header(file: &mut File) -> io::Result<[u8; HEADER]> {
    let mut bytes = [0; HEADER];
    file.seek(SeekFrom::Start(0))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The books of one commit.
struct Books<'a> {
    file: &'a mut File,
    length: u64,
    header: Header,
    /// How many more pages may be looked at: no more than there are.
    left: u64,
}

impl<'a> Books<'a> {
    fn new(file: &'a mut File, header: &[u8]) -> Result<Self, Fault> {
        let header = Header::parse(header).ok_or(Fault::Unknown)?;
        let length = file.metadata()?.len();
        Ok(Self {
            file,
            length,
            header,
            left: length / header.page_size,
        })
    }

    fn read(&mut self, visit: &mut dyn FnMut(Place)) -> Result<(), Fault> {
        let mut tables = Vec::new();
        if let Some(root) = self.header.books {
            let each = &mut |node: &Node<'_>| tables.extend(node.values().filter_map(table::tree));
            self.tree(root, Widths::default(), HIGHEST, each, visit)?;
        }
        for (root, widths) in tables {
            self.tree(root, widths, HIGHEST, &mut |_| {}, visit)?;
        }
        // Of the tables of the store itself, only where they are.
        if let Some(root) = self.header.tables {
            self.tree(root, Widths::default(), HIGHEST, &mut |_| {}, visit)?;
        }
        Ok(())
    }

    /// Looks at the pages of a tree that may be so high, and calls `each` with its
    /// leaves.
    fn tree(
        &mut self,
        root: Root,
        widths: Widths,
        height: usize,
        each: &mut dyn FnMut(&Node<'_>),
        visit: &mut dyn FnMut(Place),
    ) -> Result<(), Fault> {
        let (start, size) = self.header.place(root.page);
        let page = self.page(start, size, height)?;
        let node = Node::parse(&page, widths).ok_or(Fault::Damaged(start))?;
        if node.checksum() != root.checksum {
            return Err(Fault::Damaged(start));
        }
        visit(Place {
            start,
            used: node.used(),
        });
        if node.is_leaf() {
            each(&node);
        }
        for child in node.children() {
            self.tree(child, widths, height - 1, each, visit)?;
        }
        Ok(())
    }

    fn page(&mut self, start: u64, size: u64, height: usize) -> Result<Vec<u8>, Fault> {
        let end = start.checked_add(size);
        let is_inside = end.is_some_and(|end| end <= self.length);
        if !is_inside || height == 0 || self.left == 0 {
            return Err(Fault::Damaged(start));
        }
        self.left -= 1;
        let mut page = vec![0; usize::try_from(size).map_err(|_| Fault::Unknown)?];
        self.file.seek(SeekFrom::Start(start))?;
        self.file.read_exact(&mut page)?;
        Ok(page)
    }
}
