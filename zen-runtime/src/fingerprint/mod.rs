//! The cache key of a call, in parts and as a hash.

mod hash;
mod parts;

pub use hash::Fingerprint;
pub use parts::{ArgumentPart, Content, Difference, EnvPart, Origin, Parts, SCHEMA};
