//! A call that is not made yet.

use std::{fmt, marker::PhantomData};

use super::Argument;
use crate::step::Step;

/// A call of a step that is not made yet, for [`PipelineBuilder::add`].
///
/// [`call!`](crate::call) makes one.
///
/// [`PipelineBuilder::add`]: super::PipelineBuilder::add
#[must_use = "a call does nothing until it is added to a pipeline"]
pub struct Call<O> {
    pub(super) step: Step,
    pub(super) arguments: Vec<Argument>,
    outputs: PhantomData<fn() -> O>,
}

impl<O> Call<O> {
    /// A call from what the macro wrote.
    #[doc(hidden)]
    pub fn new(step: Step, arguments: Vec<Argument>) -> Self {
        Self {
            step,
            arguments,
            outputs: PhantomData,
        }
    }
}

impl<O> fmt::Debug for Call<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("step", &self.step.id())
            .field("arguments", &self.arguments)
            .finish()
    }
}
