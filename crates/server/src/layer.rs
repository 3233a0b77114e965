//! What every call passes: an id and a span, the limit of calls in flight, its policy, and a net for panics.

use std::{
    convert::Infallible,
    panic::AssertUnwindSafe,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use futures::{FutureExt as _, future::BoxFuture};
use http::{HeaderValue, Request, Response};
use rapport_clock::Clock;
use rapport_contract::policy;
use rapport_status::{Error, Reason, call};
use tokio::sync::Semaphore;
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};
use tracing::Instrument as _;

use crate::{Caller, Credentials, context};

/// The header that tells a caller the id of the call.
const CALL_ID: &str = "x-request-id";

/// Wraps services so that every call passes.
#[derive(Debug, Clone)]
pub(crate) struct CallLayer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    credentials: Credentials,
    clock: Clock,
    in_flight: Arc<Semaphore>,
}

impl CallLayer {
    pub(crate) fn new(credentials: Credentials, clock: Clock, most_in_flight: usize) -> Self {
        let in_flight = Arc::new(Semaphore::new(most_in_flight));
        Self {
            shared: Arc::new(Shared {
                credentials,
                clock,
                in_flight,
            }),
        }
    }
}

impl<S> Layer<S> for CallLayer {
    type Service = CallService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CallService {
            inner,
            shared: Arc::clone(&self.shared),
        }
    }
}

/// A service behind the layer.
#[derive(Debug, Clone)]
pub(crate) struct CallService<S> {
    inner: S,
    shared: Arc<Shared>,
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

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // The service that was polled ready must be the one that is called.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let shared = Arc::clone(&self.shared);
        let id = shared.clock.new_id().to_string();
        let path = request.uri().path().to_owned();
        let span = tracing::info_span!("call", method = path, id);
        let answered = call::scope(id.clone(), async move {
            let begun = Instant::now();
            let outcome = match admit(&shared, &mut request) {
                Ok(_permit) => match known(&request)
                    .scope(AssertUnwindSafe(inner.call(request)).catch_unwind())
                    .await
                {
                    Ok(Ok(response)) => response,
                    Ok(Err(never)) => match never {},
                    Err(panic) => refuse(Error::internal(format!("a call panicked: {}", text_of(&*panic)))),
                },
                Err(error) => refuse(error),
            };
            finish(outcome, &id, &path, begun)
        });
        answered.map(Ok).instrument(span).boxed()
    }
}

/// Lets a call in: there is room, and the caller may do it. The permit is held while the call is under way.
fn admit<B>(shared: &Shared, request: &mut Request<B>) -> Result<tokio::sync::OwnedSemaphorePermit, Error> {
    let permit = Arc::clone(&shared.in_flight).try_acquire_owned().map_err(|_| {
        Error::new(
            Reason::Overloaded,
            "more calls are under way than the server takes on; send it again later",
        )
        .retry_after(Duration::from_millis(200))
    })?;
    // Methods without a policy are those of health and reflection: they tell nothing of any tenant.
    if let Some(policy) = policy::method(request.uri().path()) {
        let caller: Caller = shared.credentials.caller();
        if !caller.scopes.allow(policy.scope) {
            return Err(Error::new(
                Reason::ScopeMissing,
                format!(
                    "the caller lacks the scope {}; ask for credentials that hold it",
                    policy.scope
                ),
            )
            .with("scope", policy.scope));
        }
        request.extensions_mut().insert(caller);
    }
    Ok(permit)
}

/// What is known of the call, for what it calls in turn.
fn known<B>(request: &Request<B>) -> Arc<context::Context> {
    Arc::new(context::Context::new(request.extensions().get::<Caller>().cloned(), None))
}

fn refuse(error: Error) -> Response<Body> {
    Status::from(error).into_http()
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a text")
}

/// Logs how a call ended, and tells its id.
fn finish(mut response: Response<Body>, id: &str, path: &str, begun: Instant) -> Response<Body> {
    let code = Status::from_header_map(response.headers()).map_or(Code::Ok, |status| status.code());
    let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    tracing::debug!(method = path, ?code, micros, "answered");
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert(CALL_ID, value);
    }
    response
}
