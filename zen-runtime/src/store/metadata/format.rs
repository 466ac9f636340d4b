//! The format of the database: what it says, and whether this release knows it.

use std::path::Path;

use super::{Table, guard::damaged};
use crate::store::{StoreError, seal};

/// The newest format of the database that this release knows.
pub(super) const FORMAT: u64 = 4;

/// What the database says of its format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Format {
    /// Nothing: it is a new one.
    None,
    /// This one.
    Known(u64),
    /// The bytes are not those of a number.
    Damaged,
}

impl Format {
    pub(super) fn read(stored: Option<&[u8]>) -> Self {
        let Some(stored) = stored else {
            return Self::None;
        };
        // Format 1 had no checksum here.
        let body = seal::open(Table::FORMAT.name(), &[], stored)
            .or_else(|| (stored == 1_u64.to_le_bytes()).then_some(stored));
        let number = body.and_then(|body| body.try_into().ok());
        number.map_or(Self::Damaged, |number| {
            Self::Known(u64::from_le_bytes(number))
        })
    }

    /// The bytes to store.
    pub(in crate::store) fn bytes(format: u64) -> Vec<u8> {
        seal::seal(Table::FORMAT.name(), &[], format.to_le_bytes().to_vec())
    }

    /// Refuses a database that would have to be brought up to date. A new one is
    /// empty, which is no trouble to who only reads.
    pub(super) fn may_be_read(self) -> Result<(), StoreError> {
        match self {
            Self::Known(found) => Err(StoreError::Older {
                found,
                known: FORMAT,
            }),
            Self::None | Self::Damaged => Ok(()),
        }
    }

    /// Whether the database can be used as it is.
    pub(super) fn is_current(self, path: &Path) -> Result<bool, StoreError> {
        match self {
            Self::None => Ok(false),
            Self::Known(found) if found > FORMAT => Err(StoreError::Newer {
                found,
                known: FORMAT,
            }),
            Self::Known(found) => Ok(found == FORMAT),
            Self::Damaged => Err(damaged(
                path,
                "the number of its format is not whole".to_owned(),
            )),
        }
    }
}
