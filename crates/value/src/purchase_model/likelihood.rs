//! The log-likelihood of the purchase models and its gradient, over customers with the same summary at once.

use std::cmp::Ordering;

use super::{PurchaseFamily, PurchaseParameters, RepeatHistory, times_stayed};
use crate::special::{digamma_rise, ln_rising};

/// Customers with exactly the same summary.
pub(super) struct Group {
    repeats: u32,
    last: f64,
    observed: f64,
    customers: f64,
}

/// Groups customers with the same summary, sorted, so that the sum does not depend on the order of the input.
pub(super) fn collapse(customers: &[RepeatHistory]) -> Vec<Group> {
    let mut sorted = customers.to_vec();
    sorted.sort_unstable_by(compare);
    sorted
        .chunk_by(|left, right| compare(left, right) == Ordering::Equal)
        .map(|same| Group {
            repeats: same[0].repeats,
            last: same[0].last_repeat_weeks,
            observed: same[0].observed_weeks,
            customers: crate::convert::count(same.len()),
        })
        .collect()
}

/// Sum of repeats and of observed weeks over all customers.
pub(super) fn totals(groups: &[Group]) -> (f64, f64) {
    groups.iter().fold((0.0, 0.0), |(repeats, weeks), group| {
        (
            repeats + group.customers * f64::from(group.repeats),
            weeks + group.customers * group.observed,
        )
    })
}

fn compare(left: &RepeatHistory, right: &RepeatHistory) -> Ordering {
    left.repeats
        .cmp(&right.repeats)
        .then(left.last_repeat_weeks.total_cmp(&right.last_repeat_weeks))
        .then(left.observed_weeks.total_cmp(&right.observed_weeks))
}

/// The part of the log-likelihood that depends on the number of repeats alone, and its derivatives by r, a, b.
struct CountPart {
    value: f64,
    by_r: f64,
    by_a: f64,
    by_b: f64,
    stayed: f64,
}

fn count_part(family: PurchaseFamily, parameters: &PurchaseParameters, repeats: u32) -> CountPart {
    let PurchaseParameters { r, a, b, .. } = *parameters;
    let chances = match family {
        PurchaseFamily::BgNbd => repeats,
        PurchaseFamily::MbgNbd => repeats.saturating_add(1),
    };
    let both = digamma_rise(a + b, chances);
    CountPart {
        value: ln_rising(r, repeats) + ln_rising(b, chances) - ln_rising(a + b, chances),
        by_r: digamma_rise(r, repeats),
        by_a: -both,
        by_b: digamma_rise(b, chances) - both,
        stayed: times_stayed(family, repeats),
    }
}

/// Log-likelihood and its gradient by r, α, a, b (in this order) for the formula of the module documentation.
pub(super) fn value_and_gradient(
    family: PurchaseFamily,
    parameters: &PurchaseParameters,
    groups: &[Group],
) -> (f64, [f64; 4]) {
    let PurchaseParameters { r, alpha, a, b } = *parameters;
    let ln_alpha = alpha.ln();
    let (mut value, mut gradient) = (0.0, [0.0; 4]);
    for same_count in groups.chunk_by(|left, right| left.repeats == right.repeats) {
        let count = count_part(family, parameters, same_count[0].repeats);
        let shape = r + f64::from(same_count[0].repeats);
        let last_chance = b + count.stayed - 1.0;
        let ln_leaving = (a / last_chance).ln();
        for group in same_count {
            let ln_observed = (alpha + group.observed).ln();
            let mut log = count.value + r * ln_alpha - shape * ln_observed;
            let mut by_r = count.by_r + ln_alpha - ln_observed;
            let mut by_alpha = r / alpha - shape / (alpha + group.observed);
            let (mut by_a, mut by_b) = (count.by_a, count.by_b);
            if count.stayed > 0.0 {
                let ln_ratio = ln_observed - (alpha + group.last).ln();
                let ln_weight = ln_leaving + shape * ln_ratio;
                // ln(1 + w) and w/(1 + w) without overflow for large w.
                let small = (-ln_weight.abs()).exp();
                log += ln_weight.max(0.0) + small.ln_1p();
                let left = if ln_weight > 0.0 { 1.0 } else { small } / (1.0 + small);
                by_r += left * ln_ratio;
                by_alpha += left * shape * (1.0 / (alpha + group.observed) - 1.0 / (alpha + group.last));
                by_a += left / a;
                by_b -= left / last_chance;
            }
            value += group.customers * log;
            for (sum, part) in gradient.iter_mut().zip([by_r, by_alpha, by_a, by_b]) {
                *sum += group.customers * part;
            }
        }
    }
    (value, gradient)
}
