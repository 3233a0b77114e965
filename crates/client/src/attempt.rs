//! One attempt: a request goes to a replica, and its answer is read to the end.

use http::{HeaderMap, Request, Response, request};
use http_body_util::{BodyExt as _, Full};
use prost::bytes::Bytes;
use rapport_status::reason_of;
use tonic::{Code, Status, TimeoutExpired, body::Body, transport::Channel};
use tonic_types::StatusExt as _;
use tower::{Service as _, ServiceExt as _};

use crate::repeat::Failure;

/// An answer, and what kept it from being a success.
#[derive(Debug)]
pub(crate) struct Answer {
    /// What goes to the caller; none when nothing came.
    pub(crate) response: Option<Response<Body>>,
    pub(crate) failure: Option<Failure>,
}

impl Answer {
    fn nothing(failure: Failure) -> Self {
        Self {
            response: None,
            failure: Some(failure),
        }
    }

    /// Nothing came in time.
    pub(crate) fn slow() -> Self {
        Self::nothing(Failure::Slow)
    }
}

/// A request with one message, which can be sent again.
#[derive(Debug, Clone)]
pub(crate) struct OneMessage {
    head: request::Parts,
    message: Bytes,
}

impl OneMessage {
    /// Reads the message of a request.
    pub(crate) async fn read(request: Request<Body>) -> Result<Self, Status> {
        let (head, body) = request.into_parts();
        let message = body.collect().await?.to_bytes();
        Ok(Self { head, message })
    }

    pub(crate) fn headers(&mut self) -> &mut HeaderMap {
        &mut self.head.headers
    }

    fn request(&self) -> Request<Body> {
        Request::from_parts(self.head.clone(), Body::new(Full::new(self.message.clone())))
    }
}

/// Sends a request with one message. An answer of one message is read to its end, so that a connection that breaks in
/// the middle of it counts as a failure of this attempt; a stream is handed on as it comes.
pub(crate) async fn send(channel: Channel, request: &OneMessage, answer_streams: bool) -> Answer {
    let response = match pass_on(channel, request.request()).await {
        Ok(response) => response,
        Err(failure) => return Answer::nothing(failure),
    };
    if let Some(status) = Status::from_header_map(response.headers()) {
        return judged(&status, response);
    }
    if answer_streams {
        return Answer {
            response: Some(response),
            failure: None,
        };
    }
    let (head, body) = response.into_parts();
    let collected = match body.collect().await {
        Ok(collected) => collected,
        Err(status) => return Answer::nothing(Failure::Unreachable(status.message().to_owned())),
    };
    let Some(trailers) = collected.trailers().cloned() else {
        return Answer::nothing(Failure::Unreachable(
            "the answer ended without a status".to_owned(),
        ));
    };
    let status = Status::from_header_map(&trailers)
        .unwrap_or_else(|| Status::unknown("the answer ended without a status"));
    let body = Full::new(collected.to_bytes()).with_trailers(async move { Some(Ok(trailers)) });
    judged(&status, Response::from_parts(head, Body::new(body)))
}

/// Sends any request once.
pub(crate) async fn pass_on(mut channel: Channel, request: Request<Body>) -> Result<Response<Body>, Failure> {
    let sent = async { channel.ready().await?.call(request).await };
    sent.await.map_err(|error| {
        if ended_by_time(&error) {
            return Failure::Slow;
        }
        Failure::Unreachable(innermost(&error))
    })
}

fn judged(status: &Status, response: Response<Body>) -> Answer {
    let failure = (status.code() != Code::Ok).then(|| failure(status));
    Answer {
        response: Some(response),
        failure,
    }
}

fn failure(status: &Status) -> Failure {
    // The server and its client watch the same deadline; whoever is first tells it.
    if status.code() == Code::DeadlineExceeded {
        return Failure::Slow;
    }
    Failure::Refused {
        code: status.code(),
        reason: reason_of(status).unwrap_or_default(),
        wait: status.get_details_retry_info().and_then(|info| info.retry_delay),
    }
}

fn ended_by_time(error: &tonic::transport::Error) -> bool {
    let mut cause = Some(error as &(dyn std::error::Error + 'static));
    while let Some(error) = cause {
        if error.is::<TimeoutExpired>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The cause at the bottom: what the system said. Those above it say "transport error".
fn innermost(error: &tonic::transport::Error) -> String {
    let mut error = error as &dyn std::error::Error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    error.to_string()
}
