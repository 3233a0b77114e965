//! Maximum likelihood for the purchase models.

use super::{PurchaseFamily, PurchaseModel, PurchaseParameters, RepeatHistory, likelihood};
use crate::{
    FitError, convert,
    optimise::{Minimum, minimise},
};

/// Customers that a fit needs at least. A fit that small is possible, not good: the gate asks for more.
pub const MINIMUM_CUSTOMERS: usize = 10;

/// Parameters outside this range are a search that ran away, not an estimate.
const SANE: std::ops::RangeInclusive<f64> = 1e-6..=1e6;

/// A gradient (of the mean log-likelihood, in log parameters) up to this counts as converged. The search
/// aims much lower and normally gets there.
const CONVERGED: f64 = 1e-6;

/// A fitted model and how good the fit is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PurchaseFit {
    /// The fitted model.
    pub model: PurchaseModel,
    /// Logarithm of the likelihood at the maximum.
    pub log_likelihood: f64,
    /// Number of customers.
    pub customers: usize,
    /// Iterations of the search.
    pub iterations: u32,
}

impl PurchaseModel {
    /// The parameters that make the observed purchases most likely.
    ///
    /// Deterministic and independent of the order of the customers. BFGS on the logarithms of the
    /// parameters with the analytic gradient; if it does not converge from the first starting point, others
    /// are tried and the best converged end is taken.
    ///
    /// Errors: fewer than [`MINIMUM_CUSTOMERS`], no repeat purchases at all, a contradictory customer, a
    /// parameter that runs away, no convergence.
    pub fn fit(family: PurchaseFamily, customers: &[RepeatHistory]) -> Result<PurchaseFit, FitError> {
        check(customers)?;
        let groups = likelihood::collapse(customers);
        let scale = 1.0 / convert::count(customers.len());
        let objective = |logs: &[f64; 4]| {
            let parameters = from_logs(logs);
            let (value, gradient) = likelihood::value_and_gradient(family, &parameters, &groups);
            let by_log = |position: usize| -gradient[position] * logs[position].exp() * scale;
            (-value * scale, std::array::from_fn(by_log))
        };
        let mut best: Option<Minimum<4>> = None;
        for start in starting_points(&groups) {
            let end = minimise(start, objective);
            let converged = end.gradient <= CONVERGED && sane(&end.point).is_ok();
            if best.as_ref().is_none_or(|known| rank(&end) < rank(known)) {
                best = Some(end);
            }
            if converged {
                break;
            }
        }
        let Some(end) = best else {
            return Err(FitError::NotConverged {
                gradient: f64::INFINITY,
            });
        };
        sane(&end.point)?;
        if end.gradient > CONVERGED {
            return Err(FitError::NotConverged {
                gradient: end.gradient,
            });
        }
        Ok(PurchaseFit {
            model: Self {
                family,
                parameters: from_logs(&end.point),
            },
            log_likelihood: -end.value * convert::count(customers.len()),
            customers: customers.len(),
            iterations: end.iterations,
        })
    }
}

fn check(customers: &[RepeatHistory]) -> Result<(), FitError> {
    if let Some(index) = customers.iter().position(|customer| !customer.is_consistent()) {
        return Err(FitError::InvalidCustomer { index });
    }
    if customers.len() < MINIMUM_CUSTOMERS {
        return Err(FitError::TooFewCustomers {
            needed: MINIMUM_CUSTOMERS,
            found: customers.len(),
        });
    }
    if customers.iter().all(|customer| customer.repeats == 0) {
        return Err(FitError::NoRepeatPurchases);
    }
    Ok(())
}

/// Better ends first: converged and sane, then sane, then the smaller value.
fn rank(end: &Minimum<4>) -> (bool, bool, f64) {
    let value = if end.value.is_nan() {
        f64::INFINITY
    } else {
        end.value
    };
    (
        end.gradient > CONVERGED || sane(&end.point).is_err(),
        sane(&end.point).is_err(),
        value,
    )
}

fn sane(logs: &[f64; 4]) -> Result<(), FitError> {
    for (parameter, value) in from_logs(logs).named() {
        if !SANE.contains(&value) {
            return Err(FitError::Degenerate { parameter, value });
        }
    }
    Ok(())
}

fn from_logs(logs: &[f64; 4]) -> PurchaseParameters {
    let [r, alpha, a, b] = logs.map(f64::exp);
    PurchaseParameters { r, alpha, a, b }
}

/// Logarithms of starting parameters. The first has r = 1 and the mean purchase rate of the data, so that the unit
/// of time and the pace of the trade do not matter; the others differ in how unequal customers are.
fn starting_points(groups: &[likelihood::Group]) -> [[f64; 4]; 4] {
    let (repeats, weeks) = likelihood::totals(groups);
    let pace = (weeks / repeats).max(1e-3);
    [
        (1.0, 1.0, 2.0),
        (0.3, 0.5, 2.0),
        (3.0, 0.2, 4.0),
        (0.1, 2.0, 20.0),
    ]
    .map(|(r, a, b): (f64, f64, f64)| [r, r * pace, a, b].map(f64::ln))
}
