//! What every call passes: an id, who calls, what that caller may do and how often, a place in the gate, the time that
//! the caller gave, and a net for panics.

use std::{
    convert::Infallible,
    panic::AssertUnwindSafe,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use futures::{FutureExt as _, future::BoxFuture};
use http::{HeaderMap, HeaderValue, Request, Response, request::Parts};
use jiff::Timestamp;
use rapport_access::{Peer, Rates};
use rapport_clock::Clock;
use rapport_contract::policy::{self, AuditClass};
use rapport_status::{Error, Reason, call, reason_of};
use rapport_storage::trail::Trail;
use rapport_telemetry::code_name;
use tonic::{
    Code, Status,
    body::Body,
    transport::server::{TcpConnectInfo, TlsConnectInfo},
};
use tower::{Layer, Service};

use crate::{
    Caller, Credentials, Record, RecordedCall,
    body::StreamBody,
    context, deadline,
    gate::{Gate, Place},
    refusal,
};

/// The header that tells a caller the id of the call.
const CALL_ID: &str = "x-request-id";

/// Wraps services so that every call passes.
#[derive(Debug, Clone)]
pub(crate) struct CallLayer {
    shared: Arc<Shared>,
    origin: Origin,
}

/// Where the calls of a layer come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// From the network.
    Network,
    /// From this process itself.
    InProcess,
}

/// What all calls of a server share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) credentials: Credentials,
    pub(crate) clock: Clock,
    pub(crate) rates: Option<Rates>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) record: Option<Arc<dyn Record>>,
}

impl CallLayer {
    pub(crate) fn new(shared: Arc<Shared>, origin: Origin) -> Self {
        Self { shared, origin }
    }
}

impl<S> Layer<S> for CallLayer {
    type Service = CallService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CallService {
            inner,
            shared: Arc::clone(&self.shared),
            origin: self.origin,
        }
    }
}

/// A service behind the layer.
#[derive(Debug, Clone)]
pub(crate) struct CallService<S> {
    inner: S,
    shared: Arc<Shared>,
    origin: Origin,
}

impl<S, B> Service<Request<B>> for CallService<S>
where
    S: Service<Request<B>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The service that was polled ready must be the one that is called.
        let clone = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, clone);
        let arrived = Arrived::new(Arc::clone(&self.shared), request.uri().path());
        let origin = self.origin;
        tracing::Span::current().record("call_id", arrived.id.as_str());
        call::scope(arrived.id.clone(), async move {
            Ok(arrived.pass(inner, request, origin).await)
        })
        .boxed()
    }
}

/// A call that has arrived.
#[derive(Debug)]
struct Arrived {
    shared: Arc<Shared>,
    id: String,
    path: String,
    /// None for methods that are not of the contract: health, reflection, and those that are not there. They tell
    /// nothing of any tenant.
    method: Option<&'static policy::Method>,
    begun: Timestamp,
    at: Instant,
}

impl Arrived {
    fn new(shared: Arc<Shared>, path: &str) -> Self {
        Self {
            id: shared.clock.new_id().to_string(),
            begun: shared.clock.now(),
            at: Instant::now(),
            method: policy::method(path),
            path: path.to_owned(),
            shared,
        }
    }

    /// Lets the call pass to the service, or refuses it.
    async fn pass<S, B>(self, inner: S, request: Request<B>, origin: Origin) -> Response<Body>
    where
        S: Service<Request<B>, Response = Response<Body>, Error = Infallible>,
    {
        let (mut parts, body) = request.into_parts();
        let caller = match self.caller(&parts, origin).await {
            Ok(caller) => caller,
            Err(error) => return self.end(refuse(error)),
        };
        let ending = self.ending(caller.as_ref());
        let admitted = match (&caller, self.method) {
            (Some(caller), Some(method)) => self.admit(caller, method),
            _ => Ok(()),
        };
        if let Err(error) = admitted {
            let scope_missing = error.reason() == Reason::ScopeMissing;
            let mut response = refuse(error);
            if scope_missing {
                response = ending.answer(response).await;
            }
            return self.end(response);
        }
        let place = match self.shared.gate.enter(&self.path, self.method.is_some()) {
            Ok(place) => place,
            Err(error) => return self.end(refuse(error)),
        };
        if let Some(caller) = &caller {
            parts.extensions.insert(caller.clone());
        }
        let request = Request::from_parts(parts, body);
        let response = self.answer(inner, request, caller, ending.trail()).await;
        self.close(response, place, ending).await
    }

