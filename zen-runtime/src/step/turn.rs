//! Whose turn it is to compute a call that is a miss.

use super::{Need, PreparedCall, decide::decide_again};
use crate::store::{Boarding, Flight, Hit, Repository, Wait, Waited};

/// What a caller does about a miss.
#[derive(Debug)]
pub(crate) enum Turn {
    /// Nothing: somebody else has computed it meanwhile.
    Stored(Hit),
    /// It computes the call, and holds its flight until the result is kept.
    Compute(Flight),
}

/// What a caller that does not wait is told.
#[derive(Debug)]
pub(crate) enum Asked {
    Turn(Turn),
    /// Somebody else computes the call. Once the wait is over, it is to be
    /// decided on again.
    Busy(Wait),
}

/// Asks whose turn it is.
pub(crate) fn ask(repository: &Repository, call: &PreparedCall, need: Need) -> Asked {
    match board(repository, call) {
        Boarding::Mine(flight) => Asked::Turn(take_off(repository, call, need, flight)),
        Boarding::Busy(wait) => Asked::Busy(wait),
    }
}

/// Waits on this thread until it is the caller's turn, or the result is there.
pub(crate) fn turn(repository: &Repository, call: &PreparedCall, need: Need) -> Turn {
    loop {
        let waited = match ask(repository, call, need) {
            Asked::Turn(turn) => return turn,
            Asked::Busy(wait) => wait.block(),
        };
        if let Some(turn) = after(repository, call, need, waited) {
            return turn;
        }
    }
}

/// Waits until it is the caller's turn, or the result is there.
pub(super) async fn turn_async(repository: &Repository, call: &PreparedCall, need: Need) -> Turn {
    loop {
        let waited = match ask(repository, call, need) {
            Asked::Turn(turn) => return turn,
            Asked::Busy(wait) => wait.await,
        };
        if let Some(turn) = after(repository, call, need, waited) {
            return turn;
        }
    }
}

fn board(repository: &Repository, call: &PreparedCall) -> Boarding {
    let store = repository.store();
    store.board(&call.fingerprint, call.definition.name())
}

/// Looks for the result once more, as it may have come before the flight was
/// the caller's.
fn take_off(repository: &Repository, call: &PreparedCall, need: Need, flight: Flight) -> Turn {
    decide_again(repository, call, need).map_or(Turn::Compute(flight), Turn::Stored)
}

/// What a wait has come to. `None` if the computation that it was for failed.
fn after(repository: &Repository, call: &PreparedCall, need: Need, waited: Waited) -> Option<Turn> {
    match waited {
        Waited::Over => decide_again(repository, call, need).map(Turn::Stored),
        Waited::Mine(flight) => Some(take_off(repository, call, need, flight)),
    }
}
