//! A stored value.

use serde::de::DeserializeOwned;

use super::rebuild::{RebuildError, rebuild};
use crate::{
    codec::{self, ArtifactId, CodecError},
    fingerprint::Fingerprint,
    step::LoadError,
    store::{Fetched, Presence, Repository, StoreError},
};

/// A stored, immutable value.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let project = tempfile::tempdir()?;
/// use zen_runtime::{Repository, pipeline, step};
///
/// #[step]
/// fn greeting(name: String) -> String {
///     format!("Hello, {name}!")
/// }
///
/// let repo = Repository::open(project.path())?;
/// let run = repo.run(&pipeline!("greet", {
///     let greeting = greeting("Ada".to_owned());
///     greeting
/// }))?;
/// let artifact = repo.artifact(&run.output_id("greeting").expect("it is an output"))?.expect("it is stored");
/// assert_eq!(artifact.value::<String>()?, "Hello, Ada!");
/// assert_eq!(artifact.size(), artifact.bytes()?.len() as u64);
/// # Ok(()) }
/// ```
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
    source: Box<ReadError>,
}

/// Why the bytes of an artifact could not be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    /// They are not stored, or not of the type.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// They were evicted, and cannot be computed again.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
}

impl From<CodecError> for ReadError {
    fn from(error: CodecError) -> Self {
        Self::Load(error.into())
    }
}

impl Repository {
    /// The artifact with this ID, if its bytes are stored or were evicted.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn artifact(&self, id: &ArtifactId) -> Result<Option<Artifact>, StoreError> {
        if self.store().presence(id)? == Presence::Missing {
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

    /// Whether its bytes were evicted: they are computed again when they are
    /// asked for.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn is_evicted(&self) -> Result<bool, StoreError> {
        Ok(self.repository.store().presence(&self.id)? == Presence::Evicted)
    }

    /// Its encoded bytes, checked against the ID. If they were evicted, the step
    /// that gave them is run again, as in the latest run of a stored pipeline
    /// that gave them.
    ///
    /// # Errors
    /// If they are gone or damaged, if the store cannot be read, or if they were
    /// evicted and no stored run tells how to compute them again in this binary.
    pub fn bytes(&self) -> Result<Vec<u8>, ArtifactError> {
        self.read().map_err(|source| ArtifactError {
            id: self.id,
            source: source.into(),
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
                source: source.into(),
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

    fn read(&self) -> Result<Vec<u8>, ReadError> {
        let store = self.repository.store();
        match store.fetch(&self.id).map_err(LoadError::from)? {
            Fetched::Bytes(bytes) => Ok(bytes),
            Fetched::Evicted => Ok(rebuild(&self.repository, &self.id)?),
            Fetched::Gone => Err(LoadError::Missing(self.id).into()),
        }
    }
}
