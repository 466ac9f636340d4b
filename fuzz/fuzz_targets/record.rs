//! Any bytes, read as what the database holds.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| zen_runtime::fuzzing::record(bytes));
