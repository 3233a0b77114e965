//! How much a customer spends on a purchase day: the Gamma-Gamma model.
//!
//! The value of a purchase day varies around a customer's own mean by a gamma distribution (shape p), and the
//! means vary between customers (q, γ). Spend is taken to be independent of how often a customer buys.
//!
//! Amounts may be in any unit; γ and all results are in the same one. The rest of this crate uses minor units.
//!
//! Source: Fader, Hardie (2013), "The Gamma-Gamma model of monetary value", note 025, brucehardie.com.

use crate::{
    FitError, convert,
    fit_error::{ParameterError, require_greater},
    optimise::{Minimum, minimise},
    special::{digamma, ln_gamma},
};

/// Customers with a repeat purchase that a fit needs at least.
pub const MINIMUM_CUSTOMERS: usize = 10;

/// Shapes outside this range, and γ outside it relative to the mean spend, are a search that ran away.
const SANE: std::ops::RangeInclusive<f64> = 1e-6..=1e6;

/// A gradient (of the mean log-likelihood, in log parameters) up to this counts as converged.
const CONVERGED: f64 = 1e-6;

/// Spend of one customer on repeat purchase days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpendHistory {
    /// Repeat purchase days (x).
    pub repeats: u32,
    /// Mean value of a repeat purchase day (z̄); 0 without any.
    pub mean_value: f64,
}

impl SpendHistory {
    /// Whether this customer says anything about spend: a repeat purchase with a positive mean value.
    pub fn is_usable(&self) -> bool {
        self.repeats > 0 && self.mean_value > 0.0 && self.mean_value.is_finite()
    }
}

/// The three parameters, named as in the literature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpendParameters {
    /// Shape of one customer's spend around the customer's mean, greater than 0.
    pub p: f64,
    /// Shape of the distribution of means, greater than 1: otherwise the mean over customers is infinite.
    pub q: f64,
    /// Scale of that distribution in the unit of the amounts, greater than 0.
    pub gamma: f64,
}

/// A model with known parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpendModel {
    parameters: SpendParameters,
}

/// A fitted model and how good the fit is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpendFit {
    /// The fitted model.
    pub model: SpendModel,
    /// Logarithm of the likelihood at the maximum.
    pub log_likelihood: f64,
    /// Number of usable customers.
    pub customers: usize,
    /// Iterations of the search.
    pub iterations: u32,
}

impl SpendModel {
    /// A model with these parameters.
    ///
    /// Errors: p or γ not greater than 0, q not greater than 1, or one of them not finite.
    pub fn new(parameters: SpendParameters) -> Result<Self, ParameterError> {
        require_greater("p", parameters.p, 0.0)?;
        require_greater("q", parameters.q, 1.0)?;
        require_greater("gamma", parameters.gamma, 0.0)?;
        Ok(Self { parameters })
    }

    /// The parameters.
    pub fn parameters(&self) -> SpendParameters {
        self.parameters
    }

    /// Logarithm of the likelihood of the usable ones among these customers (note 025, equation 1a).
    pub fn log_likelihood(&self, customers: &[SpendHistory]) -> f64 {
        value_and_gradient(&self.parameters, &usable(customers)).0
    }

    /// Expected mean value of this customer's purchase days: p(γ + x·z̄)/(px + q − 1).
    ///
    /// The customer's own mean, shrunk towards the mean of all; without repeat purchases the mean of all.
    pub fn expected_spend(&self, customer: &SpendHistory) -> f64 {
        let SpendParameters { p, q, gamma } = self.parameters;
        if !customer.is_usable() {
            return self.mean_spend();
        }
        let repeats = f64::from(customer.repeats);
        p * (gamma + repeats * customer.mean_value) / (p * repeats + q - 1.0)
    }

    /// Expected value of a purchase day over all customers: pγ/(q − 1).
    pub fn mean_spend(&self) -> f64 {
        let SpendParameters { p, q, gamma } = self.parameters;
        p * gamma / (q - 1.0)
    }

