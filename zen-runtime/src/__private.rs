//! What the macros' expansions name. Not for users: it may change with any
//! release, and the macros are locked to one.

pub use inventory;

pub use crate::{
    codec::Storable,
    pipeline::{Argument, Bind, Call, IntoArgument, IntoIgnored},
    step::{
        Arguments, Begun, Definition, DefinitionParts, Encoded, Generics, Kept, NoResult, One,
        OutputCodec, OutputType, ParameterDefinition, ParameterType, Registration, ReturnProbe,
        Split, Step, StepFailure, Taken, TakenIgnored, TypeProbe, Unkept, Value, Values, begin,
        bypass, bypass_async, probe,
    },
    store::BareStore,
};

/// Makes a step known to the binary it is linked into.
#[doc(hidden)]
#[macro_export]
macro_rules! __zen_register {
    ($step:expr) => {
        $crate::__private::inventory::submit! {
            $crate::__private::Registration { step: $step }
        }
    };
}

/// Turns any error into a `StepFailure`.
#[doc(hidden)]
#[macro_export]
macro_rules! __zen_failure {
    ($error:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::probe::{Chain as _, Debugged as _, Shown as _, Untold as _};
        (&&&&$crate::__private::probe::Probe::new($error)).failure()
    }};
}

pub use crate::{__zen_failure as failure, __zen_register as register};
