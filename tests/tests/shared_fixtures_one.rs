//! One of two test binaries that share slow fixtures. `fixtures.rs` starts
//! them; by themselves they do nothing.

#![allow(missing_docs)]

zen_tests::tests_that_share_fixtures! {
    a 0, b 1, c 2, d 3, e 4, f 5, g 6, h 7, i 8, j 9
}
