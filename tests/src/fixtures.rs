//! Ten slow fixtures that the tests of two binaries share, as a user's tests
//! would: see `docs/testing.md`.

use std::{env, fs::OpenOptions, io::Write, thread, time::Duration};

use zen_runtime::step;

/// Names the file that each computation is noted in. Without it the tests that
/// share the fixtures do nothing.
pub const LOG: &str = "ZEN_TEST_FIXTURES";

/// How many fixtures there are.
pub const FIXTURES: u64 = 10;

/// How long each takes.
const SLOW: Duration = Duration::from_millis(200);

/// A fixture that takes a while.
///
/// # Panics
/// If the computation cannot be noted.
#[step]
pub fn fixture(number: u64) -> Vec<u64> {
    let log = env::var_os(LOG).expect("the name of the log");
    let log = OpenOptions::new().append(true).create(true).open(log);
    let line = format!("{number}\n");
    let noted = log.and_then(|mut log| log.write_all(line.as_bytes()));
    noted.expect("a line in the log");
    thread::sleep(SLOW);
    (0..1_000).map(|x| x * number).collect()
}

/// A test that needs three of the fixtures.
///
/// # Panics
/// If one of them is not what it should be.
pub fn uses_three(number: u64) {
    if env::var_os(LOG).is_none() {
        return;
    }
    for number in [number, number + 3, number + 7].map(|n| n % FIXTURES) {
        assert_eq!(fixture(number)[1], number);
    }
}

/// Ten tests that need three of the fixtures each.
#[macro_export]
macro_rules! tests_that_share_fixtures {
    ($($name:ident $number:literal),*) => {
        $(
            #[test]
            fn $name() {
                $crate::fixtures::uses_three($number);
            }
        )*
    };
}
