//! Quantiles of the normal, Student's t and beta distributions, to about 1e-12 of their size (those of the beta
//! distribution that are near one: to 1e-15).

use std::f64::consts::PI;

/// Wichura's coefficients, the lowest power first: for probabilities within 0.425 of one half.
const CENTRE_NUMERATOR: [f64; 8] = [
    3.387_132_872_796_366_5,
    133.141_667_891_784_38,
    1_971.590_950_306_551_3,
    13_731.693_765_509_46,
    45_921.953_931_549_87,
    67_265.770_927_008_7,
    33_430.575_583_588_13,
    2_509.080_928_730_122_7,
];
const CENTRE_DENOMINATOR: [f64; 8] = [
    1.0,
    42.313_330_701_600_91,
    687.187_007_492_057_9,
    5_394.196_021_424_751,
    21_213.794_301_586_597,
    39_307.895_800_092_71,
    28_729.085_735_721_943,
    5_226.495_278_852_854,
];
/// For smaller tails, down to e⁻²⁵.
const TAIL_NUMERATOR: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    0.241_780_725_177_450_6,
    0.022_723_844_989_269_184,
    0.000_774_545_014_278_341_4,
];
const TAIL_DENOMINATOR: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    0.689_767_334_985_1,
    0.148_103_976_427_480_08,
    0.015_198_666_563_616_457,
    0.000_547_593_808_499_534_5,
    1.050_750_071_644_416_9e-9,
];
/// For the smallest tails.
const FAR_NUMERATOR: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    0.296_560_571_828_504_87,
    0.026_532_189_526_576_124,
    0.001_242_660_947_388_078_4,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const FAR_DENOMINATOR: [f64; 8] = [
    1.0,
    0.599_832_206_555_888,
    0.136_929_880_922_735_8,
    0.014_875_361_290_850_615,
    0.000_786_869_131_145_613_3,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_7e-15,
];

/// Bounds on the steps of iterations that end far sooner; they only guard against an endless loop. Halving alone takes
/// an interval of one to the smallest floating-point number in 1,075 steps; the continued fraction takes some times
/// the square root of the larger shape.
const MAXIMUM_INVERSE_STEPS: u32 = 2_000;
const MAXIMUM_FRACTION_STEPS: u32 = 1_000_000;
/// A step of this part of the value changes nothing that can be relied on.
const TOLERANCE: f64 = 2.0 * f64::EPSILON;

/// The quantile of the standard normal distribution; `None` unless `0 < probability < 1`.
///
/// Algorithm AS 241 (PPND16) of M. Wichura, Applied Statistics 37 (1988) 477–484, accurate to 1e-16 of the value.
pub fn normal_quantile(probability: f64) -> Option<f64> {
    is_probability(probability).then(|| normal_inverse(probability))
}

/// The quantile of Student's t distribution with any positive number of degrees of freedom; `None` unless
/// `0 < probability < 1` and `0 < degrees_of_freedom`. A quantile beyond 1e150 is given as infinite.
pub fn student_quantile(probability: f64, degrees_of_freedom: f64) -> Option<f64> {
    if !(is_probability(probability) && is_shape(degrees_of_freedom)) {
        return None;
    }
    Some(if probability < 0.5 {
        -student_inverse(probability, degrees_of_freedom)
    } else if probability > 0.5 {
        student_inverse(1.0 - probability, degrees_of_freedom)
    } else {
        0.0
    })
}

/// The quantile of the beta distribution with the shapes `a` and `b`; `None` unless `0 < probability < 1`, `0 < a`
/// and `0 < b`.
pub fn beta_quantile(probability: f64, a: f64, b: f64) -> Option<f64> {
    let valid = is_probability(probability) && is_shape(a) && is_shape(b);
    valid.then(|| beta_inverse(probability, 1.0 - probability, a, b))
}

/// The probability that a beta variable with the shapes `a` and `b` is at most `x` (the regularised incomplete beta
/// function); `None` unless `0 < a` and `0 < b` and `x` is a number.
pub fn beta_probability(x: f64, a: f64, b: f64) -> Option<f64> {
    if x.is_nan() || !is_shape(a) || !is_shape(b) {
        return None;
    }
    Some(if x <= 0.0 {
        0.0
    } else if x >= 1.0 {
        1.0
    } else {
        beta_at(x, a, b).lower
    })
}

fn is_probability(probability: f64) -> bool {
    0.0 < probability && probability < 1.0
}

fn is_shape(shape: f64) -> bool {
    0.0 < shape && shape.is_finite()
}

/// As [`normal_quantile`], for a valid probability.
pub(crate) fn normal_inverse(probability: f64) -> f64 {
    let distance = probability - 0.5;
    if distance.abs() <= 0.425 {
        let argument = 0.180_625 - distance * distance;
        return distance * polynomial(&CENTRE_NUMERATOR, argument)
            / polynomial(&CENTRE_DENOMINATOR, argument);
    }
    let tail = if distance < 0.0 {
        probability
    } else {
        1.0 - probability
    };
    let root = (-tail.ln()).sqrt();
    let size = if root <= 5.0 {
        polynomial(&TAIL_NUMERATOR, root - 1.6) / polynomial(&TAIL_DENOMINATOR, root - 1.6)
    } else {
        polynomial(&FAR_NUMERATOR, root - 5.0) / polynomial(&FAR_DENOMINATOR, root - 5.0)
    };
    size.copysign(distance)
}

fn polynomial(coefficients: &[f64], argument: f64) -> f64 {
    coefficients
        .iter()
        .rev()
        .fold(0.0, |sum, coefficient| sum * argument + coefficient)
}

