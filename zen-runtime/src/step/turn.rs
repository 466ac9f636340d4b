//! Whose turn it is to compute a call that is a miss.

use super::{Need, PreparedCall, decide::decide_again};
use crate::store::{Boarding, Flight, Hit, Repository, Waited};

/// What a caller does about a miss.
#[derive(Debug)]
pub(crate) enum Turn {
    /// Nothing: somebody else has computed it meanwhile.
    Stored(Hit),
    /// It computes the call, and holds its flight until the result is kept.
    Compute(Flight),
}

/// Waits on this thread until it is the caller's turn, or the result is there.
pub(crate) fn turn(repository: &Repository, call: &PreparedCall, need: Need) -> Turn {
    loop {
        let waited = match board(repository, call) {
            Boarding::Mine(flight) => Waited::Mine(flight),
            Boarding::Busy(wait) => wait.block(),
        };
        if let Some(turn) = after(repository, call, need, waited) {
            return turn;
        }
    }
}

/// Waits until it is the caller's turn, or the result is there.
pub(super) async fn turn_async(repository: &Repository, call: &PreparedCall, need: Need) -> Turn {
    loop {
        let waited = match board(repository, call) {
            Boarding::Mine(flight) => Waited::Mine(flight),
            Boarding::Busy(wait) => wait.await,
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

/// Looks for the result once more: it may have come before the flight was the
/// caller's, and has come if one that it waited for ended well. `None` if the
/// one that it waited for failed.
fn after(repository: &Repository, call: &PreparedCall, need: Need, waited: Waited) -> Option<Turn> {
    let stored = decide_again(repository, call, need).map(Turn::Stored);
    match waited {
        Waited::Over => stored,
        Waited::Mine(flight) => Some(stored.unwrap_or(Turn::Compute(flight))),
    }
}
