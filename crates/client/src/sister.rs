//! A sister service, as generated clients call it.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderValue, Request, Response};
use rapport_access::TlsOptions;
use rapport_status::{Error, Reason, Result};
use rapport_telemetry::{code_name, context as trace, metrics};
use tokio::{sync::Semaphore, time::Instant};
use tonic::{Code, Status, body::Body, transport::Channel};
use tracing::{Instrument as _, Span};

use crate::{
    CallPolicy, address,
    attempt::{self, Answer, OneMessage},
    breaker::{Breaker, Outcome},
    budget::Budget,
    choice, context,
    discovery::Discovery,
    method,
    repeat::{self, Failure},
    replica::{self, Replica},
};

/// A sister service: a transport for generated clients. Cheap to clone; all clones share connections and what was learnt.
#[derive(Debug, Clone)]
pub struct Sister(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    name: &'static str,
    policy: CallPolicy,
    discovery: Arc<Discovery>,
    breaker: Mutex<Breaker>,
    budget: Mutex<Budget>,
    places: Semaphore,
    chance: AtomicU64,
}

impl Sister {
    /// The service with a name (of the service, such as `loyalty`) at its addresses: URLs divided by commas, each with a
    /// host name that is looked up again and again, or a number. `tls` is needed for `https`. Connects with the first
    /// call. Must be called within a runtime.
    pub fn connect(
        name: &'static str,
        addresses: &str,
        tls: Option<&TlsOptions>,
        policy: CallPolicy,
    ) -> Result<Self> {
        let addresses = address::parse(name, addresses)?;
        let tls = replica::certificates(name, &addresses, tls)?;
        let discovery = Discovery::start(name, addresses, tls);
        Ok(Self::with(name, discovery, policy))
    }

    /// The service behind a channel, such as one within this process.
    pub fn over(name: &'static str, channel: Channel, policy: CallPolicy) -> Self {
        let replica = Arc::new(Replica::over(None, channel));
        Self::with(name, Discovery::fixed(vec![replica]), policy)
    }

    fn with(name: &'static str, discovery: Arc<Discovery>, policy: CallPolicy) -> Self {
        Self(Arc::new(Shared {
            name,
            policy,
            discovery,
            breaker: Mutex::new(Breaker::new(policy.breaker)),
            budget: Mutex::new(Budget::new(policy.budget)),
            places: Semaphore::new(policy.calls_at_a_time),
            // Without entropy waits are not spread, and calls still go through.
            chance: AtomicU64::new(getrandom::u64().unwrap_or_default()),
        }))
    }

    /// The name of the service.
    pub fn name(&self) -> &'static str {
        self.0.name
    }
}

impl tower::Service<Request<Body>> for Sister {
    type Response = Response<Body>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Status>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        // Whether there is room is decided for each call, so that none waits without a bound.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let shared = Arc::clone(&self.0);
        // Here, in the task of the caller: what is known of it belongs to the task.
        let span = trace::calling(shared.name, request.uri().path());
        span.in_scope(|| context::put(request.headers_mut()));
        let begun = Instant::now();
        let until = context::deadline(request.headers(), shared.policy.deadline, Instant::now());
        let called = async move {
            let outcome = async {
                let _place = shared.places.try_acquire().map_err(|_| shared.full())?;
                shared.call(request, until).await
            }
            .await;
            let code = code_of(&outcome);
            trace::called(&Span::current(), code);
            metrics::sister_called(shared.name, code_name(code), begun.elapsed());
            outcome
        };
        Box::pin(called.instrument(span))
    }
}

/// How a call ended, as far as the beginning of its answer says.
fn code_of(outcome: &Result<Response<Body>, Status>) -> Code {
    match outcome {
        Ok(response) => Status::from_header_map(response.headers()).map_or(Code::Ok, |status| status.code()),
        Err(status) => status.code(),
    }
}

impl Shared {
    async fn call(&self, request: Request<Body>, until: Instant) -> Result<Response<Body>, Status> {
        let path = request.uri().path().to_owned();
        let shape = method::shape(&path);
        if shape.request_streams {
            return self.pass_on(request, until).await;
        }
        let mut request = OneMessage::read(request).await?;
        lock(&self.budget).called();
        let safe = repeat::is_safe(&path);
        for attempt in 1.. {
            let last = !safe || attempt >= self.policy.attempts;
            let answer = self
                .attempt(&mut request, shape.answer_streams, until, last)
                .await?;
            let Some(failure) = &answer.failure else {
                return self.handed_over(answer, until);
            };
            let Some(wait) = self.next_wait(attempt, failure, last, until) else {
                return self.handed_over(answer, until);
            };
            tracing::debug!(
                sister = self.name,
                method = path,
                attempt,
                ?failure,
                ?wait,
                "a call is sent again"
            );
            tokio::time::sleep(wait).await;
        }
        // The loop ends by itself.
        Err(self.unavailable("no attempt was made"))
    }

    /// One attempt at one replica. An attempt that another may follow gets half of the time that is left.
    async fn attempt(
        &self,
        request: &mut OneMessage,
        answer_streams: bool,
        until: Instant,
        last: bool,
    ) -> Result<Answer, Status> {
        let now = Instant::now();
        self.admit(now)?;
        let left = until.saturating_duration_since(now);
        let limit = if last { left } else { left / 2 };
        let replica = self.choose(now + limit).await?;
        let _under_way = replica.begin();
        if let Ok(value) = HeaderValue::from_str(&context::write_timeout(limit)) {
            request.headers().insert(context::TIMEOUT, value);
        }
        let sent = attempt::send(replica.channel(), request, answer_streams);
        let answer = tokio::time::timeout_at(now + limit, sent)
            .await
            .unwrap_or_else(|_| Answer::slow());
        self.learn(&replica, answer.failure.as_ref(), limit);
        Ok(answer)
    }

