//! Why a step would be computed, and where an artifact came from.

mod lineage;
mod why;

pub use lineage::Lineage;
pub use why::Explanation;
