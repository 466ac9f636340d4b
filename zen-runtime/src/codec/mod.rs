//! Values to bytes and back, canonically: equal values give equal bytes.
//!
//! The bytes are those of bincode 2 (little-endian, fixed-width integers,
//! lengths as `u64`), with the entries of `HashMap` and `HashSet` put in the
//! order of their bytes, wherever they are nested. The order of everything else
//! is kept, as a step may depend on it. Floating-point numbers are written bit
//! by bit: `-0.0` is not `0.0`, and NaNs differ by their payload.
//!
//! Three functions write:
//!
//! * [`encode`] writes an artifact. A [`File`] inside is an error: the artifact
//!   would hold a path, not the content.
//! * [`encode_parameter`] writes a parameter of a stored pipeline. A [`File`]
//!   is written as its path, a [`Secret`] not at all.
//! * [`identify`] gives the ID of a value. A [`File`] counts by its content, a
//!   [`Secret`] by a keyed hash.
//!
//! One reads: [`decode`]. It does not trust the bytes: a wrong length or a deep
//! nesting is an error, never an allocation of that size or an exhausted stack.
//! Every artifact is read back once before it is stored.

mod array;
mod bincode;
mod canonical;
mod compound;
mod decode;
mod decoder;
mod encode;
mod encoder;
mod error;
mod fast;
mod file;
mod id;
mod identify;
mod secret;
mod serializer;
mod storable;
#[cfg(test)]
mod tests;

pub(crate) use array::{Array, ArrayRef};
pub use bincode::BINCODE;
pub(crate) use bincode::append_own;
pub use decode::decode;
pub(crate) use decode::{check_readable, decode_stored};
pub(crate) use encode::copy;
pub use encode::{encode, encode_parameter};
pub use error::CodecError;
pub use file::{Dir, File};
pub use id::{ArtifactId, ParseIdError};
pub(crate) use id::{parse_hex, write_hex};
pub use identify::{FileHasher, identify};
pub use secret::Secret;
pub use storable::{Parameter, Storable};

/// How many values may contain one another. A deeper value is an error rather
/// than an exhausted stack.
const MAX_DEPTH: usize = 512;

/// How many bytes are gathered before they are hashed or compared: enough for
/// blake3 to use the whole width of the processor, few enough for its caches.
const BUFFER: usize = 64 * 1024;
