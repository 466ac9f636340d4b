//! The pages of a tree.

use twox_hash::XxHash3_128;

/// What redb keeps beside the number of a page.
pub(super) fn checksum(bytes: &[u8]) -> u128 {
    XxHash3_128::oneshot(bytes)
}

/// So many bytes from `at` on.
pub(super) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(array(bytes, at)?)).ok()
}

/// Where a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PageNumber {
    pub(super) region: u64,
    /// Counts pages of its own size.
    pub(super) index: u64,
    /// It is as large as two to the power of this many pages.
    pub(super) order: u32,
}

impl PageNumber {
    fn parse(bytes: [u8; 8]) -> Self {
        let bits = u64::from_le_bytes(bytes);
        let order = (bits >> 59) as u32;
        Self {
            region: (bits >> 20) & 0xf_ffff,
            index: bits & (0xf_ffff >> order),
            order,
        }
    }
}

/// A page that something leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Root {
    pub(super) page: PageNumber,
    pub(super) checksum: u128,
}

impl Root {
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            page: PageNumber::parse(array(bytes, 0)?),
            checksum: u128::from_le_bytes(array(bytes, 8)?),
        })
    }
}

/// The lengths of a table's keys and values, if all are of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Widths {
    pub(super) key: Option<usize>,
    pub(super) value: Option<usize>,
}

/// A page of a tree.
#[derive(Debug)]
pub(super) enum Node<'a> {
    /// Keys and values.
    Leaf {
        used: &'a [u8],
        /// Where each value ends; the first one begins where the keys end.
        keys_end: usize,
        ends: Vec<usize>,
    },
    /// Leads to other pages.
    Branch { used: &'a [u8], children: Vec<Root> },
}

impl<'a> Node<'a> {
    /// `None` if the bytes are not those of a page.
    pub(super) fn parse(page: &'a [u8], widths: Widths) -> Option<Self> {
        let count = usize::from(u16::from_le_bytes(array(page, 2)?));
        if count == 0 {
            return None;
        }
        match page.first()? {
            1 => Self::leaf(page, count, widths),
            2 => Self::branch(page, count, widths.key),
            _ => None,
        }
    }

    fn leaf(page: &'a [u8], count: usize, widths: Widths) -> Option<Self> {
        let mut keys = 4;
        let ends = |width: Option<usize>, at: &mut usize| {
            let begin = *at;
            *at += if width.is_none() { 4 * count } else { 0 };
            begin
        };
        let key_ends = ends(widths.key, &mut keys);
        let value_ends = ends(widths.value, &mut keys);
        let keys_end = match widths.key {
            Some(width) => keys + width * count,
            None => u32_at(page, key_ends + 4 * (count - 1))?,
        };
        let end = |n: usize| match widths.value {
            Some(width) => Some(keys_end + width * (n + 1)),
            None => u32_at(page, value_ends + 4 * n),
        };
        let ends: Vec<usize> = (0..count).map(end).collect::<Option<_>>()?;
        Some(Self::Leaf {
            used: page.get(..*ends.last()?)?,
            keys_end,
            ends,
        })
    }

    fn branch(page: &'a [u8], count: usize, key: Option<usize>) -> Option<Self> {
        let (sums, numbers) = (8, 8 + 16 * (count + 1));
        let keys = numbers + 8 * (count + 1);
        let end = match key {
            Some(width) => keys + width * count,
            None => u32_at(page, keys + 4 * (count - 1))?,
        };
        let child = |n: usize| {
            Some(Root {
                page: PageNumber::parse(array(page, numbers + 8 * n)?),
                checksum: u128::from_le_bytes(array(page, sums + 16 * n)?),
            })
        };
        Some(Self::Branch {
            used: page.get(..end)?,
            children: (0..=count).map(child).collect::<Option<_>>()?,
        })
    }

    fn bytes(&self) -> &'a [u8] {
        match self {
            Self::Leaf { used, .. } | Self::Branch { used, .. } => used,
        }
    }

    pub(super) fn is_leaf(&self) -> bool {
        matches!(self, Self::Leaf { .. })
    }

    /// How much of the page is in use.
    pub(super) fn used(&self) -> usize {
        self.bytes().len()
    }

    pub(super) fn checksum(&self) -> u128 {
        checksum(self.bytes())
    }

    /// The values of a leaf.
    pub(super) fn values(&self) -> impl Iterator<Item = &'a [u8]> {
        let (used, keys_end, ends) = match self {
            Self::Leaf {
                used,
                keys_end,
                ends,
            } => (*used, *keys_end, ends.as_slice()),
            Self::Branch { used, .. } => (*used, 0, [].as_slice()),
        };
        let starts = std::iter::once(keys_end).chain(ends.iter().copied());
        starts
            .zip(ends)
            .filter_map(|(start, end)| used.get(start..*end))
    }

    /// What a branch leads to.
    pub(super) fn children(&self) -> impl Iterator<Item = Root> {
        let children = match self {
            Self::Leaf { .. } => [].as_slice(),
            Self::Branch { children, .. } => children,
        };
        children.iter().copied()
    }
}
