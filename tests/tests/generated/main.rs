//! An independent check: random programs are edited at random, and whenever an
//! edit changes what a step returns, it must have changed the step's source hash.
//!
//! A program is made of many worlds, each a tree of modules (inline, nested, in
//! files, in a crate beside) with an edit of its own, so that one build tries
//! them all. The kinds of items stand in `kinds/*.txt`, the ways to name them in
//! `paths.rs`. The long form is a longer walk from another seed:
//!
//! ```text
//! ZEN_GENERATED_ROUNDS=30 ZEN_GENERATED_SEED=7 cargo test -p zen-tests --test generated -- --nocapture
//! ```

#![allow(missing_docs)]

mod kinds;
mod paths;
mod program;
mod text;
mod world;

use std::{collections::BTreeMap, env};

use program::{Program, WORLDS};
use world::STEPS;
use zen_tests::random::Random;

#[test]
fn a_changed_output_has_a_changed_source() {
    let rounds = number("ZEN_GENERATED_ROUNDS", 3);
    let seed = number("ZEN_GENERATED_SEED", 0x5eed);
    let mut program = Program::new(seed);
    let mut random = Random::new(!seed);
    let mut figures = Figures::default();
    let mut before = program.answers();
    assert_eq!(before.len(), WORLDS * STEPS);
    for round in 0..rounds {
        let edited: Vec<_> = program
            .worlds
            .iter_mut()
            .map(|world| world.edit(&program.kinds, &mut random))
            .collect();
        let after = program.answers();
        for (number, position) in edited.into_iter().enumerate() {
            let kind = program.worlds[number].items[position].kind;
            let figure = figures.0.entry(program.kinds[kind].name).or_default();
            figure.edits += 1;
            for step in 0..STEPS {
                let step = format!("w{number}::steps::s{step}");
                let (output, hash) = &after[&step];
                let (old_output, old_hash) = &before[&step];
                assert!(
                    output == old_output || hash != old_hash,
                    "seed {seed}, round {round}: `{step}` would be a stale hit after the edit of item {position}, {}: {old_output} became {output}",
                    program.kinds[kind].name
                );
                figure.changed += usize::from(output != old_output);
                figure.costly += usize::from(output == old_output && hash != old_hash);
            }
        }
        before = after;
    }
    figures.print();
    assert!(
        figures.0.values().any(|figure| figure.changed > 0),
        "some edits change an output"
    );
}

fn number(variable: &str, otherwise: u64) -> u64 {
    let text = env::var(variable).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// What the edits of one kind of item did.
#[derive(Clone, Copy, Default)]
struct Figure {
    edits: usize,
    /// Outputs of steps that changed.
    changed: usize,
    /// Steps that would compute again for the same output.
    costly: usize,
}

/// By kind of item.
#[derive(Default)]
struct Figures(BTreeMap<&'static str, Figure>);

impl Figures {
    fn print(&self) {
        let mut sum = Figure::default();
        println!("edits  changed  costly  kind");
        let line = |figure: Figure, kind: &str| {
            let Figure {
                edits,
                changed,
                costly,
            } = figure;
            println!("{edits:5}  {changed:7}  {costly:6}  {kind}");
        };
        for (kind, figure) in &self.0 {
            line(*figure, kind);
            sum.edits += figure.edits;
            sum.changed += figure.changed;
            sum.costly += figure.costly;
        }
        line(sum, "all");
    }
}
