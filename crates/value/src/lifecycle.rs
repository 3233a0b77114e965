//! The stage of the relationship with a customer, since when, and why.
//!
//! [`evaluate`] replays a customer's purchase days from the first one on and applies these rules:
//!
//! | from | to | when |
//! |---|---|---|
//! | Potential | New | the first purchase |
//! | New | Growth or Mature | a purchase that reaches `growth_purchases` (or the Mature condition) |
//! | Growth | Mature | `mature_purchases` and `mature_tenure_days` are reached, by a purchase or by time |
//! | New, Growth, Mature, `WonBack` | Declining | time: the warning rule below |
//! | Declining | Growth or Mature | a purchase that shows recovery, below |
//! | Declining | Churned | time: the churn rule below |
//! | Churned | `WonBack` | a purchase |
//! | `WonBack` | Growth or Mature | `settled_purchases` purchase days since winning back, that one included |
//!
//! **With a purchase model** (one that passed the gate), p = P(at least one purchase within
//! `horizon_weeks`): warning when p < `probability_declining`; recovery at a purchase after which
//! p ≥ `probability_recovered`; churn when p < `probability_churned`.
//!
//! **Without a model** the recency rule: warning when the silence reaches `silence_declining` times the
//! customer's rhythm, churn when it reaches `silence_churned` times. Recovery at a purchase whose gap to the
//! one before was at most `gap_recovered` times the rhythm, or at the `recovery_purchases`-th purchase since
//! the decline began. The rhythm is the median gap between the customer's own purchase days once there are
//! `own_rhythm_gaps` of them, otherwise `usual_rhythm_days`; always within `rhythm_bounds_days`. The gap that
//! is being judged is compared with the rhythm before it.
//!
//! **Hysteresis**: leaving Declining asks for more than not entering it (`probability_recovered` >
//! `probability_declining`; `gap_recovered` < `silence_declining`), so nobody flips to and fro at a border.
//!
//! **Minimum dwell**: a change that time alone causes comes no earlier than `minimum_dwell_days` after the
//! stage began. A purchase changes the stage at once.
//!
//! **Exact days**: a change that time causes carries the day on which its condition first held, not the day of
//! the evaluation, and never the day of a purchase itself. So the transitions as of a day are the beginning of
//! those as of any later day. When Declining and Mature fall on the same day, Declining wins.

mod replay;

use std::{error::Error, fmt};

use crate::{Day, purchase_model::PurchaseModel};

/// The stage of a relationship.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Known, but without a purchase.
    Potential,
    /// Bought, but not often enough for Growth.
    New,
    /// Buys again.
    Growth,
    /// Buys often and has done so for long.
    Mature,
    /// Has become quiet: raises a churn warning.
    Declining,
    /// Quiet for so long that the customer counts as lost: opens a win-back.
    Churned,
    /// Bought again after having been lost.
    WonBack,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Potential => "potential",
            Self::New => "new",
            Self::Growth => "growth",
            Self::Mature => "mature",
            Self::Declining => "declining",
            Self::Churned => "churned",
            Self::WonBack => "won back",
        })
    }
}

