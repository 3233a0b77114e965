//! Events and those who take them.

use jiff::Timestamp;
use prost::{Message, Name};
use rapport_status::{Error, Reason, Result};
use rapport_storage::Store;
use uuid::Uuid;

/// Something that happened, as a message of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Identifies the event for ever.
    pub id: Uuid,
    /// The tenant that it belongs to.
    pub tenant: String,
    /// Whom it is about: events of one key keep their order.
    pub key: String,
    /// Full name of its message, such as `rapport.profile.v1.PurchaseRecorded`.
    pub topic: String,
    /// The message.
    pub payload: Vec<u8>,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The trace that it belongs to, as a `traceparent` of W3C Trace Context; none when its trace is not kept.
    pub trace_parent: Option<String>,
}

impl Event {
    /// Reads the message. An event of another topic, or one that cannot be read, will never be taken: it is refused.
    pub fn message<M: Message + Name + Default>(&self) -> Result<M> {
        if self.topic != M::full_name() {
            return Err(Error::new(
                Reason::MalformedMessage,
                format!("{} is no {}", self.topic, M::full_name()),
            ));
        }
        M::decode(self.payload.as_slice()).map_err(|error| {
            Error::new(
                Reason::MalformedMessage,
                format!("an event of {} cannot be read", self.topic),
            )
            .because(error)
        })
    }
}

/// Takes events of some topics.
#[async_trait::async_trait]
pub trait Consumer: Send + Sync + 'static {
    /// Names the consumer for ever: what it took is recorded under this name.
    fn name(&self) -> &'static str;

    /// The topics that it takes.
    fn topics(&self) -> &'static [&'static str];

    /// Where its effects, its inbox and its dead letters are.
    fn store(&self) -> &Store;

    /// Takes a batch, in order, all or nothing: the effects and the record in the [`inbox`](crate::inbox) belong in
    /// one transaction. An error that a repetition can mend (unavailable, in conflict, overloaded) has the batch
    /// delivered again; any other has it tried one by one. An event that is refused then becomes a dead letter; one that
    /// fails for a fault of ours (internal) does so after several attempts with pauses.
    async fn handle(&self, events: &[Event]) -> Result<()>;
}