    /// The parameters that make the observed spend most likely, from the usable ones among these customers.
    ///
    /// Deterministic and independent of the order of the customers.
    ///
    /// Errors: fewer than [`MINIMUM_CUSTOMERS`] usable customers, a parameter that runs away (q at 1 or less
    /// included), no convergence.
    pub fn fit(customers: &[SpendHistory]) -> Result<SpendFit, FitError> {
        let usable = usable(customers);
        if usable.len() < MINIMUM_CUSTOMERS {
            return Err(FitError::TooFewCustomers {
                needed: MINIMUM_CUSTOMERS,
                found: usable.len(),
            });
        }
        let scale = 1.0 / convert::count(usable.len());
        let mean = usable.iter().map(|customer| customer.mean_value).sum::<f64>() * scale;
        let in_means: Vec<SpendHistory> = usable
            .iter()
            .map(|customer| SpendHistory {
                mean_value: customer.mean_value / mean,
                ..*customer
            })
            .collect();
        // In units of the mean, so that dollars and cents follow the same path.
        let objective = |logs: &[f64; 3]| {
            let (value, gradient) = value_and_gradient(&from_logs(logs), &in_means);
            let by_log = |position: usize| -gradient[position] * logs[position].exp() * scale;
            (-value * scale, std::array::from_fn(by_log))
        };
        let starts: [[f64; 3]; 3] = [[2.0, 3.0, 1.0], [6.0, 4.0, 0.5], [0.5, 8.0, 10.0]];
        let mut best: Option<Minimum<3>> = None;
        for start in starts {
            let end = minimise(start.map(f64::ln), objective);
            let converged = end.gradient <= CONVERGED;
            if best.as_ref().is_none_or(|known| end.gradient < known.gradient) {
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
        let mut parameters = from_logs(&end.point);
        check_sane(&parameters)?;
        if end.gradient > CONVERGED {
            return Err(FitError::NotConverged {
                gradient: end.gradient,
            });
        }
        parameters.gamma *= mean;
        let model = Self { parameters };
        Ok(SpendFit {
            model,
            log_likelihood: value_and_gradient(&parameters, &usable).0,
            customers: usable.len(),
            iterations: end.iterations,
        })
    }
}

fn check_sane(parameters: &SpendParameters) -> Result<(), FitError> {
    let SpendParameters { p, q, gamma } = *parameters;
    for (parameter, value) in [("p", p), ("q", q), ("gamma", gamma)] {
        if !SANE.contains(&value) || (parameter == "q" && value <= 1.0) {
            return Err(FitError::Degenerate { parameter, value });
        }
    }
    Ok(())
}

/// The usable customers, sorted, so that sums do not depend on the order of the input.
fn usable(customers: &[SpendHistory]) -> Vec<SpendHistory> {
    let mut usable: Vec<SpendHistory> = customers
        .iter()
        .copied()
        .filter(SpendHistory::is_usable)
        .collect();
    usable.sort_unstable_by(|left, right| {
        left.repeats
            .cmp(&right.repeats)
            .then(left.mean_value.total_cmp(&right.mean_value))
    });
    usable
}

fn from_logs(logs: &[f64; 3]) -> SpendParameters {
    let [p, q, gamma] = logs.map(f64::exp);
    SpendParameters { p, q, gamma }
}

/// Log-likelihood and its gradient by p, q, γ. `customers` are usable and sorted by the number of repeats.
fn value_and_gradient(parameters: &SpendParameters, customers: &[SpendHistory]) -> (f64, [f64; 3]) {
    let SpendParameters { p, q, gamma } = *parameters;
    let (mut value, mut gradient) = (0.0, [0.0; 3]);
    let (ln_gamma_q, digamma_q, ln_scale) = (ln_gamma(q), digamma(q), gamma.ln());
    for same_count in customers.chunk_by(|left, right| left.repeats == right.repeats) {
        let repeats = f64::from(same_count[0].repeats);
        let shape = p * repeats;
        let constant =
            ln_gamma(shape + q) - ln_gamma(shape) - ln_gamma_q + q * ln_scale + shape * repeats.ln();
        let digamma_both = digamma(shape + q);
        let rise = digamma_both - digamma(shape);
        for customer in same_count {
            let ln_mean = customer.mean_value.ln();
            let total = gamma + repeats * customer.mean_value;
            let ln_total = total.ln();
            value += constant + (shape - 1.0) * ln_mean - (shape + q) * ln_total;
            gradient[0] += repeats * (rise + ln_mean + repeats.ln() - ln_total);
            gradient[1] += digamma_both - digamma_q + ln_scale - ln_total;
            gradient[2] += q / gamma - (shape + q) / total;
        }
    }
    (value, gradient)
}
