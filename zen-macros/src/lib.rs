//! The macros of zen.
