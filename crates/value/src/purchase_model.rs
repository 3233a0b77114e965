//! How often a customer will buy: the BG/NBD and the MBG/NBD model of repeat purchase.
//!
//! Both say: while a customer is alive, purchases come as a Poisson process with a rate that differs
//! between customers by a gamma distribution (shape r, rate α); after a purchase a customer leaves for
//! good with a probability that differs by a beta distribution (a, b). In the BG/NBD model a customer
//! can leave only after a repeat purchase; in the MBG/NBD model also right after the first one.
//!
//! Sources: Fader, Hardie, Lee (2005), "Counting your customers the easy way: an alternative to the
//! Pareto/NBD model", Marketing Science 24(2), 275–284 (BG/NBD); Batislam, Denizel, Filiztekin (2007),
//! International Journal of Research in Marketing 24(3), 201–209 (MBG/NBD).
//!
//! How both share one formula: let k be the number of times that the customer could have left and is known to
//! have stayed if alive: x in BG/NBD, x + 1 in MBG/NBD. Then with s = r + x
//!
//! ```text
//! L        = Γ(s)/Γ(r) · α^r · B(a, b+k)/B(a, b) · (α+T)^−s · (1 + w)
//! w        = a/(b+k−1) · ((α+T)/(α+t_x))^s     for k > 0, otherwise 0
//! P(alive) = 1/(1 + w)
//! ```

mod fit;
mod likelihood;

pub use fit::{MINIMUM_CUSTOMERS, PurchaseFit};

use crate::{
    fit_error::{ParameterError, require_greater},
    special::hypergeometric_quotient,
};

/// Repeat purchases of one customer and their timing; times in weeks since the first purchase.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RepeatHistory {
    /// Repeat purchase days: distinct purchase days minus 1 (x).
    pub repeats: u32,
    /// Time of the last purchase (`t_x`); 0 without repeat purchases.
    pub last_repeat_weeks: f64,
    /// Time to the end of the observation (T), at least `last_repeat_weeks`.
    pub observed_weeks: f64,
}

impl RepeatHistory {
    /// Whether the numbers are finite and agree with each other.
    pub fn is_consistent(&self) -> bool {
        let times_fit =
            self.observed_weeks.is_finite() && (0.0..=self.observed_weeks).contains(&self.last_repeat_weeks);
        times_fit && (self.repeats > 0) == (self.last_repeat_weeks > 0.0)
    }
}

/// Which of the two models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PurchaseFamily {
    /// Beta-geometric/NBD: a customer without repeat purchase is certainly alive.
    BgNbd,
    /// Modified beta-geometric/NBD: a customer may leave right after the first purchase.
    MbgNbd,
}

/// The four parameters, each greater than 0, named as in the literature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PurchaseParameters {
    /// Shape of the distribution of purchase rates.
    pub r: f64,
    /// Rate of that distribution, in weeks: r/alpha is the mean number of purchases per week.
    pub alpha: f64,
    /// First shape of the distribution of leaving probabilities.
    pub a: f64,
    /// Second shape of that distribution: a/(a + b) is the mean leaving probability.
    pub b: f64,
}

impl PurchaseParameters {
    /// The parameters with their names, in the order r, alpha, a, b.
    pub fn named(&self) -> [(&'static str, f64); 4] {
        [("r", self.r), ("alpha", self.alpha), ("a", self.a), ("b", self.b)]
    }
}

/// A model with known parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PurchaseModel {
    family: PurchaseFamily,
    parameters: PurchaseParameters,
}

impl PurchaseModel {
    /// A model with these parameters.
    ///
    /// Errors: a parameter that is not finite and greater than 0.
    pub fn new(family: PurchaseFamily, parameters: PurchaseParameters) -> Result<Self, ParameterError> {
        for (name, value) in parameters.named() {
            require_greater(name, value, 0.0)?;
        }
        Ok(Self { family, parameters })
    }

    /// Which of the two models this is.
    pub fn family(&self) -> PurchaseFamily {
        self.family
    }

    /// The parameters.
    pub fn parameters(&self) -> PurchaseParameters {
        self.parameters
    }

    /// Logarithm of the likelihood of these customers.
    pub fn log_likelihood(&self, customers: &[RepeatHistory]) -> f64 {
        let groups = likelihood::collapse(customers);
        likelihood::value_and_gradient(self.family, &self.parameters, &groups).0
    }

