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
//! Every function is deterministic: the same input gives the same bits. Tables
//! are structs of columns, which are quick to store and to read back.

mod airports;
mod calendar;
mod category;
mod clean;
mod dataset;
mod departures;
mod features;
mod join;
mod logistic;
mod model;
mod numbers;
mod planes;
mod report;
mod score;
mod source;
mod split;
mod table;
mod tree;
mod weather;

pub use airports::{Airports, load_airports};
pub use category::Category;
pub use clean::clean;
pub use dataset::Dataset;
pub use departures::{Flights, load_flights};
pub use features::features;
pub use join::join;
pub use logistic::{LogisticModel, train_logistic};
pub use model::Model;
pub use planes::{Planes, load_planes};
pub use report::{Report, report};
pub use score::{Bin, Point, Score, evaluate};
pub use split::{Split, split};
pub use table::Table;
pub use tree::{TreeModel, train_tree};
pub use weather::{Observations, Weather, load_weather};
