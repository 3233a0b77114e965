//! Which replica is called: the less busy of two that chance picks. Looking at all would send every caller to the same
//! one at the same time; not looking at all would let work pile up behind a slow one.

/// What is known of a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Load {
    /// Calls of this process that it has not answered.
    pub(crate) under_way: usize,
    /// Whether it failed a moment ago and is left out while there are others.
    pub(crate) aside: bool,
}

/// Chooses a replica by its place in the list; none when the list is empty. `first` and `second` are random numbers.
pub(crate) fn choose(loads: &[Load], first: u64, second: u64) -> Option<usize> {
    let in_use: Vec<usize> = places(loads, |load| !load.aside);
    // All failed: one of them may be back, and nothing else is left to try.
    let candidates = if in_use.is_empty() {
        places(loads, |_| true)
    } else {
        in_use
    };
    let one = pick(&candidates, first)?;
    // Picked among the others, so that two are compared wherever there are two.
    let others: Vec<usize> = candidates.into_iter().filter(|place| *place != one).collect();
    let Some(other) = pick(&others, second) else {
        return Some(one);
    };
    Some(if loads[other].under_way < loads[one].under_way {
        other
    } else {
        one
    })
}

fn places(loads: &[Load], wanted: impl Fn(&Load) -> bool) -> Vec<usize> {
    (0..loads.len()).filter(|place| wanted(&loads[*place])).collect()
}

fn pick(places: &[usize], chance: u64) -> Option<usize> {
    let count = u64::try_from(places.len()).ok().filter(|count| *count > 0)?;
    usize::try_from(chance % count)
        .ok()
        .and_then(|place| places.get(place).copied())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn load(under_way: usize, aside: bool) -> Load {
        Load { under_way, aside }
    }

    #[test]
    fn of_two_the_less_busy_is_chosen_and_one_alone_is_taken_as_it_is() {
        assert_eq!(choose(&[], 1, 2), None);
        assert_eq!(choose(&[load(9, true)], 1, 2), Some(0));
        for (first, second) in [(0, 0), (0, 1), (1, 0), (7, 9)] {
            assert_eq!(choose(&[load(3, false), load(2, false)], first, second), Some(1));
        }
    }

    #[test]
    fn work_spreads_evenly_over_equal_replicas() {
        let mut loads = vec![load(0, false); 5];
        let mut chance = 1u64;
        let mut next = || {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            chance >> 33
        };
        for _ in 0..1_000 {
            let chosen = choose(&loads, next(), next()).unwrap();
            loads[chosen].under_way += 1;
        }
        let counts: Vec<_> = loads.iter().map(|load| load.under_way).collect();
        assert!(
            counts.iter().all(|count| (190..=210).contains(count)),
            "{counts:?}"
        );
    }

    proptest! {
        #[test]
        fn a_replica_that_failed_is_chosen_only_when_all_did(
            loads in prop::collection::vec((0..5usize, any::<bool>()).prop_map(|(busy, aside)| load(busy, aside)), 1..8),
            first: u64,
            second: u64,
        ) {
            let chosen = choose(&loads, first, second).expect("there is one");
            prop_assert!(!loads[chosen].aside || loads.iter().all(|load| load.aside));
        }
    }
}
