//! Random numbers that a test can repeat.

/// The name of the variable that sets the seed.
const SEED_VARIABLE: &str = "RAPPORT_TEST_SEED";

/// A source of random numbers: `SplitMix64` (Steele, Lea, Flood 2014), small, fast, and the same everywhere.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The seed of a run: the one that the environment sets, or a new one. It is printed, so that a failure can be repeated.
    pub fn seed(test: &str) -> u64 {
        let seed = std::env::var(SEED_VARIABLE).ok().map_or_else(
            || getrandom::u64().expect("the system has random numbers"),
            |text| text.parse().expect("the seed is a whole number"),
        );
        println!("{test}: repeat with {SEED_VARIABLE}={seed}");
        seed
    }

    /// Begins with the seed of a run.
    pub fn announced(test: &str) -> Self {
        Self::new(Self::seed(test))
    }

    /// Begins with a seed: the same gives the same numbers.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A source for another task, which goes its own way.
    #[must_use]
    pub fn split(&mut self) -> Self {
        Self(self.next())
    }

    /// Any number.
    #[allow(
        clippy::should_implement_trait,
        reason = "it never ends: nothing is to be iterated over"
    )]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to below a bound, which is at least 1.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("it is below a usize")
    }

    /// A number between two, both included.
    pub fn between<N: Into<i128> + TryFrom<i128>>(&mut self, low: N, high: N) -> N {
        let (low, high) = (low.into(), high.into());
        let number = low + i128::from(self.next()) % (high - low + 1);
        N::try_from(number)
            .ok()
            .expect("it is between two numbers of the type")
    }

    /// Whether something of a chance of one in so many happens.
    pub fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    /// Whether something of a probability happens.
    #[allow(
        clippy::cast_precision_loss,
        reason = "53 bits are what a double holds exactly"
    )]
    pub fn chance(&mut self, probability: f64) -> bool {
        ((self.next() >> 11) as f64) < probability * (1_u64 << 53) as f64
    }

    /// One of several, of which there is at least one.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// The same things in any order (Fisher, Yates 1938).
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.below(last + 1));
        }
    }
}
