//! The steps, composed.

use std::path::Path;

use zen_runtime::{File, Pipeline, pipeline};

use super::{
    Report, Score, clean, evaluate, features, join, load_airports, load_flights, load_planes,
    load_weather, report, split, train_tree,
};

/// The name of the pipeline that trains a tree.
pub const BY_TREE: &str = "late flights, by tree";
/// The name of the copy in which a regression takes the tree's place.
pub const BY_LOGISTIC: &str = "late flights, by logistic regression";

/// How good the model is, and the picture of it.
pub type Outcome = (Score, Report);

/// The pipeline over the tables in the folder `data` that trains a tree.
pub fn by_tree(data: &Path, max_depth: u32, min_leaf: u32) -> Pipeline<Outcome> {
    let file = |name: &str| File::new(data.join(name));
    pipeline!(BY_TREE, {
        let flights = load_flights(file("flights.csv.zst"));
        let weather = load_weather(file("weather.csv.zst"));
        let planes = load_planes(file("planes.csv.zst"));
        let airports = load_airports(file("airports.csv.zst"));
        let table = join(flights, weather, planes, airports);
        let cleaned = clean(table);
        let dataset = features(cleaned);
        let (train_set, test_set) = split(dataset, 0.25, 1);
        let model = train_tree(train_set, max_depth, min_leaf);
        let score = evaluate(model, test_set);
        let picture = report(model, score);
        (score, picture)
    })
}
