//! The repository that a call is memoized in.

use std::{cell::RefCell, sync::OnceLock};

use crate::{fork::PerProcess, store::Repository, strict::trouble};

thread_local! {
    static SCOPES: RefCell<Vec<Repository>> = const { RefCell::new(Vec::new()) };
}

static DISCOVERED: PerProcess<OnceLock<Option<Repository>>> = PerProcess::new(OnceLock::new());

impl Repository {
    /// Runs `body` with this repository as the one that calls on this thread
    /// are memoized in.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let project = tempfile::tempdir()?;
    /// use zen_runtime::{Repository, step};
    ///
    /// #[step]
    /// fn double(x: u32) -> u32 {
    ///     x * 2
    /// }
    ///
    /// let repo = Repository::open(project.path())?;
    /// assert_eq!(repo.scope(|| double(4)), 8);
    /// # Ok(()) }
    /// ```
    pub fn scope<R>(&self, body: impl FnOnce() -> R) -> R {
        scoped(self.clone(), body)
    }
}

/// Runs `body` with `repository` as the innermost scope of this thread.
pub(crate) fn scoped<R>(repository: Repository, body: impl FnOnce() -> R) -> R {
    SCOPES.with_borrow_mut(|scopes| scopes.push(repository));
    let _leave = Leave;
    body()
}

/// Leaves the innermost scope, after a panic too.
struct Leave;

impl Drop for Leave {
    fn drop(&mut self) {
        SCOPES.with_borrow_mut(Vec::pop);
    }
}

/// The repository that a call on this thread is memoized in. `None` if it
/// cannot be opened: the user is warned once, and calls are computed.
pub(super) fn current() -> Option<Repository> {
    let innermost = SCOPES.with_borrow(|scopes| scopes.last().cloned());
    innermost.or_else(|| DISCOVERED.get().get_or_init(discover).clone())
}

fn discover() -> Option<Repository> {
    Repository::discover()
        .inspect_err(|error| {
            trouble(format!("nothing is cached: {error}"));
        })
        .ok()
}