/// The rules' numbers. Whoever changes one gives the configuration a new version.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LifecycleConfig {
    /// Version of this configuration; it is part of every evaluation.
    pub version: u32,
    /// Purchase days from which a customer is in Growth. Default 2.
    pub growth_purchases: u32,
    /// Purchase days from which a customer can be Mature. Default 5.
    pub mature_purchases: u32,
    /// Days since the first purchase from which a customer can be Mature. Default 180.
    pub mature_tenure_days: i32,
    /// Rhythm of customers with too few purchases for their own, in days. Default 60.
    pub usual_rhythm_days: i32,
    /// Gaps between purchase days from which the customer's own rhythm counts. Default 3.
    pub own_rhythm_gaps: usize,
    /// Shortest and longest rhythm in days. Default 30 and 120: a daily buyer on holiday is not yet lost, and a
    /// yearly one not forgotten for years.
    pub rhythm_bounds_days: (i32, i32),
    /// Recency rule: silence, in rhythms, at which Declining begins. Default 2.
    pub silence_declining: f64,
    /// Recency rule: silence, in rhythms, at which Churned begins. Default 4.
    pub silence_churned: f64,
    /// Recency rule: a gap of at most this many rhythms ends Declining. Default 1.5.
    pub gap_recovered: f64,
    /// Recency rule: this many purchases since the decline began end it, whatever their gaps. Default 2.
    pub recovery_purchases: u32,
    /// Model rule: horizon of the probability of a purchase, in weeks. Default 52.
    pub horizon_weeks: f64,
    /// Model rule: Declining begins below this probability. Default 0.3.
    pub probability_declining: f64,
    /// Model rule: a purchase that brings the probability to this ends Declining. Default 0.4.
    pub probability_recovered: f64,
    /// Model rule: Churned begins below this probability. Default 0.1.
    pub probability_churned: f64,
    /// Purchase days since winning back, that one included, that end `WonBack`. Default 2.
    pub settled_purchases: u32,
    /// Days that a stage lasts at least before time alone can end it. Default 14.
    pub minimum_dwell_days: i32,
}

impl Default for LifecycleConfig {
    fn default() -> Self {
        Self {
            version: 1,
            growth_purchases: 2,
            mature_purchases: 5,
            mature_tenure_days: 180,
            usual_rhythm_days: 60,
            own_rhythm_gaps: 3,
            rhythm_bounds_days: (30, 120),
            silence_declining: 2.0,
            silence_churned: 4.0,
            gap_recovered: 1.5,
            recovery_purchases: 2,
            horizon_weeks: 52.0,
            probability_declining: 0.3,
            probability_recovered: 0.4,
            probability_churned: 0.1,
            settled_purchases: 2,
            minimum_dwell_days: 14,
        }
    }
}

/// A configuration contradicts itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LifecycleConfigError {
    /// The condition that does not hold, in plain English.
    pub violated: &'static str,
}

impl fmt::Display for LifecycleConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the lifecycle configuration is contradictory: {}",
            self.violated
        )
    }
}

impl Error for LifecycleConfigError {}

impl LifecycleConfig {
    /// Checks that the numbers agree with each other. [`evaluate`] is defined for any numbers, but only a
    /// configuration that passes here has the hysteresis that the module documentation promises.
    ///
    /// Errors: the first condition that does not hold.
    pub fn validate(&self) -> Result<(), LifecycleConfigError> {
        let (shortest, longest) = self.rhythm_bounds_days;
        let probabilities = 0.0 <= self.probability_churned
            && self.probability_churned < self.probability_declining
            && self.probability_declining < self.probability_recovered
            && self.probability_recovered <= 1.0;
        let silences = 0.0 < self.gap_recovered
            && self.gap_recovered < self.silence_declining
            && self.silence_declining < self.silence_churned
            && self.silence_churned.is_finite();
        let conditions = [
            (
                1 <= self.growth_purchases && self.growth_purchases <= self.mature_purchases,
                "growth_purchases must be at least 1 and at most mature_purchases",
            ),
            (
                self.mature_tenure_days >= 0,
                "mature_tenure_days must not be negative",
            ),
            (
                1 <= shortest && shortest <= longest,
                "rhythm_bounds_days must be positive and ascending",
            ),
            (self.usual_rhythm_days >= 1, "usual_rhythm_days must be positive"),
            (self.own_rhythm_gaps >= 1, "own_rhythm_gaps must be positive"),
            (
                silences,
                "gap_recovered, silence_declining and silence_churned must be positive and ascending",
            ),
            (
                probabilities,
                "probability_churned, probability_declining and probability_recovered must be ascending in 0 to 1",
            ),
            (
                self.horizon_weeks > 0.0 && self.horizon_weeks.is_finite(),
                "horizon_weeks must be positive and finite",
            ),
            (
                self.recovery_purchases >= 1 && self.settled_purchases >= 1,
                "recovery_purchases and settled_purchases must be positive",
            ),
            (
                self.minimum_dwell_days >= 0,
                "minimum_dwell_days must not be negative",
            ),
        ];
        match conditions.iter().find(|(holds, _)| !holds) {
            Some((_, violated)) => Err(LifecycleConfigError { violated }),
            None => Ok(()),
        }
    }
}

