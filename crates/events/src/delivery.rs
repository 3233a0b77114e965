//! Hands batches of events over to one consumer: both the relay of one process and the bus deliver through here.

use std::{borrow::Cow, sync::Arc, time::Duration};

use rapport_clock::Clock;
use rapport_status::{Error, Kind, Result};
use rapport_telemetry::{
    context::{self, Kind as Trace, Origin},
    metrics::{self, Taken},
};
use tracing::{Instrument as _, Span};
use uuid::Uuid;

use crate::{Consumer, Event, dead_letter};

/// How often an event that fails for a fault of ours is tried before it becomes a dead letter. Such a fault may be one
/// of the moment, and with the pauses between attempts about three seconds pass.
const MOST_ATTEMPTS: u32 = 6;

/// What is known of the deliveries to one consumer.
pub(crate) struct Delivery {
    consumer: Arc<dyn Consumer>,
    clock: Clock,
    /// The event that a fault of ours stands before, and how often it was tried.
    stuck: Option<(Uuid, u32)>,
}

impl Delivery {
    pub(crate) fn new(consumer: Arc<dyn Consumer>, clock: Clock) -> Self {
        // A count that is there from the beginning shows its first growth, such as the first dead letter.
        for outcome in [Taken::Handled, Taken::Repeated, Taken::DeadLetter] {
            metrics::events_taken(consumer.name(), outcome, 0);
        }
        Self {
            consumer,
            clock,
            stuck: None,
        }
    }

    /// Hands a batch over. An error says that the same batch is to be handed over again after a pause; what of it was
    /// taken meanwhile is in the inbox. Events that will never be taken are with the dead letters afterwards.
    pub(crate) async fn hand_over(&mut self, events: &[Event]) -> Result<()> {
        let wanted = wanted(self.consumer.topics(), events);
        match wanted.as_ref() {
            [] => Ok(()),
            [event] => self.hand_over_one(event).await,
            batch => match self.handle(batch).await {
                Ok(()) => {
                    self.stuck = None;
                    Ok(())
                }
                Err(error) if is_of_the_moment(&error) => Err(error),
                // One of them cannot be taken: it is found, and the others are taken.
                Err(_) => {
                    for event in batch {
                        self.hand_over_one(event).await?;
                    }
                    Ok(())
                }
            },
        }
    }

    /// Hands a batch over without looking for what is to blame when it cannot be taken. What of it was taken all the same
    /// is in the inbox.
    pub(crate) async fn hand_over_whole(&self, events: &[Event]) -> Result<()> {
        match wanted(self.consumer.topics(), events).as_ref() {
            [] => Ok(()),
            events => self.handle(events).await,
        }
    }

    /// Has the consumer take events, in the trace of the changes that they tell of.
    async fn handle(&self, events: &[Event]) -> Result<()> {
        let name = self.consumer.name();
        let spans: Vec<Span> = events
            .iter()
            .map(|event| context::continued(event.trace_parent.as_deref(), name, &event.topic))
            .collect();
        let span = match spans.as_slice() {
            [one] => one.clone(),
            many => context::joint("take events", Trace::Consumer, many.iter().map(Origin::within)),
        };
        let outcome = self.consumer.handle(events).instrument(span).await;
        if metrics::are_on() {
            self.measure(events, &outcome);
        }
        outcome
    }

    fn measure(&self, events: &[Event], outcome: &Result<()>) {
        let consumer = self.consumer.name();
        match outcome {
            Ok(()) => {
                metrics::events_taken(consumer, Taken::Handled, events.len());
                let now = self.clock.now();
                for event in events {
                    // A clock that lags behind that of the sender would give less than nothing.
                    let delay = Duration::try_from(now.duration_since(event.occurred_at));
                    metrics::event_delayed(consumer, delay.unwrap_or_default());
                }
            }
            Err(error) if is_of_the_moment(error) => {
                metrics::events_taken(consumer, Taken::Repeated, events.len());
            }
            // They are tried one by one, or become dead letters.
            Err(_) => {}
        }
    }

    async fn hand_over_one(&mut self, event: &Event) -> Result<()> {
        match self.handle(std::slice::from_ref(event)).await {
            Ok(()) => Ok(()),
            Err(error) if self.is_worth_another_attempt(event, &error) => Err(error),
            Err(error) => {
                self.stuck = None;
                metrics::events_taken(self.consumer.name(), Taken::DeadLetter, 1);
                dead_letter::keep(self.consumer.as_ref(), event, &error, &self.clock).await
            }
        }
    }

    fn is_worth_another_attempt(&mut self, event: &Event, error: &Error) -> bool {
        if is_of_the_moment(error) {
            return true;
        }
        if error.kind() != Kind::Internal {
            return false;
        }
        let attempts = match self.stuck {
            Some((id, attempts)) if id == event.id => attempts + 1,
            _ => 1,
        };
        self.stuck = Some((event.id, attempts));
        attempts < MOST_ATTEMPTS
    }
}

/// Whether delivering again can help.
pub(crate) fn is_of_the_moment(error: &Error) -> bool {
    matches!(
        error.kind(),
        Kind::Unavailable | Kind::Aborted | Kind::ResourceExhausted
    )
}

/// The events of some topics, in their order; copied only when others are between them.
fn wanted<'e>(topics: &[&str], events: &'e [Event]) -> Cow<'e, [Event]> {
    let is_wanted = |event: &&Event| topics.contains(&event.topic.as_str());
    if events.iter().all(|event| is_wanted(&event)) {
        Cow::Borrowed(events)
    } else {
        Cow::Owned(events.iter().filter(is_wanted).cloned().collect())
    }
}
