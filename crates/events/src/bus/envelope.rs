//! Events as messages of the broker: `CloudEvents` 1.0 in binary mode.
//!
//! Each attribute is a header `ce-<name>`, as the protocol binding for NATS says; the payload is the message of the
//! contract. See docs/events.md for what subscribers can rely on.

use async_nats::HeaderMap;
use jiff::Timestamp;
use rapport_status::{Error, Reason, Result};

use crate::Event;

const ID: &str = "ce-id";
const TYPE: &str = "ce-type";
const TIME: &str = "ce-time";
const SUBJECT: &str = "ce-subject";
const TENANT: &str = "ce-tenant";
const TRACE_PARENT: &str = "traceparent";
const PROTOBUF: &str = "application/protobuf";

/// The headers of an event of a service.
pub(crate) fn headers(event: &Event, service: &str) -> HeaderMap {
    let id = event.id.to_string();
    let mut headers = HeaderMap::new();
    headers.insert("ce-specversion", "1.0");
    headers.insert(ID, id.as_str());
    headers.insert("ce-source", format!("/rapport/{service}"));
    headers.insert(TYPE, event.topic.as_str());
    headers.insert(TIME, event.occurred_at.to_string());
    headers.insert(SUBJECT, encode(&event.key));
    headers.insert(TENANT, encode(&event.tenant));
    headers.insert("ce-datacontenttype", PROTOBUF);
    headers.insert("content-type", PROTOBUF);
    if let Some(trace_parent) = &event.trace_parent {
        headers.insert(TRACE_PARENT, trace_parent.as_str());
    }
    // The broker leaves out what has an id that it took a short while ago.
    headers.insert(async_nats::header::NATS_MESSAGE_ID, id);
    headers
}

/// Reads an event. What is no event of ours is refused, with what is wrong with it.
pub(crate) fn event(headers: Option<&HeaderMap>, payload: &[u8]) -> Result<Event> {
    let value = |name| {
        headers
            .and_then(|headers| headers.get(name))
            .map(async_nats::HeaderValue::as_str)
    };
    let needed = |name| value(name).ok_or_else(|| malformed(name, "is missing"));
    Ok(Event {
        id: needed(ID)?.parse().map_err(|_| malformed(ID, "is no UUID"))?,
        tenant: decode(needed(TENANT)?).ok_or_else(|| malformed(TENANT, "is not percent-encoded"))?,
        key: decode(needed(SUBJECT)?).ok_or_else(|| malformed(SUBJECT, "is not percent-encoded"))?,
        topic: needed(TYPE)?.to_owned(),
        payload: payload.to_vec(),
        occurred_at: needed(TIME)?
            .parse::<Timestamp>()
            .map_err(|_| malformed(TIME, "is no moment"))?,
        trace_parent: value(TRACE_PARENT).map(ToOwned::to_owned),
    })
}

fn malformed(header: &str, what: &str) -> Error {
    Error::new(
        Reason::MalformedMessage,
        format!("a message of the stream is no event: its header {header} {what}"),
    )
}

/// Percent-encodes what a header cannot hold, as the protocol binding says: space, quotation mark, percent sign and
/// everything that is not printable ASCII.
fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'"' | b'%' => {
                let _ = write!(encoded, "%{byte:02X}");
            }
            b'!'..=b'~' => encoded.push(char::from(byte)),
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(others.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &others[2..];
        } else {
            bytes.push(*first);
            rest = others;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn sample() -> Event {
        Event {
            id: Uuid::from_u128(7),
            tenant: "harbour".to_owned(),
            key: "客户 \"1\" 100%".to_owned(),
            topic: "rapport.profile.v1.PurchaseRecorded".to_owned(),
            payload: vec![1, 2, 3],
            occurred_at: "2026-11-24T20:00:00.000001Z".parse().unwrap(),
            trace_parent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        }
    }

    #[test]
    fn an_event_is_read_as_it_was_written() {
        let sample = sample();
        let headers = headers(&sample, "profile");
        assert_eq!(event(Some(&headers), &sample.payload).unwrap(), sample);
        let untraced = Event {
            trace_parent: None,
            ..sample
        };
        let headers = super::headers(&untraced, "profile");
        assert_eq!(event(Some(&headers), &untraced.payload).unwrap(), untraced);
    }

    #[test]
    fn headers_are_printable_ascii() {
        let headers = headers(&sample(), "profile");
        for (name, values) in headers.iter() {
            for value in values {
                assert!(
                    value.as_str().bytes().all(|byte| matches!(byte, b'!'..=b'~')),
                    "{name:?}: {value:?}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_event_is_refused_with_what_is_wrong() {
        assert!(
            event(None, &[])
                .unwrap_err()
                .message()
                .contains("ce-id is missing")
        );
        for (name, value, expected) in [
            ("ce-id", "7", "ce-id is no UUID"),
            ("ce-time", "yesterday", "ce-time is no moment"),
            ("ce-subject", "%E5%AE", "ce-subject is not percent-encoded"),
            ("ce-tenant", "%4", "ce-tenant is not percent-encoded"),
        ] {
            let mut headers = headers(&sample(), "profile");
            headers.insert(name, value);
            let refused = event(Some(&headers), &[]).unwrap_err();
            assert!(refused.message().contains(expected), "{name}: {refused}");
        }
    }
}
