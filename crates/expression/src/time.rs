//! Moments, durations and time zones as CEL reads and writes them.

use std::{fmt::Write, sync::LazyLock};

use jiff::{
    SignedDuration, Timestamp,
    tz::{Offset, TimeZone, TimeZoneDatabase},
};

/// The zones that come with the program; the machine's own are not asked.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Seconds of 0001-01-01T00:00:00Z, the first moment there is.
const FIRST_SECOND: i64 = -62_135_596_800;
/// Longest duration in seconds: some 10,000 years.
const LONGEST_SECONDS: i64 = 315_576_000_000;

const NANOS_PER_SECOND: i128 = 1_000_000_000;

/// A moment from the year 1 on. The last one is that of jiff, 9999-12-30T22:00:00.999999999Z, so that every moment has a
/// date in every time zone.
fn within_years(moment: Timestamp) -> Option<Timestamp> {
    (moment.as_nanosecond() >= i128::from(FIRST_SECOND) * NANOS_PER_SECOND).then_some(moment)
}

/// The moment that many seconds after the beginning of 1970.
pub(crate) fn moment_of_seconds(seconds: i64) -> Option<Timestamp> {
    Timestamp::from_second(seconds).ok().and_then(within_years)
}

/// The seconds since the beginning of 1970, rounded down.
pub(crate) fn seconds_of_moment(moment: Timestamp) -> i64 {
    let seconds = moment.as_nanosecond().div_euclid(NANOS_PER_SECOND);
    i64::try_from(seconds).unwrap_or_default()
}

/// A moment in the form of RFC 3339: `2026-04-01T08:30:00Z`, `2026-04-01T08:30:00.5+08:00`.
pub(crate) fn parse_moment(text: &str) -> Option<Timestamp> {
    // jiff reads more forms than RFC 3339 has.
    let bytes = text.as_bytes();
    let shape = "dddd-dd-ddTdd:dd:dd";
    let has_shape = bytes.len() > shape.len()
        && bytes
            .iter()
            .zip(shape.bytes())
            .all(|(&byte, wanted)| match wanted {
                b'd' => byte.is_ascii_digit(),
                b'T' => matches!(byte, b'T' | b't'),
                _ => byte == wanted,
            });
    if !has_shape {
        return None;
    }
    let mut rest = text.get(shape.len()..)?;
    if let Some(fraction) = rest.strip_prefix('.') {
        // That it has one to nine digits, jiff sees to.
        rest = fraction.trim_start_matches(|digit: char| digit.is_ascii_digit());
    }
    let zoned = matches!(rest, "Z" | "z") || rest.starts_with(['+', '-']) && parse_offset(rest).is_some();
    zoned.then(|| text.parse().ok()).flatten().and_then(within_years)
}

