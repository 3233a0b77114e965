//! How many partitions each replica of a consumer holds.
//!
//! Every replica takes what is free at once: partitions of one that died are taken over within one look. A replica
//! that holds more than its share gives partitions up when another one has fewer than the others.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// After how long without a word a replica counts no more.
const FORGOTTEN: Duration = Duration::from_secs(3);

/// What is known of the other replicas: how many partitions each said that it holds, and when.
#[derive(Debug, Default)]
pub(super) struct Others(HashMap<String, (usize, Instant)>);

impl Others {
    /// Notes what a replica said of itself.
    pub(super) fn heard(&mut self, replica: String, held: usize, now: Instant) {
        self.0.insert(replica, (held, now));
    }

    /// What the living ones hold.
    pub(super) fn held(&mut self, now: Instant) -> Vec<usize> {
        self.0
            .retain(|_, (_, heard)| now.duration_since(*heard) < FORGOTTEN);
        self.0.values().map(|(held, _)| *held).collect()
    }
}

/// How many partitions a replica gives up: those beyond its share, when somebody has less than the others. The share is
/// rounded up as long as anybody has more than that, and down when that is not enough.
pub(super) fn surplus(held: usize, others: &[usize], partitions: usize) -> usize {
    let replicas = others.len() + 1;
    let (least, most) = (partitions / replicas, partitions.div_ceil(replicas));
    if others.iter().all(|other| *other >= least) {
        return 0;
    }
    let is_crowded = held > most || others.iter().any(|other| *other > most);
    held.saturating_sub(if is_crowded { most } else { least })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_alone_holds_everything() {
        assert_eq!(surplus(8, &[], 8), 0);
    }

    #[test]
    fn newcomers_get_their_share() {
        assert_eq!(surplus(8, &[0], 8), 4);
        assert_eq!(surplus(8, &[0, 0], 8), 5);
        assert_eq!(surplus(4, &[4, 0], 8), 1);
        assert_eq!(surplus(1, &[0, 0], 1), 0);
        assert_eq!(surplus(2, &[2, 1, 0], 5), 1);
    }

    #[test]
    fn nothing_moves_when_the_shares_are_even_or_somebody_just_died() {
        assert_eq!(surplus(3, &[3, 2], 8), 0);
        assert_eq!(surplus(4, &[4], 8), 0);
        // The other died holding four; they are taken over before it is forgotten.
        assert_eq!(surplus(8, &[4], 8), 0);
    }

    #[test]
    fn whatever_the_beginning_every_replica_ends_with_its_share() {
        for (mut held, partitions) in [
            (vec![8, 0], 8),
            (vec![0, 16, 0], 16),
            (vec![4, 4, 0], 8),
            (vec![5, 0, 0, 0], 5),
        ] {
            for _ in 0..20 {
                for replica in 0..held.len() {
                    let others: Vec<usize> = held
                        .iter()
                        .enumerate()
                        .filter(|(other, _)| *other != replica)
                        .map(|(_, held)| *held)
                        .collect();
                    let given_up = surplus(held[replica], &others, partitions);
                    held[replica] -= given_up;
                    // Whoever looks first takes all of it: the worst case.
                    let greedy = (replica + 1) % held.len();
                    held[greedy] += given_up;
                }
            }
            let (least, most) = (held.iter().min().unwrap(), held.iter().max().unwrap());
            assert_eq!(held.iter().sum::<usize>(), partitions);
            assert!(most - least <= 1, "{held:?}");
        }
    }

    #[test]
    fn a_replica_that_is_silent_is_forgotten() {
        let mut others = Others::default();
        let now = Instant::now();
        others.heard("a".to_owned(), 3, now);
        assert_eq!(others.held(now), [3]);
        assert!(others.held(now + FORGOTTEN).is_empty());
    }
}
