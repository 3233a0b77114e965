//! The instruments of this process.

use std::sync::{Arc, OnceLock};

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Histogram, Meter, UpDownCounter},
};

use super::{
    catalogue::{self as catalogue, Metric},
    levels::Levels,
    process,
};

/// Bounds of durations in seconds: from a call that reads one row to one that should not happen.
const DURATIONS: [f64; 15] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// Bounds of delays in seconds: events may wait for a broker for hours.
const DELAYS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1_800.0, 7_200.0,
];

/// Bounds of numbers of operations.
const SIZES: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

static METERS: OnceLock<Meters> = OnceLock::new();

/// The instruments; none when nobody asks for metrics.
pub(crate) fn meters() -> Option<&'static Meters> {
    METERS.get()
}

/// Switches metrics on. Has no effect the second time.
pub(crate) fn switch_on(meter: &Meter) {
    let _ = METERS.set(Meters::of(meter));
}

#[derive(Debug)]
pub(crate) struct Meters {
    pub(crate) call_duration: Histogram<f64>,
    pub(crate) calls_in_flight: UpDownCounter<i64>,
    pub(crate) calls_refused: Counter<u64>,
    pub(crate) sister_call_duration: Histogram<f64>,
    pub(crate) transaction_duration: Histogram<f64>,
    pub(crate) transactions_repeated: Counter<u64>,
    pub(crate) group_size: Histogram<u64>,
    pub(crate) group_wait: Histogram<f64>,
    pub(crate) events_relayed: Counter<u64>,
    pub(crate) events_taken: Counter<u64>,
    pub(crate) event_delay: Histogram<f64>,
    pub(crate) timer_duration: Histogram<f64>,
    pub(crate) points: Counter<u64>,
    pub(crate) purchases: Counter<u64>,
    pub(crate) answers: Counter<u64>,
    pub(crate) levels: Arc<Levels>,
}

impl Meters {
    fn of(meter: &Meter) -> Self {
        let levels = Arc::new(Levels::default());
        for metric in [
            catalogue::OUTBOX_WAITING,
            catalogue::OUTBOX_AGE,
            catalogue::CONSUMER_LAG,
            catalogue::CASES_OPEN,
        ] {
            observe_level(meter, metric, &levels);
        }
        observe_pools(meter, &levels);
        observe_timers(meter, &levels);
        observe_process(meter);
        let counter = |metric: Metric| {
            meter
                .u64_counter(metric.name)
                .with_unit(metric.unit)
                .with_description(metric.about)
                .build()
        };
        let durations = |metric, bounds| duration(meter, metric, bounds);
        Self {
            call_duration: durations(catalogue::CALL_DURATION, &DURATIONS),
            calls_in_flight: meter
                .i64_up_down_counter(catalogue::CALLS_IN_FLIGHT.name)
                .with_unit(catalogue::CALLS_IN_FLIGHT.unit)
                .with_description(catalogue::CALLS_IN_FLIGHT.about)
                .build(),
            calls_refused: counter(catalogue::CALLS_REFUSED),
            sister_call_duration: durations(catalogue::SISTER_CALL_DURATION, &DURATIONS),
            transaction_duration: durations(catalogue::TRANSACTION_DURATION, &DURATIONS),
            transactions_repeated: counter(catalogue::TRANSACTIONS_REPEATED),
            group_size: meter
                .u64_histogram(catalogue::GROUP_SIZE.name)
                .with_unit(catalogue::GROUP_SIZE.unit)
                .with_description(catalogue::GROUP_SIZE.about)
                .with_boundaries(SIZES.to_vec())
                .build(),
            group_wait: durations(catalogue::GROUP_WAIT, &DURATIONS),
            events_relayed: counter(catalogue::EVENTS_RELAYED),
            events_taken: counter(catalogue::EVENTS_TAKEN),
            event_delay: durations(catalogue::EVENT_DELAY, &DELAYS),
            timer_duration: durations(catalogue::TIMER_DURATION, &DURATIONS),
            points: counter(catalogue::POINTS),
            purchases: counter(catalogue::PURCHASES),
            answers: counter(catalogue::ANSWERS),
            levels,
        }
    }
}

fn duration(meter: &Meter, metric: Metric, bounds: &[f64]) -> Histogram<f64> {
    meter
        .f64_histogram(metric.name)
        .with_unit(metric.unit)
        .with_description(metric.about)
        .with_boundaries(bounds.to_vec())
        .build()
}

fn observe_level(meter: &Meter, metric: Metric, levels: &Arc<Levels>) {
    let levels = Arc::clone(levels);
    meter
        .f64_observable_gauge(metric.name)
        .with_unit(metric.unit)
        .with_description(metric.about)
        .with_callback(move |observer| levels.observe(metric.name, observer))
        .build();
}

fn observe_pools(meter: &Meter, levels: &Arc<Levels>) {
    let pools = Arc::clone(levels);
    meter
        .u64_observable_gauge(catalogue::POOL_CONNECTIONS.name)
        .with_unit(catalogue::POOL_CONNECTIONS.unit)
        .with_description(catalogue::POOL_CONNECTIONS.about)
        .with_callback(move |observer| {
            for (name, pool) in pools.pools() {
                for (state, connections) in [("used", pool.used), ("idle", pool.idle)] {
                    let labels = [
                        KeyValue::new("db.client.connection.pool.name", name.clone()),
                        KeyValue::new("db.client.connection.state", state),
                    ];
                    observer.observe(u64::from(connections), &labels);
                }
            }
        })
        .build();
    let pools = Arc::clone(levels);
    meter
        .u64_observable_gauge(catalogue::POOL_MOST.name)
        .with_unit(catalogue::POOL_MOST.unit)
        .with_description(catalogue::POOL_MOST.about)
        .with_callback(move |observer| {
            for (name, pool) in pools.pools() {
                let label = KeyValue::new("db.client.connection.pool.name", name);
                observer.observe(u64::from(pool.most), &[label]);
            }
        })
        .build();
}

fn observe_timers(meter: &Meter, levels: &Arc<Levels>) {
    let levels = Arc::clone(levels);
    meter
        .f64_observable_gauge(catalogue::TIMER_OVERDUE.name)
        .with_unit(catalogue::TIMER_OVERDUE.unit)
        .with_description(catalogue::TIMER_OVERDUE.about)
        .with_callback(move |observer| {
            for (timer, overdue) in levels.overdue() {
                observer.observe(overdue.as_secs_f64(), &[KeyValue::new("timer", timer)]);
            }
        })
        .build();
}

fn observe_process(meter: &Meter) {
    meter
        .u64_observable_gauge(catalogue::PROCESS_MEMORY.name)
        .with_unit(catalogue::PROCESS_MEMORY.unit)
        .with_description(catalogue::PROCESS_MEMORY.about)
        .with_callback(|observer| {
            if let Some(bytes) = process::resident_bytes() {
                observer.observe(bytes, &[]);
            }
        })
        .build();
    meter
        .f64_observable_counter(catalogue::PROCESS_CPU.name)
        .with_unit(catalogue::PROCESS_CPU.unit)
        .with_description(catalogue::PROCESS_CPU.about)
        .with_callback(|observer| {
            if let Some((user, system)) = process::cpu_seconds() {
                observer.observe(user, &[KeyValue::new("cpu.mode", "user")]);
                observer.observe(system, &[KeyValue::new("cpu.mode", "system")]);
            }
        })
        .build();
}
