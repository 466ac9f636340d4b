//! The source closure of a Rust function: all the code that decides what it
//! returns, as a list of named items with their hashes.
//!
//! [`Closure::of`] is called by `#[step]` when it is expanded. It reads the crate
//! that is being compiled and its path dependencies once per compiler process,
//! follows what the function names, and takes what is reached. Whatever cannot be
//! followed widens the list; nothing is left out for that.

mod build;
mod imports;
mod index;
mod locals;
mod normal;
mod package;
mod reach;
mod references;
mod resolve;
mod session;
mod share;
mod syntax;
mod tree;

pub use build::Build;
pub use session::{Closure, Place, Request, Unread, hash_of};
pub use share::Share;

/// One item of a closure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is: `features::normalize`, `impl Drop for Guard`,
    /// `crate geo 0.31.1`.
    pub label: String,
    /// The hash of its tokens, and of what its names stand for.
    pub hash: [u8; 32],
}
