//! The replay of a customer's history.

use super::{Evaluation, Inputs, LifecycleConfig, Reason, Stage, Transition};
use crate::{
    Day,
    purchase_model::{PurchaseModel, RepeatHistory},
};

/// How far ahead of the last purchase the model rule looks for a change: about a century.
const FARTHEST_DAYS: i32 = 36_525;

struct Replay<'a> {
    config: &'a LifecycleConfig,
    model: Option<&'a PurchaseModel>,
    stage: Stage,
    since: Day,
    record: Option<Record>,
    /// Gaps between purchase days so far, ascending.
    gaps: Vec<i32>,
    /// Purchase days since the stage began, the one that began it included.
    purchases_in_stage: u32,
    transitions: Vec<Transition>,
}

/// Purchases so far.
#[derive(Clone, Copy)]
struct Record {
    first: Day,
    last: Day,
    purchases: u32,
}

/// A change that time will cause.
struct Due {
    day: Day,
    to: Stage,
    reason: Reason,
}

pub(super) fn replay(
    known_since: Day,
    purchase_days: &[Day],
    config: &LifecycleConfig,
    model: Option<&PurchaseModel>,
    as_of: Day,
) -> Evaluation {
    let mut days: Vec<Day> = purchase_days
        .iter()
        .copied()
        .filter(|&day| day <= as_of)
        .collect();
    days.sort_unstable();
    days.dedup();
    let mut replay = Replay {
        config,
        model,
        stage: Stage::Potential,
        since: known_since,
        record: None,
        gaps: Vec::new(),
        purchases_in_stage: 0,
        transitions: Vec::new(),
    };
    for day in days {
        replay.pass_time(day.plus_days(-1));
        replay.purchase(day);
    }
    let next_change = replay.pass_time(as_of);
    Evaluation {
        stage: replay.stage,
        since: replay.since,
        transitions: replay.transitions,
        next_change,
        config_version: config.version,
    }
}

