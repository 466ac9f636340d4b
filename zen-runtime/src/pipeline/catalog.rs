//! The pipelines of a repository, by name.

use std::collections::HashSet;

use super::{
    Pipeline, PipelineError,
    builder::check_name,
    pipeline::Origin,
    spec::{StoredGraph, StoredPipeline},
};
use crate::{
    codec,
    store::{Collection, Repository, StoreError, unix_millis},
};

impl Repository {
    /// The latest version of every pipeline, by name.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn pipelines(&self) -> Result<Vec<Pipeline>, StoreError> {
        let all = self
            .store()
            .view(|view| collect(|each| view.scan(Collection::PIPELINES, &[], each)))?;
        let mut latest: Vec<StoredPipeline> = Vec::new();
        for pipeline in all {
            match latest.last_mut() {
                Some(last) if last.name == pipeline.name => *last = pipeline,
                _ => latest.push(pipeline),
            }
        }
        Ok(latest.into_iter().map(StoredPipeline::restore).collect())
    }

    /// The latest version of the pipeline `name`.
    ///
    /// # Errors
    /// If there is none, or the store cannot be read.
    pub fn pipeline(&self, name: &str) -> Result<Pipeline, PipelineError> {
        self.versions(name)?
            .pop()
            .ok_or_else(|| self.not_found(name))
    }

    /// Every version of the pipeline `name`, oldest first; empty if there is
    /// none.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn versions(&self, name: &str) -> Result<Vec<Pipeline>, PipelineError> {
        Ok(self.stored_versions(name)?)
    }

    /// As [`Repository::versions`].
    pub(crate) fn stored_versions(&self, name: &str) -> Result<Vec<Pipeline>, StoreError> {
        let stored = self
            .store()
            .view(|view| collect(|each| view.scan(Collection::PIPELINES, &prefix(name), each)))?;
        Ok(stored.into_iter().map(StoredPipeline::restore).collect())
    }

    /// Keeps `pipeline` under its name and gives its version, from 1. One that
    /// is there already is not kept again. [`Repository::run`] does this too.
    ///
    /// # Errors
    /// If the name is taken by another pipeline, the pipeline was built wrongly,
    /// or the store cannot be written.
    pub fn save<V>(&self, pipeline: &Pipeline<V>) -> Result<u32, PipelineError> {
        check_name(pipeline.name())?;
        if let Some(problem) = &pipeline.problem {
            return Err(PipelineError::Invalid(problem.clone()));
        }
        let graph = StoredGraph::of(&pipeline.graph);
        self.store().transact(|transaction| {
            let prefix = prefix(pipeline.name());
            let known = collect(|each| transaction.scan(Collection::PIPELINES, &prefix, each))?;
            let version = match place(pipeline, &graph, &known) {
                Place::Known(version) => return Ok(Ok(version)),
                Place::Taken(error) => return Ok(Err(error)),
                Place::New(version) => version,
            };
            let stored = StoredPipeline {
                name: pipeline.name().to_owned(),
                version,
                created: unix_millis(),
                origin: pipeline.origin.clone(),
                graph: graph.clone(),
            };
            let bytes = codec::encode(&stored).map_err(StoreError::encode)?;
            transaction.put(Collection::PIPELINES, &key(&stored.name, version), &bytes)?;
            Ok(Ok(version))
        })?
    }

    /// Forgets versions that were made before a time (in milliseconds since
    /// 1970), but for the latest of each name and those that are `needed`. A dry
    /// run only counts them. While a run goes on none is forgotten: it is not
    /// known yet which one it needs.
    pub(crate) fn forget_versions(
        &self,
        before: u64,
        needed: &HashSet<(String, u32)>,
        dry_run: bool,
    ) -> Result<usize, StoreError> {
        if self.store().has_live_runs()? {
            return Ok(0);
        }
        if dry_run {
            let all = self
                .store()
                .view(|view| collect(|each| view.scan(Collection::PIPELINES, &[], each)))?;
            return Ok(superseded(&all, before, needed).count());
        }
        self.store().transact(|transaction| {
            let all = collect(|each| transaction.scan(Collection::PIPELINES, &[], each))?;
            let mut forgotten = 0;
            for old in superseded(&all, before, needed) {
                transaction.delete(Collection::PIPELINES, &key(&old.name, old.version))?;
                forgotten += 1;
            }
            Ok(forgotten)
        })
    }

    fn not_found(&self, name: &str) -> PipelineError {
        let known = self.pipelines().unwrap_or_default();
        PipelineError::NotFound {
            name: name.to_owned(),
            known: known.iter().map(|p| p.name().to_owned()).collect(),
        }
    }
}

/// The versions, in the order of their keys, that are old and not needed, and
/// that are followed by a later one.
fn superseded<'a>(
    all: &'a [StoredPipeline],
    before: u64,
    needed: &'a HashSet<(String, u32)>,
) -> impl Iterator<Item = &'a StoredPipeline> {
    let followed = all.windows(2).filter(|pair| pair[0].name == pair[1].name);
    followed
        .map(|pair| &pair[0])
        .filter(move |old| old.created < before)
        .filter(|old| !needed.contains(&(old.name.clone(), old.version)))
}

/// Where a pipeline goes among the versions of its name.
enum Place {
    Known(u32),
    New(u32),
    Taken(PipelineError),
}

fn place<V>(pipeline: &Pipeline<V>, graph: &StoredGraph, known: &[StoredPipeline]) -> Place {
    if let Some(same) = known.iter().rev().find(|stored| stored.graph == *graph) {
        return Place::Known(same.version);
    }
    let Some(latest) = known.last() else {
        return Place::New(1);
    };
    let next = latest.version.saturating_add(1);
    if may_follow(&pipeline.origin, latest) || latest.graph.same_but_for_code(graph) {
        return Place::New(next);
    }
    Place::Taken(PipelineError::NameTaken {
        name: pipeline.name().to_owned(),
        version: latest.version,
        difference: latest.graph.difference(graph),
    })
}

/// Whether a pipeline of this origin may change what the name stands for.
fn may_follow(origin: &Origin, latest: &StoredPipeline) -> bool {
    match origin {
        Origin::Revision => true,
        Origin::Code { .. } => *origin == latest.origin || latest.origin == Origin::Revision,
        Origin::Copy { .. } => false,
    }
}

type Each<'a> = dyn FnMut(&[u8], &[u8]) -> Result<bool, StoreError> + 'a;

/// The pipelines that `scan` goes over. One that cannot be decoded is left out.
fn collect(
    scan: impl FnOnce(&mut Each<'_>) -> Result<(), StoreError>,
) -> Result<Vec<StoredPipeline>, StoreError> {
    let mut found = Vec::new();
    scan(&mut |_, bytes| {
        found.extend(StoredPipeline::decode(bytes).ok());
        Ok(true)
    })?;
    Ok(found)
}

/// The key of a version: the name, a zero byte, which no name holds, and the
/// version so that it sorts.
fn key(name: &str, version: u32) -> Vec<u8> {
    let mut key = prefix(name);
    key.extend_from_slice(&version.to_be_bytes());
    key
}

fn prefix(name: &str) -> Vec<u8> {
    let mut prefix = name.as_bytes().to_vec();
    prefix.push(0);
    prefix
}
