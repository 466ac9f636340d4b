//! Ordinary Rust functions as cached pipeline steps.
//!
//! Put [`#[step]`](macro@step) on a function, and a call of it is memoized: what
//! was computed once, by any process that uses the same store, is not computed
//! again. A hit is what the function would return; a store that is broken, full
//! or read-only never breaks a call.
//!
//! # A step
//!
//! ```
//! use zen_runtime::{Repository, step};
//!
//! /// The number of steps that the Collatz sequence takes from `n` to 1.
//! #[step]
//! fn collatz(n: u64) -> u64 {
//!     match n {
//!         1 => 0,
//!         n if n % 2 == 0 => 1 + collatz(n / 2),
//!         n => 1 + collatz(3 * n + 1),
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let project = tempfile::tempdir()?;
//! # let project = project.path();
//! // Without a scope, calls use the repository of the project they run in.
//! Repository::open(project)?.scope(|| {
//!     assert_eq!(collatz(27), 111); // computed
//!     assert_eq!(collatz(27), 111); // read back
//! });
//! # Ok(()) }
//! ```
//!
//! # A pipeline
//!
//! [`pipeline!`] composes steps. The repository keeps the pipeline under its name,
//! with its runs, and gives it back in another process, to be copied, changed in
//! one step, and run again; everything before the change is reused.
//!
//! ```
//! use zen_runtime::{Repository, pipeline, step, step_ref};
//!
//! #[step]
//! fn load(rows: usize) -> Vec<f64> {
//!     (0..rows).map(|row| row as f64).collect()
//! }
//!
//! #[step(outputs(train, test))]
//! fn split(rows: &[f64], fraction: f64) -> (Vec<f64>, Vec<f64>) {
//!     let (train, test) = rows.split_at((rows.len() as f64 * fraction) as usize);
//!     (train.to_vec(), test.to_vec())
//! }
//!
//! #[step]
//! fn mean(rows: &[f64]) -> f64 {
//!     rows.iter().sum::<f64>() / rows.len() as f64
//! }
//!
//! #[step]
//! fn median(rows: &[f64]) -> f64 {
//!     rows[rows.len() / 2]
//! }
//!
//! #[step]
//! fn error(model: f64, rows: &[f64]) -> f64 {
//!     rows.iter().map(|row| (row - model).abs()).sum()
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let project = tempfile::tempdir()?;
//! # let project = project.path();
//! let a = pipeline!("by mean", {
//!     let rows = load(100);
//!     let (train_set, test_set) = split(rows, 0.8);
//!     let model = mean(train_set);
//!     let score = error(model, test_set);
//!     (model, score)
//! });
//! let repo = Repository::open(project)?;
//! let run = repo.run(&a)?;
//! let (model, score) = run.outputs()?;
//! assert_eq!((model, score), (39.5, 1000.0));
//!
//! let a = repo.pipeline("by mean")?;
//! let b = a.copy("by median").replace("model", step_ref!(median))?;
//! let run = repo.run(&b)?;
//! assert_eq!(run.output::<f64>("model")?, 40.0);
//! assert_eq!(run.summary().cached, 2); // `load` and `split`
//! # Ok(()) }
//! ```
//!
//! # What is part of a key
//!
//! The step's name and path, its source, its `version`, the environment
//! variables that it names, the types of its type parameters, and the content of
//! its arguments: equal values give equal keys. `HashMap` and `HashSet` count by
//! what they hold, floating-point numbers by their bits, a [`File`] or a [`Dir`]
//! by what is in it.
//!
//! The source is the function and all that it reaches, at any distance: helpers,
//! types, impls, constants and macros of its crate and of path dependencies, the
//! versions of other crates, included files, variables of the build, conditions.
//! Comments, documentation and formatting are not in it, nor is code that the step
//! does not reach. It is read when the step is compiled, and a miss names what
//! changed in it:
//!
//! ```
//! use zen_runtime::{step, step_ref};
//!
//! const SCALE: u64 = 3;
//!
//! #[step]
//! fn scaled(x: u64) -> u64 {
//!     x * SCALE
//! }
//!
//! let items = step_ref!(scaled).definition().source_items();
//! assert!(items.iter().any(|item| item.label == "its own body"));
//! ```
//!
//! What is no source of this build cannot be seen: a C library, a plugin, the clock,
//! the network, the compiler. For what matters of these, there are arguments and the
//! options `depends`, `env` and `version` of [`#[step]`](macro@step).
//!
//! # Where things are kept
//!
//! In a folder `.zen/`; see [`Repository`].
//!
//! What is damaged there is noticed, told once and computed again. A store that is
//! full, read-only or gone stops no call either; with `ZEN_STRICT=1` in the
//! environment it does: a plain call panics, a step of a run fails. With
//! `ZEN_VERIFY=always`, artifacts of all sizes are checked each time they are read.

#[doc(hidden)]
pub mod __private;
pub mod codec;
mod explain;
pub mod fingerprint;
mod fork;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod pipeline;
mod run;
mod step;
mod store;
mod strict;
mod warning;

