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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flights::{train_logistic, train_tree};

    /// Flights that are late when the first of two features is large.
    fn data() -> Dataset {
        let decisive = (0..200).map(|row: u8| f32::from(row % 20));
        let useless = (0..200).map(|row: u8| f32::from(row % 3));
        Dataset {
            names: vec!["decisive".to_owned(), "useless".to_owned()],
            values: decisive.chain(useless).collect(),
            late: (0..200).map(|row| row % 20 >= 14).collect(),
        }
    }

    fn models() -> [Model; 2] {
        let tree = train_tree(&data(), 3, 5).expect("a tree");
        [tree, train_logistic(&data(), 1.0, 100).expect("weights")]
    }

    #[test]
    fn both_models_find_the_rule() {
        for model in models() {
            let chances = model.predict(&data()).expect("probabilities");
            assert!(chances[19] > 0.7 && chances[0] < 0.1, "{}", model.kind());
            let ranked = model.importance().expect("shares");
            assert_eq!(ranked[0].0, "decisive");
            assert!((ranked[0].1 + ranked[1].1 - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_stored_model_says_the_same() {
        let settings = bincode::config::standard();
        for model in models() {
            let bytes = bincode::serde::encode_to_vec(&model, settings).expect("bytes");
            let (read, _): (Model, _) =
                bincode::serde::decode_from_slice(&bytes, settings).expect("a model");
            let chances = |model: &Model| model.predict(&data()).expect("probabilities");
            assert_eq!(chances(&read), chances(&model));
        }
    }

    #[test]
    fn the_depth_is_the_number_of_questions() {
        for depth in [0, 1] {
            let tree = train_tree(&data(), depth, 1).expect("a tree");
            let mut chances = tree.predict(&data()).expect("probabilities");
            chances.sort_by(f32::total_cmp);
            chances.dedup();
            assert_eq!(chances.len(), 1 << depth);
        }
    }

    #[test]
    fn what_cannot_be_trained_or_asked_is_an_error() {
        let mut same = data();
        same.late.fill(true);
        assert!(train_tree(&same, 3, 5).is_err());
        assert!(train_logistic(&same, 1.0, 100).is_err());
        assert!(train_tree(&data(), 70_000, 5).is_err());
        assert!(train_tree(&data(), 3, 0).is_err());
        assert!(train_logistic(&data(), -1.0, 100).is_err());
        let mut other = data();
        other.names[1] = "other".to_owned();
        for model in models() {
            assert!(model.predict(&other).is_err());
        }
    }
}
