//! Names on the broker: of subjects, and of durable consumers.

use crate::Event;

/// The part that events of a customer belong to: always the same, and about equally many customers in each.
///
/// FNV-1a of 64 bits over tenant, a zero byte and key, folded to 32 bits.
pub(crate) fn partition(tenant: &str, key: &str, partitions: u16) -> u16 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let bytes = tenant.bytes().chain([0]).chain(key.bytes());
    let hash = bytes.fold(BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    let folded = (hash ^ (hash >> 32)) & u64::from(u32::MAX);
    u16::try_from(folded % u64::from(partitions.max(1))).unwrap_or_default()
}

/// Everything in a stream.
pub(crate) fn all(stream: &str) -> String {
    format!("{stream}.events.>")
}

/// Where an event is published: `<stream>.events.<partition>.<tenant>.<full name of the message>`.
pub(crate) fn of(stream: &str, partitions: u16, event: &Event) -> String {
    let partition = partition(&event.tenant, &event.key, partitions);
    format!(
        "{stream}.events.{partition}.{}.{}",
        token(&event.tenant),
        event.topic
    )
}

/// The narrowest subject that has all events of some topics in a partition.
pub(crate) fn filter(stream: &str, partition: u16, topics: &[&str]) -> String {
    let mut common: Option<Vec<&str>> = None;
    for topic in topics {
        let tokens: Vec<&str> = topic.split('.').collect();
        common = match common {
            None => Some(tokens),
            // Names of another length have only "and whatever follows" in common.
            Some(before) if before.len() != tokens.len() => return format!("{stream}.events.{partition}.>"),
            Some(before) => Some(
                before
                    .iter()
                    .zip(tokens)
                    .map(|(a, b)| if *a == b { b } else { "*" })
                    .collect(),
            ),
        };
    }
    let topics = common.map_or_else(|| ">".to_owned(), |tokens| tokens.join("."));
    format!("{stream}.events.{partition}.*.{topics}")
}

/// Where replicas of a service tell the one that relays that there is something in the outbox.
pub(crate) fn wake(stream: &str, service: &str) -> String {
    format!("{stream}.wake.{}", token(service))
}

/// Where replicas of a consumer tell each other how many partitions they hold.
pub(crate) fn replicas(stream: &str, consumer: &str) -> String {
    format!("{stream}.replicas.{}", durable(consumer))
}

/// Name of the durable consumer of a partition.
pub(crate) fn durable_of(consumer: &str, partition: u16) -> String {
    format!("{}-{partition}", durable(consumer))
}

/// Names of durable consumers have no dots.
fn durable(consumer: &str) -> String {
    consumer.replace('.', "-")
}

/// A tenant as one token of a subject: a dot would divide it.
fn token(text: &str) -> String {
    text.replace('%', "%25").replace('.', "%2E")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_stays_in_its_partition_for_ever() {
        // Events wait in their partitions: another function would put a customer's next event before an earlier one.
        let partitions: Vec<u16> = ["a", "customers/1", "customers/2", "客户"]
            .iter()
            .map(|key| partition("harbour", key, 8))
            .collect();
        assert_eq!(partitions, [0, 5, 4, 0]);
    }

    #[test]
    fn customers_are_spread_about_evenly() {
        let mut counts = [0_u32; 8];
        for customer in 0..8_000 {
            counts[usize::from(partition("harbour", &format!("customers/{customer}"), 8))] += 1;
        }
        assert!(
            counts.iter().all(|count| (900..1_100).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn a_filter_is_as_narrow_as_its_topics_allow() {
        for (topics, expected) in [
            (vec![], "s.events.3.*.>"),
            (vec!["a.v1.X"], "s.events.3.*.a.v1.X"),
            (vec!["a.v1.X", "b.v1.Y"], "s.events.3.*.*.v1.*"),
            (vec!["a.v1.X", "a.v1.Y"], "s.events.3.*.a.v1.*"),
            (vec!["a.v1.X", "a.b.v1.Y"], "s.events.3.>"),
        ] {
            assert_eq!(filter("s", 3, &topics), expected);
        }
    }

    #[test]
    fn a_tenant_is_one_token_and_a_consumer_has_no_dots() {
        assert_eq!(token("a.b%c"), "a%2Eb%25c");
        assert_eq!(
            durable_of("profile.stage_follower", 7),
            "profile-stage_follower-7"
        );
    }
}
