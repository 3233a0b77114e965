//! The chain ladder: how redemption goes on with age.
//!
//! With C(v, a) the points of vintage v redeemed by age a, the development factor of age a is
//! f(a) = Σ C(v, a + 1) ÷ Σ C(v, a), over the vintages that are known at both ages; and what a vintage of age a will have
//! redeemed in the end is C(v, a) · f(a) · f(a + 1) · … (T. Mack, "Distribution-free calculation of the standard error of
//! chain ladder reserve estimates", ASTIN Bulletin 23, 1993, 213–225, formulas 2 and 3).
//!
//! The product must end somewhere. It ends at the **closing age**, from which on no vintage that is so old has points left
//! open: then nothing more can be redeemed, and the factor is 1. Without enough vintages that old, nothing is estimated:
//! a guess at the tail would lower the liability on paper only.

use std::fmt;

use super::{
    breakage::{Curve, Point},
    real,
};

/// How redemption goes on, from the history of vintages.
#[derive(Debug, Clone, PartialEq)]
pub struct Development {
    /// The factors, by age.
    pub factors: Vec<Factor>,
    /// From which age on no vintage has points left open, and how many vintages are that old; none when there is no such
    /// age.
    pub closing: Option<Closing>,
    minimum_vintages: usize,
}

/// How redemption goes on from one age to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Factor {
    /// Redeemed by the next age ÷ redeemed by this age; none when nothing was redeemed by this age.
    pub factor: Option<f64>,
    /// How many vintages it rests on.
    pub vintages: usize,
}

/// When vintages close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closing {
    /// The age.
    pub age: i64,
    /// How many vintages are that old.
    pub vintages: usize,
}

/// What a vintage will have redeemed in the end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Points.
    pub redeemed: f64,
    /// How many vintages the least well founded factor rests on; none when no factor was needed.
    pub vintages: Option<usize>,
}

/// Why nothing can be estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortage {
    /// Too few vintages are so old that nothing of them is open.
    TooFewClosed {
        /// How many there are.
        closed: usize,
        /// How many are needed.
        needed: usize,
    },
    /// Too few vintages show how redemption goes on from an age.
    TooFewVintages {
        /// The age.
        age: i64,
        /// How many there are.
        vintages: usize,
        /// How many are needed.
        needed: usize,
    },
    /// Nothing has been redeemed of the vintage, or of all vintages, at an age: there is nothing to go on from.
    NothingRedeemed {
        /// The age.
        age: i64,
    },
    /// Nothing was issued.
    NothingIssued,
}

impl fmt::Display for Shortage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewClosed { closed, needed } => write!(
                formatter,
                "too little history: {closed} vintages are closed (none of their points is open), and {needed} are needed"
            ),
            Self::TooFewVintages {
                age,
                vintages,
                needed,
            } => write!(
                formatter,
                "too little history: {vintages} vintages show how redemption goes on after {age} months, and {needed} are needed"
            ),
            Self::NothingRedeemed { age } => {
                write!(
                    formatter,
                    "nothing has been redeemed by the age of {age} months: there is nothing to go on from"
                )
            }
            Self::NothingIssued => formatter.write_str("nothing was issued, or all of it was taken back"),
        }
    }
}

impl Development {
    /// The development of vintages. `minimum_vintages` is how many each factor, and the closing age, must rest on.
    pub fn of(curves: &[Curve], minimum_vintages: usize) -> Self {
        let minimum_vintages = minimum_vintages.max(1);
        let redeemed: Vec<Vec<i64>> = curves
            .iter()
            .map(|curve| curve.points.iter().map(|point| point.redeemed).collect())
            .collect();
        Self {
            factors: factors(&redeemed),
            closing: closing(curves),
            minimum_vintages,
        }
    }

