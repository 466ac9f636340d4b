//! The weather at the airports of departure.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use zen_runtime::{File, step};

use super::{
    calendar::utc_hour,
    category::{Category, CategoryBuilder},
    source::{Column, Row, Source},
};

/// The weather of every hour at every airport: columns of equal length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Weather {
    /// Airport, by FAA code.
    pub origin: Category,
    /// Hours since 1970-01-01T00Z.
    pub hour: Vec<i32>,
    /// What was measured.
    pub observed: Observations,
}

/// Measurements, NaN where they are missing: columns of equal length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Observations {
    /// Temperature, degrees Fahrenheit.
    pub temperature: Vec<f32>,
    /// Relative humidity, percent.
    pub humidity: Vec<f32>,
    /// Wind speed, miles per hour.
    pub wind: Vec<f32>,
    /// Speed of gusts, miles per hour. Missing when there are none.
    pub gust: Vec<f32>,
    /// Rain and snow, inches in the hour.
    pub precipitation: Vec<f32>,
    /// Air pressure at sea level, millibars.
    pub pressure: Vec<f32>,
    /// How far one can see, miles.
    pub visibility: Vec<f32>,
}

impl Observations {
    /// The same columns for other rows: each is a row of these, or missing.
    pub(super) fn gather(&self, rows: &[Option<usize>]) -> Self {
        let gather = |column: &[f32]| {
            let value = |row: &Option<usize>| row.map_or(f32::NAN, |row| column[row]);
            rows.iter().map(value).collect()
        };
        Self {
            temperature: gather(&self.temperature),
            humidity: gather(&self.humidity),
            wind: gather(&self.wind),
            gust: gather(&self.gust),
            precipitation: gather(&self.precipitation),
            pressure: gather(&self.pressure),
            visibility: gather(&self.visibility),
        }
    }
}

/// Reads the weather from a `.csv.zst` file.
///
/// # Errors
///
/// When the file cannot be read or a value in it cannot be understood.
#[step]
pub fn load_weather(file: &File) -> Result<Weather> {
    let source = Source::open(file.path())?;
    let origin = source.column("origin")?;
    let hour = source.column("time_hour")?;
    let columns = measured(&source)?;

    let mut weather = Weather::default();
    let mut origins = CategoryBuilder::default();
    source.each(|row| {
        origins.push(row.text(origin)?)?;
        weather.hour.push(row.read(hour, utc_hour)?);
        weather.observed.push(row, columns)
    })?;
    weather.origin = origins.finish();
    Ok(weather)
}

/// The columns of the fields of [`Observations`], in their order.
fn measured(source: &Source) -> Result<[Column; 7]> {
    Ok([
        source.column("temp")?,
        source.column("humid")?,
        source.column("wind_speed")?,
        source.column("wind_gust")?,
        source.column("precip")?,
        source.column("pressure")?,
        source.column("visib")?,
    ])
}

impl Observations {
    fn push(&mut self, row: &Row<'_>, columns: [Column; 7]) -> Result<()> {
        let fields = [
            &mut self.temperature,
            &mut self.humidity,
            &mut self.wind,
            &mut self.gust,
            &mut self.precipitation,
            &mut self.pressure,
            &mut self.visibility,
        ];
        for (field, column) in fields.into_iter().zip(columns) {
            field.push(row.number(column)?);
        }
        Ok(())
    }
}
