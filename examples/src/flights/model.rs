//! What both trainers make.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{dataset::Dataset, logistic::LogisticModel, tree::TreeModel};

/// A trained model.
#[derive(Debug, Serialize, Deserialize)]
pub enum Model {
    /// A decision tree.
    Tree(TreeModel),
    /// A logistic regression.
    Logistic(LogisticModel),
}

impl Model {
    /// What kind of model it is.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Tree(_) => "Decision tree",
            Self::Logistic(_) => "Logistic regression",
        }
    }

    /// The probability of being late, 0 to 1, for every row.
    ///
    /// # Errors
    ///
    /// When the model was trained on other columns.
    pub fn predict(&self, data: &Dataset) -> Result<Vec<f32>> {
        match self {
            Self::Tree(model) => model.predict(data),
            Self::Logistic(model) => model.predict(data),
        }
    }

    /// How much each feature counts: names and shares that add up to 1, the
    /// largest first.
    ///
    /// # Errors
    ///
    /// When the model is not a trained one.
    pub fn importance(&self) -> Result<Vec<(String, f64)>> {
        let (names, weights) = match self {
            Self::Tree(model) => (&model.names, model.weights()?),
            Self::Logistic(model) => (&model.names, model.weights()),
        };
        let total: f64 = weights.iter().sum();
        let share = |weight| if total > 0.0 { weight / total } else { 0.0 };
        let shares = weights.into_iter().map(share);
        let mut ranked: Vec<_> = names.iter().cloned().zip(shares).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        Ok(ranked)
    }
}
