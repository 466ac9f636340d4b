//! The namespaces of Rust: a name may be that of a type, of a value and of a macro at
//! once.

use std::ops::{BitOr, Sub};

/// Some of the three namespaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Spaces(u8);

impl Spaces {
    pub(crate) const NONE: Self = Self(0);
    /// Types, traits and modules: all that a path goes on through.
    pub(crate) const TYPES: Self = Self(1);
    pub(crate) const VALUES: Self = Self(2);
    pub(crate) const MACROS: Self = Self(4);
    pub(crate) const ALL: Self = Self(7);

    pub(crate) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) fn has_all(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Spaces {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Sub for Spaces {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}
