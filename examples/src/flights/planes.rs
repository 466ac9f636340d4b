//! The planes.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use zen_runtime::{File, step};

use super::source::Source;

/// Every plane on record: columns of equal length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Planes {
    /// Tail number.
    pub tail: Vec<String>,
    /// Year of manufacture, NaN when unknown.
    pub built: Vec<f32>,
    /// Number of seats, NaN when unknown.
    pub seats: Vec<f32>,
}

/// Reads the planes from a `.csv.zst` file.
///
/// # Errors
///
/// When the file cannot be read or a value in it cannot be understood.
#[step]
pub fn load_planes(file: &File) -> Result<Planes> {
    let source = Source::open(file.path())?;
    let tail = source.column("tailnum")?;
    let built = source.column("year")?;
    let seats = source.column("seats")?;

    let mut planes = Planes::default();
    source.each(|row| {
        planes.tail.push(row.text(tail)?.to_owned());
        planes.built.push(row.number(built)?);
        planes.seats.push(row.number(seats)?);
        Ok(())
    })?;
    Ok(planes)
}
