//! From a hit to its value.

use super::OutputCodec;
use crate::{
    codec::{ArtifactId, CodecError},
    store::{Hit, Repository, StoreError},
};

/// Why a hit's value could not be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// No whole artifact of this ID is stored.
    #[error("the artifact {0:#} is gone or damaged")]
    Missing(ArtifactId),
    /// The bytes are not those of the type.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The value that a hit stands for.
pub(super) fn load<V>(
    repository: &Repository,
    codec: OutputCodec<V>,
    hit: &Hit,
) -> Result<V, LoadError> {
    let mut ids = hit.outputs.iter().map(|output| output.id);
    (codec.decode)(&mut || {
        let id = ids
            .next()
            .ok_or_else(|| CodecError::message("the record names too few outputs"))?;
        let bytes = repository.store().read_of(hit, &id, <[u8]>::to_vec)?;
        bytes.ok_or(LoadError::Missing(id))
    })
}
