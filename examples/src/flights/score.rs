//! How good a model is.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use zen_runtime::step;

use super::{dataset::Dataset, model::Model, numbers::count};

/// The number of bins of a calibration, each of the same width.
const BINS: u8 = 10;

/// The number of points that a curve is thinned to.
const POINTS: usize = 200;

/// How well a model foretells which flights are late.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Flights it was tested on.
    pub flights: usize,
    /// The share of them that was late.
    pub late: f64,
    /// The share that was foretold correctly, where a probability of one half or
    /// more foretells that a flight is late.
    pub accuracy: f64,
    /// Area under the ROC curve: the probability that a late flight is given a
    /// higher probability than one that is not.
    pub auc: f64,
    /// Mean of -ln of the probability given to what happened.
    pub log_loss: f64,
    /// The ROC curve, from (0, 0) to (1, 1).
    pub roc: Vec<Point>,
    /// What happened to flights of similar probability. Empty bins are left out.
    pub calibration: Vec<Bin>,
}

/// A point of a ROC curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The share of the flights in time that are taken to be late.
    pub false_alarms: f64,
    /// The share of the late flights that are taken to be late.
    pub hits: f64,
}

/// Flights that were given a similar probability.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Mean of their probabilities.
    pub foretold: f64,
    /// The share of them that was late.
    pub late: f64,
    /// Their number.
    pub flights: usize,
}

/// Tests a model on flights it has not seen.
///
/// # Errors
///
/// When the model was trained on other columns, or the flights are all of one
/// kind.
#[step]
pub fn evaluate(model: &Model, test: &Dataset) -> Result<Score> {
    test.ensure_both_kinds()?;
    let chances: Vec<(f32, bool)> = model
        .predict(test)?
        .into_iter()
        .zip(test.late.iter().copied())
        .collect();
    let flights = chances.len();
    let right = chances
        .iter()
        .filter(|(chance, late)| (*chance >= 0.5) == *late);
    let steps = steps(&chances);
    Ok(Score {
        flights,
        late: count(test.late.iter().filter(|&&late| late).count()) / count(flights),
        accuracy: count(right.count()) / count(flights),
        auc: auc(&steps),
        log_loss: log_loss(&chances),
        roc: roc(&steps),
        calibration: calibration(&chances),
    })
}

/// The flights of one and the same probability.
#[derive(Clone, Copy, Default)]
struct Step {
    late: usize,
    in_time: usize,
}

/// Counts the flights of each probability, the highest first.
fn steps(chances: &[(f32, bool)]) -> Vec<Step> {
    let mut sorted = chances.to_vec();
    sorted.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let same = sorted.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq());
    same.map(|flights| {
        let late = flights.iter().filter(|flight| flight.1).count();
        let in_time = flights.len() - late;
        Step { late, in_time }
    })
    .collect()
}

fn auc(steps: &[Step]) -> f64 {
    // Twice the area, in pairs of a late flight and one in time: whole numbers
    // add up without error. A tie counts half.
    let (mut twice, mut late, mut in_time) = (0, 0, 0);
    for step in steps {
        twice += step.in_time * (2 * late + step.late);
        late += step.late;
        in_time += step.in_time;
    }
    count(twice) / (2.0 * count(late) * count(in_time))
}

fn roc(steps: &[Step]) -> Vec<Point> {
    let late: usize = steps.iter().map(|step| step.late).sum();
    let in_time: usize = steps.iter().map(|step| step.in_time).sum();
    let mut taken = Step::default();
    let mut curve = vec![taken];
    for step in steps {
        taken.late += step.late;
        taken.in_time += step.in_time;
        curve.push(taken);
    }
    let last = curve.len() - 1;
    let stride = (last / POINTS).max(1);
    let kept = (0..last).step_by(stride).chain([last]);
    kept.map(|place| Point {
        false_alarms: count(curve[place].in_time) / count(in_time),
        hits: count(curve[place].late) / count(late),
    })
    .collect()
}

