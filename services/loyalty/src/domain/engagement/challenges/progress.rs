//! How far a history of activities goes: a pure function of it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    activity::Activity,
    streak::{CurrentStreak, Streak},
    terms::{Goal, Rules},
};

/// How far one instance of a challenge is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The number that the goal counts.
    pub value: i64,
    /// When each level was reached, the first level first: the time of the activity that reached it. Levels that are not
    /// reached are missing.
    pub reached: Vec<Timestamp>,
    streak: Option<Streak>,
}

impl Progress {
    /// The streak that goes on at a moment; none when there is none, or the goal is no streak.
    pub fn current_streak(&self, now: Timestamp, rules: &Rules<'_>) -> Option<CurrentStreak> {
        self.streak.as_ref()?.current(now, rules)
    }
}

/// How far activities go that all belong to one instance. Each comes with what is left of its amount after returns, in
/// minor units; those that are undone are not among them. Their order does not matter: they are told again in the order
/// of their times, and at equal times of their ids. Adding an activity never lowers the value.
pub fn progress<'a>(
    rules: &Rules<'_>,
    activities: impl IntoIterator<Item = (&'a Activity, i64)>,
) -> Progress {
    let mut counted: Vec<(&Activity, i64)> = activities
        .into_iter()
        .filter(|(activity, left)| rules.terms.filter.allows(activity, *left))
        .collect();
    counted.sort_by_key(|(activity, _)| (activity.time, activity.id.as_str()));
    let mut count = Count::new(&rules.terms.goal);
    let mut reached = Vec::new();
    for (activity, left) in counted {
        count.push(activity, left, rules);
        let value = count.value();
        let next = rules.terms.levels.iter().skip(reached.len());
        let newly = next.take_while(|level| level.target <= value).count();
        reached.extend(std::iter::repeat_n(activity.time, newly));
    }
    Progress {
        value: count.value(),
        reached,
        streak: match count {
            Count::Streak(streak) => Some(streak),
            _ => None,
        },
    }
}

/// What a goal knows while the history is told.
enum Count<'a> {
    Streak(Streak),
    Number(i64),
    Distinct(BTreeSet<&'a str>),
}

impl<'a> Count<'a> {
    fn new(goal: &Goal) -> Self {
        match goal {
            Goal::Streak {
                period,
                activities_per_period,
                freezes,
            } => Self::Streak(Streak::new(*period, *activities_per_period, *freezes)),
            Goal::Count | Goal::Spend { .. } | Goal::Steps { .. } => Self::Number(0),
            Goal::DistinctCategories | Goal::DistinctLocations => Self::Distinct(BTreeSet::new()),
        }
    }

    fn push(&mut self, activity: &'a Activity, left: i64, rules: &Rules<'_>) {
        match (self, &rules.terms.goal) {
            (Self::Streak(streak), _) => streak.push(activity.time, rules),
            (Self::Number(number), Goal::Spend { currency }) => {
                if activity.amount.is_some_and(|amount| amount.currency == *currency) {
                    *number = number.saturating_add(left);
                }
            }
            (Self::Number(number), Goal::Steps { steps }) => {
                let next = usize::try_from(*number).ok().and_then(|done| steps.get(done));
                if next.is_some_and(|step| step.allows(activity, left)) {
                    *number += 1;
                }
            }
            (Self::Number(number), _) => *number += 1,
            (Self::Distinct(names), Goal::DistinctCategories) => names.extend(activity.category.as_deref()),
            (Self::Distinct(names), _) => names.extend(activity.location.as_deref()),
        }
    }

    fn value(&self) -> i64 {
        match self {
            Self::Streak(streak) => streak.longest(),
            Self::Number(number) => *number,
            Self::Distinct(names) => i64::try_from(names.len()).unwrap_or(i64::MAX),
        }
    }
}