impl Replay<'_> {
    /// Makes the changes that time causes up to and including `through`; returns the day of the next one after it.
    fn pass_time(&mut self, through: Day) -> Option<Day> {
        while let Some(due) = self.due() {
            if due.day > through {
                return Some(due.day);
            }
            let inputs = self.inputs(due.day, None);
            self.change(due.day, due.to, due.reason, inputs);
        }
        None
    }

    fn purchase(&mut self, day: Day) {
        let rhythm_before = self.rhythm();
        let before = self.record;
        self.record = Some(match before {
            None => Record {
                first: day,
                last: day,
                purchases: 1,
            },
            Some(known) => Record {
                last: day,
                purchases: known.purchases.saturating_add(1),
                ..known
            },
        });
        let gap = before.map(|known| day.days_since(known.last));
        if let Some(gap) = gap {
            let position = self.gaps.partition_point(|&known| known < gap);
            self.gaps.insert(position, gap);
        }
        self.purchases_in_stage = self.purchases_in_stage.saturating_add(1);
        if let Some((to, reason)) = self.after_purchase(day, gap, rhythm_before) {
            let inputs = self.inputs(day, Some((gap, rhythm_before)));
            self.change(day, to, reason, inputs);
            self.purchases_in_stage = 1;
        }
    }

    /// The change that the purchase on `day` causes, which is already in the record.
    fn after_purchase(&self, day: Day, gap: Option<i32>, rhythm: f64) -> Option<(Stage, Reason)> {
        let earned = self.earned_stage(day);
        match self.stage {
            Stage::Potential => Some((Stage::New, Reason::FirstPurchase)),
            Stage::New | Stage::Growth if earned == Stage::Mature => Some((earned, Reason::Established)),
            Stage::New if earned == Stage::Growth => Some((earned, Reason::RepeatPurchase)),
            Stage::Declining => {
                let reason = self.recovery(day, gap, rhythm)?;
                Some((at_least_growth(earned), reason))
            }
            Stage::Churned => Some((Stage::WonBack, Reason::ReturnPurchase)),
            Stage::WonBack if self.purchases_in_stage >= self.config.settled_purchases => {
                Some((at_least_growth(earned), Reason::Settled))
            }
            Stage::New | Stage::Growth | Stage::Mature | Stage::WonBack => None,
        }
    }

    fn recovery(&self, day: Day, gap: Option<i32>, rhythm: f64) -> Option<Reason> {
        if let Some(probability) = self.probability(day) {
            let recovered = probability >= self.config.probability_recovered;
            return recovered.then_some(Reason::ProbabilityRecovered);
        }
        if gap.is_some_and(|gap| f64::from(gap) <= self.config.gap_recovered * rhythm) {
            return Some(Reason::RhythmRecovered);
        }
        // Declining began between two purchases, so all purchases in the stage came after it began.
        (self.purchases_in_stage >= self.config.recovery_purchases).then_some(Reason::PurchasesRecovered)
    }

    /// The stage that the number of purchases and the tenure earn, silence apart.
    fn earned_stage(&self, day: Day) -> Stage {
        let Some(record) = self.record else {
            return Stage::Potential;
        };
        let long_enough = day.days_since(record.first) >= self.config.mature_tenure_days;
        if record.purchases >= self.config.mature_purchases && long_enough {
            Stage::Mature
        } else if record.purchases >= self.config.growth_purchases {
            Stage::Growth
        } else {
            Stage::New
        }
    }

    /// The next change that time causes if there is no further purchase.
    fn due(&self) -> Option<Due> {
        let record = self.record?;
        let config = self.config;
        let (silence, probability, to) = match self.stage {
            Stage::Potential | Stage::Churned => return None,
            Stage::Declining => (config.silence_churned, config.probability_churned, Stage::Churned),
            Stage::New | Stage::Growth | Stage::Mature | Stage::WonBack => (
                config.silence_declining,
                config.probability_declining,
                Stage::Declining,
            ),
        };
        let quiet = self.quiet(record, silence, probability, to);
        if self.stage != Stage::Growth || record.purchases < config.mature_purchases {
            return quiet;
        }
        let mature = Due {
            day: self.not_before_dwell(record, record.first.plus_days(config.mature_tenure_days)),
            to: Stage::Mature,
            reason: Reason::Established,
        };
        // On the same day the warning wins.
        match quiet {
            Some(quiet) if quiet.day <= mature.day => Some(quiet),
            _ => Some(mature),
        }
    }

    /// The change to Declining or Churned that time causes, by the rule in force.
    fn quiet(&self, record: Record, silence: f64, threshold: f64, to: Stage) -> Option<Due> {
        let churned = to == Stage::Churned;
        let (day, reason) = if let Some(model) = self.model {
            let reason = if churned {
                Reason::ProbabilityChurn
            } else {
                Reason::ProbabilityWarning
            };
            (self.first_day_below(model, record, threshold)?, reason)
        } else {
            let reason = if churned {
                Reason::SilenceChurn
            } else {
                Reason::SilenceWarning
            };
            (record.last.plus_days(whole_days(silence * self.rhythm())), reason)
        };
        Some(Due {
            day: self.not_before_dwell(record, day),
            to,
            reason,
        })
    }

    /// Time alone changes a stage only after the minimum dwell, and never on the day of a purchase.
    fn not_before_dwell(&self, record: Record, day: Day) -> Day {
        let earliest = self.since.plus_days(self.config.minimum_dwell_days.max(0));
        day.max(earliest).max(record.last.plus_days(1))
    }

    /// The first day, from the last purchase on, with a probability of purchase below the threshold.
    ///
    /// The probability falls as silence lasts, so doubling steps and then bisection find the day. The search
    /// depends on the last purchase alone and not on the as-of day: every evaluation finds the same day.
    fn first_day_below(&self, model: &PurchaseModel, record: Record, threshold: f64) -> Option<Day> {
        let below =
            |silence: i32| self.probability_of(model, record, record.last.plus_days(silence)) < threshold;
        if below(0) {
            return Some(record.last);
        }
        let (mut above, mut step) = (0, 1);
        while !below(step) {
            if step >= FARTHEST_DAYS {
                return None;
            }
            above = step;
            step = (step * 2).min(FARTHEST_DAYS);
        }
        let mut under = step;
        while under - above > 1 {
            let middle = i32::midpoint(above, under);
            if below(middle) {
                under = middle;
            } else {
                above = middle;
            }
        }
        Some(record.last.plus_days(under))
    }

    fn probability(&self, day: Day) -> Option<f64> {
        Some(self.probability_of(self.model?, self.record?, day))
    }

    fn probability_of(&self, model: &PurchaseModel, record: Record, day: Day) -> f64 {
        let history = RepeatHistory {
            repeats: record.purchases - 1,
            last_repeat_weeks: record.last.weeks_since(record.first),
            observed_weeks: day.weeks_since(record.first),
        };
        model.probability_of_purchase_within(&history, self.config.horizon_weeks)
    }

    /// The customer's own or the usual number of days between purchases.
    fn rhythm(&self) -> f64 {
        let (shortest, longest) = self.config.rhythm_bounds_days;
        let number = self.gaps.len();
        let rhythm = if number >= self.config.own_rhythm_gaps.max(1) {
            let upper = f64::from(self.gaps[number / 2]);
            let lower = f64::from(self.gaps[(number - 1) / 2]);
            f64::midpoint(lower, upper)
        } else {
            f64::from(self.config.usual_rhythm_days)
        };
        rhythm.min(f64::from(longest)).max(f64::from(shortest))
    }

    /// The numbers behind a decision on `day`; for a purchase its gap and the rhythm before it.
    fn inputs(&self, day: Day, purchase: Option<(Option<i32>, f64)>) -> Inputs {
        let (silence_days, rhythm_days) = purchase.unwrap_or_else(|| {
            (
                self.record.map(|record| day.days_since(record.last)),
                self.rhythm(),
            )
        });
        Inputs {
            purchases: self.record.map_or(0, |record| record.purchases),
            silence_days,
            rhythm_days,
            probability: self.probability(day),
        }
    }

    fn change(&mut self, day: Day, to: Stage, reason: Reason, inputs: Inputs) {
        self.transitions.push(Transition {
            day,
            from: self.stage,
            to,
            reason,
            inputs,
        });
        self.stage = to;
        self.since = day;
        self.purchases_in_stage = 0;
    }
}

fn at_least_growth(stage: Stage) -> Stage {
    if stage == Stage::Mature {
        Stage::Mature
    } else {
        Stage::Growth
    }
}

/// The first whole number of days that is not less than `days`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the conversion stops at the ends of i32"
)]
fn whole_days(days: f64) -> i32 {
    days.ceil() as i32
}
