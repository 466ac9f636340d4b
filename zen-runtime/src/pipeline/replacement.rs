//! A step that takes the place of another.

use std::{any::type_name, sync::Arc};

use crate::{
    codec::Storable,
    step::{Step, Value},
};

/// A step that takes the place of another in [`Pipeline::replace`]: the step,
/// and values for parameters that the old one did not have.
///
/// A plain [`Step`] goes where a replacement is asked for.
///
/// [`Pipeline::replace`]: super::Pipeline::replace
#[derive(Debug)]
pub struct Replacement {
    pub(super) step: Step,
    pub(super) given: Vec<Given>,
}

/// A value for a parameter.
pub(super) struct Given {
    pub(super) parameter: String,
    pub(super) type_name: &'static str,
    pub(super) value: Value,
}

impl Replacement {
    /// Gives a parameter of the new step a value.
    #[must_use]
    pub fn with<T: Storable>(mut self, parameter: impl Into<String>, value: T) -> Self {
        self.given.push(Given {
            parameter: parameter.into(),
            type_name: type_name::<T>(),
            value: Arc::new(value),
        });
        self
    }
}

impl Step {
    /// This step as a replacement, with a value for one of its parameters.
    pub fn with<T: Storable>(self, parameter: impl Into<String>, value: T) -> Replacement {
        Replacement::from(self).with(parameter, value)
    }
}

impl From<Step> for Replacement {
    fn from(step: Step) -> Self {
        Self {
            step,
            given: Vec::new(),
        }
    }
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.parameter, self.type_name)
    }
}
