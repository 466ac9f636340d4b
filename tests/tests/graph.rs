//! A graph of 1,000 steps with random dependencies, some of which fail or panic:
//! each is computed at most once, independent ones at the same time, and a later
//! run takes up where the first one stopped.

#![allow(missing_docs)]

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Barrier, LazyLock, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use zen_runtime::{Handle, Pipeline, PipelineBuilder, RunError, StepOutcome, call, step};
use zen_tests::{TestRepository, random::Random};

/// How often the body of each step ran, by its number.
static BODIES: LazyLock<Mutex<HashMap<u64, usize>>> = LazyLock::new(Mutex::default);
/// Whether the steps that are broken have been mended.
static MENDED: AtomicBool = AtomicBool::new(false);

const STEPS: u64 = 1_000;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Error,
    Panic,
}

fn fault_of(number: u64) -> Option<Fault> {
    match number % 97 {
        41 => Some(Fault::Error),
        83 => Some(Fault::Panic),
        _ => None,
    }
}

#[step]
fn node(number: u64, inputs: &[u64]) -> Result<u64, String> {
    *BODIES.lock().unwrap().entry(number).or_default() += 1;
    if !MENDED.load(Ordering::SeqCst) {
        match fault_of(number) {
            Some(Fault::Error) => return Err(format!("number {number} is broken")),
            Some(Fault::Panic) => panic!("number {number} is badly broken"),
            None => {}
        }
    }
    Ok(value_of(number, inputs))
}

fn value_of(number: u64, inputs: &[u64]) -> u64 {
    let mix = |sum: u64, input: &u64| sum.rotate_left(7).wrapping_mul(31).wrapping_add(*input);
    inputs.iter().fold(number, mix)
}

/// The inputs of each step, all of them earlier steps.
fn dependencies() -> Vec<Vec<usize>> {
    let mut random = Random::new(0x5eed);
    (0..STEPS)
        .map(|number| {
            let count = random.number(4).min(number);
            (0..count)
                .map(|_| usize::try_from(random.number(number)).unwrap())
                .collect()
        })
        .collect()
}

fn build(dependencies: &[Vec<usize>]) -> Pipeline<Vec<u64>> {
    let mut builder = PipelineBuilder::new("a thousand");
    let mut handles: Vec<Handle<u64>> = Vec::new();
    for (number, inputs) in (0..).zip(dependencies) {
        let inputs: Vec<_> = inputs.iter().map(|&input| handles[input]).collect();
        handles.push(builder.add(format!("n{number}"), call!(node(number, inputs))));
    }
    builder.finish(handles)
}

/// What each step should come to while faults are in: `None` if it cannot run.
fn expected(dependencies: &[Vec<usize>]) -> Vec<Option<u64>> {
    let mut values: Vec<Option<u64>> = Vec::new();
    for (number, inputs) in (0..).zip(dependencies) {
        let inputs: Option<Vec<u64>> = inputs.iter().map(|&input| values[input]).collect();
        let works = fault_of(number).is_none();
        values.push(inputs.filter(|_| works).map(|i| value_of(number, &i)));
    }
    values
}

#[test]
fn a_thousand_steps_with_faults_are_each_computed_once_and_resumed() {
    let repo = TestRepository::new();
    let dependencies = dependencies();
    let pipeline = build(&dependencies);
    let expected = expected(&dependencies);
    let possible = expected.iter().flatten().count();
    assert!(possible > 100 && possible < 950, "{possible} can run");

    let error = repo.quiet().threads(8).run(&pipeline).unwrap_err();
    let RunError::Failed(failed) = &error else {
        panic!("not a failed run: {error}");
    };
    let summary = failed.run().summary();
    assert_eq!(summary.computed + summary.cached, possible);
    assert!(summary.failed > 0 && summary.skipped > 0);
    check_outcomes(failed.run().steps(), &expected, &dependencies);
    let text = error.to_string();
    assert!(text.contains("number 41 is broken") || text.contains("number 83 is badly broken"));
    assert!(BODIES.lock().unwrap().values().all(|&times| times == 1));

    MENDED.store(true, Ordering::SeqCst);
    let run = repo.quiet().threads(8).run(&pipeline).unwrap();
    let summary = run.summary();
    assert_eq!(summary.cached, possible, "what was kept is reused");
    assert_eq!(summary.computed, expected.len() - possible);
    let outputs = run.outputs().unwrap();
    for (number, inputs) in (0..).zip(&dependencies) {
        let inputs: Vec<u64> = inputs.iter().map(|&input| outputs[input]).collect();
        let index = usize::try_from(number).unwrap();
        assert_eq!(outputs[index], value_of(number, &inputs));
    }
    let again = repo.quiet().run(&pipeline).unwrap();
    assert_eq!(again.summary().cached, expected.len());
    assert_eq!(again.outputs().unwrap(), outputs);
}

