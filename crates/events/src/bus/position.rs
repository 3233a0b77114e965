//! Where a consumer stands in a partition: a durable consumer of the broker, read like a tape.
//!
//! The broker keeps the number of the last event that was acknowledged. Whoever begins to read, after a start, a lost
//! connection or the death of another replica, begins right behind it: if the broker has given out events that were not
//! acknowledged, the durable consumer is made anew at that place. Waiting for the broker to give them out again would
//! take as long as its patience, and put later events of a customer before them.

use std::time::Duration;

use async_nats::jetstream::{
    consumer::{self, AckPolicy, Consumer, DeliverPolicy, pull},
    context::ConsumerInfoErrorKind,
};
use rapport_status::Result;

use super::{
    connection::{Connection, StreamState, unavailable},
    subject,
};
use crate::EventOptions;

/// After which time the broker gives out again what was not acknowledged. Readers do not rely on it.
const ACKNOWLEDGE_WITHIN: Duration = Duration::from_mins(1);

/// Events that are given out and not acknowledged at most.
const UNACKNOWLEDGED: i64 = 2_048;

/// A place to read from.
pub(super) struct Position {
    /// The durable consumer.
    pub(super) consumer: Consumer<pull::Config>,
    /// Number that the next event has: the broker counts what it gives out to a consumer, and a gap is an event that
    /// was lost on the way.
    pub(super) next: u64,
}

/// From where a durable consumer has to be made anew, if it has to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Anew {
    /// It is in order.
    No,
    /// Behind the last event that was acknowledged.
    After(u64),
    /// From the first event of the stream: what was taken is in the inbox.
    FromFirst,
}

/// Opens the position of a consumer in a partition.
pub(super) async fn open(
    connection: &Connection,
    consumer: &str,
    topics: &[&str],
    partition: u16,
) -> Result<Position> {
    let state = connection.stream().await?;
    let options = connection.options();
    let name = subject::durable_of(consumer, partition);
    let stream = connection
        .jetstream()
        .get_stream_no_info(&options.stream)
        .await
        .map_err(|error| unavailable("the stream cannot be opened", error))?;
    let filter = subject::filter(&options.stream, partition, topics);
    let from = match stream.consumer_info(&name).await {
        Err(error) if error.kind() == ConsumerInfoErrorKind::NotFound => DeliverPolicy::All,
        Err(error) => return Err(unavailable("the position cannot be read", error)),
        Ok(info) => match Seen::of(&info, &filter).anew(state) {
            Anew::No => {
                let next = info.delivered.consumer_sequence + 1;
                let consumer = stream
                    .get_consumer(&name)
                    .await
                    .map_err(|error| unavailable("the position cannot be opened", error))?;
                return Ok(Position { consumer, next });
            }
            anew => {
                // Should this process end between the two, the next one finds no consumer and reads from the first event:
                // slow, but all that was taken is in the inbox.
                stream
                    .delete_consumer(&name)
                    .await
                    .map_err(|error| unavailable("the position cannot be changed", error))?;
                match anew {
                    Anew::After(sequence) => DeliverPolicy::ByStartSequence {
                        start_sequence: sequence + 1,
                    },
                    Anew::No | Anew::FromFirst => DeliverPolicy::All,
                }
            }
        },
    };
    let consumer = stream
        .create_consumer(configuration(options, name, filter, from))
        .await
        .map_err(|error| unavailable("the position cannot be made", error))?;
    Ok(Position { consumer, next: 1 })
}

/// What the broker says of a durable consumer.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// Number in the stream of the last event that was given out.
    delivered: u64,
    /// Number in the stream up to which everything is acknowledged.
    acknowledged: u64,
    /// Events that were given out and not acknowledged.
    under_way: usize,
    /// Whether it selects the topics that are wanted.
    is_of_these_topics: bool,
}

impl Seen {
    fn of(info: &consumer::Info, filter: &str) -> Self {
        Self {
            delivered: info.delivered.stream_sequence,
            acknowledged: info.ack_floor.stream_sequence,
            under_way: info.num_ack_pending,
            is_of_these_topics: info.config.filter_subject == filter,
        }
    }

    fn anew(self, stream: StreamState) -> Anew {
        if self.delivered.max(self.acknowledged) > stream.last_sequence {
            // The stream has lost its end: its numbers are given out a second time.
            Anew::FromFirst
        } else if self.under_way > 0 || !self.is_of_these_topics {
            Anew::After(self.acknowledged)
        } else {
            Anew::No
        }
    }
}

fn configuration(options: &EventOptions, name: String, filter: String, from: DeliverPolicy) -> pull::Config {
    pull::Config {
        durable_name: Some(name),
        description: Some(format!(
            "A consumer of {}, read by one replica at a time",
            options.stream
        )),
        deliver_policy: from,
        // One acknowledgement for a batch: everything before it was taken as well.
        ack_policy: AckPolicy::All,
        ack_wait: ACKNOWLEDGE_WITHIN,
        max_ack_pending: UNACKNOWLEDGED,
        filter_subject: filter,
        ..pull::Config::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: Seen = Seen {
        delivered: 7,
        acknowledged: 7,
        under_way: 0,
        is_of_these_topics: true,
    };

    fn stream(last_sequence: u64) -> StreamState {
        StreamState {
            created: jiff::Timestamp::UNIX_EPOCH,
            last_sequence,
        }
    }

    #[test]
    fn a_consumer_that_is_in_order_is_read_on() {
        assert_eq!(SEEN.anew(stream(7)), Anew::No);
        assert_eq!(SEEN.anew(stream(100)), Anew::No);
    }

    #[test]
    fn what_was_given_out_and_not_acknowledged_is_read_again() {
        let seen = Seen {
            delivered: 9,
            under_way: 2,
            ..SEEN
        };
        assert_eq!(seen.anew(stream(100)), Anew::After(7));
        let seen = Seen {
            is_of_these_topics: false,
            ..SEEN
        };
        assert_eq!(seen.anew(stream(100)), Anew::After(7));
    }

    #[test]
    fn a_stream_that_lost_its_end_is_read_from_its_beginning() {
        assert_eq!(SEEN.anew(stream(6)), Anew::FromFirst);
        let seen = Seen {
            delivered: 9,
            under_way: 2,
            ..SEEN
        };
        assert_eq!(seen.anew(stream(8)), Anew::FromFirst);
    }
}
