//! Which flights out of New York will arrive late?
//!
//! ```text
//! load_flights ─┐
//! load_weather ─┤                                   ┌─ train ─ train_tree ─────┐
//! load_planes ──┼─ join ─ clean ─ features ─ split ─┤          or              ├─ evaluate ─ report
//! load_airports ┘                                   │          train_logistic ─┘    │
//!                                                   └─ test ────────────────────────┘
//! ```
//!
//! Every function is a step, and deterministic: the same input gives the same bits. Tables
//! are structs of columns, which are quick to store and to read back.

mod airports;
mod calendar;
mod category;
mod cleaning;
mod dataset;
mod departures;
mod encoding;
mod holdout;
mod joining;
mod logistic;
mod model;
mod numbers;
mod picture;
mod pipeline;
mod planes;
mod score;
mod source;
mod table;
mod tree;
mod weather;

pub use airports::{Airports, load_airports};
pub use category::Category;
pub use cleaning::clean;
pub use dataset::Dataset;
pub use departures::{Flights, load_flights};
pub use encoding::features;
pub use holdout::split;
pub use joining::join;
pub use logistic::{LogisticModel, train_logistic};
pub use model::Model;
pub use picture::{Report, report};
pub use pipeline::{BY_LOGISTIC, BY_TREE, Outcome, by_tree};
pub use planes::{Planes, load_planes};
pub use score::{Bin, Point, Score, evaluate};
pub use table::Table;
pub use tree::{TreeModel, train_tree};
pub use weather::{Observations, Weather, load_weather};