    /// What a vintage will have redeemed in the end, if enough is known.
    pub fn estimate(&self, latest: &Point) -> Result<Estimate, Shortage> {
        if latest.issued <= 0 {
            return Err(Shortage::NothingIssued);
        }
        let mut estimate = Estimate {
            redeemed: real(latest.redeemed),
            vintages: None,
        };
        if latest.open() <= 0 {
            return Ok(estimate);
        }
        let closed = self.closing.map_or(0, |closing| closing.vintages);
        let Some(closing) = self.closing.filter(|_| closed >= self.minimum_vintages) else {
            let needed = self.minimum_vintages;
            return Err(Shortage::TooFewClosed { closed, needed });
        };
        if latest.redeemed <= 0 {
            return Err(Shortage::NothingRedeemed { age: latest.age });
        }
        for age in latest.age..closing.age {
            let place = usize::try_from(age).unwrap_or(usize::MAX);
            let step = self.factors.get(place).copied().unwrap_or(Factor {
                factor: None,
                vintages: 0,
            });
            if step.vintages < self.minimum_vintages {
                return Err(Shortage::TooFewVintages {
                    age,
                    vintages: step.vintages,
                    needed: self.minimum_vintages,
                });
            }
            estimate.redeemed *= step.factor.ok_or(Shortage::NothingRedeemed { age })?;
            let thinnest = estimate.vintages.unwrap_or(usize::MAX);
            estimate.vintages = Some(thinnest.min(step.vintages));
        }
        Ok(estimate)
    }
}

/// The development factors of a triangle: each row is a vintage, and holds its cumulative amounts by age.
pub fn factors(triangle: &[Vec<i64>]) -> Vec<Factor> {
    let ages = triangle.iter().map(Vec::len).max().unwrap_or_default();
    let factor = |age: usize| {
        let known: Vec<&[i64]> = triangle.iter().filter_map(|row| row.get(age..=age + 1)).collect();
        let sum = |column: usize| -> i128 { known.iter().map(|pair| i128::from(pair[column])).sum() };
        let (before, after) = (sum(0), sum(1));
        Factor {
            factor: (before > 0).then(|| real_wide(after) / real_wide(before)),
            vintages: known.len(),
        }
    };
    (1..ages).map(|next| factor(next - 1)).collect()
}

/// The youngest age from which on every vintage that is so old has nothing open.
fn closing(curves: &[Curve]) -> Option<Closing> {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let last_open = points()
        .filter(|point| point.open() > 0)
        .map(|point| point.age)
        .max();
    let age = last_open.map_or(0, |age| age + 1);
    let vintages = curves
        .iter()
        .filter(|curve| curve.latest().is_some_and(|latest| latest.age >= age))
        .count();
    (vintages > 0).then_some(Closing { age, vintages })
}

