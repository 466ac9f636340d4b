//! Dates and times of day as plain numbers.

/// Days from 1970-01-01 to a date of the Gregorian calendar.
pub(super) fn days(year: i32, month: u8, day: u8) -> i32 {
    // Years are counted from March, so that the leap day is a year's last.
    let (month, day) = (i32::from(month), i32::from(day));
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The day of the week: 0 is Monday, 6 is Sunday.
pub(super) fn weekday(year: i32, month: u8, day: u8) -> u8 {
    // 1970-01-01 was a Thursday.
    let weekday = (days(year, month, day) + 3).rem_euclid(7);
    u8::try_from(weekday).unwrap_or_default()
}

/// Hours from 1970-01-01T00Z to a time such as `2013-01-01T10:00:00Z`.
pub(super) fn utc_hour(text: &str) -> Option<i32> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.split('-');
    let (year, month, day) = (date.next()?, date.next()?, date.next()?);
    let (month, day) = (month.parse().ok()?, day.parse().ok()?);
    let hour: u8 = time.split_once(':')?.0.parse().ok()?;
    let valid = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24;
    valid.then_some(days(year.parse().ok()?, month, day) * 24 + i32::from(hour))
}

/// Minutes after midnight of a time of day that is written `hmm`, as 517 is.
pub(super) fn minutes(time: u16) -> Option<u16> {
    let (hour, minute) = (time / 100, time % 100);
    (hour <= 24 && minute < 60).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_across_leap_years() {
        assert_eq!(days(1970, 1, 1), 0);
        assert_eq!(days(2000, 3, 1) - days(2000, 2, 28), 2);
        assert_eq!(days(2013, 3, 1) - days(2013, 2, 28), 1);
        assert_eq!(days(2014, 1, 1) - days(2013, 1, 1), 365);
        assert_eq!(days(1969, 12, 31), -1);
    }

    #[test]
    fn the_year_2013_began_on_a_tuesday() {
        assert_eq!(weekday(2013, 1, 1), 1);
        assert_eq!(weekday(2013, 1, 6), 6);
        assert_eq!(weekday(2013, 1, 7), 0);
    }

    #[test]
    fn hours_continue_over_midnight() {
        let last = utc_hour("2013-12-31T23:00:00Z").expect("a time");
        assert_eq!(utc_hour("2014-01-01T00:00:00Z"), Some(last + 1));
        assert_eq!(utc_hour("2013-13-01T00:00:00Z"), None);
        assert_eq!(utc_hour("2013-01-01 00:00:00"), None);
        assert_eq!(utc_hour("NA"), None);
    }

    #[test]
    fn times_of_day_are_read_as_hours_and_minutes() {
        assert_eq!(minutes(5), Some(5));
        assert_eq!(minutes(517), Some(317));
        assert_eq!(minutes(2400), Some(1440));
        assert_eq!(minutes(2360), None);
    }
}
