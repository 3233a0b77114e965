//! What a call takes along from the call that caused it: the time that is left, and who called.

use std::time::Duration;

use http::HeaderMap;
use tokio::time::Instant;

/// The header by which gRPC tells how much time a call has.
pub(crate) const TIMEOUT: &str = "grpc-timeout";

/// Until when a call may take: as long as the policy allows, the request itself says, or the caller of the call under
/// way in this task still waits, whichever ends first.
pub(crate) fn deadline(headers: &HeaderMap, longest: Duration, now: Instant) -> Instant {
    let own = headers
        .get(TIMEOUT)
        .and_then(|value| value.to_str().ok())
        .and_then(read_timeout);
    let until = now + own.map_or(longest, |own| own.min(longest));
    rapport_server::deadline().map_or(until, |caller| caller.min(until))
}

/// Tells the receiver of a call on whose behalf it is made, and to which trace it belongs. What the request says itself
/// stays.
pub(crate) fn put(headers: &mut HeaderMap) {
    for (name, value) in &rapport_server::outgoing() {
        headers.entry(name).or_insert_with(|| value.clone());
    }
    rapport_telemetry::context::inject(headers);
}

/// Reads a timeout as gRPC writes it: up to eight digits and a unit.
fn read_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(count * 3_600),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

/// Writes a timeout as gRPC reads it.
pub(crate) fn write_timeout(time: Duration) -> String {
    // Eight digits: microseconds for a minute and a half, milliseconds for a day.
    let micros = time.as_micros();
    if micros < 100_000_000 {
        return format!("{micros}u");
    }
    format!("{}m", time.as_millis().min(99_999_999))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn timeouts_are_read_as_they_are_written() {
        for time in [
            Duration::ZERO,
            Duration::from_micros(7),
            Duration::from_millis(1_500),
            Duration::from_secs(99),
            Duration::from_secs(86_000),
        ] {
            let text = write_timeout(time);
            assert!(text.len() <= 9, "{text}");
            assert_eq!(read_timeout(&text), Some(time), "{text}");
        }
        for text in ["", "s", "5", "5x", "123456789S", "-1S", "é"] {
            assert_eq!(read_timeout(text), None, "{text:?}");
        }
    }

    #[tokio::test]
    async fn the_earlier_deadline_counts() {
        let now = Instant::now();
        let longest = Duration::from_secs(2);
        let mut headers = HeaderMap::new();
        assert_eq!(deadline(&headers, longest, now), now + longest);
        headers.insert(TIMEOUT, HeaderValue::from_static("500m"));
        assert_eq!(deadline(&headers, longest, now), now + Duration::from_millis(500));
        headers.insert(TIMEOUT, HeaderValue::from_static("1H"));
        assert_eq!(deadline(&headers, longest, now), now + longest);
    }
}
