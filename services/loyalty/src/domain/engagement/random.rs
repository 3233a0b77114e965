//! Random numbers that a test can repeat.

/// The name of the variable that sets the seed.
const SEED_VARIABLE: &str = "RAPPORT_TEST_SEED";

/// `SplitMix64` (Steele, Lea, Flood 2014): small, fast, and the same everywhere.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// Begins with the seed that the environment sets, or a new one. Prints it, so that a failure can be repeated.
    pub(crate) fn announced(test: &str) -> Self {
        let seed = std::env::var(SEED_VARIABLE)
            .ok()
            .map_or_else(|| getrandom::u64().unwrap(), |text| text.parse().unwrap());
        println!("{test}: repeat with {SEED_VARIABLE}={seed}");
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to below a bound.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound as u64)).unwrap()
    }

    /// A number between two, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = u64::try_from(high - low).unwrap() + 1;
        low + i64::try_from(self.next() % width).unwrap()
    }

    /// Whether something of a chance of one in so many happens.
    pub(crate) fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    /// The same things in any order (Fisher, Yates 1938).
    pub(crate) fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.below(last + 1));
        }
    }
}
