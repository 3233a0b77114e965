//! The answer of a stream: it holds its place and has its end looked at.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tonic::{Code, Status, body::Body};

use crate::{gate::Place, layer::Ending};

/// A body that tells when it has ended.
#[derive(Debug)]
pub(crate) struct StreamBody {
    inner: Body,
    /// None after the end.
    open: Option<(Place, Ending)>,
}

impl StreamBody {
    pub(crate) fn new(inner: Body, place: Place, ending: Ending) -> Self {
        Self {
            inner,
            open: Some((place, ending)),
        }
    }

    fn end(&mut self, trailers: &mut HeaderMap) {
        if let Some((_, ending)) = self.open.take() {
            ending.end(trailers);
        }
    }
}

impl HttpBody for StreamBody {
    type Data = <Body as HttpBody>::Data;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        Poll::Ready(match frame {
            Some(Ok(frame)) => Some(Ok(match frame.into_trailers() {
                Ok(mut trailers) => {
                    self.end(&mut trailers);
                    Frame::trailers(trailers)
                }
                Err(frame) => frame,
            })),
            other => other,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for StreamBody {
    fn drop(&mut self) {
        if let Some((_, ending)) = self.open.take() {
            // Nobody waits for the end any more.
            ending.record(Code::Cancelled, None);
        }
    }
}
