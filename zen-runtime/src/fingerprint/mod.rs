//! The cache key of a call, in parts and as a hash.

mod difference;
mod hash;
mod parts;
mod source;

pub use difference::Difference;
pub use hash::Fingerprint;
pub use parts::{ArgumentPart, Content, EnvPart, Origin, Parts, SCHEMA};
pub(crate) use source::source_changes;
pub use source::{SourceChange, SourceItem};
