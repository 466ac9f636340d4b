//! The flights.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use zen_runtime::{File, step};

use super::{
    calendar::{minutes, utc_hour, weekday},
    category::{Category, CategoryBuilder},
    source::Source,
};

/// Every scheduled flight: columns of equal length.
///
/// Only what is known before departure is kept, and the delay to foretell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Flights {
    /// Month, 1 to 12.
    pub month: Vec<u8>,
    /// Day of the week, 0 (Monday) to 6 (Sunday).
    pub weekday: Vec<u8>,
    /// Hour of the scheduled departure: hours since 1970-01-01T00Z.
    pub hour: Vec<i32>,
    /// Scheduled departure, minutes after local midnight.
    pub departure: Vec<u16>,
    /// Scheduled arrival, minutes after midnight where the flight arrives.
    pub arrival: Vec<u16>,
    /// Distance in miles.
    pub distance: Vec<u16>,
    /// Airline, by its two letters.
    pub carrier: Category,
    /// Airport of departure, by FAA code.
    pub origin: Category,
    /// Airport of arrival, by FAA code.
    pub destination: Category,
    /// Tail number of the plane, or `NA`.
    pub plane: Category,
    /// Delay of the arrival in minutes, negative when early. NaN when the flight
    /// was cancelled or landed elsewhere.
    pub delay: Vec<f32>,
}

/// Reads the flights from a `.csv.zst` file.
///
/// # Errors
///
/// When the file cannot be read or a value in it cannot be understood.
#[step]
pub fn load_flights(file: &File) -> Result<Flights> {
    let source = Source::open(file.path())?;
    let year = source.column("year")?;
    let month = source.column("month")?;
    let day = source.column("day")?;
    let hour = source.column("time_hour")?;
    let departure = source.column("sched_dep_time")?;
    let arrival = source.column("sched_arr_time")?;
    let distance = source.column("distance")?;
    let names = ["carrier", "origin", "dest", "tailnum"].map(|name| source.column(name));
    let [carrier, origin, destination, plane] = names;
    let names = [carrier?, origin?, destination?, plane?];
    let delay = source.column("arr_delay")?;

    let mut flights = Flights::default();
    let mut categories: [CategoryBuilder; 4] = Default::default();
    source.each(|row| {
        let date = (row.parse(year)?, row.parse(month)?, row.parse(day)?);
        flights.month.push(date.1);
        flights.weekday.push(weekday(date.0, date.1, date.2));
        flights.hour.push(row.read(hour, utc_hour)?);
        flights.departure.push(row.read(departure, time_of_day)?);
        flights.arrival.push(row.read(arrival, time_of_day)?);
        flights.distance.push(row.parse(distance)?);
        flights.delay.push(row.number(delay)?);
        for (category, name) in categories.iter_mut().zip(names) {
            category.push(row.text(name)?)?;
        }
        Ok(())
    })?;
    let [carrier, origin, destination, plane] = categories.map(CategoryBuilder::finish);
    Ok(Flights {
        carrier,
        origin,
        destination,
        plane,
        ..flights
    })
}

fn time_of_day(text: &str) -> Option<u16> {
    minutes(text.parse().ok()?)
}
