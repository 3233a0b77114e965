//! Where in a trace something happens, and how that is passed on: with calls in the headers of W3C Trace Context, with
//! events as one `traceparent`, and within the process as an [`Origin`].
//!
//! Everything here costs next to nothing when no traces are kept: spans are disabled then, and origins empty.

use std::cell::Cell;

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::{
    Context,
    propagation::{Extractor, Injector, TextMapPropagator as _},
    trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState},
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tonic::{Code, metadata::MetadataMap};
use tracing::{Span, field::Empty, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::code_name;

/// Most origins that a span of many names: the bound of links that the specification recommends.
const MOST_LINKS: usize = 128;

thread_local! {
    /// The origin on whose behalf this thread decides at the moment.
    static BEHALF: Cell<Origin> = const { Cell::new(Origin(None)) };
}

/// A place in a trace that is kept: the span that caused something. Empty when there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Origin(Option<(TraceId, SpanId)>);

impl Origin {
    /// The span that this task is in.
    pub fn current() -> Self {
        let behalf = BEHALF.get();
        if behalf.0.is_some() {
            return behalf;
        }
        Self::within(&Span::current())
    }

    /// A span.
    pub fn within(span: &Span) -> Self {
        if span.is_disabled() {
            return Self(None);
        }
        let context = span.context();
        let context = context.span();
        let context = context.span_context();
        Self((context.is_valid() && context.is_sampled()).then(|| (context.trace_id(), context.span_id())))
    }

    /// Reads a `traceparent` as an event carries it. What cannot be read, or belongs to no trace that is kept, gives
    /// an empty origin: a trace is never a reason to refuse an event.
    pub fn of(trace_parent: Option<&str>) -> Self {
        Self(trace_parent.and_then(read))
    }

    /// The form in which it is stored with an event.
    pub fn trace_parent(self) -> Option<String> {
        self.0.map(|(trace, span)| format!("00-{trace}-{span}-01"))
    }

    /// Decides something on behalf of this origin: what is told meanwhile belongs to its trace. For one thread and
    /// code that does not wait, such as the decisions of a group commit.
    pub fn in_scope<T>(self, decide: impl FnOnce() -> T) -> T {
        let before = BEHALF.replace(self);
        let _restored = Restored(before);
        decide()
    }

    fn context(self) -> Option<SpanContext> {
        self.0
            .map(|(trace, span)| SpanContext::new(trace, span, TraceFlags::SAMPLED, true, TraceState::NONE))
    }
}

/// Puts an origin back, also when a decision panics.
struct Restored(Origin);

impl Drop for Restored {
    fn drop(&mut self) {
        BEHALF.set(self.0);
    }
}

/// Reads `00-<32 hex digits>-<16 hex digits>-<flags>` of a sampled span.
fn read(trace_parent: &str) -> Option<(TraceId, SpanId)> {
    let mut parts = trace_parent.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_hex = |text: &str, digits: usize| {
        text.len() == digits
            && text
                .bytes()
                .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    };
    if version != "00"
        || parts.next().is_some()
        || !is_hex(trace, 32)
        || !is_hex(span, 16)
        || !is_hex(flags, 2)
    {
        return None;
    }
    let sampled = u8::from_str_radix(flags, 16).ok()? & TraceFlags::SAMPLED.to_u8() != 0;
    let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
    (sampled && trace != TraceId::INVALID && span != SpanId::INVALID).then_some((trace, span))
}

/// The `traceparent` of the span that this task is in, to be stored with an event; none when its trace is not kept.
pub fn current_trace_parent() -> Option<String> {
    Origin::current().trace_parent()
}

/// The span of a consumer's taking an event of a topic: it continues the trace of the change that the event tells of.
/// Disabled for events without a trace, so that the bus never begins traces of its own.
pub fn continued(trace_parent: Option<&str>, consumer: &'static str, topic: &str) -> Span {
    let span = joint("process event", Kind::Consumer, [Origin::of(trace_parent)]);
    span.record("consumer", consumer);
    span.record("topic", topic);
    span
}

/// A step of the work that this task does, such as a transaction. Disabled outside of a trace, so that work that nobody
/// asked for begins none.
pub fn step(name: &'static str) -> Span {
    if Span::current().is_disabled() {
        return Span::none();
    }
    info_span!("step", otel.name = name)
}

/// What a span is to its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Work inside the process.
    Internal,
    /// Sends events.
    Producer,
    /// Takes events.
    Consumer,
}

