//! A step of this binary, ready to be run.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{Definition, OutputCodec, OutputType, ParameterType, StepFailure, Value, Values};

/// Type and const parameters of a generic step, by name.
pub type Generics = Vec<(&'static str, String)>;

type Execute = Arc<dyn Fn(Values) -> Result<Vec<Value>, StepFailure> + Send + Sync>;

/// A step of this binary: its definition, its types and the way to run it.
///
/// [`step_ref!`](crate::step_ref) gives the one of a function.
#[derive(Clone)]
pub struct Step {
    definition: &'static Definition,
    generics: Vec<(String, String)>,
    parameters: Arc<[ParameterType]>,
    outputs: Arc<[OutputType]>,
    execute: Execute,
}

/// What a step is called in the store: its name, and the types that a generic
/// one stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StepId {
    /// The step's name.
    pub name: String,
    /// Type and const parameters by name.
    pub generics: Vec<(String, String)>,
}

impl Step {
    /// A step from what the macro wrote.
    #[doc(hidden)]
    pub fn new<V: 'static>(
        definition: &'static Definition,
        generics: Generics,
        parameters: Vec<ParameterType>,
        outputs: OutputCodec<V>,
        execute: fn(Values) -> Result<V, StepFailure>,
    ) -> Self {
        Self {
            definition,
            generics: owned(generics),
            parameters: parameters.into(),
            outputs: (outputs.types)().into(),
            execute: Arc::new(move |values| execute(values).map(outputs.into_values)),
        }
    }

    /// What the step is called in the store.
    pub fn id(&self) -> StepId {
        StepId {
            name: self.definition.name().to_owned(),
            generics: self.generics.clone(),
        }
    }

    /// What `#[step]` knows about the function.
    pub fn definition(&self) -> &'static Definition {
        self.definition
    }

    /// Type and const parameters by name.
    pub fn generics(&self) -> &[(String, String)] {
        &self.generics
    }

    /// The parameters' names and types in order.
    pub fn parameters(&self) -> impl ExactSizeIterator<Item = (&'static str, &'static str)> + '_ {
        self.definition
            .parameters()
            .iter()
            .zip(self.parameters.iter())
            .map(|(parameter, kind)| (parameter.name, kind.name))
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// The outputs' names and types in order. A single output has no name.
    pub fn outputs(&self) -> impl ExactSizeIterator<Item = (&'static str, &'static str)> + '_ {
        self.outputs
            .iter()
            .enumerate()
            .map(|(index, kind)| (self.output_name(index), kind.name))
    }

    pub(crate) fn output_name(&self, index: usize) -> &'static str {
        self.definition.outputs().get(index).copied().unwrap_or("")
    }

    pub(crate) fn parameter_types(&self) -> &[ParameterType] {
        &self.parameters
    }

    pub(crate) fn output_types(&self) -> &[OutputType] {
        &self.outputs
    }

    /// Runs the function on `values`, without asking the store.
    pub(crate) fn execute(&self, values: Values) -> Result<Vec<Value>, StepFailure> {
        (self.execute)(values)
    }
}

fn owned(generics: Generics) -> Vec<(String, String)> {
    generics
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step")
            .field("id", &self.id())
            .field("parameters", &self.parameters)
            .field("outputs", &self.outputs)
            .finish_non_exhaustive()
    }
}

impl StepId {
    /// Whether the name already tells the type that the step is a method of.
    fn is_method_of(&self, owner: &str) -> bool {
        let method = self.name.strip_prefix(owner);
        method.is_some_and(|method| method.starts_with("::"))
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        let generics: Vec<_> = self
            .generics
            .iter()
            .filter(|(name, value)| name != "Self" || !self.is_method_of(value))
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        if generics.is_empty() {
            return Ok(());
        }
        write!(f, "<{}>", generics.join(", "))
    }
}
