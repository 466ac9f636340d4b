//! Async steps on a worker thread.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

/// Drives a future to its end on the current thread.
///
/// Given to a run so that async steps find their own runtime, for instance
/// `|future| tokio_handle.block_on(future)`.
pub(crate) type Executor = Arc<dyn Fn(Pin<Box<dyn Future<Output = ()> + '_>>) + Send + Sync>;

/// The executor of a run: the user's, or a plain one that parks the thread.
#[derive(Clone, Default)]
pub struct BlockOn(Option<Executor>);

impl BlockOn {
    /// The user's executor.
    pub(crate) fn with(executor: Executor) -> Self {
        Self(Some(executor))
    }

    /// Runs `future` to its end and returns its value.
    ///
    /// # Panics
    /// If the user's executor returns before the future is finished.
    pub fn run<F: Future>(&self, future: F) -> F::Output {
        let Some(executor) = &self.0 else {
            return pollster::block_on(future);
        };
        let mut value = None;
        executor(Box::pin(async { value = Some(future.await) }));
        value.expect("the executor returned before the step was finished")
    }
}

impl fmt::Debug for BlockOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.0.is_some() {
            "custom"
        } else {
            "parking"
        };
        f.debug_tuple("BlockOn").field(&kind).finish()
    }
}