    /// P(alive): the probability that the customer has not left for good.
    ///
    /// Not the probability of another purchase, and no measure of churn by itself: use
    /// [`Self::probability_of_purchase_within`]. In the BG/NBD model it is 1 without repeat purchases.
    pub fn probability_alive(&self, customer: &RepeatHistory) -> f64 {
        let PurchaseParameters { r, alpha, a, b } = self.parameters;
        let stayed = self.times_stayed(customer.repeats);
        if stayed <= 0.0 {
            return 1.0;
        }
        let shape = r + f64::from(customer.repeats);
        // In logarithms: for frequent buyers the ratio to this power is far outside the range of f64.
        let ratio = ((alpha + customer.observed_weeks) / (alpha + customer.last_repeat_weeks)).ln();
        1.0 / (1.0 + ((a / (b + stayed - 1.0)).ln() + shape * ratio).exp())
    }

    /// Expected number of purchase days in the next `weeks` weeks.
    ///
    /// Fader, Hardie, Lee (2005), equation 10, and its MBG/NBD counterpart. 0 for a horizon of 0 or less.
    pub fn expected_purchases(&self, customer: &RepeatHistory, weeks: f64) -> f64 {
        let PurchaseParameters { r, alpha, a, b } = self.parameters;
        let shape = r + f64::from(customer.repeats);
        let stayed = self.times_stayed(customer.repeats);
        let alive = self.probability_alive(customer);
        alive * expected_while_alive(shape, alpha + customer.observed_weeks, a, b + stayed, weeks)
    }

    /// Expected number of repeat purchase days of a customer in the first `weeks` weeks after the first purchase.
    ///
    /// Fader, Hardie, Lee (2005), equation 9, and its MBG/NBD counterpart.
    pub fn expected_purchases_of_new_customer(&self, weeks: f64) -> f64 {
        let newcomer = RepeatHistory {
            repeats: 0,
            last_repeat_weeks: 0.0,
            observed_weeks: 0.0,
        };
        self.expected_purchases(&newcomer, weeks)
    }

    /// Probability of at least one purchase within the next `weeks` weeks:
    /// P(alive)·[1 − ((α+T)/(α+T+h))^(r+x)].
    ///
    /// While alive the next purchase comes before anything else can happen, so the chance to leave does not enter.
    pub fn probability_of_purchase_within(&self, customer: &RepeatHistory, weeks: f64) -> f64 {
        let PurchaseParameters { r, alpha, .. } = self.parameters;
        let shape = r + f64::from(customer.repeats);
        let relative = weeks.max(0.0) / (alpha + customer.observed_weeks);
        self.probability_alive(customer) * -(-shape * relative.ln_1p()).exp_m1()
    }

    /// k of the module documentation.
    fn times_stayed(&self, repeats: u32) -> f64 {
        times_stayed(self.family, repeats)
    }
}

fn times_stayed(family: PurchaseFamily, repeats: u32) -> f64 {
    match family {
        PurchaseFamily::BgNbd => f64::from(repeats),
        PurchaseFamily::MbgNbd => f64::from(repeats) + 1.0,
    }
}

/// Expected purchases within `weeks` of a customer known to be alive, whose rate is gamma distributed (`shape`,
/// `rate`) and whose leaving probability is beta distributed (`a`, `b`).
///
/// The published form is, with c = a + b and z = t/(rate + t),
///
/// ```text
/// (c−1)/(a−1) · [1 − (1−z)^shape · ₂F₁(shape, b; c−1; z)]
/// ```
///
/// which loses its digits for a near 1 and divides zero by zero at a = 1. By Euler's transformation (DLMF
/// 15.8.1) the second term is (1−z)^(a−1)·₂F₁(a−1, c−1−shape; c−1; z). With P = ((1−z)^(a−1) − 1)/(a−1)
/// and Q = (c−1)(₂F₁ − 1)/(a−1) the division by a − 1 cancels exactly and there remains
///
/// ```text
/// −[(c−1)·P + (1 + (a−1)·P)·Q]
/// ```
fn expected_while_alive(shape: f64, rate: f64, a: f64, b: f64, weeks: f64) -> f64 {
    if weeks <= 0.0 {
        return 0.0;
    }
    // −ln(1 − z), exact also when z is next to 1.
    let log_growth = (weeks / rate).ln_1p();
    let excess = a - 1.0;
    let power = -log_growth * excess;
    let quotient_of_power = if power == 0.0 {
        -log_growth
    } else {
        power.exp_m1() / excess
    };
    let middle = excess + b;
    let quotient = hypergeometric_quotient(excess, middle - shape, middle, weeks / (rate + weeks));
    -(middle * quotient_of_power + power.exp() * quotient)
}
