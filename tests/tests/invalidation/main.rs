//! A step misses after every edit that can change what it returns, and hits
//! after those that cannot.
//!
//! A real workspace, with path, registry and git dependencies, is built by Cargo
//! before and after its edits, and its steps are run against one repository. The
//! folder `invalidation/` holds a module per kind of edit; `⟦a⇒b⟧` stands for `a`,
//! and for `b` once edited. `--nocapture` prints what became of each kind.

#![allow(missing_docs)]

mod kinds;
mod workspace;

use kinds::{Kind, Side};
use workspace::{Answers, Edits, Workspace};

/// Misses that cost a computation and need not be, and why they are.
const FALSE_MISSES: [(&str, &[&str]); 7] = [
    (
        "`a::face` is searched for what `x` could be, and a macro may make any name",
        &["macro_made_module_through_a_glob_of_a_re_export::apart"],
    ),
    (
        "a macro of another crate in the module may make any name, `u64` too",
        &[
            "attribute_macro_of_a_dependency::apart",
            "attribute_macro_that_makes_a_sibling::apart",
            "constant_by_a_derive_in_rules_through_a_glob::apart",
            "constant_by_a_derive_in_the_input_of_a_macro::apart",
            "constant_by_a_derive_in_the_rules_of_a_macro::apart",
            "constant_in_the_message_of_an_error::apart",
            "conversion_beside_a_derive::apart",
            "derive_of_a_path_dependency::apart",
            "derive_that_makes_a_trait_impl_for_a_field::apart",
            "function_by_an_attribute_in_the_rules_of_a_macro::apart",
            "function_in_the_message_of_an_error::apart",
            "function_made_by_a_macro_of_another_crate_through_a_glob::apart",
            "impl_for_a_parameter_beside_a_derive::apart",
            "impl_for_a_type_of_the_prelude_beside_a_derive::apart",
            "macro_that_keeps_what_a_condition_leaves_out::apart",
            "name_of_the_prelude_by_a_derive_of_a_dependency::apart",
            "parameter_of_a_type_beside_a_macro_of_another_crate::reaches",
            "type_that_a_derive_of_a_dependency_makes::apart",
        ],
    ),
    (
        "a glob in a macro call or its rules may bring any name, `u64` too",
        &[
            "glob_in_a_block_in_a_macro_s_input::apart",
            "glob_in_the_input_of_a_macro::apart",
            "glob_in_the_rules_of_a_macro::apart",
        ],
    ),
    (
        "impls of foreign traits count as a whole: foreign code may call them",
        &["double_ended_iterator::apart"],
    ),
    (
        "the traits in scope count for the module as a whole",
        &["standard_trait_that_changes_scope::apart"],
    ),
    (
        "the step is not in the source: everything counts",
        &["step_made_by_a_macro::reaches"],
    ),
    (
        "the file is not named where it is included: everything counts",
        &["included_file_through_a_macro::reaches"],
    ),
];

/// The steps of those misses.
fn false_misses() -> impl Iterator<Item = &'static str> {
    FALSE_MISSES.iter().flat_map(|(_, steps)| *steps).copied()
}

/// What became of a step after an edit.
struct Outcome<'a> {
    kind: &'a Kind,
    step: String,
    missed: bool,
}

impl Outcome<'_> {
    fn must_miss(&self) -> bool {
        self.kind.must_miss(&self.step)
    }

    fn result(&self) -> &'static str {
        match (self.must_miss(), self.missed) {
            (true, true) => "miss",
            (true, false) => "STALE HIT",
            (false, true) => "false miss",
            (false, false) => "hit",
        }
    }
}

/// How the steps on one side stand after its edit. What the runtime did counts;
/// the source hash, for steps that are not called.
fn outcomes<'a>(
    kinds: &'a [Kind],
    side: Side,
    before: &Answers,
    after: &Answers,
) -> Vec<Outcome<'a>> {
    let mut outcomes = Vec::new();
    for kind in kinds.iter().filter(|kind| kind.side == side) {
        for (step, _) in kind.steps() {
            let step = format!("{}::{step}", kind.name);
            let (old, new) = (&before[&step], &after[&step]);
            let differs = old.hash != new.hash;
            let missed = new.computed.unwrap_or(differs);
            assert_eq!(missed, differs, "{step}: what runs and what its hash says");
            outcomes.push(Outcome { kind, step, missed });
        }
    }
    outcomes
}

