//! The beginning of redb's file.

use super::node::{PageNumber, Root, array, checksum};

/// How many bytes are looked at: the file's shape, and two commits.
pub(super) const HEADER: usize = 64 + 2 * COMMIT;

/// The length of a commit's description.
const COMMIT: usize = 128;

const MAGIC: &[u8] = b"redb\x1a\x0a\xa9\x0d\x0a";

/// Which of the two commits is the latest.
const SECOND: u8 = 1;

/// The latest commit may not be on disk yet: until it is, the other one counts.
const UNFLUSHED: u8 = 8;

/// The layout that is known here.
const LAYOUT: u8 = 3;

/// The file's shape, and its latest commit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    /// In bytes, as all lengths here.
    pub(super) page_size: u64,
    /// What comes before the pages of a region.
    before_pages: u64,
    region: u64,
    /// The tree of the store's tables.
    pub(super) tables: Option<Root>,
    /// The tree of redb's own.
    pub(super) books: Option<Root>,
}

impl Header {
    /// `None` if it is of another layout, or damaged, which redb sees for itself.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let flags = *bytes.strip_prefix(MAGIC)?.first()?;
        let number = |at| Some(u64::from(u32::from_le_bytes(array(bytes, at)?)));
        let page_size = number(12)?;
        let before_pages = number(16)? * page_size;
        let region = before_pages.checked_add(number(20)? * page_size)?;
        let is_second = (flags & SECOND != 0) != (flags & UNFLUSHED != 0);
        let commit = bytes.get(64 + COMMIT * usize::from(is_second)..)?;
        let commit = commit.get(..COMMIT)?;
        let (body, sum) = commit.split_last_chunk()?;
        let is_whole = checksum(body) == u128::from_le_bytes(*sum);
        if !is_whole || body[0] != LAYOUT || page_size == 0 {
            return None;
        }
        let root = |flag: usize, at| Root::parse(&body[at..]).filter(|_| body[flag] != 0);
        Some(Self {
            page_size,
            before_pages,
            region,
            tables: root(1, 8),
            books: root(2, 40),
        })
    }

    /// Where a page begins, and its size. Saturates, past the end of any file.
    pub(super) fn place(&self, page: PageNumber) -> (u64, u64) {
        let size = self.page_size << page.order.min(20);
        let within = page.index.saturating_mul(size);
        let region = page.region.saturating_mul(self.region);
        let start = [self.page_size, region, self.before_pages, within];
        (start.into_iter().fold(0, u64::saturating_add), size)
    }
}
