//! What can be wrong with a pipeline.

use std::sync::Arc;

use crate::{codec::CodecError, store::StoreError};

/// What can be wrong with a pipeline, or with a change to one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),

    /// A name that no pipeline can have.
    #[error("`{name}` cannot be the name of a pipeline: {why}")]
    BadName {
        /// The name.
        name: String,
        /// Why.
        why: &'static str,
    },

    /// No pipeline of this name is in the repository.
    #[error("there is no pipeline `{name}` in this repository; it has {}", list(.known))]
    NotFound {
        /// The name that was asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },

    /// The name belongs to another pipeline.
    #[error(
        "the name `{name}` is taken by another pipeline (version {version}): {difference}; \
         choose another name, or call `.allow_new_version()` to add a version to that one"
    )]
    NameTaken {
        /// The name.
        name: String,
        /// The latest version of the pipeline that has it.
        version: u32,
        /// How the two differ.
        difference: String,
    },

    /// The pipeline has no step of this name.
    #[error("the pipeline `{pipeline}` has no step `{step}`; it has {}", list(.known))]
    NoSuchStep {
        /// The pipeline.
        pipeline: String,
        /// The step that was asked for.
        step: String,
        /// The steps there are.
        known: Vec<String>,
    },

    /// The step has no parameter of this name.
    #[error("the step `{step}` has no parameter `{parameter}`; it has {}", list(.known))]
    NoSuchParameter {
        /// The step.
        step: String,
        /// The parameter that was asked for.
        parameter: String,
        /// The parameters there are.
        known: Vec<String>,
    },

    /// The argument is an input: it is the output of another step.
    #[error(
        "`{parameter}` of the step `{step}` is an input, the output of `{from}`: \
         only parameters can be set"
    )]
    IsInput {
        /// The step.
        step: String,
        /// The argument.
        parameter: String,
        /// The output that is passed there.
        from: String,
    },

    /// A value or an output of another type than the step takes or gives.
    #[error("{what} of the step `{step}` is `{expected}`, but `{given}` was given")]
    WrongType {
        /// The step.
        step: String,
        /// Which argument or output.
        what: String,
        /// Its type.
        expected: String,
        /// The type that was given.
        given: String,
    },

    /// A replacement takes an argument for which the old step has nothing.
    #[error(
        "`{argument}: {kind}` of `{replacement}` has no counterpart in the step `{step}`, \
         which is `{old}`; give it with `.with(\"{argument}\", ...)`"
    )]
    NoCounterpart {
        /// The step in the pipeline.
        step: String,
        /// What it calls now.
        old: String,
        /// What it should call.
        replacement: String,
        /// The argument.
        argument: String,
        /// The argument's type.
        kind: String,
    },

    /// A replacement does not take an input that the old step took.
    #[error(
        "the step `{step}` takes the input `{input}`, which `{replacement}` does not take; \
         a replacement has the same inputs"
    )]
    InputLeftOver {
        /// The step in the pipeline.
        step: String,
        /// What it should call.
        replacement: String,
        /// The input.
        input: String,
    },

    /// A step of the pipeline is not linked into this binary.
    #[error(
        "the step `{step}` calls `{id}`, which is not linked into this binary; \
         link the crate that defines it{}", generic_hint(.id)
    )]
    NotLinked {
        /// The step in the pipeline.
        step: String,
        /// What it calls.
        id: String,
    },

    /// A step of the pipeline takes or gives other types than it did.
    #[error("the step `{step}` was {expected} when the pipeline was made, and is {found} now")]
    Incompatible {
        /// The step in the pipeline.
        step: String,
        /// Its types then.
        expected: String,
        /// Its types now.
        found: String,
    },

    /// A parameter's value cannot be kept with the pipeline, or not be read
    /// back.
    #[error("the parameter `{parameter}` of the step `{step}` cannot be kept")]
    Parameter {
        /// The step.
        step: String,
        /// The parameter.
        parameter: String,
        /// Why.
        source: CodecError,
    },

    /// An ignored argument is not kept with a pipeline, so one that was read
    /// back lacks it.
    #[error(
        "`{parameter}` of the step `{step}` is ignored, so it was not kept with the pipeline; \
         give it with `.set_ignored(\"{step}\", \"{parameter}\", ...)`"
    )]
    IgnoredMissing {
        /// The step.
        step: String,
        /// The parameter.
        parameter: String,
    },

    /// A secret is not kept with a pipeline, so one that was read back lacks it.
    #[error(
        "the value of `{parameter}` of the step `{step}` is not stored, as it holds a secret; \
         give it with `.set_param(\"{step}\", \"{parameter}\", ...)`"
    )]
    SecretMissing {
        /// The step.
        step: String,
        /// The parameter.
        parameter: String,
    },

    /// A mistake that was made when the pipeline was built.
    #[error(transparent)]
    Invalid(Arc<PipelineError>),

    /// Two steps of one pipeline have the same name.
    #[error("the pipeline `{pipeline}` has two steps named `{step}`")]
    DuplicateStep {
        /// The pipeline.
        pipeline: String,
        /// The name.
        step: String,
    },

    /// A handle was used in another pipeline than the one it came from.
    #[error("the step `{step}` is passed a handle of another pipeline")]
    ForeignHandle {
        /// The step.
        step: String,
    },
}

/// The items in backticks, or `none`.
fn list(items: &[String]) -> String {
    if items.is_empty() {
        return "none".to_owned();
    }
    let items: Vec<_> = items.iter().map(|item| format!("`{item}`")).collect();
    items.join(", ")
}

/// How a generic step becomes known.
fn generic_hint(id: &str) -> &'static str {
    if id.contains('<') {
        ", and mention this instance of it with `step_ref!` before the pipeline is read"
    } else {
        ""
    }
}
