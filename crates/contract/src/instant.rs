//! Moments and dates: `google.protobuf.Timestamp` and `google.type.Date` as jiff's types, and back.

use jiff::{Timestamp, civil::Date};

use crate::google::r#type as wire;

/// Reads a moment, to the microsecond (finer parts are cut off). The error says what is wrong with it.
pub fn from_wire(timestamp: &prost_types::Timestamp) -> Result<Timestamp, &'static str> {
    const WRONG: &str = "is no moment between 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999999Z";
    const EARLIEST: i64 = -62_135_596_800;
    if !(0..1_000_000_000).contains(&timestamp.nanos) || timestamp.seconds < EARLIEST {
        return Err(WRONG);
    }
    Timestamp::new(timestamp.seconds, timestamp.nanos / 1_000 * 1_000).map_err(|_| WRONG)
}

/// Writes a moment.
pub fn to_wire(timestamp: Timestamp) -> prost_types::Timestamp {
    let (mut seconds, mut nanos) = (timestamp.as_second(), timestamp.subsec_nanosecond());
    // Before 1970 jiff counts both parts down; the wire always counts nanos up.
    if nanos < 0 {
        seconds -= 1;
        nanos += 1_000_000_000;
    }
    prost_types::Timestamp { seconds, nanos }
}

/// Reads a whole date (year, month and day). The error says what is wrong with it.
pub fn date_from_wire(date: wire::Date) -> Result<Date, &'static str> {
    const WRONG: &str = "is no date: year 1 to 9999, month and day of the calendar";
    let part = |value: i32| i8::try_from(value).map_err(|_| WRONG);
    let year = i16::try_from(date.year)
        .ok()
        .filter(|year| *year >= 1)
        .ok_or(WRONG)?;
    Date::new(year, part(date.month)?, part(date.day)?).map_err(|_| WRONG)
}

/// Writes a date.
pub fn date_to_wire(date: Date) -> wire::Date {
    wire::Date {
        year: i32::from(date.year()),
        month: i32::from(date.month()),
        day: i32::from(date.day()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_survive_the_way_there_and_back() {
        for text in [
            "1997-01-01T00:00:00Z",
            "1969-12-31T23:59:59.5Z",
            "0001-01-01T00:00:00Z",
            "2026-02-28T12:00:00.000001Z",
        ] {
            let moment: Timestamp = text.parse().unwrap();
            assert_eq!(from_wire(&to_wire(moment)), Ok(moment), "{text}");
        }
    }

    #[test]
    fn impossible_moments_and_dates_are_refused() {
        for (seconds, nanos) in [
            (i64::MAX, 0),
            (i64::MIN, 0),
            (0, -1),
            (0, 1_000_000_000),
            (253_402_300_800, 0),
        ] {
            assert!(
                from_wire(&prost_types::Timestamp { seconds, nanos }).is_err(),
                "{seconds} {nanos}"
            );
        }
        for (year, month, day) in [
            (0, 1, 1),
            (2026, 2, 29),
            (2026, 13, 1),
            (99_999, 1, 1),
            (2026, 0, 0),
        ] {
            assert!(
                date_from_wire(wire::Date { year, month, day }).is_err(),
                "{year}-{month}-{day}"
            );
        }
    }
}
