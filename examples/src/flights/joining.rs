//! Bringing the four tables together.

use std::collections::HashMap;

use anyhow::Result;
use zen_runtime::step;

use super::{
    airports::Airports, category::Category, departures::Flights, planes::Planes, table::Table,
    weather::Weather,
};

/// The year of the flights, for the age of planes.
const YEAR: f32 = 2013.0;

/// Adds to every flight its plane, the weather when it is to leave, where it
/// goes, and how busy its airport is.
///
/// Keeps every flight and their order. What a table does not know is missing.
///
/// # Errors
///
/// When an airport has more departures in an hour than can be counted.
#[step]
pub fn join(
    flights: &Flights,
    weather: &Weather,
    planes: &Planes,
    airports: &Airports,
) -> Result<Table> {
    let goal = find(&flights.destination, &airports.code);
    let plane = find(&flights.plane, &planes.tail);
    let age = |built: f32| YEAR - built;
    Ok(Table {
        month: flights.month.clone(),
        weekday: flights.weekday.clone(),
        departure: flights.departure.clone(),
        arrival: flights.arrival.clone(),
        distance: flights.distance.clone(),
        traffic: traffic(flights)?,
        carrier: flights.carrier.clone(),
        origin: flights.origin.clone(),
        latitude: gather(&airports.latitude, &goal),
        longitude: gather(&airports.longitude, &goal),
        plane_age: gather(&planes.built, &plane).into_iter().map(age).collect(),
        seats: gather(&planes.seats, &plane),
        weather: weather.observed.gather(&observed(flights, weather)),
        delay: flights.delay.clone(),
    })
}

/// For every row of a column, the place of its name in a list.
fn find(column: &Category, list: &[String]) -> Vec<Option<usize>> {
    let places: HashMap<_, _> = list.iter().map(String::as_str).zip(0..).collect();
    let place = |name: &String| places.get(name.as_str()).copied();
    let of_code: Vec<Option<usize>> = column.names.iter().map(place).collect();
    let of_row = |&code: &u16| of_code[usize::from(code)];
    column.codes.iter().map(of_row).collect()
}

/// For every flight, the row of its airport's weather in its hour.
fn observed(flights: &Flights, weather: &Weather) -> Vec<Option<usize>> {
    let origins = flights.origin.lookup();
    let mut rows = HashMap::new();
    for (row, &hour) in weather.hour.iter().enumerate() {
        if let Some(&origin) = origins.get(weather.origin.name(row)) {
            // Should an hour be listed twice, its first row counts.
            rows.entry((origin, hour)).or_insert(row);
        }
    }
    let keys = flights.origin.codes.iter().zip(&flights.hour);
    keys.map(|(&origin, &hour)| rows.get(&(origin, hour)).copied())
        .collect()
}

/// For every flight, the number that leave its airport in its hour.
fn traffic(flights: &Flights) -> Result<Vec<u16>> {
    let keys = || flights.origin.codes.iter().zip(&flights.hour);
    let mut departures: HashMap<_, usize> = HashMap::new();
    for key in keys() {
        *departures.entry(key).or_default() += 1;
    }
    keys()
        .map(|key| Ok(u16::try_from(departures[&key])?))
        .collect()
}

/// A column for other rows: each is a row of this one, or missing.
fn gather(column: &[f32], rows: &[Option<usize>]) -> Vec<f32> {
    let value = |row: &Option<usize>| row.map_or(f32::NAN, |row| column[row]);
    rows.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flights::weather::Observations;

    fn category(names: &[&str], codes: &[u16]) -> Category {
        Category {
            names: names.iter().map(|&name| name.to_owned()).collect(),
            codes: codes.to_vec(),
        }
    }

    fn flights() -> Flights {
        Flights {
            month: vec![1; 4],
            weekday: vec![1; 4],
            hour: vec![10, 10, 11, 10],
            departure: vec![300; 4],
            arrival: vec![400; 4],
            distance: vec![500; 4],
            carrier: category(&["UA"], &[0; 4]),
            origin: category(&["EWR", "JFK"], &[0, 1, 0, 0]),
            destination: category(&["IAH", "SJU"], &[0, 1, 0, 0]),
            plane: category(&["N1", "NA"], &[0, 1, 1, 0]),
            delay: vec![0.0; 4],
        }
    }

    fn weather() -> Weather {
        let measured = vec![10.0, 20.0, 30.0];
        Weather {
            // The codes differ from those of the flights on purpose.
            origin: category(&["LGA", "JFK", "EWR"], &[1, 2, 2]),
            hour: vec![10, 10, 10],
            observed: Observations {
                temperature: measured.clone(),
                humidity: measured.clone(),
                wind: measured.clone(),
                gust: measured.clone(),
                precipitation: measured.clone(),
                pressure: measured.clone(),
                visibility: measured,
            },
        }
    }

    #[test]
    fn rows_are_matched_by_name_and_hour() {
        let planes = Planes {
            tail: vec!["N0".to_owned(), "N1".to_owned()],
            built: vec![1990.0, 2003.0],
            seats: vec![10.0, f32::NAN],
        };
        let airports = Airports {
            code: vec!["IAH".to_owned()],
            latitude: vec![30.0],
            longitude: vec![-95.0],
        };
        let table = join(&flights(), &weather(), &planes, &airports).expect("a join");

        let temperature = &table.weather.temperature;
        assert_eq!(temperature[..2], [20.0, 10.0]);
        assert!(temperature[2].is_nan());
        assert_eq!(temperature[3..], [20.0]);
        assert_eq!(table.traffic, [2, 1, 1, 2]);
        assert_eq!((table.plane_age[0], table.plane_age[3]), (10.0, 10.0));
        assert!(table.plane_age[1].is_nan() && table.seats[0].is_nan());
        assert_eq!((table.latitude[0], table.longitude[3]), (30.0, -95.0));
        assert!(table.latitude[1].is_nan());
    }
}