/// The span of work done for many at once: a child of the first origin, with links to the others. Disabled when none
/// of them belongs to a trace that is kept.
pub fn joint(name: &'static str, kind: Kind, origins: impl IntoIterator<Item = Origin>) -> Span {
    let mut origins = origins.into_iter().filter(|origin| origin.0.is_some());
    let Some(first) = origins.next() else {
        return Span::none();
    };
    let kind = match kind {
        Kind::Internal => "internal",
        Kind::Producer => "producer",
        Kind::Consumer => "consumer",
    };
    // The span that this task is in belongs to at most one of the origins: the parent is set instead.
    let span =
        info_span!(parent: None, "work", otel.name = name, otel.kind = kind, consumer = Empty, topic = Empty);
    if let Some(parent) = first.context() {
        // Fails only when no traces are kept; the span is then one for log lines alone.
        let _ = span.set_parent(Context::new().with_remote_span_context(parent));
    }
    let mut last = first;
    for origin in origins
        .filter(move |origin| std::mem::replace(&mut last, *origin) != *origin)
        .take(MOST_LINKS)
    {
        if let Some(context) = origin.context() {
            span.add_link(context);
        }
    }
    span
}

/// Makes a span that has not begun yet continue the trace of a caller.
pub fn accept(headers: &HeaderMap, span: &Span) {
    if span.is_disabled() || !headers.contains_key("traceparent") {
        return;
    }
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(headers));
    // Fails only when no traces are kept.
    let _ = span.set_parent(context);
}

/// The span of a call to a sister service: its name, and the path of the method. Disabled outside of a trace. It ends with
/// [`called`].
pub fn calling(sister: &'static str, path: &str) -> Span {
    if Span::current().is_disabled() {
        return Span::none();
    }
    let method = path.trim_start_matches('/');
    info_span!(
        "sister call",
        otel.name = method,
        otel.kind = "client",
        otel.status_code = Empty,
        rpc.system.name = "grpc",
        rpc.method = method,
        rpc.response.status_code = Empty,
        server.address = sister,
    )
}

/// Tells how a call to a sister service ended.
pub fn called(span: &Span, code: Code) {
    span.record("rpc.response.status_code", code_name(code));
    if code != Code::Ok {
        span.record("otel.status_code", "ERROR");
    }
}

/// Tells the trace of the span that this task is in to the receiver of a call.
pub fn inject(headers: &mut HeaderMap) {
    let span = Span::current();
    if !span.is_disabled() {
        TraceContextPropagator::new().inject_context(&span.context(), &mut HeadersMut(headers));
    }
}

/// Like [`inject`], for the metadata of a request.
pub fn inject_metadata(metadata: &mut MetadataMap) {
    let mut headers = HeaderMap::new();
    inject(&mut headers);
    for (name, value) in &headers {
        let name = tonic::metadata::MetadataKey::from_bytes(name.as_str().as_bytes());
        let value = tonic::metadata::MetadataValue::try_from(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            metadata.insert::<tonic::metadata::MetadataKey<tonic::metadata::Ascii>>(name, value);
        }
    }
}

struct Headers<'h>(&'h HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

struct HeadersMut<'h>(&'h mut HeaderMap);

impl Injector for HeadersMut<'_> {
    fn set(&mut self, key: &str, value: String) {
        if value.is_empty() {
            return;
        }
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(key), HeaderValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE_PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn what_an_event_carries_is_read_as_it_was_written() {
        let origin = Origin::of(Some(TRACE_PARENT));
        assert_eq!(origin.trace_parent().as_deref(), Some(TRACE_PARENT));
    }

    #[test]
    fn what_is_no_kept_trace_gives_an_empty_origin() {
        for text in [
            "",
            "00",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "ff-ü-ü-ü",
        ] {
            assert_eq!(Origin::of(Some(text)), Origin::default(), "{text:?}");
        }
        assert_eq!(Origin::of(None), Origin::default());
    }

    #[test]
    fn what_is_decided_on_behalf_of_an_origin_tells_its_trace_and_nothing_later_does() {
        let told = Origin::of(Some(TRACE_PARENT)).in_scope(current_trace_parent);
        assert_eq!(told.as_deref(), Some(TRACE_PARENT));
        assert_eq!(current_trace_parent(), None);
    }

    #[test]
    fn a_panic_in_a_decision_leaves_nothing_behind() {
        let outcome = std::panic::catch_unwind(|| {
            Origin::of(Some(TRACE_PARENT)).in_scope(|| panic!("a decision that fails"));
        });
        assert!(outcome.is_err());
        assert_eq!(Origin::current(), Origin::default());
    }

    #[test]
    fn without_traces_spans_are_disabled_and_calls_carry_nothing() {
        let mut metadata = MetadataMap::new();
        inject_metadata(&mut metadata);
        assert!(metadata.is_empty());
        assert!(continued(None, "loyalty", "topic").is_disabled());
        assert!(step("a_transaction").is_disabled());
    }
}