/// Why a stage changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The first purchase.
    FirstPurchase,
    /// Enough purchase days for Growth.
    RepeatPurchase,
    /// Enough purchase days over a long enough time for Mature.
    Established,
    /// Recency rule: silent for too many rhythms, a warning.
    SilenceWarning,
    /// Model rule: another purchase has become improbable, a warning.
    ProbabilityWarning,
    /// Recency rule: silent for so many rhythms that the customer counts as lost.
    SilenceChurn,
    /// Model rule: another purchase is so improbable that the customer counts as lost.
    ProbabilityChurn,
    /// Recency rule: the gap before this purchase was short again.
    RhythmRecovered,
    /// Recency rule: enough purchases since the decline began.
    PurchasesRecovered,
    /// Model rule: this purchase makes further ones probable again.
    ProbabilityRecovered,
    /// A purchase of a customer who counted as lost.
    ReturnPurchase,
    /// Enough purchases since winning back.
    Settled,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FirstPurchase => "first purchase",
            Self::RepeatPurchase => "bought again",
            Self::Established => "has bought often and for a long time",
            Self::SilenceWarning => "silent for longer than usual (recency rule)",
            Self::ProbabilityWarning => "another purchase has become improbable (purchase model)",
            Self::SilenceChurn => "silent for so long that the customer counts as lost (recency rule)",
            Self::ProbabilityChurn => {
                "another purchase is so improbable that the customer counts as lost (purchase model)"
            }
            Self::RhythmRecovered => "buys at the usual pace again (recency rule)",
            Self::PurchasesRecovered => "bought repeatedly since the warning (recency rule)",
            Self::ProbabilityRecovered => "further purchases have become probable again (purchase model)",
            Self::ReturnPurchase => "bought again after having been lost",
            Self::Settled => "bought repeatedly since returning",
        })
    }
}

/// The numbers that a decision was taken on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inputs {
    /// Purchase days so far, the current day included.
    pub purchases: u32,
    /// Days since the last purchase day; on a purchase day, since the one before. None without such a day.
    pub silence_days: Option<i32>,
    /// The rhythm that the silence is compared with, in days.
    pub rhythm_days: f64,
    /// P(at least one purchase within the horizon) on this day; none without a model or a purchase.
    pub probability: Option<f64>,
}

/// A change of stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transition {
    /// The day on which the condition first held.
    pub day: Day,
    /// Stage before.
    pub from: Stage,
    /// Stage after.
    pub to: Stage,
    /// Why, and by which rule.
    pub reason: Reason,
    /// The numbers behind it.
    pub inputs: Inputs,
}

/// The result of a replay.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Stage on the as-of day.
    pub stage: Stage,
    /// First day of this stage.
    pub since: Day,
    /// All changes up to the as-of day, in order.
    pub transitions: Vec<Transition>,
    /// The day on which time alone will change the stage next, if the customer does not buy before; none if it
    /// never will. Until then another evaluation is needed only after a purchase.
    pub next_change: Option<Day>,
    /// Version of the configuration used.
    pub config_version: u32,
}

/// The stage of a customer as of a day.
///
/// `known_since` is the day on which the customer became known: the beginning of Potential. `purchase_days` in any
/// order, duplicates allowed; those after `as_of` are ignored. `model` is a purchase model that passed the
/// gate; without one the recency rule decides on Declining and Churned. The rules are in the
/// [module documentation](self).
pub fn evaluate(
    known_since: Day,
    purchase_days: &[Day],
    config: &LifecycleConfig,
    model: Option<&PurchaseModel>,
    as_of: Day,
) -> Evaluation {
    replay::replay(known_since, purchase_days, config, model, as_of)
}
