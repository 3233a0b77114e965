//! Whom a call is about: everybody alike, or some far more often than others.

/// A sequence of numbers that depends on its seed alone, so that runs can be repeated (`SplitMix64`).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, not including, 1.
    #[allow(clippy::cast_precision_loss, reason = "53 bits fit")]
    pub fn share(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Chooses among members so that the one of rank k has a weight of 1 / k^exponent (Zipf).
#[derive(Debug, Clone)]
pub struct Zipf {
    /// The share of the choices up to each rank.
    cumulative: Vec<f64>,
}

impl Zipf {
    /// Over so many members; an exponent of 0 makes all alike.
    pub fn new(members: u32, exponent: f64) -> Self {
        let mut sum = 0.0;
        let mut cumulative: Vec<f64> = (1..=members)
            .map(|rank| {
                sum += f64::from(rank).powf(-exponent);
                sum
            })
            .collect();
        for share in &mut cumulative {
            *share /= sum;
        }
        Self { cumulative }
    }

    /// Chooses a member, from 0 on.
    pub fn choose(&self, dice: &mut Dice) -> usize {
        let share = dice.share();
        self.cumulative
            .partition_point(|up_to| *up_to <= share)
            .min(self.cumulative.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_those_of_the_weights() {
        let (zipf, mut dice) = (Zipf::new(100, 2.0), Dice::new(1));
        let draws = 100_000;
        let first = (0..draws).filter(|_| zipf.choose(&mut dice) == 0).count();
        // 1 / ζ₁₀₀(2) = 0.6116
        let share = f64::from(u32::try_from(first).unwrap()) / f64::from(draws);
        assert!(
            (share - 0.6116).abs() < 0.01,
            "the first member was chosen with a share of {share}"
        );
    }

    #[test]
    fn without_exponent_all_are_alike() {
        let (zipf, mut dice) = (Zipf::new(10, 0.0), Dice::new(2));
        let mut counts = [0_u32; 10];
        for _ in 0..100_000 {
            counts[zipf.choose(&mut dice)] += 1;
        }
        assert!(
            counts.iter().all(|count| (9_500..10_500).contains(count)),
            "{counts:?}"
        );
    }
}
