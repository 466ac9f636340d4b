//! From what is known of a flight to numbers.

use std::f32::consts::TAU;

use zen_runtime::step;

use super::{
    category::Category,
    dataset::Dataset,
    numbers::{mean, narrow},
    table::Table,
};

/// A flight is late when it arrives more than this many minutes after schedule.
const LATE: f32 = 15.0;

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The features of every flight, and whether it was late.
///
/// Uses only what is known before departure, and never the delays themselves:
/// names become one column each, which is 1 where the name applies. A missing
/// number becomes the mean of its column.
#[step]
pub fn features(table: &Table) -> Dataset {
    let mut columns = Columns::default();
    columns.calendar(table);
    columns.route(table);
    columns.plane(table);
    columns.weather(table);
    columns.names("carrier", &table.carrier);
    columns.names("from", &table.origin);
    Dataset {
        names: columns.names,
        values: columns.values,
        late: table.delay.iter().map(|&delay| delay > LATE).collect(),
    }
}

#[derive(Default)]
struct Columns {
    names: Vec<String>,
    values: Vec<f32>,
}

impl Columns {
    fn calendar(&mut self, table: &Table) {
        let month = || table.month.iter().map(|&month| f32::from(month));
        self.add("month", month());
        // A line through the months cannot join December to January: a circle can.
        self.add("season, winter", month().map(|m| (m / 12.0 * TAU).cos()));
        self.add("season, spring", month().map(|m| (m / 12.0 * TAU).sin()));
        self.add("departure hour", hours(&table.departure));
        self.add("arrival hour", hours(&table.arrival));
        for (number, name) in (0..).zip(WEEKDAYS) {
            let is_day = |&day: &u8| flag(day == number);
            self.add(name, table.weekday.iter().map(is_day));
        }
    }

    fn route(&mut self, table: &Table) {
        let number = |&number: &u16| f32::from(number);
        self.add("distance", table.distance.iter().map(number));
        self.add("departures in the hour", table.traffic.iter().map(number));
        self.numbers("latitude", &table.latitude);
        self.numbers("longitude", &table.longitude);
    }

    fn plane(&mut self, table: &Table) {
        let known = |seats: &f32| flag(!seats.is_nan());
        self.add("plane on record", table.seats.iter().map(known));
        self.numbers("plane age", &table.plane_age);
        self.numbers("seats", &table.seats);
    }

    fn weather(&mut self, table: &Table) {
        let weather = &table.weather;
        self.numbers("temperature", &weather.temperature);
        self.numbers("humidity", &weather.humidity);
        self.numbers("wind", &weather.wind);
        self.numbers("gust", &weather.gust);
        self.numbers("precipitation", &weather.precipitation);
        self.numbers("pressure", &weather.pressure);
        self.numbers("visibility", &weather.visibility);
    }

    fn names(&mut self, what: &str, column: &Category) {
        for (code, name) in (0..).zip(&column.names) {
            let applies = |&of_row: &u16| flag(of_row == code);
            self.add(&format!("{what} {name}"), column.codes.iter().map(applies));
        }
    }

    fn numbers(&mut self, name: &str, column: &[f32]) {
        let mean = narrow(mean(column));
        let known = |&value: &f32| if value.is_nan() { mean } else { value };
        self.add(name, column.iter().map(known));
    }

    fn add(&mut self, name: &str, column: impl Iterator<Item = f32>) {
        self.names.push(name.to_owned());
        self.values.extend(column);
    }
}

fn hours(minutes: &[u16]) -> impl Iterator<Item = f32> {
    minutes.iter().map(|&minutes| f32::from(minutes) / 60.0)
}

fn flag(is: bool) -> f32 {
    f32::from(u8::from(is))
}