/// The number, rounded to the nearest that floating point has.
#[allow(
    clippy::cast_precision_loss,
    reason = "rounding to the nearest is what is wanted"
)]
fn real_wide(number: i128) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::measures::Month;

    /// The triangle of G. Taylor and F. Ashe ("Second moments of estimates of outstanding claims", Journal of
    /// Econometrics 23, 1983), by which Mack shows the method.
    const TAYLOR_ASHE: [&[i64]; 10] = [
        &[
            357_848, 1_124_788, 1_735_330, 2_218_270, 2_745_596, 3_319_994, 3_466_336, 3_606_286, 3_833_515,
            3_901_463,
        ],
        &[
            352_118, 1_236_139, 2_170_033, 3_353_322, 3_799_067, 4_120_063, 4_647_867, 4_914_039, 5_339_085,
        ],
        &[
            290_507, 1_292_306, 2_218_525, 3_235_179, 3_985_995, 4_132_918, 4_628_910, 4_909_315,
        ],
        &[
            310_608, 1_418_858, 2_195_047, 3_757_447, 4_029_929, 4_381_982, 4_588_268,
        ],
        &[443_160, 1_136_350, 2_128_333, 2_897_821, 3_402_672, 3_873_311],
        &[396_132, 1_333_217, 2_180_715, 2_985_752, 3_691_712],
        &[440_832, 1_288_463, 2_419_861, 3_483_130],
        &[359_480, 1_421_128, 2_864_498],
        &[376_686, 1_363_294],
        &[344_014],
    ];

    #[test]
    fn the_factors_and_the_reserve_of_mack_come_out() {
        let triangle: Vec<Vec<i64>> = TAYLOR_ASHE.iter().map(|row| row.to_vec()).collect();
        let factors = factors(&triangle);
        let published = [
            3.4906, 1.7473, 1.4574, 1.1739, 1.1038, 1.0863, 1.0539, 1.0766, 1.0177,
        ];
        assert_eq!(factors.len(), published.len());
        for (age, (factor, published)) in factors.iter().zip(published).enumerate() {
            assert!(
                (factor.factor.unwrap() - published).abs() < 5e-5,
                "age {age}: {factor:?}"
            );
            assert_eq!(factor.vintages, 9 - age);
        }
        let reserve: f64 = triangle
            .iter()
            .map(|row| {
                let latest = real(*row.last().unwrap());
                let rest: f64 = factors[row.len() - 1..]
                    .iter()
                    .map(|factor| factor.factor.unwrap())
                    .product();
                latest * rest - latest
            })
            .sum();
        assert!(
            (reserve - 18_680_856.0).abs() < 1.0,
            "the published total reserve is 18,680,856, not {reserve}"
        );
    }

    fn curve(vintage: &str, points: &[(i64, i64, i64)]) -> Curve {
        let point = |(age, (issued, redeemed, expired)): (usize, &(i64, i64, i64))| Point {
            age: i64::try_from(age).unwrap(),
            issued: *issued,
            redeemed: *redeemed,
            expired: *expired,
        };
        Curve {
            vintage: vintage.parse::<Month>().unwrap(),
            points: points.iter().enumerate().map(point).collect(),
        }
    }

    fn closed(vintage: &str) -> Curve {
        curve(vintage, &[(100, 20, 0), (100, 50, 0), (100, 60, 40)])
    }

    #[test]
    fn vintages_close_at_the_age_from_which_on_nothing_is_open() {
        let none = Development::of(&[], 3);
        assert_eq!((none.closing, none.factors.len()), (None, 0));
        let open = Development::of(&[curve("2026-01", &[(100, 20, 0)])], 3);
        assert_eq!(open.closing, None, "no vintage is as old as that");
        let curves = [
            closed("2026-01"),
            closed("2026-02"),
            curve("2026-03", &[(100, 10, 0), (100, 30, 0)]),
        ];
        let development = Development::of(&curves, 2);
        assert_eq!(development.closing, Some(Closing { age: 2, vintages: 2 }));
        let steps: Vec<_> = development
            .factors
            .iter()
            .map(|factor| (factor.factor, factor.vintages))
            .collect();
        assert_eq!(steps, [(Some(130.0 / 50.0), 3), (Some(1.2), 2)]);
    }

    #[test]
    fn an_estimate_is_made_when_each_step_is_well_founded_and_refused_with_the_reason_otherwise() {
        let curves = [
            closed("2026-01"),
            closed("2026-02"),
            curve("2026-03", &[(100, 10, 0), (100, 30, 0)]),
        ];
        let development = Development::of(&curves, 2);
        let young = |issued, redeemed| Point {
            age: 1,
            issued,
            redeemed,
            expired: 0,
        };
        let estimate = development.estimate(&young(100, 30)).unwrap();
        assert_eq!((estimate.redeemed, estimate.vintages), (36.0, Some(2)));
        assert_eq!(
            development.estimate(&young(100, 0)),
            Err(Shortage::NothingRedeemed { age: 1 })
        );
        assert_eq!(development.estimate(&young(0, 0)), Err(Shortage::NothingIssued));
        let done = development.estimate(&young(30, 30)).unwrap();
        assert_eq!((done.redeemed, done.vintages), (30.0, None));

        let strict = Development::of(&curves, 3);
        assert_eq!(
            strict.estimate(&young(100, 30)),
            Err(Shortage::TooFewClosed { closed: 2, needed: 3 })
        );
        let mut thin = Development::of(&curves, 2);
        thin.factors[1].vintages = 1;
        let shortage = Shortage::TooFewVintages {
            age: 1,
            vintages: 1,
            needed: 2,
        };
        assert_eq!(thin.estimate(&young(100, 30)), Err(shortage));
        thin.factors[1] = Factor {
            factor: None,
            vintages: 2,
        };
        assert_eq!(
            thin.estimate(&young(100, 30)),
            Err(Shortage::NothingRedeemed { age: 1 })
        );
    }

    #[test]
    fn what_is_missing_is_told_in_words() {
        let shortage = Shortage::TooFewClosed { closed: 1, needed: 3 };
        assert!(
            shortage.to_string().contains("1 vintages are closed"),
            "{shortage}"
        );
        let shortage = Shortage::TooFewVintages {
            age: 7,
            vintages: 2,
            needed: 3,
        };
        assert!(
            shortage
                .to_string()
                .contains("2 vintages show how redemption goes on after 7 months"),
            "{shortage}"
        );
        assert!(
            Shortage::NothingRedeemed { age: 4 }
                .to_string()
                .contains("4 months")
        );
        assert!(Shortage::NothingIssued.to_string().contains("nothing was issued"));
    }
}
