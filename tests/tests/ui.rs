//! Bad use is told at the user's own tokens. The expected texts were read by a
//! person and found helpful; a new text is to be read before it is kept.

#![allow(missing_docs)]

#[test]
fn bad_use_is_told_where_it_stands() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/**/*.rs");
}