    /// A request of many messages goes out once, and its answer is handed on as it comes.
    async fn pass_on(&self, mut request: Request<Body>, until: Instant) -> Result<Response<Body>, Status> {
        let now = Instant::now();
        self.admit(now)?;
        let replica = self.choose(until).await?;
        let _under_way = replica.begin();
        let limit = until.saturating_duration_since(Instant::now());
        if let Ok(value) = HeaderValue::from_str(&context::write_timeout(limit)) {
            request.headers_mut().insert(context::TIMEOUT, value);
        }
        let sent = attempt::pass_on(replica.channel(), request);
        let outcome = tokio::time::timeout_at(until, sent)
            .await
            .unwrap_or(Err(Failure::Slow));
        self.learn(&replica, outcome.as_ref().err(), limit);
        outcome.map_err(|failure| self.told(&failure, until))
    }

    fn admit(&self, now: Instant) -> Result<(), Status> {
        lock(&self.breaker).admit(now.into_std()).map_err(|still| {
            Status::from(
                self.problem(&format!(
                    "it failed too often and is left alone for another {} ms",
                    still.as_millis()
                ))
                .retry_after(still),
            )
        })
    }

    async fn choose(&self, until: Instant) -> Result<Arc<Replica>, Status> {
        let found = tokio::time::timeout_at(until, self.discovery.replicas()).await;
        let replicas = match found {
            Ok(Ok(replicas)) => replicas,
            Ok(Err(problem)) => return Err(self.unavailable(&problem)),
            Err(_) => return Err(self.unavailable("its name was not looked up in time")),
        };
        let now = Instant::now().into_std();
        let loads: Vec<_> = replicas.iter().map(|replica| replica.load(now)).collect();
        choice::choose(&loads, self.chance(), self.chance())
            .and_then(|place| replicas.get(place).cloned())
            .ok_or_else(|| self.unavailable("no replica of it is known"))
    }

    /// Keeps in mind how an attempt went, for the choice of replicas and for leaving the service alone.
    fn learn(&self, replica: &Replica, failure: Option<&Failure>, limit: Duration) {
        let now = Instant::now().into_std();
        let (replica_failed, outcome) = match failure {
            None => (false, Outcome::Answered),
            // A caller in a hurry says nothing about the service.
            Some(Failure::Slow) if limit < self.policy.deadline / 4 => return,
            Some(Failure::Unreachable(_) | Failure::Slow) => (true, Outcome::Failed),
            Some(Failure::Refused { code, reason, .. }) => {
                let gone = reason.is_empty() || reason == Reason::ShuttingDown.name();
                match code {
                    Code::Unavailable => (gone, Outcome::Failed),
                    _ => (false, Outcome::Answered),
                }
            }
        };
        if replica_failed {
            replica.failed(now);
            self.discovery.look_sooner();
        } else {
            replica.answered();
        }
        if lock(&self.breaker).record(now, outcome) {
            tracing::warn!(
                sister = self.name,
                ?failure,
                "a sister service fails too often and is left alone for a while"
            );
        }
    }

    /// The wait before the next attempt; none when there is to be none.
    fn next_wait(&self, attempt: u32, failure: &Failure, last: bool, until: Instant) -> Option<Duration> {
        let asked = repeat::wait_asked_for(failure).filter(|_| !last)?;
        let wait = repeat::wait(&self.policy, attempt, self.chance()).max(asked);
        let in_time = Instant::now() + wait < until;
        (in_time && lock(&self.budget).spend()).then_some(wait)
    }

    /// What the caller gets in the end.
    fn handed_over(&self, answer: Answer, until: Instant) -> Result<Response<Body>, Status> {
        match (answer.response, answer.failure) {
            (Some(response), _) => Ok(response),
            (None, Some(failure)) => Err(self.told(&failure, until)),
            (None, None) => Err(self.unavailable("it gave no answer")),
        }
    }

    fn told(&self, failure: &Failure, until: Instant) -> Status {
        match failure {
            Failure::Unreachable(how) => self.unavailable(&format!("it cannot be reached ({how})")),
            Failure::Slow if Instant::now() < until => {
                self.unavailable("it did not answer in time, and there was no time to ask again")
            }
            Failure::Slow => self.unavailable(&format!(
                "it did not answer within {} ms, or as long as the caller waits",
                self.policy.deadline.as_millis()
            )),
            Failure::Refused { code, .. } => self.unavailable(&format!("it refused with {code:?}")),
        }
    }

    fn problem(&self, what: &str) -> Error {
        Error::new(
            Reason::SisterUnavailable,
            format!("the {} service is not available: {what}", self.name),
        )
        .with("sister", self.name)
    }

    fn unavailable(&self, what: &str) -> Status {
        self.problem(what).into()
    }

    fn full(&self) -> Status {
        Error::new(
            Reason::Overloaded,
            format!(
                "{} calls to the {} service are under way, and more are not made; send it again later",
                self.policy.calls_at_a_time, self.name
            ),
        )
        .with("sister", self.name)
        .retry_after(self.policy.first_wait)
        .into()
    }

    /// A random number, for spreading calls and waits (`SplitMix64`).
    fn chance(&self) -> u64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut mixed = self.chance.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
