//! Logistic regression.

use anyhow::{Result, ensure};
use linfa::traits::Fit;
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2, ShapeBuilder};
use serde::{Deserialize, Serialize};
use zen_runtime::step;

use super::{
    dataset::Dataset,
    model::Model,
    numbers::{count, mean, narrow},
};

/// A weighted sum of the features, as a probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogisticModel {
    /// The features it was trained on.
    pub names: Vec<String>,
    /// The mean and the standard deviation of each feature in training.
    pub scales: Vec<(f64, f64)>,
    /// The weight of each feature, once it is brought to its scale.
    pub weights: Vec<f64>,
    /// The sum for a flight with nothing but means.
    pub intercept: f64,
}

/// Learns a weight for each feature, in at most `max_iterations` steps.
///
/// A larger `penalty` keeps the weights closer to zero.
///
/// # Errors
///
/// When a hyperparameter is out of range, the flights are all of one kind, or
/// the weights cannot be found.
#[step]
pub fn train_logistic(train: &Dataset, penalty: f64, max_iterations: u32) -> Result<Model> {
    ensure!(
        penalty.is_finite() && penalty >= 0.0,
        "the penalty has to be zero or more, not {penalty}"
    );
    train.ensure_both_kinds()?;
    let scales: Vec<_> = train.columns().map(scale).collect();
    let late = Array1::from_iter(train.late.iter().copied());
    let data = linfa::Dataset::new(scaled(train, &scales)?, late);
    let fitted = LogisticRegression::default()
        .alpha(penalty)
        .max_iterations(u64::from(max_iterations))
        .gradient_tolerance(1e-3)
        .fit(&data)?;
    // The library makes a class of its own choice the positive one.
    let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
    Ok(Model::Logistic(LogisticModel {
        names: train.names.clone(),
        scales,
        weights: fitted.params().iter().map(|weight| sign * weight).collect(),
        intercept: sign * fitted.intercept(),
    }))
}

impl LogisticModel {
    pub(super) fn predict(&self, data: &Dataset) -> Result<Vec<f32>> {
        data.ensure_columns(&self.names)?;
        let mut sums = vec![self.intercept; data.rows()];
        let terms = self.weights.iter().zip(&self.scales);
        for (column, (weight, scale)) in data.columns().zip(terms) {
            for (sum, &value) in sums.iter_mut().zip(column) {
                *sum += weight * at_scale(value, *scale);
            }
        }
        let probability = |sum: f64| narrow(1.0 / (1.0 + (-sum).exp()));
        Ok(sums.into_iter().map(probability).collect())
    }

    /// How much a usual change of each feature moves the sum.
    pub(super) fn weights(&self) -> Vec<f64> {
        self.weights.iter().map(|weight| weight.abs()).collect()
    }
}

/// The mean and the standard deviation of a column.
fn scale(column: &[f32]) -> (f64, f64) {
    let mean = mean(column);
    let squares = column
        .iter()
        .map(|&value| (f64::from(value) - mean).powi(2));
    let deviation = (squares.sum::<f64>() / count(column.len())).sqrt();
    // A column that never changes says nothing, and must not be divided by zero.
    (mean, if deviation > 0.0 { deviation } else { 1.0 })
}

fn at_scale(value: f32, (mean, deviation): (f64, f64)) -> f64 {
    (f64::from(value) - mean) / deviation
}

fn scaled(data: &Dataset, scales: &[(f64, f64)]) -> Result<Array2<f64>> {
    let columns = data.columns().zip(scales);
    let values = columns
        .flat_map(|(column, &scale)| column.iter().map(move |&value| at_scale(value, scale)));
    let shape = (data.rows(), data.names.len()).f();
    Ok(Array2::from_shape_vec(shape, values.collect())?)
}
