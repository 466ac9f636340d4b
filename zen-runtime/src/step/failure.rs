//! Why a step did not give a value.

use std::{error::Error, fmt};

/// Why a step did not give a value: the error's text and those of its causes,
/// outermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepFailure {
    chain: Vec<String>,
    panicked: bool,
}

impl StepFailure {
    /// A failure told in one line.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            chain: vec![text.into()],
            panicked: false,
        }
    }

    /// A failure from an error and its sources.
    pub fn from_error(error: &(dyn Error + 'static)) -> Self {
        let mut chain = vec![error.to_string()];
        let mut cause = error.source();
        while let Some(error) = cause {
            chain.push(error.to_string());
            cause = error.source();
        }
        Self {
            chain,
            panicked: false,
        }
    }

    /// A failure from what a panic carried.
    pub(crate) fn from_panic(payload: &(dyn std::any::Any + Send)) -> Self {
        let text = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "a panic without a message".to_owned());
        Self {
            chain: vec![text],
            panicked: true,
        }
    }

    /// The error's text and those of its causes, outermost first.
    pub fn chain(&self) -> &[String] {
        &self.chain
    }

    /// Whether the step panicked rather than returned an error.
    pub fn panicked(&self) -> bool {
        self.panicked
    }
}

impl fmt::Display for StepFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.panicked {
            write!(f, "panicked: ")?;
        }
        write!(f, "{}", self.chain.join(": "))
    }
}

impl Error for StepFailure {}

/// Turns any error type into a [`StepFailure`], with as much of it as the type
/// can tell.
///
/// Method resolution tries the traits in order, by how many references it must
/// take (dtolnay's "autoref specialization"); only that lets a step return an
/// error of any type.
#[doc(hidden)]
pub mod probe {
    use std::{
        cell::Cell,
        error::Error,
        fmt::{Debug, Display},
    };

    use super::StepFailure;

    /// Holds the error until one of the traits takes it.
    #[allow(missing_debug_implementations)]
    pub struct Probe<E>(Cell<Option<E>>);

    impl<E> Probe<E> {
        /// A probe of `error`.
        pub fn new(error: E) -> Self {
            Self(Cell::new(Some(error)))
        }

        fn take(&self, tell: impl FnOnce(E) -> StepFailure) -> StepFailure {
            self.0.take().map_or_else(untold, tell)
        }
    }

    fn untold() -> StepFailure {
        StepFailure::new("an error that cannot be shown")
    }

    /// Errors, boxed errors, `anyhow::Error`, strings: the whole chain.
    pub trait Chain {
        /// Takes the error.
        fn failure(&self) -> StepFailure;
    }

    impl<E: Into<Box<dyn Error + Send + Sync>>> Chain for &&&Probe<E> {
        fn failure(&self) -> StepFailure {
            self.take(|error| {
                let error: Box<dyn Error + Send + Sync> = error.into();
                StepFailure::from_error(&*error)
            })
        }
    }

    /// What can be shown to a user.
    pub trait Shown {
        /// Takes the error.
        fn failure(&self) -> StepFailure;
    }

    impl<E: Display> Shown for &&Probe<E> {
        fn failure(&self) -> StepFailure {
            self.take(|error| StepFailure::new(error.to_string()))
        }
    }

    /// What can be shown to a programmer.
    pub trait Debugged {
        /// Takes the error.
        fn failure(&self) -> StepFailure;
    }

    impl<E: Debug> Debugged for &Probe<E> {
        fn failure(&self) -> StepFailure {
            self.take(|error| StepFailure::new(format!("{error:?}")))
        }
    }

    /// Everything else.
    pub trait Untold {
        /// Takes the error.
        fn failure(&self) -> StepFailure;
    }

    impl<E> Untold for Probe<E> {
        fn failure(&self) -> StepFailure {
            untold()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::probe::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[from] std::num::ParseIntError);
    struct Silent;
    #[derive(Debug)]
    #[allow(dead_code)]
    struct OnlyDebug(u8);

    // As the macro writes it, whatever the type.
    #[allow(clippy::needless_borrow)]
    #[test]
    fn every_error_type_tells_what_it_can() {
        let outer = Outer::from("x".parse::<u8>().unwrap_err());
        let failure = (&&&&Probe::new(outer)).failure();
        assert_eq!(failure.to_string(), "outer: invalid digit found in string");
        assert_eq!((&&&&Probe::new("text")).failure().to_string(), "text");
        let debug = (&&&&Probe::new(OnlyDebug(3))).failure();
        assert_eq!(debug.to_string(), "OnlyDebug(3)");
        let silent = (&&&&Probe::new(Silent)).failure();
        assert_eq!(silent.to_string(), "an error that cannot be shown");
    }
}