/// Steps that ran although their results were stored.
fn computed(answers: &Answers) -> Vec<&str> {
    let ran = answers.iter().filter(|(_, a)| a.computed == Some(true));
    ran.map(|(step, _)| step.as_str()).collect()
}

#[test]
fn a_step_misses_after_every_edit_that_it_reaches() {
    let kinds = Kind::all();
    let workspace = Workspace::new("one");
    let store = tempfile::tempdir().expect("a folder");
    let store = store.path();

    workspace.set(&kinds, Edits::default());
    let program = workspace.build(&[]);
    let base = program.run(store);
    assert_eq!(computed(&program.run(store)), [""; 0], "a second run hits");

    let reached = Edits {
        reached: true,
        ..Edits::default()
    };
    workspace.set(&kinds, reached);
    let program = workspace.build(&["--features", "fast"]);
    let edited = program.run(store);
    let afresh = program.run_afresh();
    let wrong: Vec<_> = edited
        .keys()
        .filter(|step| edited[*step].result != afresh[*step].result)
        .collect();
    let mut table = outcomes(&kinds, Side::Reached, &base, &edited);
    let others = outcomes(&kinds, Side::Harmless, &base, &edited);

    workspace.set(&kinds, Edits::default());
    let undone = workspace.build(&[]).run(store);

    let harmless = Edits {
        harmless: true,
        ..Edits::default()
    };
    workspace.set(&kinds, harmless);
    let after = workspace.build(&[]).run(store);
    table.extend(outcomes(&kinds, Side::Harmless, &base, &after));
    let beside = outcomes(&kinds, Side::Reached, &base, &after);

    let elsewhere = Workspace::new("another");
    elsewhere.set(&kinds, Edits::default());
    let moved = elsewhere.build(&[]).run(store);

    let unchanged = |step: &str| base[step].result == afresh[step].result;
    print(&kinds, &table, unchanged);
    assert_eq!(wrong, [""; 0], "results that the code does not return");
    let stale = table.iter().filter(|o| o.must_miss() && !o.missed);
    let stale: Vec<_> = stale.map(|o| o.step.as_str()).collect();
    assert_eq!(stale, [""; 0], "stale hits");
    assert_eq!(computed(&undone), [""; 0], "an edit undone is a hit");
    assert_eq!(computed(&moved), [""; 0], "another folder is a hit");
    let costly = table
        .iter()
        .chain(&others)
        .filter(|o| !o.must_miss() && o.missed);
    let beside = beside.iter().filter(|o| o.missed);
    let mut costly: Vec<_> = costly.chain(beside).map(|o| o.step.as_str()).collect();
    costly.sort_unstable();
    // One that either edit misses is one.
    costly.dedup();
    let mut known: Vec<_> = false_misses().collect();
    known.sort_unstable();
    assert_eq!(costly, known, "misses that need not be");
}

fn print(kinds: &[Kind], table: &[Outcome<'_>], unchanged: impl Fn(&str) -> bool) {
    for outcome in table {
        let direction = if outcome.must_miss() {
            "must miss"
        } else {
            "must hit"
        };
        let step = outcome.step.rsplit("::").next().unwrap_or_default();
        let (kind, result) = (outcome.kind.name, outcome.result());
        println!("{kind:64} {step:8} {direction:10} {result}");
    }
    let count = |result: &str| table.iter().filter(|o| o.result() == result).count();
    println!(
        "{} kinds of edits, {} outcomes: {} misses, {} hits, {} stale hits, {} false misses",
        kinds.len(),
        table.len(),
        count("miss"),
        count("hit"),
        count("STALE HIT"),
        count("false miss"),
    );
    for (reason, steps) in FALSE_MISSES {
        println!("false misses: {}: {reason}", steps.join(", "));
    }
    // An edit here may change a result for other arguments, or on other machines.
    let quiet: Vec<_> = table
        .iter()
        .filter(|o| o.must_miss() && unchanged(&o.step))
        .map(|o| o.step.as_str())
        .collect();
    println!("the same result for 7 before and after: {quiet:?}");
}
