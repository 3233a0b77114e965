//! Levels: what is as high as it is at the moment. They are read when somebody asks, and what nobody has told for a
//! while is forgotten.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use opentelemetry::{KeyValue, metrics::AsyncInstrument};

/// For how long a level is told on.
const FRESH: Duration = Duration::from_mins(2);

/// Most levels and pools of one process; their labels are closed sets, so that this is never reached.
const MOST: usize = 1_024;

/// The state of a pool of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// Connections that somebody uses.
    pub used: u32,
    /// Connections that nobody uses.
    pub idle: u32,
    /// Connections that there may be.
    pub most: u32,
}

type ReadPool = Box<dyn Fn() -> Option<Pool> + Send + Sync>;

/// The levels of a process.
#[derive(Default)]
pub(crate) struct Levels {
    told: Mutex<Vec<Level>>,
    pools: Mutex<Vec<(String, ReadPool)>>,
    timers: Mutex<BTreeMap<&'static str, Instant>>,
}

impl std::fmt::Debug for Levels {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Levels({} told)", locked(&self.told).len())
    }
}

struct Level {
    metric: &'static str,
    labels: Vec<KeyValue>,
    value: f64,
    told: Instant,
}

/// Nothing in here panics while it holds a lock, and a level is of use even if something had.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Levels {
    /// Tells a level.
    pub(crate) fn set(&self, metric: &'static str, labels: &[KeyValue], value: f64) {
        let mut levels = locked(&self.told);
        let told = Instant::now();
        let known = levels
            .iter()
            .position(|level| level.metric == metric && level.labels == labels);
        match known {
            Some(place) => {
                levels[place].value = value;
                levels[place].told = told;
            }
            None if levels.len() < MOST => levels.push(Level {
                metric,
                labels: labels.to_vec(),
                value,
                told,
            }),
            None => {}
        }
    }

    /// Gives the fresh levels of a metric to whoever asks.
    pub(crate) fn observe(&self, metric: &'static str, observer: &dyn AsyncInstrument<f64>) {
        for level in locked(&self.told).iter() {
            if level.metric == metric && level.told.elapsed() < FRESH {
                observer.observe(level.value, &level.labels);
            }
        }
    }

    /// Watches a pool; another one of the same name takes its place.
    pub(crate) fn watch_pool(&self, name: String, read: ReadPool) {
        let mut pools = locked(&self.pools);
        pools.retain(|(watched, _)| *watched != name);
        if pools.len() < MOST {
            pools.push((name, read));
        }
    }

    /// The state of every pool that is still there.
    pub(crate) fn pools(&self) -> Vec<(String, Pool)> {
        let mut states = Vec::new();
        locked(&self.pools).retain(|(name, read)| {
            let state = read();
            states.extend(state.map(|state| (name.clone(), state)));
            state.is_some()
        });
        states
    }

    /// From now on work is due after a time.
    pub(crate) fn wait_for_timer(&self, timer: &'static str, due_in: Duration) {
        let mut timers = locked(&self.timers);
        if let Some(due) = Instant::now().checked_add(due_in)
            && (timers.len() < MOST || timers.contains_key(timer))
        {
            timers.insert(timer, due);
        }
    }

    /// For how long each work has been overdue.
    pub(crate) fn overdue(&self) -> Vec<(&'static str, Duration)> {
        let now = Instant::now();
        locked(&self.timers)
            .iter()
            .map(|(timer, due)| (*timer, now.saturating_duration_since(*due)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_is_watched_until_it_is_gone() {
        let levels = Levels::default();
        let pool = std::sync::Arc::new(Pool {
            used: 1,
            idle: 2,
            most: 4,
        });
        let watched = std::sync::Arc::downgrade(&pool);
        levels.watch_pool(
            "loyalty.read".to_owned(),
            Box::new(move || watched.upgrade().map(|pool| *pool)),
        );
        assert_eq!(levels.pools(), [("loyalty.read".to_owned(), *pool)]);
        drop(pool);
        assert_eq!(levels.pools(), []);
        assert!(
            locked(&levels.pools).is_empty(),
            "a pool that is gone is still watched"
        );
    }

    #[test]
    fn work_is_overdue_only_after_it_was_due() {
        let levels = Levels::default();
        levels.wait_for_timer("later", Duration::from_hours(1));
        levels.wait_for_timer("now", Duration::ZERO);
        let overdue = levels.overdue();
        assert_eq!(overdue.len(), 2, "{overdue:?}");
        assert_eq!(overdue[0], ("later", Duration::ZERO));
        assert_eq!(overdue[1].0, "now");
    }

    #[test]
    fn the_number_of_levels_is_bounded() {
        let levels = Levels::default();
        for index in 0..2 * MOST {
            let label = KeyValue::new("index", i64::try_from(index).unwrap());
            levels.set("metric", &[label], 1.0);
        }
        assert_eq!(locked(&levels.told).len(), MOST);
    }
}
