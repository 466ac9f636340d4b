//! Leaving out the flights that nothing can be learned from.

use zen_runtime::step;

use super::table::Table;

/// Keeps the flights that arrived, and whose weather is known.
///
/// A cancelled or diverted flight has no delay. A missing gust means that there
/// was none, and becomes zero; other missing values stay.
#[step]
pub fn clean(table: &Table) -> Table {
    let usable = |row: &usize| {
        let weather = &table.weather;
        !(table.delay[*row].is_nan()
            || weather.temperature[*row].is_nan()
            || weather.wind[*row].is_nan())
    };
    let rows: Vec<usize> = (0..table.rows()).filter(usable).collect();
    let mut kept = table.take(&rows);
    for gust in &mut kept.weather.gust {
        if gust.is_nan() {
            *gust = 0.0;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flights::{category::Category, weather::Observations};

    const NONE: f32 = f32::NAN;

    /// Four flights: usable, cancelled, without weather, without gusts.
    fn table() -> Table {
        let airline = Category {
            names: vec!["UA".to_owned()],
            codes: vec![0; 4],
        };
        Table {
            month: vec![1, 2, 3, 4],
            weekday: vec![0; 4],
            departure: vec![300; 4],
            arrival: vec![400; 4],
            distance: vec![500; 4],
            traffic: vec![1; 4],
            carrier: airline.clone(),
            origin: airline,
            latitude: vec![NONE; 4],
            longitude: vec![NONE; 4],
            plane_age: vec![NONE; 4],
            seats: vec![NONE; 4],
            weather: Observations {
                temperature: vec![40.0, 40.0, NONE, 40.0],
                humidity: vec![50.0; 4],
                wind: vec![10.0; 4],
                gust: vec![20.0, 20.0, 20.0, NONE],
                precipitation: vec![0.0; 4],
                pressure: vec![NONE; 4],
                visibility: vec![10.0; 4],
            },
            delay: vec![0.0, NONE, 0.0, 15.0],
        }
    }

    #[test]
    fn only_what_cannot_be_used_is_dropped() {
        let kept = clean(&table());
        assert_eq!(kept.month, [1, 4]);
        assert_eq!(kept.carrier.codes, [0, 0]);
        assert_eq!(kept.weather.gust, [20.0, 0.0]);
        assert!(kept.weather.pressure[0].is_nan());
    }

    #[test]
    fn features_are_never_missing() {
        let data = crate::flights::features(&clean(&table()));
        assert_eq!(data.values.len(), data.rows() * data.names.len());
        assert!(data.values.iter().all(|value| value.is_finite()));
        assert_eq!(data.late, [false, false]);
    }
}
