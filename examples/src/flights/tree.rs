//! Decision trees.

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use smartcore::{
    linalg::basic::matrix::DenseMatrix,
    tree::decision_tree_regressor::{DecisionTreeRegressor, DecisionTreeRegressorParameters},
};
use zen_runtime::step;

use super::{dataset::Dataset, model::Model};

/// A tree of yes-or-no questions about single features.
#[derive(Debug, Serialize, Deserialize)]
pub struct TreeModel {
    /// The features it was trained on.
    pub names: Vec<String>,
    tree: DecisionTreeRegressor<f32, f32, DenseMatrix<f32>, Vec<f32>>,
}

/// Learns a tree that asks at most `max_depth` questions of a flight, and whose
/// leaves hold at least `min_leaf` flights.
///
/// # Errors
///
/// When a hyperparameter is out of range, or the flights are all of one kind.
#[step]
pub fn train_tree(train: &Dataset, max_depth: u32, min_leaf: u32) -> Result<Model> {
    ensure!(min_leaf > 0, "a leaf holds at least one flight");
    train.ensure_both_kinds()?;
    // The library counts levels, of which a tree that asks nothing has one.
    let levels = u16::try_from(max_depth).ok().and_then(|d| d.checked_add(1));
    let levels = levels.with_context(|| format!("a depth of {max_depth} is too much"))?;
    let parameters = DecisionTreeRegressorParameters {
        max_depth: Some(levels),
        min_samples_leaf: usize::try_from(min_leaf)?,
        min_samples_split: 2,
        // Settles ties between features.
        seed: Some(0),
    };
    // A regression to 0 and 1 splits where a classification by Gini impurity
    // does, and its leaves hold the probability instead of a verdict.
    let late: Vec<f32> = train
        .late
        .iter()
        .map(|&late| u8::from(late).into())
        .collect();
    let tree = DecisionTreeRegressor::fit(&matrix(train)?, &late, parameters)?;
    Ok(Model::Tree(TreeModel {
        names: train.names.clone(),
        tree,
    }))
}

impl TreeModel {
    pub(super) fn predict(&self, data: &Dataset) -> Result<Vec<f32>> {
        data.ensure_columns(&self.names)?;
        Ok(self.tree.predict(&matrix(data)?)?)
    }

    /// How much the questions about each feature reduced the impurity.
    pub(super) fn weights(&self) -> Result<Vec<f64>> {
        Ok(self.tree.compute_feature_importances(false)?)
    }
}

fn matrix(data: &Dataset) -> Result<DenseMatrix<f32>> {
    let shape = (data.rows(), data.names.len());
    Ok(DenseMatrix::new(
        shape.0,
        shape.1,
        data.values.clone(),
        true,
    )?)
}
