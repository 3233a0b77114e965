//! Every metric there is: what it is called, measured in, and divided by. `docs/telemetry.md` shows the same table.

/// How a metric behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instrument {
    /// Only grows.
    Counter,
    /// Grows and shrinks.
    Gauge,
    /// A distribution.
    Histogram,
}

/// A metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name in OpenTelemetry.
    pub name: &'static str,
    /// Its unit, in the notation of UCUM.
    pub unit: &'static str,
    /// How it behaves.
    pub instrument: Instrument,
    /// What it is divided by. Values come from closed sets: never ids, never what callers send.
    pub labels: &'static [&'static str],
    /// What it says.
    pub about: &'static str,
}

impl Metric {
    /// Its name for Prometheus: with the unit, and `_total` for what only grows.
    pub fn prometheus_name(&self) -> String {
        let mut name = self.name.replace('.', "_");
        match self.unit {
            "s" => name.push_str("_seconds"),
            "By" => name.push_str("_bytes"),
            _ => {}
        }
        if self.instrument == Instrument::Counter {
            name.push_str("_total");
        }
        name
    }
}

macro_rules! catalogue {
    ($($constant:ident = $instrument:ident $name:literal in $unit:literal by [$($label:literal),*]: $about:literal;)+) => {
        $(#[doc = $about] pub(crate) const $constant: Metric = Metric {
            name: $name,
            unit: $unit,
            instrument: Instrument::$instrument,
            labels: &[$($label),*],
            about: $about,
        };)+

        /// All of them.
        pub const ALL: &[Metric] = &[$($constant),+];
    };
}

catalogue! {
    CALL_DURATION = Histogram "rpc.server.call.duration" in "s"
        by ["rpc.system.name", "rpc.method", "rpc.response.status_code", "error.type"]:
        "How long calls took, by method, code and, for errors, reason.";
    CALLS_IN_FLIGHT = Gauge "rapport.calls.in_flight" in "{call}" by []:
        "Calls under way.";
    CALLS_REFUSED = Counter "rapport.calls.refused" in "{call}" by ["reason"]:
        "Calls refused for lack of room or because a limit was reached.";
    SISTER_CALL_DURATION = Histogram "rpc.client.call.duration" in "s"
        by ["rpc.system.name", "server.address", "rpc.response.status_code"]:
        "How long calls to sister services took; the address is the name of the service.";

    POOL_CONNECTIONS = Gauge "db.client.connection.count" in "{connection}"
        by ["db.client.connection.pool.name", "db.client.connection.state"]:
        "Connections to the database that are used and idle.";
    POOL_MOST = Gauge "db.client.connection.max" in "{connection}" by ["db.client.connection.pool.name"]:
        "Connections to the database that there may be.";
    TRANSACTION_DURATION = Histogram "rapport.transaction.duration" in "s" by ["service", "transaction", "outcome"]:
        "How long transactions took from their begin to their end; the outcome is committed or failed.";
    TRANSACTIONS_REPEATED = Counter "rapport.transaction.repeated" in "{transaction}" by ["service", "transaction"]:
        "Transactions that were run again because others were in the way.";
    GROUP_SIZE = Histogram "rapport.group_commit.size" in "{operation}" by ["batch"]:
        "Operations that were committed together.";
    GROUP_WAIT = Histogram "rapport.group_commit.wait" in "s" by ["batch"]:
        "How long an operation waited for its answer, in the queue and while it was committed.";

    OUTBOX_WAITING = Gauge "rapport.outbox.waiting" in "{event}" by ["service"]:
        "Events that wait to be relayed.";
    OUTBOX_AGE = Gauge "rapport.outbox.age" in "s" by ["service"]:
        "Age of the oldest event that waits to be relayed; 0 when none waits.";
    EVENTS_RELAYED = Counter "rapport.events.relayed" in "{event}" by ["service"]:
        "Events handed on from an outbox.";
    EVENTS_TAKEN = Counter "rapport.events.taken" in "{event}" by ["consumer", "outcome"]:
        "Events that a consumer was given; the outcome is handled, repeated or `dead_letter`.";
    EVENT_DELAY = Histogram "rapport.events.delay" in "s" by ["consumer"]:
        "From the change that an event tells of until its effect in the consumer.";
    CONSUMER_LAG = Gauge "rapport.consumer.lag" in "{event}" by ["consumer", "partition"]:
        "Events in a partition of the broker that a consumer has not taken yet.";

    TIMER_DURATION = Histogram "rapport.timer.duration" in "s" by ["timer", "outcome"]:
        "How long due work took; the outcome is done or failed.";
    TIMER_OVERDUE = Gauge "rapport.timer.overdue" in "s" by ["timer"]:
        "For how long due work should have been done again already; 0 when it is in time.";

    PROCESS_MEMORY = Gauge "process.memory.usage" in "By" by []:
        "Memory of the process (resident).";
    PROCESS_CPU = Counter "process.cpu.time" in "s" by ["cpu.mode"]:
        "Processor time of the process, of its own and in the kernel.";

    POINTS = Counter "rapport.points" in "{point}" by ["movement"]:
        "Points that were issued, redeemed, expired, taken back or adjusted.";
    PURCHASES = Counter "rapport.purchases" in "{purchase}" by ["kind"]:
        "Purchases that were recorded for the first time; the kind is sale or return.";
    ANSWERS = Counter "rapport.answers" in "{answer_set}" by []:
        "Sets of answers that were taken.";
    CASES_OPEN = Gauge "rapport.cases.open" in "{case}" by ["priority"]:
        "Cases that somebody has to work on.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_prometheus_sees_their_units() {
        let mut names: Vec<String> = ALL.iter().map(Metric::prometheus_name).collect();
        assert!(names.contains(&"rpc_server_call_duration_seconds".to_owned()));
        assert!(names.contains(&"process_memory_usage_bytes".to_owned()));
        assert!(names.contains(&"process_cpu_time_seconds_total".to_owned()));
        assert!(names.contains(&"rapport_points_total".to_owned()));
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all, "two metrics have one name: {names:?}");
    }

    #[test]
    fn the_documentation_shows_the_same_table() {
        let page =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/telemetry.md")).unwrap();
        let shown: Vec<&str> = page
            .lines()
            .filter(|line| line.starts_with("| `") && line.contains("` | `"))
            .collect();
        let expected: Vec<String> = ALL
            .iter()
            .map(|metric| {
                let labels: Vec<String> = metric
                    .labels
                    .iter()
                    .map(|label| format!("`{}`", label.replace('.', "_")))
                    .collect();
                format!(
                    "| `{}` | `{}` | {} | {} |",
                    metric.prometheus_name(),
                    metric.name,
                    labels.join(", "),
                    metric.about
                )
            })
            .collect();
        assert_eq!(
            shown,
            expected,
            "docs/telemetry.md shows other metrics than there are; its table must be:\n{}",
            expected.join("\n")
        );
    }
}
