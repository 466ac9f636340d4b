//! Who waits for a computation in async code gives its thread to others: calls
//! of one key in one task, on one thread, and beside other processes end.

#![allow(missing_docs)]

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll, Waker},
};

use zen_runtime::step;
use zen_tests::{
    Count, TestRepository,
    child::{self, Player, await_parent},
};

/// The part of a child process; a test like any other when it is not one.
#[test]
fn role() {
    match child::role().as_deref() {
        None => {}
        Some("hold") => assert_eq!(pollster::block_on(fixture(6)), 42),
        Some("wait beside another") => {
            let beside = async {
                eprintln!("BESIDE");
                await_parent();
                eprintln!("BESIDE IS DONE");
            };
            let (value, ()) = pollster::block_on(join(fixture(6), beside));
            assert_eq!(value, 42);
        }
        Some("poll once and wait") => {
            let mut first = pin!(never_again(6));
            assert!(poll_once(first.as_mut()).is_pending());
            // Nobody goes on with the first one while this waits for it.
            assert_eq!(pollster::block_on(never_again(6)), 42);
        }
        Some(other) => panic!("no role {other}"),
    }
}

#[step]
async fn fixture(x: u64) -> u64 {
    eprintln!("BODY");
    await_parent();
    x * 7
}

#[step]
async fn never_again(x: u64) -> u64 {
    eprintln!("BODY");
    yield_once().await;
    x * 7
}

/// Both futures to their ends, in turns.
async fn join<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut of_a, mut of_b) = (None, None);
    poll_fn(|context| {
        if of_a.is_none() {
            of_a = ready(a.as_mut().poll(context));
        }
        if of_b.is_none() {
            of_b = ready(b.as_mut().poll(context));
        }
        match (of_a.take(), of_b.take()) {
            (Some(a), Some(b)) => Poll::Ready((a, b)),
            (a, b) => {
                (of_a, of_b) = (a, b);
                Poll::Pending
            }
        }
    })
    .await
}

fn ready<T>(poll: Poll<T>) -> Option<T> {
    match poll {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Lets the others of a task have a turn.
async fn yield_once() {
    let mut yielded = false;
    poll_fn(|context| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[test]
fn calls_in_one_task_share_one_computation() {
    static BODIES: Count = Count::new();
    #[step]
    async fn slow(x: u64) -> u64 {
        BODIES.add();
        for _ in 0..10 {
            yield_once().await;
        }
        x + 1
    }
    let repo = TestRepository::new();
    let ends = repo.scope(|| pollster::block_on(join(join(slow(1), slow(1)), slow(1))));
    assert_eq!(ends, ((2, 2), 2));
    assert_eq!(BODIES.get(), 1);
}

#[test]
fn a_future_that_is_dropped_lets_the_next_one_compute() {
    static BODIES: Count = Count::new();
    static GO_ON: AtomicBool = AtomicBool::new(false);
    #[step]
    async fn slow(x: u64) -> u64 {
        BODIES.add();
        while !GO_ON.load(Ordering::Relaxed) {
            yield_once().await;
        }
        x + 1
    }
    let repo = TestRepository::new();
    repo.scope(|| {
        let mut first = Box::pin(slow(1));
        let mut second = Box::pin(slow(1));
        let mut third = Box::pin(slow(1));
        assert!(poll_once(first.as_mut()).is_pending());
        assert!(poll_once(second.as_mut()).is_pending());
        assert!(poll_once(third.as_mut()).is_pending());
        assert_eq!(BODIES.get(), 1);
        // A wait that is dropped changes nothing, a body that is ends it.
        drop(second);
        drop(first);
        GO_ON.store(true, Ordering::Relaxed);
        assert_eq!(pollster::block_on(third), 2);
    });
    assert_eq!(BODIES.get(), 2);
}

#[test]
fn an_error_lets_the_next_one_compute() {
    static BODIES: Count = Count::new();
    #[step]
    async fn second_time(x: u64) -> Result<u64, String> {
        BODIES.add();
        yield_once().await;
        if BODIES.get() == 1 {
            return Err("the first".to_owned());
        }
        Ok(x + 1)
    }
    let repo = TestRepository::new();
    let ends = repo.scope(|| pollster::block_on(join(second_time(1), second_time(1))));
    assert_eq!(ends, (Err("the first".to_owned()), Ok(2)));
}

#[test]
fn bodies_that_wait_for_each_other_end() {
    /// What is ignored tells when to stop.
    #[step(ignore(again))]
    async fn mutual(x: u64, again: bool) -> u64 {
        yield_once().await;
        if again {
            return Box::pin(mutual(1 - x, false)).await;
        }
        x
    }
    let repo = TestRepository::new();
    let ends = repo.scope(|| pollster::block_on(join(mutual(0, true), mutual(1, true))));
    assert!(ends.0 < 2 && ends.1 < 2);
}

#[test]
fn a_wait_for_another_process_blocks_no_thread() {
    let folder = tempfile::tempdir().unwrap();
    let mut holder = Player::start(folder.path(), "hold");
    holder.says("BODY");
    let mut waiter = Player::start(folder.path(), "wait beside another");
    waiter.says("BESIDE");
    waiter.go();
    waiter.says("BESIDE IS DONE");
    waiter.says("zen: waiting for `");
    holder.go();
    holder.ends_well();
    let lines = waiter.ends_well();
    assert!(lines.iter().all(|line| !line.contains("BODY")), "{lines:?}");
}

/// One task polls a call once, and then waits for another of the same key
/// without ever polling the first again.
#[test]
#[cfg(target_os = "linux")]
fn a_future_that_is_never_polled_again_is_given_up_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut player = Player::start(folder.path(), "poll once and wait");
    player.says("BODY");
    player.says("BODY");
    player.ends_well();
}
