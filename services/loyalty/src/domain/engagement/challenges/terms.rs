//! What the owner of a program decides about a challenge.

use std::collections::BTreeSet;

use jiff::{Timestamp, tz::TimeZone};
use rapport_money::Currency;
use rapport_status::FieldViolation;

use super::activity::{Activity, Instance, LARGEST_AMOUNT};
use crate::domain::{
    calendar::{Period, day_of},
    engagement::{Reward, check_range, check_text, reward::check_rewards},
};

/// Most levels of a challenge.
pub const MOST_LEVELS: usize = 10;

/// Most steps of a challenge.
pub const MOST_STEPS: usize = 20;

/// Most kinds, categories or locations that a filter names.
pub const MOST_NAMES: usize = 100;

/// Most missed periods that a streak forgives.
pub const MOST_FREEZES: i64 = 366;

/// Largest target of a level: a thousand times the largest amount of an activity.
pub const LARGEST_TARGET: i64 = 1_000 * LARGEST_AMOUNT;

/// The terms of a challenge. They never change: other terms are another version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Which version.
    pub version: i64,
    /// Name that members see.
    pub title: String,
    /// Which activities count.
    pub filter: Filter,
    /// What is counted.
    pub goal: Goal,
    /// How often it begins anew.
    pub recurrence: Recurrence,
    /// From when on activities count; none means always.
    pub start_time: Option<Timestamp>,
    /// From when on activities no longer count; none means never.
    pub end_time: Option<Timestamp>,
    /// What is to be reached, the least first.
    pub levels: Vec<Level>,
}

/// Which activities count. What is empty or not set allows everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Their kinds.
    pub kinds: BTreeSet<String>,
    /// Their categories.
    pub categories: BTreeSet<String>,
    /// Their locations.
    pub locations: BTreeSet<String>,
    /// The least amount, in minor units, that is left of them after returns.
    pub minimum_minor: Option<i64>,
}

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goal {
    /// Consecutive periods with activities.
    Streak {
        /// Days, weeks or months.
        period: Period,
        /// How many activities make a period active.
        activities_per_period: i64,
        /// How many missed periods a streak forgives.
        freezes: i64,
    },
    /// Activities.
    Count,
    /// What was paid, in minor units. Amounts in other currencies do not count.
    Spend {
        /// In which currency.
        currency: Currency,
    },
    /// Different categories.
    DistinctCategories,
    /// Different locations.
    DistinctLocations,
    /// Steps done one after the other. Each activity does one step at most: the next one, if it fits.
    Steps {
        /// What fits, step by step.
        steps: Vec<Filter>,
    },
}

/// How often a challenge begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recurrence {
    /// Never.
    Once,
    /// With each day, week or month.
    Each(Period),
}

/// Something to be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// The number that the goal has to reach.
    pub target: i64,
    /// What is given for it.
    pub rewards: Vec<Reward>,
}

/// Terms and the time zone that their periods are counted in.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The terms.
    pub terms: &'a Terms,
    /// The program's time zone.
    pub zone: &'a TimeZone,
}

impl Rules<'_> {
    /// The instance that an activity belongs to, if it can count at all. Whether what is left of it after returns is
    /// enough is another question.
    pub fn instance_of(&self, activity: &Activity) -> Option<Instance> {
        let begun = self.terms.start_time.is_none_or(|start| start <= activity.time);
        let ended = self.terms.end_time.is_some_and(|end| end <= activity.time);
        (begun && !ended && self.terms.filter.names(activity)).then(|| self.instance_at(activity.time))
    }

    /// The instance at a moment.
    pub fn instance_at(&self, moment: Timestamp) -> Instance {
        match self.terms.recurrence {
            Recurrence::Once => None,
            Recurrence::Each(period) => Some(period.first_day(period.number_of(day_of(moment, self.zone)))),
        }
    }
}

