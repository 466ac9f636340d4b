//! The source closure of a Rust function: all the code that decides what it
//! returns, as a list of named items with their hashes.
//!
//! [`Closure::of`] is called by `#[step]` when it is expanded. It reads the crate
//! that is being compiled and its path dependencies once per compiler process,
//! follows what the function names, and takes what is reached. Whatever cannot be
//! followed widens the list; nothing is left out for that.

mod bare_names;
mod build;
mod features;
mod imports;
mod index;
mod lexer;
mod locals;
mod names;
mod normal;
mod outline;
mod overrides;
mod package;
mod pages;
mod reach;
mod references;
mod resolve;
mod saved;
mod session;
mod share;
mod spaces;
mod syntax;
mod tables;
mod tree;

use std::time::{SystemTime, UNIX_EPOCH};

pub use build::Build;
pub use session::{Closure, Place, Request, Unread, hash_of};
pub use share::{Reached, Share};

/// One item of a closure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is: `features::normalize`, `impl Drop for Guard`,
    /// `crate geo 0.31.1`.
    pub label: String,
    /// The hash of its tokens, and of what its names stand for.
    pub hash: [u8; 32],
}

impl Item {
    /// What stands for something that is not known: it is another one in each build,
    /// so that no result of one is taken for one of the next.
    pub fn unknown(label: String) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let mut hasher = blake3::Hasher::new();
        hasher.update(&now.unwrap_or_default().as_nanos().to_le_bytes());
        hasher.update(&std::process::id().to_le_bytes());
        Self {
            label,
            hash: *hasher.finalize().as_bytes(),
        }
    }
}
