//! The values that a run hands to a step.

use std::{
    any::{Any, type_name},
    collections::VecDeque,
    fmt,
    marker::PhantomData,
    ops::Deref,
    sync::Arc,
};

use super::{BlockOn, ParameterType, StepFailure};
use crate::codec::{self, Storable};

/// A value of any type, shared between the steps that take it.
pub type Value = Arc<dyn Any + Send + Sync>;

/// One argument's value.
pub(crate) enum Slot {
    /// A parameter or an input.
    Value(Value),
    /// An argument that is not part of the key.
    Ignored(Box<dyn Any>),
}

/// The values of all arguments of a step, taken one after the other.
pub struct Values {
    slots: VecDeque<Slot>,
    block_on: BlockOn,
}

impl Values {
    /// The values in the order of the function's parameters.
    pub(crate) fn new(slots: impl IntoIterator<Item = Slot>, block_on: BlockOn) -> Self {
        Self {
            slots: slots.into_iter().collect(),
            block_on,
        }
    }

    /// The next argument.
    ///
    /// # Errors
    /// If there is none or it is of another type.
    pub fn take<T: Storable>(&mut self) -> Result<Taken<T>, StepFailure> {
        match self.slots.pop_front() {
            Some(Slot::Value(value)) => match value.downcast() {
                Ok(value) => Ok(Taken { value, copy }),
                Err(_) => Err(wrong::<T>()),
            },
            _ => Err(wrong::<T>()),
        }
    }

    /// The next argument, which is not part of the key.
    ///
    /// # Errors
    /// If there is none or it is of another type.
    pub fn take_ignored<T: 'static>(&mut self) -> Result<TakenIgnored<T>, StepFailure> {
        match self.slots.pop_front() {
            Some(Slot::Ignored(value)) => {
                value.downcast().map(TakenIgnored).map_err(|_| wrong::<T>())
            }
            _ => Err(wrong::<T>()),
        }
    }

    /// What drives an async step.
    pub fn block_on(&self) -> BlockOn {
        self.block_on.clone()
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values")
            .field("remaining", &self.slots.len())
            .finish_non_exhaustive()
    }
}

fn wrong<T>() -> StepFailure {
    StepFailure::new(format!(
        "expected an argument of type `{}`",
        type_name::<T>()
    ))
}

/// An argument on its way into a step.
pub struct Taken<T> {
    value: Arc<T>,
    copy: fn(&T) -> Result<T, StepFailure>,
}

impl<T> Taken<T> {
    /// The value itself. Other steps may hold it too: it is then copied by way
    /// of its encoding, as not every type can be cloned. A step that takes a
    /// reference saves that.
    ///
    /// # Errors
    /// If the value does not survive its encoding.
    pub fn into_owned(self) -> Result<T, StepFailure> {
        Arc::try_unwrap(self.value).or_else(|shared| (self.copy)(&shared))
    }
}

fn copy<T: Storable>(value: &T) -> Result<T, StepFailure> {
    codec::copy(value).map_err(|error| StepFailure::from_error(&error))
}

impl<T> Deref for Taken<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> fmt::Debug for Taken<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Taken").field(&type_name::<T>()).finish()
    }
}

/// An ignored argument on its way into a step.
#[derive(Debug)]
pub struct TakenIgnored<T>(Box<T>);

impl<T> TakenIgnored<T> {
    /// The value itself.
    ///
    /// # Errors
    /// None; the signature is that of [`Taken::into_owned`].
    #[allow(clippy::unnecessary_wraps)]
    pub fn into_owned(self) -> Result<T, StepFailure> {
        Ok(*self.0)
    }
}

impl<T> Deref for TakenIgnored<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Finds out whether a parameter's type can be kept in a pipeline, or is only
/// fit to be part of a key: method resolution tries [`Kept`] first.
#[derive(Debug)]
pub struct TypeProbe<T>(PhantomData<fn() -> T>);

impl<T> TypeProbe<T> {
    /// A probe of `T`.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// Types that a pipeline can keep.
pub trait Kept<T> {
    /// What can be done with the type.
    fn parameter_type(&self) -> ParameterType;

    /// The next argument.
    ///
    /// # Errors
    /// If there is none or it is of another type.
    fn take(&self, values: &mut Values) -> Result<Taken<T>, StepFailure>;
}

impl<T: Storable> Kept<T> for &TypeProbe<T> {
    fn parameter_type(&self) -> ParameterType {
        ParameterType::of::<T>()
    }

    fn take(&self, values: &mut Values) -> Result<Taken<T>, StepFailure> {
        values.take()
    }
}

/// All other types. No pipeline holds a value of them.
pub trait Unkept<T> {
    /// What can be done with the type.
    fn parameter_type(&self) -> ParameterType;

    /// The next argument.
    ///
    /// # Errors
    /// Always.
    fn take(&self, values: &mut Values) -> Result<Taken<T>, StepFailure>;
}

impl<T> Unkept<T> for TypeProbe<T> {
    fn parameter_type(&self) -> ParameterType {
        ParameterType::unkept::<T>()
    }

    fn take(&self, _: &mut Values) -> Result<Taken<T>, StepFailure> {
        Err(wrong::<T>())
    }
}
