//! Random numbers that a seed repeats (`SplitMix64`, Steele, Lea and Flood 2014).

/// A source of random numbers.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// A source that gives the same numbers for the same seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The seed of this run: that of the variable `RAPPORT_TEST_SEED`, else a new one. It is printed.
    pub(crate) fn seed(test: &str) -> u64 {
        let given = std::env::var("RAPPORT_TEST_SEED").ok();
        let seed = given.map_or_else(
            || {
                let now = jiff::Timestamp::now().as_nanosecond();
                now.unsigned_abs() as u64
            },
            |text| text.parse().expect("RAPPORT_TEST_SEED is a whole number"),
        );
        println!("{test}: RAPPORT_TEST_SEED={seed}");
        seed
    }

    /// Any number.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// A number from 0 to below a limit.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.bits() % (limit.max(1) as u64)).expect("it is below a usize")
    }

    /// A number between two, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = u128::from(high.abs_diff(low)) + 1;
        let offset = u128::from(self.bits()) % width;
        i64::try_from(i128::from(low) + i128::try_from(offset).expect("it fits"))
            .expect("it is between two i64")
    }

    /// True with a probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        // 53 bits: as many as a double holds exactly.
        ((self.bits() >> 11) as f64) < probability * (1_u64 << 53) as f64
    }

    /// One of several.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}
