//! A stored value.

use serde::de::DeserializeOwned;

use super::LoadError;
use crate::{
    codec::{self, ArtifactId},
    fingerprint::Fingerprint,
    store::{Repository, StoreError},
};

/// A stored, immutable value.
#[derive(Clone, Debug)]
pub struct Artifact {
    repository: Repository,
    id: ArtifactId,
    codec: String,
    size: u64,
}

/// Why a stored value could not be had.
#[derive(Debug, thiserror::Error)]
#[error("the artifact {id:#} cannot be read")]
pub struct ArtifactError {
    id: ArtifactId,
    source: LoadError,
}

impl Repository {
    /// The artifact with this ID, if its bytes are stored.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn artifact(&self, id: &ArtifactId) -> Result<Option<Artifact>, StoreError> {
        if !self.store().contains(id)? {
            return Ok(None);
        }
        let info = self.store().artifact(id)?;
        Ok(info.map(|info| Artifact {
            repository: self.clone(),
            id: *id,
            codec: info.codec,
            size: info.size,
        }))
    }
}

impl Artifact {
    /// Its ID.
    pub fn id(&self) -> ArtifactId {
        self.id
    }

    /// The name of the codec that encoded it.
    pub fn codec(&self) -> &str {
        &self.codec
    }

    /// Its encoded size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Its encoded bytes, checked against the ID.
    ///
    /// # Errors
    /// If they are gone or damaged, or the store cannot be read.
    pub fn bytes(&self) -> Result<Vec<u8>, ArtifactError> {
        self.read().map_err(|source| ArtifactError {
            id: self.id,
            source,
        })
    }

    /// The value. `T` is the type that the step returned: bytes do not tell
    /// their type, and another type of the same layout is not noticed.
    ///
    /// # Errors
    /// As [`Artifact::bytes`]; also if the bytes are not a `T`.
    pub fn value<T: DeserializeOwned>(&self) -> Result<T, ArtifactError> {
        self.read()
            .and_then(|bytes| Ok(codec::decode(&bytes)?))
            .map_err(|source| ArtifactError {
                id: self.id,
                source,
            })
    }

    /// The calls that gave this value.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn producers(&self) -> Result<Vec<Fingerprint>, StoreError> {
        self.repository.store().producers(&self.id)
    }

    pub(crate) fn repository(&self) -> &Repository {
        &self.repository
    }

    fn read(&self) -> Result<Vec<u8>, LoadError> {
        let bytes = self.repository.store().read(&self.id)?;
        bytes.ok_or(LoadError::Missing(self.id))
    }
}
