//! A plain call of a step.

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    time::{Duration, Instant},
};

use tracing::Instrument;

use super::{
    Arguments, Definition, Need, NewResult, OutputCodec, PreparedCall, Turn, ambient,
    bypass::Bypass,
    decide::{Verdict, judge},
    keep,
    load::{LoadError, load},
    turn::{turn, turn_async},
    warn_not_deterministic, warn_once,
};
use crate::{
    codec::{ArtifactId, CodecError},
    store::{Flight, Hit, Repository},
    strict::trouble,
};

/// What is known of a call before its body runs.
#[must_use = "the call is not made yet"]
pub struct Begun<V>(State<V>);

enum State<V> {
    Known(V),
    Uncached,
    Pending(Box<Pending<V>>),
}

/// Decides on a call of a step.
pub fn begin<V>(
    definition: &'static Definition,
    codec: OutputCodec<V>,
    collect: impl FnOnce(&mut Arguments<'_>),
) -> Begun<V> {
    Begun(state(definition, codec, collect))
}

impl<V> Begun<V> {
    /// The call's value; `body` runs unless it is stored.
    pub fn value(self, body: impl FnOnce() -> V) -> V {
        match self.result(|| Ok::<_, Infallible>(body())) {
            Ok(value) => value,
            Err(never) => match never {},
        }
    }

    /// The call's value; `body` runs unless it is stored. An error is not kept.
    ///
    /// # Errors
    /// Those of `body`.
    pub fn result<E>(self, body: impl FnOnce() -> Result<V, E>) -> Result<V, E> {
        let pending = match self.0 {
            State::Known(value) => return Ok(value),
            State::Uncached => return body(),
            State::Pending(pending) => pending,
        };
        let turn = turn(&pending.repository, &pending.call, Need::Values);
        let flight = match pending.taken(turn) {
            Taken::Value(value) => return Ok(value),
            Taken::Flight(flight) => flight,
        };
        let span = pending.span();
        let started = Instant::now();
        let value = flight.during(|| span.in_scope(body))?;
        pending.finish(&value, started.elapsed(), flight);
        Ok(value)
    }

    /// As [`Begun::value`], with `body` awaited.
    pub async fn value_async(self, body: impl Future<Output = V>) -> V {
        let body = async { Ok::<_, Infallible>(body.await) };
        match self.result_async(body).await {
            Ok(value) => value,
            Err(never) => match never {},
        }
    }

    /// As [`Begun::result`], with `body` awaited.
    ///
    /// # Errors
    /// Those of `body`.
    pub async fn result_async<E>(self, body: impl Future<Output = Result<V, E>>) -> Result<V, E> {
        let pending = match self.0 {
            State::Known(value) => return Ok(value),
            State::Uncached => return body.await,
            State::Pending(pending) => pending,
        };
        let turn = turn_async(&pending.repository, &pending.call, Need::Values).await;
        let flight = match pending.taken(turn) {
            Taken::Value(value) => return Ok(value),
            Taken::Flight(flight) => flight,
        };
        let span = pending.span();
        let started = Instant::now();
        let value = flight.around(body.instrument(span)).await?;
        pending.finish(&value, started.elapsed(), flight);
        Ok(value)
    }
}

impl<V> fmt::Debug for Begun<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.0 {
            State::Known(_) => "known",
            State::Uncached => "uncached",
            State::Pending(_) => "pending",
        };
        f.debug_tuple("Begun").field(&state).finish()
    }
}

fn state<V>(
    definition: &'static Definition,
    codec: OutputCodec<V>,
    collect: impl FnOnce(&mut Arguments<'_>),
) -> State<V> {
    if Bypass::taken(definition) || !definition.is_cached() {
        return State::Uncached;
    }
    let Some(repository) = ambient::current() else {
        return State::Uncached;
    };
    let mut arguments = Arguments::new(&**repository.store(), definition.parameters().len());
    collect(&mut arguments);
    let call = match arguments.prepare(definition) {
        Ok(call) => call,
        Err((argument, error)) => {
            warn_unidentified(definition, argument, &error);
            return State::Uncached;
        }
    };
    let (hit, lost) = match judge(&repository, &call, Need::Values) {
        Verdict::Hit(hit) => (Some(hit), None),
        Verdict::Miss(reason) => (None, reason.lost()),
        Verdict::NotStored => (None, None),
    };
    let pending = Pending {
        repository,
        codec,
        call,
        lost,
    };
    let known = hit.and_then(|hit| pending.known(&hit));
    known.map_or_else(|| State::Pending(Box::new(pending)), State::Known)
}

fn warn_unidentified(definition: &'static Definition, argument: &str, error: &CodecError) {
    warn_once(format!(
        "a call of `{}` is not cached: its argument `{argument}` has no identity: {error}",
        definition.name(),
    ));
}

/// A call that is a miss.
struct Pending<V> {
    repository: Repository,
    codec: OutputCodec<V>,
    call: PreparedCall,
    /// An artifact that the call gave before, and whose bytes are not there.
    lost: Option<ArtifactId>,
}

/// What a miss has come to when it is the caller's turn.
enum Taken<V> {
    /// Another thread or process has computed it meanwhile.
    Value(V),
    Flight(Flight),
}

impl<V> Pending<V> {
    fn taken(&self, turn: Turn) -> Taken<V> {
        match turn {
            Turn::Compute(flight) => Taken::Flight(flight),
            Turn::Stored(hit) => self
                .known(&hit)
                .map_or_else(|| Taken::Flight(Flight::none()), Taken::Value),
        }
    }

    /// The value of a hit; if it cannot be had after all, the call is computed.
    fn known(&self, hit: &Hit) -> Option<V> {
        match load(&self.repository, self.codec, hit) {
            Ok(value) => {
                tracing::debug!(target: "zen", step = self.call.definition.name(), "hit");
                self.repository.store().used(&self.call.fingerprint);
                Some(value)
            }
            Err(error) => {
                let tell = match &error {
                    LoadError::Store(_) => trouble,
                    LoadError::Missing(_) | LoadError::Codec(_) => warn_once,
                };
                tell(format!(
                    "a stored result of `{}` is computed again: {error}",
                    self.call.definition.name()
                ));
                None
            }
        }
    }

    fn span(&self) -> tracing::Span {
        tracing::info_span!(
            target: "zen",
            "step",
            name = self.call.definition.name(),
            fingerprint = %format_args!("{:#}", self.call.fingerprint),
        )
    }

    fn finish(&self, value: &V, duration: Duration, flight: Flight) {
        match (self.codec.encode)(value) {
            Ok(encoded) => {
                let is_lost = |lost| encoded.iter().all(|output| output.id != lost);
                if self.lost.is_some_and(is_lost) {
                    warn_not_deterministic(self.call.definition.name());
                }
                let result = NewResult {
                    types: &(self.codec.types)(),
                    encoded,
                    duration,
                    run: None,
                    flight,
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
