//! A function as a step: its definition, the registry of linked steps, and the
//! memoized call.
//!
//! [`decide`] is the one place that says whether a call is a hit or a miss;
//! everything else asks it.

mod ambient;
mod arguments;
mod block_on;
mod bypass;
mod conflict;
mod decide;
mod definition;
mod failure;
mod items;
mod keep;
mod linked;
mod load;
mod memoize;
mod outputs;
mod progress;
mod registry;
mod turn;
mod types;
mod values;
mod watched;

pub(crate) use ambient::scoped;
pub use arguments::{Arguments, PreparedCall};
pub(crate) use block_on::BlockOn;
pub use bypass::{bypass, bypass_async};
pub use decide::{Decision, MissReason, Need, decide};
pub use definition::{Definition, DefinitionParts, ParameterDefinition};
pub use failure::{StepFailure, probe};
pub(crate) use keep::{NewResult, keep, warn_not_deterministic};
pub use linked::{Generics, Step, StepId};
pub(crate) use load::LoadError;
pub use memoize::{Begun, begin};
pub use outputs::{Encoded, NoResult, One, OutputCodec, ReturnProbe, Split};
pub use progress::progress;
pub(crate) use progress::with_progress;
pub use registry::Registration;
pub(crate) use registry::{linked, remember};
pub(crate) use turn::{Asked, Turn, ask, turn};
pub use types::{OutputType, ParameterType};
pub(crate) use values::Slot;
pub use values::{Kept, Taken, TakenIgnored, TypeProbe, Unkept, Value, Values};
pub(crate) use watched::Watch;

pub(crate) use crate::warning::warn_once;