/// The positive number that Student's t exceeds with the probability `tail`, below one half.
///
/// With ν degrees of freedom, t²/(ν + t²) has the distribution Beta(½, ν/2) and its complement Beta(ν/2, ½).
pub(crate) fn student_inverse(tail: f64, degrees_of_freedom: f64) -> f64 {
    let half = 0.5 * degrees_of_freedom;
    let (outside, inside) = (2.0 * tail, 1.0 - 2.0 * tail);
    let complement = beta_inverse(outside, inside, half, 0.5);
    // The smaller of the two parts of one is the one that is known to all its digits.
    let ratio = if complement < 0.5 {
        (1.0 - complement) / complement
    } else {
        let part = beta_inverse(inside, outside, 0.5, half);
        part / (1.0 - part)
    };
    (degrees_of_freedom * ratio).sqrt()
}

/// The number that a beta variable with the shapes `a` and `b` is below with the probability `lower` and above with
/// the probability `upper`; the two add to one, and are both given because the smaller of them says more.
///
/// Newton's method within a bracket that halves whenever a step would leave it.
pub(crate) fn beta_inverse(lower: f64, upper: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    let mut x = a / (a + b);
    for _ in 0..MAXIMUM_INVERSE_STEPS {
        let found = beta_at(x, a, b);
        let excess = if lower <= upper {
            found.lower - lower
        } else {
            upper - found.upper
        };
        let step = excess / found.density;
        if step.abs() <= TOLERANCE * x || high - low <= TOLERANCE * x {
            break;
        }
        if step < 0.0 {
            low = x;
        } else {
            high = x;
        }
        let newton = x - step;
        x = if low < newton && newton < high {
            newton
        } else {
            0.5 * (low + high)
        };
    }
    x
}

/// A beta distribution at one point: the probabilities below and above it and the density.
struct BetaPoint {
    lower: f64,
    upper: f64,
    density: f64,
}

/// The beta distribution at `x`, for 0 < x < 1.
///
/// The continued fraction is DLMF 8.17.22; it converges on the side of `x` below (a + 1)/(a + b + 2), and the other
/// side follows from the symmetry of the distribution.
fn beta_at(x: f64, a: f64, b: f64) -> BetaPoint {
    let complement = 1.0 - x;
    let power = beta_power(x, complement, a, b);
    let density = power / (x * complement);
    if x < (a + 1.0) / (a + b + 2.0) {
        let lower = power / (a * beta_fraction(x, a, b));
        BetaPoint {
            lower,
            upper: 1.0 - lower,
            density,
        }
    } else {
        let upper = power / (b * beta_fraction(complement, b, a));
        BetaPoint {
            lower: 1.0 - upper,
            upper,
            density,
        }
    }
}

/// xᵃ(1 − x)ᵇ / B(a, b), without the cancellation of large logarithms: the saddle-point form of C. Loader, "Fast and
/// Accurate Computation of Binomial Probabilities" (2000).
fn beta_power(x: f64, complement: f64, a: f64, b: f64) -> f64 {
    let n = a + b;
    let exponent = stirling_error(n)
        - stirling_error(a)
        - stirling_error(b)
        - deviance(a, n * x)
        - deviance(b, n * complement);
    exponent.exp() * (a / n * b / (2.0 * PI)).sqrt()
}

/// ln Γ(z + 1) less Stirling's formula (z + ½) ln z − z + ½ ln 2π, for z > 0.
fn stirling_error(z: f64) -> f64 {
    /// From here on the first six terms of the series (DLMF 5.11.1) are exact to the last digit.
    const LARGE: f64 = 16.0;
    let mut shifted = z;
    let mut sum = 0.0;
    while shifted < LARGE {
        sum += (shifted + 0.5) * shifted.recip().ln_1p() - 1.0;
        shifted += 1.0;
    }
    let inverse = shifted.recip();
    let square = inverse * inverse;
    let series = [
        1.0 / 12.0,
        -1.0 / 360.0,
        1.0 / 1_260.0,
        -1.0 / 1_680.0,
        1.0 / 1_188.0,
        -691.0 / 360_360.0,
    ];
    sum + inverse * polynomial(&series, square)
}

/// k ln(k/m) + m − k, Loader's deviance; by a series where the terms would cancel.
fn deviance(k: f64, m: f64) -> f64 {
    let difference = k - m;
    if difference.abs() >= 0.1 * (k + m) {
        return k * (k / m).ln() - difference;
    }
    let ratio = difference / (k + m);
    let square = ratio * ratio;
    let mut sum = difference * ratio;
    let mut term = 2.0 * k * ratio;
    let mut odd = 3.0;
    // At most a hundredth of the term is left after each round.
    while term.abs() > f64::EPSILON * sum {
        term *= square;
        sum += term / odd;
        odd += 2.0;
    }
    sum
}

/// The denominator of the continued fraction 1/(1 + d₁/(1 + d₂/(1 + …))) of DLMF 8.17.22, by the method of Lentz as
/// modified by Thompson and Barnett.
fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    /// Stands for a zero that would be divided by.
    const TINY: f64 = 1e-300;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (mut fraction, mut numerator, mut denominator) = (1.0, 1.0, 0.0);
    let mut m = 0.0;
    for step in 1..MAXIMUM_FRACTION_STEPS {
        let coefficient = if step % 2 == 1 {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        } else {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        };
        if step % 2 == 1 {
            m += 1.0;
        }
        denominator = away_from_zero(1.0 + coefficient * denominator).recip();
        numerator = away_from_zero(1.0 + coefficient / numerator);
        let factor = numerator * denominator;
        fraction *= factor;
        if (factor - 1.0).abs() <= f64::EPSILON {
            break;
        }
    }
    fraction
}