/// A duration: decimal numbers with the units h, m, s, ms, us, ns, such as `1h30m` or `-1.5s`.
pub(crate) fn parse_duration(text: &str) -> Option<SignedDuration> {
    let (negative, mut rest) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    if rest == "0" {
        return Some(SignedDuration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut nanos = 0_i128;
    while !rest.is_empty() {
        let number = rest.len()
            - rest
                .trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
                .len();
        let (number, after) = rest.split_at(number);
        let unit = after.len()
            - after
                .trim_start_matches(|c: char| !c.is_ascii_digit() && c != '.')
                .len();
        let (unit, after) = after.split_at(unit);
        nanos = nanos.checked_add(part_in_nanos(number, unit)?)?;
        rest = after;
    }
    duration_of_nanos(if negative { -nanos } else { nanos })
}

fn part_in_nanos(number: &str, unit: &str) -> Option<i128> {
    let unit: i128 = match unit {
        "h" => 3_600_000_000_000,
        "m" => 60_000_000_000,
        "s" => NANOS_PER_SECOND,
        "ms" => 1_000_000,
        "us" | "µs" | "μs" => 1_000,
        "ns" => 1,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let value = |digits: &str| {
        if digits.is_empty() {
            Some(0)
        } else {
            digits.parse::<i128>().ok()
        }
    };
    // At most 15 decimal places, so that the product stays far from the bounds of 128 bits.
    let fraction = fraction.get(..15).unwrap_or(fraction);
    let scale = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    value(whole)?
        .checked_mul(unit)?
        .checked_add(value(fraction)? * unit / scale)
}

fn duration_of_nanos(nanos: i128) -> Option<SignedDuration> {
    let seconds = i64::try_from(nanos / NANOS_PER_SECOND).ok()?;
    let rest = i32::try_from(nanos % NANOS_PER_SECOND).ok()?;
    within_durations(SignedDuration::new(seconds, rest))
}

fn within_durations(duration: SignedDuration) -> Option<SignedDuration> {
    (duration.as_nanos().unsigned_abs() <= (i128::from(LONGEST_SECONDS) * NANOS_PER_SECOND).unsigned_abs())
        .then_some(duration)
}

/// A duration as CEL writes it: in seconds, with the decimal places that it has.
pub(crate) fn duration_text(duration: SignedDuration) -> String {
    let mut text = String::new();
    let nanos = duration.subsec_nanos().unsigned_abs();
    if duration.is_negative() {
        text.push('-');
    }
    // Writing to a string does not fail.
    let _ = write!(text, "{}", duration.as_secs().unsigned_abs());
    if nanos > 0 {
        let _ = write!(text, ".{}", format!("{nanos:09}").trim_end_matches('0'));
    }
    text.push('s');
    text
}

/// The moment moved by the duration.
pub(crate) fn moved(moment: Timestamp, by: SignedDuration) -> Option<Timestamp> {
    moment.checked_add(by).ok().and_then(within_years)
}

/// The duration from the second moment to the first.
pub(crate) fn between(later: Timestamp, earlier: Timestamp) -> Option<SignedDuration> {
    duration_of_nanos(later.as_nanosecond() - earlier.as_nanosecond())
}

/// The sum of two durations.
pub(crate) fn sum(left: SignedDuration, right: SignedDuration) -> Option<SignedDuration> {
    left.checked_add(right).and_then(within_durations)
}

/// The same duration the other way.
pub(crate) fn reversed(duration: SignedDuration) -> Option<SignedDuration> {
    duration.checked_neg()
}

/// A time zone: an IANA name such as `Asia/Shanghai`, or an offset such as `+08:00`.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    if name.starts_with(['+', '-']) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return parse_offset(name).map(TimeZone::fixed);
    }
    ZONES.get(name).ok()
}

/// `+08:00`, `-03:30`, `08:00`.
fn parse_offset(text: &str) -> Option<Offset> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (hours, minutes) = unsigned.split_once(':')?;
    let number = |digits: &str, limit: i32| -> Option<i32> {
        let valid = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        valid
            .then(|| digits.parse().ok())
            .flatten()
            .filter(|value| *value < limit)
    };
    let seconds = number(hours, 24)? * 3_600 + number(minutes, 60)? * 60;
    Offset::from_seconds(if text.starts_with('-') { -seconds } else { seconds }).ok()
}

/// A part of a moment or duration that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    FullYear,
    Month,
    Date,
    DayOfMonth,
    DayOfWeek,
    DayOfYear,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
}

/// A part of a moment as the clocks and calendars of a zone show it.
pub(crate) fn part_of_moment(moment: Timestamp, zone: &TimeZone, part: Part) -> i64 {
    let local = zone.to_datetime(moment);
    match part {
        Part::FullYear => local.year().into(),
        Part::Month => i64::from(local.month()) - 1,
        Part::Date => local.day().into(),
        Part::DayOfMonth => i64::from(local.day()) - 1,
        Part::DayOfWeek => local.weekday().to_sunday_zero_offset().into(),
        Part::DayOfYear => i64::from(local.day_of_year()) - 1,
        Part::Hours => local.hour().into(),
        Part::Minutes => local.minute().into(),
        Part::Seconds => local.second().into(),
        Part::Milliseconds => i64::from(local.subsec_nanosecond()) / 1_000_000,
    }
}

/// A part of a duration: whole hours, minutes or seconds of all of it, or its milliseconds beyond the whole seconds.
pub(crate) fn part_of_duration(duration: SignedDuration, part: Part) -> i64 {
    match part {
        Part::Hours => duration.as_secs() / 3_600,
        Part::Minutes => duration.as_secs() / 60,
        Part::Milliseconds => i64::from(duration.subsec_nanos()) / 1_000_000,
        _ => duration.as_secs(),
    }
}
