//! Keeping some flights back, to test a model on what it has not seen.

use anyhow::{Result, ensure};
use zen_runtime::step;

use super::{dataset::Dataset, numbers::count};

/// Puts a `fraction` of the rows, drawn at random, into the test part.
///
/// Gives the part that a model learns from and the part that it is tested on. The
/// same `seed` draws the same rows. Both parts keep the order of the rows.
///
/// # Errors
///
/// When `fraction` is not between 0 and 1.
#[step(outputs(train, test))]
pub fn split(data: &Dataset, fraction: f64, seed: u64) -> Result<(Dataset, Dataset)> {
    ensure!(
        (0.0..=1.0).contains(&fraction),
        "the test fraction has to be between 0 and 1, not {fraction}"
    );
    // Every row draws a lot, and the lowest lots are the test.
    let mut lots: Vec<_> = (0..data.rows()).map(|row| (lot(seed, row), row)).collect();
    lots.sort_unstable();
    let size = part(data.rows(), fraction);
    let mut is_test = vec![false; data.rows()];
    for &(_, row) in &lots[..size] {
        is_test[row] = true;
    }
    let (test, train): (Vec<_>, Vec<_>) = (0..data.rows()).partition(|&row| is_test[row]);
    Ok((data.take(&train), data.take(&test)))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and the number of rows"
)]
fn part(rows: usize, fraction: f64) -> usize {
    (count(rows) * fraction).round() as usize
}

/// A number that looks random: the output of the `SplitMix64` generator with this
/// seed, at this place in its sequence.
fn lot(seed: u64, row: usize) -> u64 {
    let place = (row as u64).wrapping_add(1);
    let mut lot = seed.wrapping_add(place.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    lot = (lot ^ (lot >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    lot = (lot ^ (lot >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    lot ^ (lot >> 31)
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::*;

    fn data(rows: u8) -> Dataset {
        Dataset {
            names: vec!["row".to_owned(), "twice".to_owned()],
            values: (0..rows)
                .map(f32::from)
                .chain((0..rows).map(|row| 2.0 * f32::from(row)))
                .collect(),
            late: (0..rows).map(|row| row % 2 == 1).collect(),
        }
    }

    #[test]
    fn parts_have_the_size_asked_for_and_share_no_row() {
        for (fraction, size) in [(0.0, 0), (0.25, 50), (0.333, 67), (1.0, 200)] {
            let (train, test) = split(&data(200), fraction, 7).expect("a split");
            assert_eq!((test.rows(), train.rows()), (size, 200 - size));
            let rows = |part: &Dataset| part.values[..part.rows()].to_vec();
            let mut all = [rows(&train), rows(&test)].concat();
            all.sort_by(f32::total_cmp);
            assert_eq!(all, data(200).values[..200]);
        }
    }

    #[test]
    fn rows_stay_whole() {
        let (_, test) = split(&data(200), 0.5, 7).expect("a split");
        let columns: Vec<_> = test.columns().collect();
        for (row, &late) in test.late.iter().enumerate() {
            let number = columns[0][row];
            assert_eq!(columns[1][row].total_cmp(&(2.0 * number)), Ordering::Equal);
            assert_eq!(late, number % 2.0 > 0.5);
        }
    }

    #[test]
    fn the_seed_decides() {
        let parts = |seed| split(&data(200), 0.5, seed).expect("a split");
        assert_eq!(parts(1), parts(1));
        assert_ne!(parts(1), parts(2));
    }

    #[test]
    fn the_generator_is_the_published_one() {
        assert_eq!(lot(1_234_567, 0), 6_457_827_717_110_365_317);
        assert_eq!(lot(1_234_567, 1), 3_203_168_211_198_807_973);
    }

    #[test]
    fn a_fraction_has_to_be_one() {
        assert!(split(&data(2), 1.5, 0).is_err());
        assert!(split(&data(2), f64::NAN, 0).is_err());
    }
}