pub use codec::{ArtifactId, Dir, File, Secret, Storable};
pub use explain::{Explanation, Lineage};
pub use fingerprint::Fingerprint;
pub use pipeline::{
    Bind, Call, Handle, IntoArgument, IntoIgnored, Pipeline, PipelineBuilder, PipelineError,
    PipelineOutputs, Replacement, StepStatus, StepView, Untyped,
};
pub use run::{
    Artifact, ArtifactError, FailedRun, OutputError, ParseRunIdError, PastRun, PastStep, Plan,
    PlannedStep, Report, Run, RunError, RunId, Runner, StepOutcome, StepRun, Summary,
};
pub use step::{
    Decision, MissReason, Need, PreparedCall, Step, StepFailure, StepId, decide, progress,
};
pub use store::{
    Evict, Eviction, Fault, GcAction, GcItem, GcPolicy, GcReason, GcReport, Hit, Leftovers, Output,
    Repository, StoreError, VerifyOptions, VerifyReport,
};

/// # Signatures
///
/// The function keeps its signature, its attributes and its visibility, and is
/// called as before. It may stand in a module, in a function, in an `impl` block or
/// in a trait; it may be generic, recursive or `async`. Its arguments are
/// serializable: owned values, `&T`, `&str`, `&[T]`, `&Path`, `Option`s, tuples,
/// arrays. Its result is serializable and owns its data; of a `Result<T, E>`, only
/// the `T` of an `Ok` is stored, and `E` may be any type. A panic is not stored.
///
/// A step whose arguments all have an owned form can be a part of a
/// [`pipeline!`]: all but methods of traits, arguments of `impl Trait`, and
/// references inside other types (`Option<&T>` excepted).
///
/// # Options
///
/// | Option | What it does |
/// | --- | --- |
/// | `name = "..."` | the step's name in the store, instead of its path |
/// | `version = 2` | part of the key: another version is computed again |
/// | `ignore(threads)` | leaves arguments out of the key |
/// | `cache = false` | computes each time |
/// | `outputs(train, test)` | stores each element of the returned tuple on its own |
/// | `env("TZ")` | makes environment variables part of the key |
/// | `depends("model.bin", plugin::VERSION)` | makes files, from the package's folder, and items part of the source |
/// | `source = "own"` | takes the function's own tokens for its source, and nothing that it reaches |
///
/// ```
/// use std::io;
/// use zen_runtime::{File, step};
///
/// #[step(version = 2, ignore(threads), outputs(words, lines))]
/// fn count(text: &File, threads: usize) -> io::Result<(usize, usize)> {
///     let text = text.read_to_string()?;
///     Ok((text.split_whitespace().count(), text.lines().count()))
/// }
/// ```
///
/// # Names
///
/// A free function leaves a hidden type of its own name beside it, so that
/// `use model::train` brings all that [`pipeline!`] needs. A module of that name
/// cannot be imported beside it: import the step under another name.
///
/// With `ZEN_MACROS_DEBUG` in the environment of the compiler, expansions are
/// printed.
pub use zen_macros::step;

/// A block of `let`s, each a call of a step; the last expression gives the
/// pipeline's outputs. A name from an earlier `let` is an input of the step, with
/// or without `&`; any other expression is a parameter, computed when the pipeline
/// is built. The value is a [`Pipeline`] for [`Repository::run`].
///
/// A step goes by the name of its `let`; the outputs of a tuple go by theirs, and
/// the step by that of its function. A step that nobody takes from is a statement
/// of its own. The compiler checks types, counts and order, and warns about a
/// step that is not used.
///
/// ```
/// use zen_runtime::{Repository, pipeline, step};
///
/// #[step]
/// fn range(n: u64) -> Vec<u64> {
///     (0..n).collect()
/// }
///
/// #[step]
/// fn sum(numbers: &[u64], power: u32) -> u64 {
///     numbers.iter().map(|n| n.pow(power)).sum()
/// }
///
/// /// Parameters may come from the surrounding code.
/// fn of_squares(n: u64) -> zen_runtime::Pipeline<u64> {
///     pipeline!(format!("squares to {n}"), {
///         let numbers = range(n);
///         let total = sum(numbers, 2);
///         total
///     })
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let project = tempfile::tempdir()?;
/// # let project = project.path();
/// let run = Repository::open(project)?.run(&of_squares(4))?;
/// assert_eq!(run.outputs()?, 14);
/// # Ok(()) }
/// ```
///
/// A step that is called inside an argument is called there and then, as any
/// function is; a `let` of its own makes it a part of the pipeline. Loops and
/// conditions go to a [`PipelineBuilder`].
pub use zen_macros::pipeline;

/// For [`PipelineBuilder::add`]; arguments as in [`pipeline!`].
pub use zen_macros::call;

/// The [`Step`] of a function, to stand in for another one in
/// [`Pipeline::replace`].
///
/// ```
/// use zen_runtime::{step, step_ref};
///
/// #[step]
/// fn mean(rows: &[f64]) -> f64 {
///     rows.iter().sum::<f64>() / rows.len() as f64
/// }
///
/// let step = step_ref!(mean);
/// assert!(step.id().to_string().ends_with("::mean"));
/// assert_eq!(step.outputs().count(), 1);
/// ```
///
/// Of a generic step, name the types: `step_ref!(first::<u8>)`; of a method, the
/// type: `step_ref!(Model::fit)`.
pub use zen_macros::step_ref;

// The macros name this crate by its absolute path, inside it too.
extern crate self as zen_runtime;
