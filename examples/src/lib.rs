//! Whole pipelines over real data.

pub mod flights;
