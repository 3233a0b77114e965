//! How long a caller waits for its answer (`grpc-timeout`).

use std::time::Duration;

use http::HeaderMap;

/// How much earlier the server gives up than the caller: `tonic` too looks at the time, and its refusal has no details.
const EARLIER: Duration = Duration::from_millis(2);

/// How long the caller of a request waits, if it says so. What cannot be read says nothing.
pub(crate) fn stated(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    // At most eight digits, says the protocol.
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(count * 3_600)),
        "M" => Some(Duration::from_secs(count * 60)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

/// How long the server works for a caller that waits for some time.
pub(crate) fn worked(waits: Duration) -> Duration {
    waits.saturating_sub(EARLIER.min(waits / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert("grpc-timeout", text.parse().unwrap());
        stated(&headers)
    }

    #[test]
    fn times_are_read_in_every_unit_of_the_protocol() {
        for (text, expected) in [
            ("1H", Duration::from_hours(1)),
            ("2M", Duration::from_mins(2)),
            ("3S", Duration::from_secs(3)),
            ("40m", Duration::from_millis(40)),
            ("50u", Duration::from_micros(50)),
            ("99999999n", Duration::from_nanos(99_999_999)),
        ] {
            assert_eq!(read(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_says_nothing() {
        for text in ["", "S", "10", "-1S", "1.5S", "123456789S", "10s", "1µ", "+1S"] {
            let mut headers = HeaderMap::new();
            headers.insert(
                "grpc-timeout",
                http::HeaderValue::from_bytes(text.as_bytes()).unwrap(),
            );
            assert_eq!(stated(&headers), None, "{text:?}");
        }
        assert_eq!(stated(&HeaderMap::new()), None);
    }

    #[test]
    fn the_server_gives_up_a_little_before_its_caller() {
        assert_eq!(worked(Duration::from_secs(1)), Duration::from_millis(998));
        assert_eq!(worked(Duration::from_millis(1)), Duration::from_micros(500));
        assert_eq!(worked(Duration::ZERO), Duration::ZERO);
    }
}
