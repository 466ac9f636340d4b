//! Leaving out the flights that nothing can be learned from.

use super::table::Table;

/// Keeps the flights that arrived, and whose weather is known.
///
/// A cancelled or diverted flight has no delay. A missing gust means that there
/// was none, and becomes zero; other missing values stay.
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
