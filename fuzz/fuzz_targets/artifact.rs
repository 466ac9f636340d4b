//! Any bytes, read as artifacts of every shape.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| zen_runtime::fuzzing::artifact(bytes));