fn check_outcomes(
    steps: &[zen_runtime::StepRun],
    expected: &[Option<u64>],
    dependencies: &[Vec<usize>],
) {
    let mut unfinished = HashSet::new();
    for (index, step) in steps.iter().enumerate() {
        let blocked = dependencies[index].iter().any(|i| unfinished.contains(i));
        if expected[index].is_none() {
            unfinished.insert(index);
        }
        match &step.outcome {
            StepOutcome::Computed { .. } => assert!(expected[index].is_some(), "{}", step.name),
            StepOutcome::Failed { panicked, .. } => {
                assert!(!blocked, "{} should have been skipped", step.name);
                let fault = fault_of(index as u64);
                assert_eq!(*panicked, fault == Some(Fault::Panic), "{}", step.name);
            }
            StepOutcome::Skipped { .. } => assert!(blocked, "{} could run", step.name),
            other => panic!("{}: {other:?}", step.name),
        }
    }
}

static MEET: Barrier = Barrier::new(4);

/// Returns only when four of it run at the same time.
#[step]
fn meet(number: u8) -> u8 {
    MEET.wait();
    number
}

#[test]
fn independent_steps_run_at_the_same_time() {
    let repo = TestRepository::new();
    let mut builder = PipelineBuilder::new("four at once");
    let four: Vec<_> = (0..4)
        .map(|number| builder.add(format!("meet {number}"), call!(meet(number))))
        .collect();
    let pipeline = builder.finish(four);
    let run = repo.quiet().threads(4).run(&pipeline).unwrap();
    assert_eq!(run.outputs().unwrap(), [0, 1, 2, 3]);
}

static SAME: zen_tests::Count = zen_tests::Count::new();

#[step]
fn same(x: u32) -> u32 {
    SAME.add();
    x + 1
}

#[test]
fn equal_calls_in_one_run_are_computed_once() {
    let repo = TestRepository::new();
    let mut builder = PipelineBuilder::new("equal calls");
    let equal: Vec<_> = (0..20)
        .map(|number| builder.add(format!("same {number}"), call!(same(7))))
        .collect();
    let pipeline = builder.finish(equal);
    let run = repo.quiet().threads(4).run(&pipeline).unwrap();
    assert_eq!(run.outputs().unwrap(), [8; 20]);
    assert_eq!(SAME.get(), 1);
    assert_eq!(run.summary().computed, 1);
}

#[step]
fn wide(limit: &u64) -> u64 {
    *limit
}

static RUNNING: LazyLock<Mutex<(usize, usize)>> = LazyLock::new(Mutex::default);

/// Counts how many of it run at the same time.
#[step]
fn counted(number: u64, from: u64) -> u64 {
    let mut running = RUNNING.lock().unwrap();
    running.0 += 1;
    running.1 = running.1.max(running.0);
    drop(running);
    let value = (0..20_000).fold(number, |sum, n| sum.rotate_left(3) ^ n);
    RUNNING.lock().unwrap().0 -= 1;
    value.wrapping_add(from)
}

#[test]
fn no_more_steps_run_at_once_than_there_are_threads() {
    let repo = TestRepository::new();
    let mut builder = PipelineBuilder::new("bounded");
    let first = builder.add("first", call!(wide(3)));
    let all: Vec<_> = (0..40)
        .map(|number| builder.add(format!("c{number}"), call!(counted(number, first))))
        .collect();
    let pipeline = builder.finish(all);
    repo.quiet().threads(2).run(&pipeline).unwrap();
    assert!(RUNNING.lock().unwrap().1 <= 2);
}