    /// Who calls; none where nobody needs to be known.
    async fn caller(&self, request: &Parts, origin: Origin) -> Result<Option<Caller>, Error> {
        if self.method.is_none() {
            return Ok(None);
        }
        let shown = request
            .extensions
            .get::<TlsConnectInfo<TcpConnectInfo>>()
            .and_then(TlsConnectInfo::peer_certs);
        let peer = match origin {
            Origin::InProcess => Peer::InProcess,
            Origin::Network => {
                Peer::Network(shown.as_ref().and_then(|chain| chain.first()).map(AsRef::as_ref))
            }
        };
        self.shared
            .credentials
            .caller(&request.headers, peer)
            .await
            .map(Some)
    }

    /// Whether a caller may send this call now.
    fn admit(&self, caller: &Caller, method: &'static policy::Method) -> Result<(), Error> {
        if !caller.scopes.allow(method.scope) {
            let message = format!(
                "the caller lacks the scope {}; ask for credentials that hold it",
                method.scope
            );
            return Err(Error::new(Reason::ScopeMissing, message).with("scope", method.scope));
        }
        match &self.shared.rates {
            Some(rates) => rates.check(&caller.tenant, method),
            None => Ok(()),
        }
    }

    /// Has the service answer within the time that the caller gave.
    async fn answer<S, B>(
        &self,
        mut inner: S,
        request: Request<B>,
        caller: Option<Caller>,
        trail: Option<Trail>,
    ) -> Response<Body>
    where
        S: Service<Request<B>, Response = Response<Body>, Error = Infallible>,
    {
        let given = deadline::stated(request.headers());
        let until = given.and_then(|given| self.at.checked_add(deadline::worked(given)));
        let known = Arc::new(context::Context::new(caller, until.map(Into::into)));
        let answered = known.scope(AssertUnwindSafe(inner.call(request)).catch_unwind());
        let answered = Trail::scope(trail, answered);
        let outcome = match (until, given) {
            (Some(until), Some(given)) => match tokio::time::timeout_at(until.into(), answered).await {
                Ok(outcome) => outcome,
                Err(_) => return refuse(out_of_time(given)),
            },
            _ => answered.await,
        };
        match outcome {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            Err(panic) => refuse(Error::internal(format!("a call panicked: {}", text_of(&*panic)))),
        }
    }

    /// Gives the place back: at once, or with the end of the stream.
    async fn close(&self, response: Response<Body>, place: Place, mut ending: Ending) -> Response<Body> {
        if let Some(to_record) = &mut ending.record {
            // Known here alone: the rest of a stream is not read within the call's scope.
            to_record.call.resource = Some(call::target()).filter(|target| !target.is_empty());
        }
        if place.is_stream() && Status::from_header_map(response.headers()).is_none() {
            return self.end(response.map(|body| Body::new(StreamBody::new(body, place, ending))));
        }
        if let Some(method) = self.method {
            place.answered(method.path, self.at.elapsed());
        }
        let response = ending.answer(response).await;
        self.end(response)
    }

