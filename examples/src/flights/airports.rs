//! The airports.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use zen_runtime::{File, step};

use super::source::Source;

/// Every airport on record: columns of equal length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Airports {
    /// FAA code.
    pub code: Vec<String>,
    /// Degrees north.
    pub latitude: Vec<f32>,
    /// Degrees east.
    pub longitude: Vec<f32>,
}

/// Reads the airports from a `.csv.zst` file.
///
/// # Errors
///
/// When the file cannot be read or a value in it cannot be understood.
#[step]
pub fn load_airports(file: &File) -> Result<Airports> {
    let source = Source::open(file.path())?;
    let code = source.column("faa")?;
    let latitude = source.column("lat")?;
    let longitude = source.column("lon")?;

    let mut airports = Airports::default();
    source.each(|row| {
        airports.code.push(row.text(code)?.to_owned());
        airports.latitude.push(row.number(latitude)?);
        airports.longitude.push(row.number(longitude)?);
        Ok(())
    })?;
    Ok(airports)
}
