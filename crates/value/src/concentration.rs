//! Share of customers against share of value: how much of the value the best customers bring.

use crate::convert;

/// One point of the curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConcentrationPoint {
    /// Share of customers, the best ones first, in basis points (500 = the best 5 %).
    pub customers_basis_points: u32,
    /// Their share of the total value. Can exceed 1 when other customers have negative values.
    pub value_share: f64,
}

/// The concentration of value over customers.
#[derive(Clone, Debug, PartialEq)]
pub struct Concentration {
    /// Number of customers.
    pub customers: usize,
    /// Sum of all values in minor units.
    pub total_minor: i128,
    /// The curve at the given cut-offs, in their order.
    pub points: Vec<ConcentrationPoint>,
    /// Gini coefficient: 0 when all have the same, (n − 1)/n when one has everything. Can exceed 1 with
    /// negative values.
    pub gini: f64,
}

/// The customary cut-offs: the best 1, 5, 10, 20 and 50 %.
pub const CUSTOMARY_CUTOFFS: [u32; 5] = [100, 500, 1_000, 2_000, 5_000];

const WHOLE: u32 = 10_000;

/// The concentration of the values (revenue, margin or profit in minor units, one per customer).
///
/// A cut-off inside a customer takes the part of that customer's value that it covers: the curve is linear
/// between customers. Customers with equal values are interchangeable on it, so ties need no rule and the order
/// of the input does not matter. Cut-offs above 10,000 basis points count as 10,000. All sums are integers; the
/// only rounding is the last division.
///
/// None when the total is not positive: shares of nothing, or of a loss, say nothing.
///
/// Gini: Σᵢ (2i − n − 1)·vᵢ / (n·Σ v), values ascending, i from 1.
pub fn concentration(values_minor: &[i64], cutoffs_basis_points: &[u32]) -> Option<Concentration> {
    let total_minor: i128 = values_minor.iter().copied().map(i128::from).sum();
    if total_minor <= 0 {
        return None;
    }
    let mut sorted = values_minor.to_vec();
    sorted.sort_unstable_by(|left, right| right.cmp(left));
    let mut cumulative = Vec::with_capacity(sorted.len() + 1);
    cumulative.push(0_i128);
    let mut sum = 0;
    for &value in &sorted {
        sum += i128::from(value);
        cumulative.push(sum);
    }
    let points = cutoffs_basis_points
        .iter()
        .map(|&cutoff| ConcentrationPoint {
            customers_basis_points: cutoff.min(WHOLE),
            value_share: share(&sorted, &cumulative, cutoff.min(WHOLE), total_minor),
        })
        .collect();
    Some(Concentration {
        customers: sorted.len(),
        total_minor,
        points,
        gini: gini(&sorted, total_minor),
    })
}

fn share(descending: &[i64], cumulative: &[i128], cutoff: u32, total: i128) -> f64 {
    // A slice of i64 has fewer than 2^60 elements and a cut-off is at most 10^4: u128 is ample.
    let covered = descending.len() as u128 * u128::from(cutoff);
    let whole = usize::try_from(covered / u128::from(WHOLE)).unwrap_or(descending.len());
    let part = i128::try_from(covered % u128::from(WHOLE)).unwrap_or(0);
    let next = descending.get(whole).copied().map_or(0, i128::from);
    let covered_value = cumulative[whole] * i128::from(WHOLE) + next * part;
    convert::amount(covered_value) / convert::amount(total * i128::from(WHOLE))
}

fn gini(descending: &[i64], total: i128) -> f64 {
    let number = i128::try_from(descending.len()).unwrap_or(i128::MAX);
    let weighted: i128 = (1..=number)
        .zip(descending.iter().rev())
        .map(|(i, &value)| (2 * i - number - 1) * i128::from(value))
        .sum();
    convert::amount(weighted) / convert::amount(number * total)
}