fn log_loss(chances: &[(f32, bool)]) -> f64 {
    // Being certain and wrong must cost much, but not everything.
    const CERTAIN: f64 = 1e-7;
    let loss = |&(chance, late): &(f32, bool)| {
        let chance = f64::from(chance);
        let given = if late { chance } else { 1.0 - chance };
        -given.clamp(CERTAIN, 1.0).ln()
    };
    chances.iter().map(loss).sum::<f64>() / count(chances.len())
}

fn calibration(chances: &[(f32, bool)]) -> Vec<Bin> {
    let width = 1.0 / f32::from(BINS);
    let bins = (0..BINS).filter_map(|number| {
        let from = f32::from(number) * width;
        let to = if number + 1 == BINS {
            f32::INFINITY
        } else {
            f32::from(number + 1) * width
        };
        bin(chances
            .iter()
            .filter(|(chance, _)| (from..to).contains(chance)))
    });
    bins.collect()
}

fn bin<'a>(flights: impl Iterator<Item = &'a (f32, bool)>) -> Option<Bin> {
    let (mut foretold, mut late, mut number) = (0.0, 0, 0);
    for &(chance, is_late) in flights {
        foretold += f64::from(chance);
        late += usize::from(is_late);
        number += 1;
    }
    (number > 0).then(|| Bin {
        foretold: foretold / count(number),
        late: count(late) / count(number),
        flights: number,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares every late flight with every flight in time.
    fn auc_by_pairs(chances: &[(f32, bool)]) -> f64 {
        let (mut won, mut pairs) = (0.0, 0.0);
        for late in chances.iter().filter(|flight| flight.1) {
            for in_time in chances.iter().filter(|flight| !flight.1) {
                pairs += 1.0;
                won += match late.0.total_cmp(&in_time.0) {
                    std::cmp::Ordering::Greater => 1.0,
                    std::cmp::Ordering::Equal => 0.5,
                    std::cmp::Ordering::Less => 0.0,
                };
            }
        }
        won / pairs
    }

    /// Scattered probabilities, of which `levels` are different.
    fn chances(number: u32, levels: u16) -> Vec<(f32, bool)> {
        let mut state: u32 = 12_345;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            u16::try_from(state >> 16).expect("sixteen bits")
        };
        (0..number)
            .map(|_| {
                (
                    f32::from(next() % levels) / f32::from(levels),
                    next() % 3 == 0,
                )
            })
            .collect()
    }

    #[test]
    fn auc_is_the_share_of_pairs_in_order() {
        for levels in [1, 2, 7, 1000] {
            let chances = chances(500, levels);
            let (fast, slow) = (auc(&steps(&chances)), auc_by_pairs(&chances));
            assert!(
                (fast - slow).abs() < 1e-12,
                "{levels} levels: {fast} {slow}"
            );
        }
    }

    #[test]
    fn auc_of_perfect_and_of_reversed_order() {
        let sorted = [(0.9, true), (0.8, true), (0.2, false)];
        assert!((auc(&steps(&sorted)) - 1.0).abs() < 1e-12);
        let reversed = sorted.map(|(chance, late)| (1.0 - chance, late));
        assert!(auc(&steps(&reversed)).abs() < 1e-12);
    }

    #[test]
    fn a_curve_runs_from_corner_to_corner_and_never_falls() {
        let curve = roc(&steps(&chances(5000, 5000)));
        let corner = |at| Point {
            false_alarms: at,
            hits: at,
        };
        assert_eq!(
            (curve[0], curve[curve.len() - 1]),
            (corner(0.0), corner(1.0))
        );
        assert!(curve.len() < 2 * POINTS + 2);
        assert!(curve.is_sorted_by(|a, b| a.hits <= b.hits && a.false_alarms <= b.false_alarms));
    }

    #[test]
    fn every_flight_is_in_one_bin() {
        let mut chances = chances(500, 100);
        chances.push((1.0, true));
        let bins = calibration(&chances);
        assert_eq!(bins.iter().map(|bin| bin.flights).sum::<usize>(), 501);
        assert_eq!(bins.len(), 10);
    }

    #[test]
    fn being_certain_and_wrong_is_finite() {
        assert!(log_loss(&[(1.0, false), (0.0, true)]).is_finite());
        assert!((log_loss(&[(0.5, true)]) - 2_f64.ln()).abs() < 1e-12);
    }
}
