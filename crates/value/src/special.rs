//! Special functions: logarithm of the gamma function, digamma, Gauss's hypergeometric function.
//!
//! Accuracy is about 1e-14 relative to the larger of 1 and the result, over the ranges that each function states.

const HALF_LN_TWO_PI: f64 = 0.918_938_533_204_672_8;

/// From this argument on the asymptotic series below have errors under the rounding error.
const ASYMPTOTIC_FROM: f64 = 10.0;

/// ln Γ(x) for x > 0; not a number otherwise.
///
/// Stirling's series (DLMF 5.11.1) after shifting the argument to 10 or more by Γ(x + 1) = x Γ(x).
pub fn ln_gamma(x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return f64::NAN;
    }
    let (mut shifted, mut product) = (x, 1.0);
    while shifted < ASYMPTOTIC_FROM {
        product *= shifted;
        shifted += 1.0;
    }
    let inverse = 1.0 / shifted;
    let square = inverse * inverse;
    let series = horner(
        square,
        &[
            1.0 / 12.0,
            -1.0 / 360.0,
            1.0 / 1_260.0,
            -1.0 / 1_680.0,
            1.0 / 1_188.0,
            -691.0 / 360_360.0,
            1.0 / 156.0,
        ],
    );
    (shifted - 0.5) * shifted.ln() - shifted + HALF_LN_TWO_PI + inverse * series - product.ln()
}

/// ψ(x) = d ln Γ(x)/dx for x > 0; not a number otherwise.
///
/// Asymptotic series (DLMF 5.11.2) after shifting the argument to 10 or more by ψ(x + 1) = ψ(x) + 1/x.
pub fn digamma(x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return f64::NAN;
    }
    let (mut shifted, mut sum) = (x, 0.0);
    while shifted < ASYMPTOTIC_FROM {
        sum += 1.0 / shifted;
        shifted += 1.0;
    }
    let square = 1.0 / (shifted * shifted);
    let series = horner(
        square,
        &[
            1.0 / 12.0,
            -1.0 / 120.0,
            1.0 / 252.0,
            -1.0 / 240.0,
            1.0 / 132.0,
            -691.0 / 32_760.0,
            1.0 / 12.0,
        ],
    );
    shifted.ln() - 0.5 / shifted - square * series - sum
}

/// ln Γ(x + n) − ln Γ(x) for x > 0, without the cancellation of the difference when n is small.
pub(crate) fn ln_rising(x: f64, n: u32) -> f64 {
    if n <= 64 {
        (0..n).map(|step| (x + f64::from(step)).ln()).sum()
    } else {
        ln_gamma(x + f64::from(n)) - ln_gamma(x)
    }
}

/// ψ(x + n) − ψ(x) for x > 0.
pub(crate) fn digamma_rise(x: f64, n: u32) -> f64 {
    if n <= 64 {
        (0..n).map(|step| 1.0 / (x + f64::from(step))).sum()
    } else {
        digamma(x + f64::from(n)) - digamma(x)
    }
}

/// Gauss's hypergeometric function ₂F₁(a, b; c; z) for c > 0 and 0 ≤ z < 1; not a number otherwise.
///
/// Robust for z near 1 and for every a and b, c − a − b an integer included: see
/// [`hypergeometric_quotient`], of which this is 1 + (a/c)·quotient.
pub fn hypergeometric(a: f64, b: f64, c: f64, z: f64) -> f64 {
    if c > 0.0 {
        1.0 + a / c * hypergeometric_quotient(a, b, c, z)
    } else {
        f64::NAN
    }
}

