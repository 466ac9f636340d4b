//! Nothing: Cargo fetches what the manifest names.
