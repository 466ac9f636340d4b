//! A plain call of a step.

use std::{
    cell::Cell,
    convert::Infallible,
    future::Future,
    pin::{Pin, pin},
    ptr,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use super::{
    Arguments, Decision, Definition, NewResult, Outputs, PreparedCall, ambient, decide, keep,
    warn_once,
};
use crate::{
    codec::{ArtifactId, CodecError},
    store::{Hit, Repository, StoreError},
};

/// Runs `body` unless its value is stored.
pub fn memoize<O: Outputs>(
    definition: &'static Definition,
    collect: impl FnOnce(&mut Arguments<'_>),
    body: impl FnOnce() -> O::Value,
) -> O::Value {
    match memoize_result::<O, Infallible>(definition, collect, || Ok(body())) {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

/// Runs `body` unless its value is stored. Errors are not stored.
///
/// # Errors
/// Those of `body`.
pub fn memoize_result<O: Outputs, E>(
    definition: &'static Definition,
    collect: impl FnOnce(&mut Arguments<'_>),
    body: impl FnOnce() -> Result<O::Value, E>,
) -> Result<O::Value, E> {
    let pending = match begin::<O>(definition, collect) {
        Begun::Known(value) => return Ok(value),
        Begun::Uncached => return body(),
        Begun::Pending(pending) => pending,
    };
    let span = pending.span();
    let started = Instant::now();
    let value = span.in_scope(body)?;
    pending.finish::<O>(&value, started.elapsed());
    Ok(value)
}

/// Awaits `body` unless its value is stored.
pub async fn memoize_async<O: Outputs, F: Future<Output = O::Value>>(
    definition: &'static Definition,
    collect: impl FnOnce(&mut Arguments<'_>),
    body: F,
) -> O::Value {
    let body = async { Ok::<_, Infallible>(body.await) };
    match memoize_result_async::<O, Infallible, _>(definition, collect, body).await {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

/// Awaits `body` unless its value is stored. Errors are not stored.
///
/// # Errors
/// Those of `body`.
pub async fn memoize_result_async<O: Outputs, E, F: Future<Output = Result<O::Value, E>>>(
    definition: &'static Definition,
    collect: impl FnOnce(&mut Arguments<'_>),
    body: F,
) -> Result<O::Value, E> {
    let pending = match begin::<O>(definition, collect) {
        Begun::Known(value) => return Ok(value),
        Begun::Uncached => return body.await,
        Begun::Pending(pending) => pending,
    };
    let started = Instant::now();
    let value = body.await?;
    pending.finish::<O>(&value, started.elapsed());
    Ok(value)
}

/// What is known before the body runs.
enum Begun<V> {
    Known(V),
    Uncached,
    Pending(Box<Pending>),
}

fn begin<O: Outputs>(
    definition: &'static Definition,
    collect: impl FnOnce(&mut Arguments<'_>),
) -> Begun<O::Value> {
    if Bypass::taken(definition) || !definition.is_cached() {
        return Begun::Uncached;
    }
    let Some(repository) = ambient::current() else {
        return Begun::Uncached;
    };
    let mut arguments = Arguments::new(&**repository.store(), definition.parameters().len());
    collect(&mut arguments);
    let call = match arguments.prepare(definition) {
        Ok(call) => call,
        Err((argument, error)) => {
            warn_unidentified(definition, argument, &error);
            return Begun::Uncached;
        }
    };
    match decide(&repository, &call) {
        Decision::Hit(hit) => known::<O>(repository, call, &hit),
        Decision::Miss(_) => Begun::Pending(Box::new(Pending { repository, call })),
    }
}

fn warn_unidentified(definition: &'static Definition, argument: &str, error: &CodecError) {
    warn_once(format!(
        "a call of `{}` is not cached: its argument `{argument}` has no identity: {error}",
        definition.name(),
    ));
}

/// The value of a hit; if it cannot be had after all, the call is computed.
fn known<O: Outputs>(repository: Repository, call: PreparedCall, hit: &Hit) -> Begun<O::Value> {
    match load::<O>(&repository, hit) {
        Ok(value) => {
            tracing::debug!(target: "zen", step = call.definition.name(), "hit");
            Begun::Known(value)
        }
        Err(error) => {
            warn_once(format!(
                "a stored result of `{}` is computed again: {error}",
                call.definition.name()
            ));
            Begun::Pending(Box::new(Pending { repository, call }))
        }
    }
}

/// Why a hit's value could not be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("the artifact {0:#} is gone or damaged")]
    Missing(ArtifactId),
    #[error(transparent)]
    Codec(#[from] CodecError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn load<O: Outputs>(repository: &Repository, hit: &Hit) -> Result<O::Value, LoadError> {
    let mut ids = hit.outputs.iter().map(|output| output.id);
    O::decode(&mut || {
        let id = ids
            .next()
            .ok_or_else(|| CodecError::message("the record names too few outputs"))?;
        repository.store().read(&id)?.ok_or(LoadError::Missing(id))
    })
}

/// A call that is a miss.
struct Pending {
    repository: Repository,
    call: PreparedCall,
}

impl Pending {
    fn span(&self) -> tracing::Span {
        tracing::info_span!(
            target: "zen",
            "step",
            name = self.call.definition.name(),
            fingerprint = %format_args!("{:#}", self.call.fingerprint),
        )
    }

    fn finish<O: Outputs>(&self, value: &O::Value, duration: Duration) {
        match O::encode(value) {
            Ok(encoded) => {
                let result = NewResult {
                    types: &O::types(),
                    encoded,
                    duration,
                    run: None,
                };
                keep(&self.repository, &self.call, result);
            }
            Err(error) => warn_once(format!(
                "the result of `{}` is not kept: {error}",
                self.call.definition.name()
            )),
        }
    }
}

thread_local! {
    static BYPASS: Cell<Option<&'static Definition>> = const { Cell::new(None) };
}

/// Lets the next call of a step on this thread run its body at once.
///
/// A run has already decided on the call; the function's body stands in the
/// user's function alone, and this is how the run gets at it.
struct Bypass;

impl Bypass {
    /// Whether this call of `definition` is the one that was let through. Any
    /// other step that comes first is not, and takes the pass away with it.
    fn taken(definition: &'static Definition) -> bool {
        BYPASS
            .take()
            .is_some_and(|passed| ptr::eq(passed, definition))
    }
}

/// Calls a step with its body run at once.
pub fn bypass<R>(definition: &'static Definition, call: impl FnOnce() -> R) -> R {
    BYPASS.set(Some(definition));
    let _clear = ClearBypass;
    call()
}

/// Takes back a pass that was not used.
struct ClearBypass;

impl Drop for ClearBypass {
    fn drop(&mut self) {
        BYPASS.set(None);
    }
}

/// Awaits an async step with its body run at once.
pub async fn bypass_async<F: Future>(definition: &'static Definition, call: F) -> F::Output {
    let call = pin!(call);
    FirstPoll {
        definition: Some(definition),
        call,
    }
    .await
}

/// Sets the pass for the first poll, which is where an async step begins.
struct FirstPoll<'a, F> {
    definition: Option<&'static Definition>,
    call: Pin<&'a mut F>,
}

impl<F: Future> Future for FirstPoll<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        match this.definition.take() {
            Some(definition) => bypass(definition, || this.call.as_mut().poll(context)),
            None => this.call.as_mut().poll(context),
        }
    }
}
