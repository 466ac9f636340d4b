//! What a run gives back.

use std::{any::type_name, ops::Deref};

use super::{PastRun, artifact::ReadError, rebuild::Rebuild};
use crate::{
    codec::{self, CodecError, Storable},
    pipeline::{OutputRef, Pipeline, Untyped},
    step::{BlockOn, LoadError, Value},
    store::LiveRun,
    strict::is_strict,
};

/// A run that succeeded. It derefs to [`PastRun`], which tells what came of each
/// step. While it is there, [`Repository::gc`](crate::Repository::gc) takes nothing
/// that the run has touched.
#[derive(Debug)]
pub struct Run<V = Untyped> {
    pipeline: Pipeline<V>,
    past: PastRun,
    values: Vec<(OutputRef, Value)>,
    /// What its async steps were driven by.
    block_on: BlockOn,
    /// While it is there, nothing that the run has touched is cleared away.
    _live: LiveRun,
}

/// Why an output could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// The pipeline has no output of this name.
    #[error("the pipeline `{pipeline}` has no step or output `{name}`")]
    NoSuchOutput {
        /// The pipeline.
        pipeline: String,
        /// The name that was asked for.
        name: String,
    },
    /// The output is of another type.
    #[error("the output `{name}` is a `{expected}`, not a `{given}`")]
    WrongType {
        /// The output.
        name: String,
        /// Its type.
        expected: String,
        /// The type that was asked for.
        given: String,
    },
    /// The output's bytes cannot be read.
    #[error("the output `{name}` cannot be read; running the pipeline again restores it")]
    Unreadable {
        /// The output.
        name: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl<V> Run<V> {
    pub(super) fn new(
        pipeline: Pipeline<V>,
        past: PastRun,
        values: Vec<(OutputRef, Value)>,
        block_on: BlockOn,
        live: LiveRun,
    ) -> Self {
        Self {
            pipeline,
            past,
            values,
            block_on,
            _live: live,
        }
    }

    /// The values of the pipeline's outputs. They are read now: a run itself
    /// reads nothing that no step needs. One whose bytes were evicted or are gone
    /// is computed again, and so is whatever it needs.
    ///
    /// # Errors
    /// If the bytes of one are not of its type, or are gone and cannot be
    /// computed again.
    pub fn outputs(&self) -> Result<V, OutputError> {
        let mut reading = String::new();
        self.pipeline
            .decode_outputs(&mut |output| {
                reading = self.pipeline.graph.output_name(output);
                self.bytes(output)
            })
            .map_err(|error| unreadable(&reading, error))
    }

    /// The value of any step's output by name: a name that an output is bound
    /// to, or that of a step with a single output. Like [`Run::outputs`] it reads
    /// the value now.
    ///
    /// # Errors
    /// If there is none of this name, it is of another type, or its bytes are
    /// gone and cannot be computed again.
    pub fn output<T: Storable>(&self, name: &str) -> Result<T, OutputError> {
        let graph = &self.pipeline.graph;
        let output = graph
            .output(name)
            .ok_or_else(|| OutputError::NoSuchOutput {
                pipeline: self.pipeline.name().to_owned(),
                name: name.to_owned(),
            })?;
        let expected = graph.output_type(output);
        if expected != type_name::<T>() {
            return Err(OutputError::WrongType {
                name: name.to_owned(),
                expected: expected.to_owned(),
                given: type_name::<T>().to_owned(),
            });
        }
        let read = || Ok(codec::decode(&self.bytes(output)?)?);
        read().map_err(|error| unreadable(name, error))
    }

    /// The pipeline that was run.
    pub fn ran(&self) -> &Pipeline<V> {
        &self.pipeline
    }

    /// The bytes of an output: from the store, else from this process, else
    /// computed again.
    fn bytes(&self, output: OutputRef) -> Result<Vec<u8>, ReadError> {
        let step = &self.past.steps()[output.node];
        let id = step.outputs.get(output.output).map(|output| output.id);
        if let Some(id) = id {
            let stored = self.past.repository().store().read_announced(&id);
            match stored.map_err(LoadError::from) {
                Ok(Some(bytes)) => return Ok(bytes),
                Err(error) if is_strict() => return Err(error.into()),
                Ok(None) | Err(_) => {}
            }
        }
        let held = self.values.iter().find(|(held, _)| *held == output);
        let kind = self.pipeline.graph.nodes[output.node]
            .step
            .linked
            .as_ref()
            .and_then(|step| step.output_types().get(output.output));
        match (held, kind, id) {
            (Some((_, value)), Some(kind), _) => Ok((kind.encode)(value)?.bytes),
            (_, _, Some(_)) => Ok(self.rebuild().bytes(output)?),
            _ => Err(CodecError::message("it was not stored").into()),
        }
    }

    fn rebuild(&self) -> Rebuild<'_, V> {
        Rebuild {
            repository: self.past.repository(),
            pipeline: &self.pipeline,
            run: self.past.id(),
            steps: self.past.steps(),
            block_on: &self.block_on,
        }
    }
}

fn unreadable(name: &str, error: ReadError) -> OutputError {
    OutputError::Unreadable {
        name: name.to_owned(),
        source: error.into(),
    }
}

impl<V> Deref for Run<V> {
    type Target = PastRun;

    fn deref(&self) -> &PastRun {
        &self.past
    }
}