    /// What is to be done when the call has ended.
    fn ending(&self, caller: Option<&Caller>) -> Ending {
        let record = match (&self.shared.record, caller, self.method) {
            (Some(record), Some(caller), Some(method)) if method.audit != AuditClass::None => {
                let call = RecordedCall {
                    id: self.id.clone(),
                    tenant: caller.tenant.clone(),
                    subject: caller.subject.clone(),
                    caller_kind: self.shared.credentials.kind_of(caller),
                    method,
                    resource: None,
                    code: Code::Ok,
                    reason: None,
                    begun: self.begun,
                    ended: self.begun,
                };
                Some(ToRecord {
                    trail: record.trail(&call),
                    record: Arc::clone(record),
                    clock: self.shared.clock.clone(),
                    call,
                })
            }
            _ => None,
        };
        Ending {
            path: self.path.clone(),
            known: self.method.is_some(),
            record,
        }
    }

    /// Logs how a call was answered, and tells its id.
    fn end(&self, mut response: Response<Body>) -> Response<Body> {
        let code = Status::from_header_map(response.headers()).map_or(Code::Ok, |status| status.code());
        let micros = u64::try_from(self.at.elapsed().as_micros()).unwrap_or(u64::MAX);
        // The method and the id are those of the span.
        tracing::debug!(code = code_name(code), micros, "answered");
        if let Ok(value) = HeaderValue::from_str(&self.id) {
            response.headers_mut().insert(CALL_ID, value);
        }
        response
    }
}

/// What is to be done when a call has ended.
#[derive(Debug)]
pub(crate) struct Ending {
    path: String,
    known: bool,
    record: Option<ToRecord>,
}

#[derive(Debug)]
struct ToRecord {
    record: Arc<dyn Record>,
    trail: Trail,
    clock: Clock,
    call: RecordedCall,
}

impl Ending {
    /// The trail that the call leaves.
    fn trail(&self) -> Option<Trail> {
        self.record.as_ref().map(|to_record| to_record.trail.clone())
    }

    /// Completes a whole answer and records it. What was carried out and cannot be recorded is refused.
    async fn answer(self, mut response: Response<Body>) -> Response<Body> {
        let (code, reason) = self.complete(response.headers_mut());
        if code != Code::Ok {
            self.record(code, reason);
            return response;
        }
        let Some(to_record) = self.record else {
            return response;
        };
        match to_record.take(code, reason).await {
            Ok(()) => response,
            Err(error) => refuse(error),
        }
    }

    /// Completes the end of a stream, in its trailers, and records it.
    pub(crate) fn end(self, trailers: &mut HeaderMap) {
        let (code, reason) = self.complete(trailers);
        self.record(code, reason);
    }

    /// Records how the call ended, without waiting for it.
    pub(crate) fn record(self, code: Code, reason: Option<String>) {
        if let Some(to_record) = self.record {
            let id = to_record.call.id.clone();
            let recorded = to_record.take(code, reason);
            tokio::spawn(async move {
                if let Err(error) = recorded.await {
                    tracing::warn!(
                        call_id = id,
                        error = error.chain(),
                        "a refused call could not be recorded"
                    );
                }
            });
        }
    }

    fn complete(&self, headers: &mut HeaderMap) -> (Code, Option<String>) {
        refusal::complete(headers, &self.path, self.known);
        match Status::from_header_map(headers) {
            Some(status) => (status.code(), reason_of(&status)),
            None => (Code::Ok, None),
        }
    }
}

impl ToRecord {
    /// Has the record taken, unless it was stored with what the call has changed.
    fn take(mut self, code: Code, reason: Option<String>) -> BoxFuture<'static, Result<(), Error>> {
        if code == Code::Ok && self.trail.is_kept() {
            return std::future::ready(Ok(())).boxed();
        }
        self.call.code = code;
        self.call.reason = reason;
        self.call.ended = self.clock.now();
        self.record.record(self.call)
    }
}

fn refuse(error: Error) -> Response<Body> {
    Status::from(error).into_http()
}

fn out_of_time(given: std::time::Duration) -> Error {
    Error::new(
        Reason::DeadlineExceeded,
        format!(
            "the call was not answered within the {given:?} that its caller gave; send it again with the same request id and more time"
        ),
    )
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a text")
}
