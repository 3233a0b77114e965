//! Sees every call from its first byte to its last: a span that continues the caller's trace, the call's duration by
//! method, code and reason, and how many calls are under way.
//!
//! Where nobody asks for any of it, a call passes as if the layer were not there.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Instant,
};

use futures::future::{BoxFuture, Either, FutureExt as _};
use http::{HeaderMap, Request, Response};
use http_body::{Frame, SizeHint};
use rapport_contract::policy;
use rapport_status::{Reason, reason_of};
use rapport_telemetry::{code_name, context, metrics};
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};
use tracing::{Instrument as _, Span, field::Empty};

/// Wraps services so that every call is seen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ObserveLayer;

impl<S> Layer<S> for ObserveLayer {
    type Service = ObserveService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ObserveService { inner }
    }
}

/// A service behind the layer.
#[derive(Debug, Clone)]
pub(crate) struct ObserveService<S> {
    inner: S,
}

impl<S, B> Service<Request<B>> for ObserveService<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<S::Future, BoxFuture<'static, Result<Response<Body>, S::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let method = method_label(request.uri().path());
        let span = span_of(method);
        if span.is_disabled() && !metrics::are_on() {
            return Either::Left(self.inner.call(request));
        }
        context::accept(request.headers(), &span);
        let call = Call {
            method,
            span: span.clone(),
            begun: Instant::now(),
            in_flight: metrics::CallInFlight::begin(),
            is_ended: false,
        };
        let answered = span.in_scope(|| self.inner.call(request));
        let seen = async move { Ok(call.watch(answered.await?)) };
        Either::Right(seen.instrument(span).boxed())
    }
}

/// The name of a method as labels have it. What is not served is one method, so that callers cannot make labels.
fn method_label(path: &str) -> &'static str {
    const COMMON: &[&str] = &[
        "/grpc.health.v1.Health/Check",
        "/grpc.health.v1.Health/Watch",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    ];
    let known = policy::method(path).map(|method| method.path);
    let known = known.or_else(|| COMMON.iter().find(|common| **common == path).copied());
    known.map_or("_OTHER", |path| path.trim_start_matches('/'))
}

fn span_of(method: &'static str) -> Span {
    tracing::info_span!(
        "call",
        otel.name = method,
        otel.kind = "server",
        otel.status_code = Empty,
        rpc.system.name = "grpc",
        rpc.method = method,
        rpc.response.status_code = Empty,
        error.type = Empty,
        call_id = Empty,
    )
}

/// A call that is under way.
#[derive(Debug)]
struct Call {
    method: &'static str,
    span: Span,
    begun: Instant,
    /// Held, not read.
    in_flight: Option<metrics::CallInFlight>,
    is_ended: bool,
}

impl Call {
    /// Sees the answer: an error is all in its headers; of everything else the end of the body tells the outcome.
    fn watch(mut self, response: Response<Body>) -> Response<Body> {
        if let Some(status) = Status::from_header_map(response.headers()) {
            self.end(&status);
            return response;
        }
        response.map(|inner| Body::new(WatchedBody { inner, call: self }))
    }

    /// Records how the call ended. Only the first end counts.
    fn end(&mut self, status: &Status) {
        if std::mem::replace(&mut self.is_ended, true) {
            return;
        }
        self.in_flight = None;
        let code = code_name(status.code());
        self.span.record("rpc.response.status_code", code);
        let error = (status.code() != Code::Ok).then(|| error_label(status, code));
        if let Some(error) = error {
            self.span.record("error.type", error);
        }
        if is_fault(status.code()) {
            self.span.record("otel.status_code", "ERROR");
        }
        metrics::call_ended(self.method, code, error, self.begun.elapsed());
        if status.code() == Code::ResourceExhausted {
            metrics::call_refused(error.unwrap_or(code));
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // Nobody waits for the end any more: the caller has hung up, or its connection was lost.
        self.end(&Status::cancelled(""));
    }
}

/// The body of an answer; its last frame tells how the call ended.
#[derive(Debug)]
struct WatchedBody {
    inner: Body,
    call: Call,
}

impl http_body::Body for WatchedBody {
    type Data = <Body as http_body::Body>::Data;
    type Error = <Body as http_body::Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        // What a stream does for its next message belongs to the call.
        let span = self.call.span.clone();
        let frame = span.in_scope(|| Pin::new(&mut self.inner).poll_frame(context));
        let frame = ready!(frame);
        match &frame {
            Some(Ok(frame)) => {
                if let Some(trailers) = frame.trailers_ref() {
                    self.call.end(&status_in(trailers));
                }
            }
            Some(Err(status)) => self.call.end(status),
            None => self.call.end(&Status::ok("")),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

fn status_in(trailers: &HeaderMap) -> Status {
    Status::from_header_map(trailers).unwrap_or_else(|| Status::ok(""))
}

/// What went wrong: the reason, or the code of an error that came from elsewhere, such as a message that is too long.
fn error_label(status: &Status, code: &'static str) -> &'static str {
    reason_of(status)
        .and_then(|name| Reason::ALL.iter().find(|reason| reason.name() == name))
        .map_or(code, |reason| reason.name())
}

/// Whether a server has failed, by the conventions of OpenTelemetry: what the caller did wrong is no fault.
fn is_fault(code: Code) -> bool {
    matches!(
        code,
        Code::Unknown
            | Code::DeadlineExceeded
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss
    )
}

#[cfg(test)]
mod tests {
    use rapport_status::Error;

    use super::*;

    #[test]
    fn callers_cannot_make_labels() {
        assert_eq!(
            method_label("/rapport.profile.v1.ProfileService/GetCustomer"),
            "rapport.profile.v1.ProfileService/GetCustomer"
        );
        assert_eq!(
            method_label("/grpc.health.v1.Health/Check"),
            "grpc.health.v1.Health/Check"
        );
        for path in [
            "",
            "/",
            "/rapport.profile.v1.ProfileService/GetAnything",
            "/li@example.org",
        ] {
            assert_eq!(method_label(path), "_OTHER", "{path}");
        }
    }

    #[test]
    fn an_error_is_labelled_with_its_reason_and_one_from_elsewhere_with_its_code() {
        let ours = Status::from(Error::new(Reason::Overloaded, "too much"));
        assert_eq!(error_label(&ours, "RESOURCE_EXHAUSTED"), "OVERLOADED");
        assert_eq!(
            error_label(&Status::out_of_range("too long"), "OUT_OF_RANGE"),
            "OUT_OF_RANGE"
        );
    }

    #[test]
    fn what_the_caller_did_wrong_is_no_fault() {
        let faults: Vec<i32> = (0..=16).filter(|code| is_fault(Code::from_i32(*code))).collect();
        let expected = [
            Code::Unknown,
            Code::DeadlineExceeded,
            Code::Unimplemented,
            Code::Internal,
            Code::Unavailable,
            Code::DataLoss,
        ];
        assert_eq!(faults, expected.map(|code| code as i32));
    }
}