impl Filter {
    /// Whether its kind, category and location are allowed.
    fn names(&self, activity: &Activity) -> bool {
        let allows = |names: &BTreeSet<String>, name: Option<&String>| {
            names.is_empty() || name.is_some_and(|name| names.contains(name))
        };
        allows(&self.kinds, Some(&activity.kind))
            && allows(&self.categories, activity.category.as_ref())
            && allows(&self.locations, activity.location.as_ref())
    }

    /// Whether an activity of which an amount is left counts.
    pub fn allows(&self, activity: &Activity, left_minor: i64) -> bool {
        self.names(activity) && self.minimum_minor.is_none_or(|minimum| minimum <= left_minor)
    }

    fn check(&self, field: &str, found: &mut Vec<FieldViolation>) {
        let lists = [
            ("kinds", &self.kinds),
            ("categories", &self.categories),
            ("locations", &self.locations),
        ];
        for (list, names) in lists {
            let field = format!("{field}.{list}");
            if names.len() > MOST_NAMES {
                let description = format!("must be at most {MOST_NAMES} names; there are {}", names.len());
                found.push(FieldViolation::new(field, description));
                continue;
            }
            for name in names {
                check_text(&field, name, found);
            }
        }
        if let Some(minimum) = self.minimum_minor {
            check_range(
                &format!("{field}.minimum_minor"),
                minimum,
                (1, LARGEST_AMOUNT),
                found,
            );
        }
    }
}

impl Terms {
    /// Everything that is wrong with the terms, each with the path of its field under `challenge.`.
    pub fn check(&self) -> Vec<FieldViolation> {
        let mut found = Vec::new();
        check_text("challenge.title", &self.title, &mut found);
        self.filter.check("challenge.filter", &mut found);
        self.check_goal(&mut found);
        if let (Some(start), Some(end)) = (self.start_time, self.end_time)
            && end <= start
        {
            let description = format!("must be after start_time, {start}");
            found.push(FieldViolation::new("challenge.end_time", description));
        }
        self.check_levels(&mut found);
        found
    }

    fn check_goal(&self, found: &mut Vec<FieldViolation>) {
        match &self.goal {
            Goal::Streak {
                period,
                activities_per_period,
                freezes,
            } => {
                let field = "challenge.goal.streak";
                check_range(
                    &format!("{field}.activities_per_period"),
                    *activities_per_period,
                    (1, 1_000),
                    found,
                );
                check_range(&format!("{field}.freezes"), *freezes, (0, MOST_FREEZES), found);
                let fits = match self.recurrence {
                    Recurrence::Once => true,
                    Recurrence::Each(each) => *period == Period::Day && each != Period::Day,
                };
                if !fits {
                    let description =
                        "must be once for this streak: only a streak of days fits whole into a week or month";
                    found.push(FieldViolation::new("challenge.recurrence", description));
                }
            }
            Goal::Steps { steps } => {
                let field = "challenge.goal.steps";
                check_range(field, length(steps), (1, length(&[(); MOST_STEPS])), found);
                for (place, step) in steps.iter().take(MOST_STEPS).enumerate() {
                    step.check(&format!("{field}[{place}]"), found);
                }
            }
            Goal::Count | Goal::Spend { .. } | Goal::DistinctCategories | Goal::DistinctLocations => {}
        }
    }

    fn check_levels(&self, found: &mut Vec<FieldViolation>) {
        check_range(
            "challenge.levels",
            length(&self.levels),
            (1, length(&[(); MOST_LEVELS])),
            found,
        );
        let most = match &self.goal {
            Goal::Steps { steps } => length(steps),
            _ => LARGEST_TARGET,
        };
        let mut least = 1;
        for (place, level) in self.levels.iter().take(MOST_LEVELS).enumerate() {
            let field = format!("challenge.levels[{place}]");
            check_range(&format!("{field}.target"), level.target, (least, most), found);
            check_rewards(&format!("{field}.rewards"), &level.rewards, found);
            least = level.target.saturating_add(1);
        }
    }
}

fn length<T>(list: &[T]) -> i64 {
    i64::try_from(list.len()).unwrap_or(i64::MAX)
}
