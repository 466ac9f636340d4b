//! The flights with everything that is known about them.

use serde::{Deserialize, Serialize};

use super::{category::Category, weather::Observations};

/// One row per flight: columns of equal length, NaN where a value is missing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Month, 1 to 12.
    pub month: Vec<u8>,
    /// Day of the week, 0 (Monday) to 6 (Sunday).
    pub weekday: Vec<u8>,
    /// Scheduled departure, minutes after local midnight.
    pub departure: Vec<u16>,
    /// Scheduled arrival, minutes after midnight where the flight arrives.
    pub arrival: Vec<u16>,
    /// Distance in miles.
    pub distance: Vec<u16>,
    /// Departures that the same airport has scheduled in the same hour.
    pub traffic: Vec<u16>,
    /// Airline, by its two letters.
    pub carrier: Category,
    /// Airport of departure, by FAA code.
    pub origin: Category,
    /// Where the flight goes, degrees north.
    pub latitude: Vec<f32>,
    /// Where the flight goes, degrees east.
    pub longitude: Vec<f32>,
    /// Age of the plane in years.
    pub plane_age: Vec<f32>,
    /// Seats in the plane.
    pub seats: Vec<f32>,
    /// Weather at the airport of departure, as the hour of departure begins.
    pub weather: Observations,
    /// Delay of the arrival in minutes, negative when early.
    pub delay: Vec<f32>,
}

impl Table {
    /// The number of flights.
    pub fn rows(&self) -> usize {
        self.delay.len()
    }

    /// Some of the rows, in the order given.
    pub(super) fn take(&self, rows: &[usize]) -> Self {
        let some: Vec<_> = rows.iter().copied().map(Some).collect();
        Self {
            month: take(&self.month, rows),
            weekday: take(&self.weekday, rows),
            departure: take(&self.departure, rows),
            arrival: take(&self.arrival, rows),
            distance: take(&self.distance, rows),
            traffic: take(&self.traffic, rows),
            carrier: self.carrier.take(rows),
            origin: self.origin.take(rows),
            latitude: take(&self.latitude, rows),
            longitude: take(&self.longitude, rows),
            plane_age: take(&self.plane_age, rows),
            seats: take(&self.seats, rows),
            weather: self.weather.gather(&some),
            delay: take(&self.delay, rows),
        }
    }
}

/// Some of a column's values, in the order given.
pub(super) fn take<T: Copy>(column: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().map(|&row| column[row]).collect()
}
