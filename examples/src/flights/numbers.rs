//! The number conversions that lose something, and why that is harmless here.

/// A count. Exact up to 2^53, which no table here comes near.
#[expect(
    clippy::cast_precision_loss,
    reason = "exact below 2^53, and rows are counted in hundreds of thousands"
)]
pub(super) fn count(count: usize) -> f64 {
    count as f64
}

/// Rounds to the precision in which features and probabilities are kept.
#[expect(
    clippy::cast_possible_truncation,
    reason = "seven digits are more than a feature or a probability carries"
)]
pub(super) fn narrow(number: f64) -> f32 {
    number as f32
}

/// The mean of the numbers that are not missing; zero when all are.
pub(super) fn mean(column: &[f32]) -> f64 {
    let mut sum = 0.0;
    let mut present = 0;
    for &value in column.iter().filter(|value| !value.is_nan()) {
        sum += f64::from(value);
        present += 1;
    }
    if present == 0 {
        0.0
    } else {
        sum / count(present)
    }
}
