//! Typed values, their reading from text and their printing.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

/// 0000-01-01T00:00:00Z in microseconds since the Unix epoch. An offset could lead before it, where RFC 3339 has no
/// form for the instant in universal time.
const YEAR_ZERO: i64 = -62_167_219_200_000_000;
/// The first day of the Unix epoch.
const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// A value of a comparison or of a sort key. Each variant belongs to the [`Kind`](crate::Kind) of the same name.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text, compared in the collation of the database. Never contains the character zero when it was parsed.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A decimal number, finite when it was parsed.
    Decimal(f64),
    /// True or false.
    Boolean(bool),
    /// An instant, in microseconds since 1970-01-01T00:00:00Z (finer digits of a literal are cut off).
    Timestamp(i64),
    /// A calendar date without a time zone, in days since 1970-01-01.
    Date(i32),
    /// One of the declared names of an enumeration.
    Enumeration(&'static str),
}

/// Reads an RFC 3339 timestamp into microseconds since the Unix epoch, rounding down.
pub(crate) fn parse_timestamp(text: &str) -> Option<i64> {
    // The library also reads forms that RFC 3339 does not have (a zone name in brackets, hours without minutes);
    // they are refused here so that every service accepts the same texts.
    let time = text.get(10..)?;
    let shape = |from: usize, pattern: &str| {
        text.get(from..from + pattern.len()).is_some_and(|part| {
            part.bytes()
                .zip(pattern.bytes())
                .all(|(byte, expected)| match expected {
                    b'0' => byte.is_ascii_digit(),
                    other => byte.eq_ignore_ascii_case(&other),
                })
        })
    };
    let offset_at = time.find(['Z', 'z', '+', '-'])? + 10;
    let offset = text.get(offset_at..)?;
    let offset_fits = offset.len() == 1 || (offset.len() == 6 && shape(offset_at + 1, "00:00"));
    let fraction = text.get(19..offset_at)?;
    let fraction_fits = fraction.is_empty()
        || fraction.strip_prefix('.').is_some_and(|digits| {
            (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
        });
    if !(shape(0, "0000-00-00T00:00:00") && fraction_fits && offset_fits) {
        return None;
    }
    let nanoseconds = text.parse::<Timestamp>().ok()?.as_nanosecond();
    i64::try_from(nanoseconds.div_euclid(1_000))
        .ok()
        .filter(|microseconds| *microseconds >= YEAR_ZERO)
}

/// Reads a date `YYYY-MM-DD` into days since the Unix epoch.
pub(crate) fn parse_date(text: &str) -> Option<i32> {
    let fits = text.len() == 10
        && text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !fits {
        return None;
    }
    let date = text.parse::<Date>().ok()?;
    date.since((jiff::Unit::Day, EPOCH))
        .ok()
        .map(|span| span.get_days())
}

/// Prints the value as a filter literal.
///
/// Every value that a filter can hold reads back the same. A timestamp or date of other origin and outside the years
/// 0 to 9999 has no RFC 3339 form; it is printed with a longer year or as its number.
impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => quote(formatter, text),
            Self::Integer(number) => write!(formatter, "{number}"),
            // The debug form of a float is the shortest text that reads back to the same float.
            Self::Decimal(number) => write!(formatter, "{number:?}"),
            Self::Boolean(boolean) => write!(formatter, "{boolean}"),
            Self::Timestamp(microseconds) => match Timestamp::from_microsecond(*microseconds) {
                Ok(timestamp) => write!(formatter, "\"{timestamp}\""),
                Err(_) => write!(formatter, "{microseconds}"),
            },
            Self::Date(days) => {
                match EPOCH.checked_add(jiff::SignedDuration::from_hours(i64::from(*days) * 24)) {
                    Ok(date) => write!(formatter, "\"{date}\""),
                    Err(_) => write!(formatter, "{days}"),
                }
            }
            Self::Enumeration(name) => write!(formatter, "{name}"),
        }
    }
}

fn quote(formatter: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    use fmt::Write;
    formatter.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' => formatter.write_str("\\\"")?,
            '\\' => formatter.write_str("\\\\")?,
            '\n' => formatter.write_str("\\n")?,
            '\r' => formatter.write_str("\\r")?,
            '\t' => formatter.write_str("\\t")?,
            other => formatter.write_char(other)?,
        }
    }
    formatter.write_char('"')
}
