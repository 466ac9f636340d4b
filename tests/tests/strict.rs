//! Steps compile in a crate that forbids everything it can.

#![forbid(unsafe_code)]
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    missing_copy_implementations,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::pedantic
)]

use serde::{Deserialize, Serialize};
use zen_runtime::{Pipeline, pipeline, step};

/// A model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Its weight.
    pub weight: f64,
}

/// Trains a model.
///
/// # Errors
/// If there are no rows.
#[step(version = 2, env("TZ"))]
pub fn train(rows: &[f64], (_low, high): (f64, f64)) -> Result<Model, String> {
    let weight = rows.first().ok_or("no rows")?;
    Ok(Model {
        weight: weight.min(high),
    })
}

/// Scores a model.
#[step(outputs(score, rank), ignore(verbose))]
#[must_use]
pub fn evaluate(model: &Model, rows: &[f64], mut verbose: bool) -> (f64, u8) {
    verbose |= rows.is_empty();
    (model.weight * rows.iter().sum::<f64>(), u8::from(verbose))
}

/// The first of many.
#[step]
pub fn first<T: zen_runtime::Storable + Clone>(rows: &[T]) -> Option<T> {
    rows.first().cloned()
}

/// Takes its time.
///
/// # Errors
/// Never.
#[step]
pub async fn wait(n: u8) -> Result<u8, std::io::Error> {
    let parsed: u8 = std::future::ready("1").await.parse().unwrap_or(n);
    Ok(parsed)
}

impl Model {
    /// A model made from nothing.
    #[step]
    #[must_use]
    pub fn new(weight: f64) -> Self {
        Self { weight }
    }

    /// Another weight.
    #[step]
    #[must_use]
    pub fn scaled(self, by: f64) -> Self {
        Self::new(self.weight * by)
    }
}

/// Not called `clean`, but of a name that needs an escape.
#[step]
pub fn r#match(r#type: u8) -> u8 {
    r#type
}

/// Only there on some machines.
#[cfg(any())]
#[step]
pub fn elsewhere(handle: NoSuchType) {}

/// Only there on other machines.
#[step]
#[cfg(any())]
pub fn elsewhere(handle: NoSuchType) {}

/// A pipeline, with inputs passed both ways.
#[must_use]
pub fn composed(rows: &[f64]) -> Pipeline<(Option<f64>, (f64, u8))> {
    pipeline!("strict", {
        let model = train(rows, (0.0, 1.0));
        let (score, rank) = evaluate(&model, rows, true);
        let scaled = Model::scaled(model, 2.0);
        evaluate(&scaled, rows, false);
        let first = first::<f64>(rows);
        (first, (score, rank))
    })
}

#[test]
fn steps_are_ordinary_functions() {
    let model = train(&[2.0, 3.0], (0.0, 1.0)).map(|model| model.scaled(2.0));
    assert_eq!(model, Ok(Model { weight: 2.0 }));
    assert_eq!(evaluate(&Model::new(1.0), &[1.0], false).1, 0);
    assert_eq!((first(&[1, 2]), r#match(3)), (Some(1), 3));
    assert!(pollster::block_on(wait(1)).is_ok());
    assert_eq!(composed(&[1.0]).steps().len(), 5);
}