/// c·(₂F₁(a, b; c; z) − 1)/a for c > −1 and 0 ≤ z < 1; not a number otherwise.
///
/// This is Σₙ₌₁ (a+1)ₙ₋₁ (b)ₙ zⁿ / ((c+1)ₙ₋₁ n!), which stays finite and accurate where a or c is zero. The
/// conditional expectation of the purchase models needs exactly this quotient, with a equal to their
/// parameter a minus 1.
///
/// Small z and large c: the power series. Otherwise the hypergeometric differential equation (DLMF
/// 15.10.1) is followed from z = ½ towards z in Taylor steps that each cover at most half of the distance
/// to the singularity at 1, so that the work grows with ln 1/(1 − z) only.
pub fn hypergeometric_quotient(a: f64, b: f64, c: f64, z: f64) -> f64 {
    if !(a.is_finite() && b.is_finite() && c > -1.0 && c.is_finite() && (0.0..1.0).contains(&z)) {
        return f64::NAN;
    }
    // Negative a or b make the terms alternate; shorter steps keep them from cancelling.
    let alternation = (-a).max(-b).max(0.0);
    let reach = if alternation > 4.0 { 2.0 / alternation } else { 0.5 };
    if c > STEP_UP_TO_C || z <= reach {
        return power_series(a, b, c, z).value;
    }
    let mut at = reach;
    let mut local = power_series(a, b, c, at);
    while at < z {
        let step = (z - at).min(reach * (1.0 - at)).min(0.5 * at);
        local = taylor_step(a, b, c, at, step, &local);
        if step <= f64::EPSILON * at {
            break;
        }
        at += step;
    }
    local.value
}

/// For larger c the power series converges fast at every z < 1, while a Taylor step would be disturbed by the
/// second solution z^(1−c) of the differential equation.
const STEP_UP_TO_C: f64 = 10.0;

const MOST_TERMS: u32 = 10_000_000;

/// Value and derivative of the quotient at one point.
struct Local {
    value: f64,
    slope: f64,
}

fn power_series(a: f64, b: f64, c: f64, z: f64) -> Local {
    let mut term = b * z;
    let (mut value, mut slope) = (term, term);
    for index in 1..MOST_TERMS {
        let index = f64::from(index);
        let following = index + 1.0;
        term *= (a + index) * (b + index) / ((c + index) * following) * z;
        value += term;
        slope += term * following;
        // The ratio of two terms tends to z; before that, alternating terms may still grow.
        let past_growth = index > -a && index > -b;
        if past_growth && (term * following).abs() <= 0.1 * (1.0 - z) * f64::EPSILON * slope.abs() {
            break;
        }
    }
    Local {
        value,
        slope: if z > 0.0 { slope / z } else { b },
    }
}

fn taylor_step(a: f64, b: f64, c: f64, at: f64, step: f64, start: &Local) -> Local {
    // Coefficients times powers of the step: the coefficients alone overflow when z is very near 1.
    let leading = at * (1.0 - at);
    let mut earlier = start.value;
    let mut later = start.slope * step;
    let (mut value, mut slope_by_step) = (earlier + later, later);
    let mut quiet = 0;
    // Coefficient n + 2 from n and n + 1; the constant on the right-hand side of the equation enters once.
    let mut constant = b * c;
    for index in 0..MOST_TERMS {
        let index = f64::from(index);
        let damping = (index + 1.0) * ((1.0 - 2.0 * at) * index + c - (a + b + 1.0) * at);
        let driving = constant + (index + a) * (index + b) * earlier;
        let next = (driving * step - damping * later) * step / (leading * (index + 2.0) * (index + 1.0));
        constant = 0.0;
        let slope_term = (index + 2.0) * next;
        value += next;
        slope_by_step += slope_term;
        (earlier, later) = (later, next);
        // Two terms in a row: a single one may vanish by chance.
        quiet = if slope_term.abs() <= 0.1 * f64::EPSILON * slope_by_step.abs() {
            quiet + 1
        } else {
            0
        };
        if quiet == 2 {
            break;
        }
    }
    Local {
        value,
        slope: slope_by_step / step,
    }
}

/// Σ coefficients[i]·xⁱ.
fn horner(x: f64, coefficients: &[f64]) -> f64 {
    coefficients
        .iter()
        .rev()
        .fold(0.0, |sum, coefficient| sum * x + coefficient)
}
