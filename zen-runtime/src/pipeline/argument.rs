//! What can be passed to a step in a pipeline.

use std::{
    any::Any,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::handle::{Handle, RawHandle};
use crate::{codec::Storable, step::Value};

/// An argument of a step in a pipeline: a value, a handle, or a list of
/// handles.
pub struct Argument(pub(super) Passed);

pub(super) enum Passed {
    Parameter(Value),
    Input(RawHandle),
    Inputs(Vec<RawHandle>),
    Ignored(IgnoredValue),
}

/// Makes the value of an ignored argument, anew for each run.
pub(crate) type IgnoredValue = Arc<dyn Fn() -> Box<dyn Any> + Send + Sync>;

/// What can be passed where a step takes a `T`: a value, a reference to one, or
/// a handle to an output of that type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be passed where the step takes `{T}`",
    label = "the step takes `{T}` here",
    note = "pass a value of that type, or the name of an earlier step that returns it"
)]
pub trait IntoArgument<T> {
    /// The argument.
    fn into_argument(self) -> Argument;
}

/// What can be passed to an argument that is not part of the key.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be passed where the step takes `{T}`",
    label = "the step takes `{T}` here",
    note = "an ignored argument is passed by value, and is `Clone + Send + Sync + 'static`"
)]
pub trait IntoIgnored<T> {
    /// The argument.
    fn into_ignored(self) -> Argument;
}

#[diagnostic::do_not_recommend]
impl<T: Storable> IntoArgument<T> for T {
    fn into_argument(self) -> Argument {
        Argument(Passed::Parameter(Arc::new(self)))
    }
}

#[diagnostic::do_not_recommend]
impl<T: Storable + Clone> IntoArgument<T> for &T {
    fn into_argument(self) -> Argument {
        self.clone().into_argument()
    }
}

#[diagnostic::do_not_recommend]
impl<T> IntoArgument<T> for Handle<T> {
    fn into_argument(self) -> Argument {
        Argument(Passed::Input(self.raw))
    }
}

#[diagnostic::do_not_recommend]
impl<T> IntoArgument<T> for &Handle<T> {
    fn into_argument(self) -> Argument {
        (*self).into_argument()
    }
}

#[diagnostic::do_not_recommend]
impl IntoArgument<String> for &str {
    fn into_argument(self) -> Argument {
        self.to_owned().into_argument()
    }
}

#[diagnostic::do_not_recommend]
impl IntoArgument<PathBuf> for &Path {
    fn into_argument(self) -> Argument {
        self.to_owned().into_argument()
    }
}

#[diagnostic::do_not_recommend]
impl IntoArgument<PathBuf> for &str {
    fn into_argument(self) -> Argument {
        PathBuf::from(self).into_argument()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Clone> IntoArgument<Vec<T>> for &[T]
where
    Vec<T>: Storable,
{
    fn into_argument(self) -> Argument {
        self.to_vec().into_argument()
    }
}

#[diagnostic::do_not_recommend]
impl<T, const N: usize> IntoArgument<Vec<T>> for [T; N]
where
    Vec<T>: Storable,
{
    fn into_argument(self) -> Argument {
        Vec::from(self).into_argument()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Clone, const N: usize> IntoArgument<Vec<T>> for &[T; N]
where
    Vec<T>: Storable,
{
    fn into_argument(self) -> Argument {
        self.to_vec().into_argument()
    }
}

#[diagnostic::do_not_recommend]
impl<T> IntoArgument<Vec<T>> for &[Handle<T>] {
    fn into_argument(self) -> Argument {
        Argument(Passed::Inputs(self.iter().map(|h| h.raw).collect()))
    }
}

#[diagnostic::do_not_recommend]
impl<T> IntoArgument<Vec<T>> for Vec<Handle<T>> {
    fn into_argument(self) -> Argument {
        self.as_slice().into_argument()
    }
}

#[diagnostic::do_not_recommend]
impl<T> IntoArgument<Vec<T>> for &Vec<Handle<T>> {
    fn into_argument(self) -> Argument {
        self.as_slice().into_argument()
    }
}

#[diagnostic::do_not_recommend]
impl<T, const N: usize> IntoArgument<Vec<T>> for [Handle<T>; N] {
    fn into_argument(self) -> Argument {
        self.as_slice().into_argument()
    }
}

impl<T: Clone + Send + Sync + 'static> IntoIgnored<T> for T {
    fn into_ignored(self) -> Argument {
        Argument(Passed::Ignored(Arc::new(move || Box::new(self.clone()))))
    }
}

impl<T: Clone + Send + Sync + 'static> IntoIgnored<T> for &T {
    fn into_ignored(self) -> Argument {
        self.clone().into_ignored()
    }
}

impl IntoIgnored<String> for &str {
    fn into_ignored(self) -> Argument {
        self.to_owned().into_ignored()
    }
}

impl fmt::Debug for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Passed::Parameter(_) => write!(f, "Argument(parameter)"),
            Passed::Input(handle) => write!(f, "Argument({}.{})", handle.node, handle.output),
            Passed::Inputs(handles) => write!(f, "Argument({} inputs)", handles.len()),
            Passed::Ignored(_) => write!(f, "Argument(ignored)"),
        }
    }
}
