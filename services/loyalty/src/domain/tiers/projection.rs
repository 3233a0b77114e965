//! What is missing for a tier and by when, and what happens if nothing more comes.

use jiff::{Timestamp, civil::Date};
use rapport_status::Error;

use super::{
    config::{Combination, Qualification, Tier, TierSet},
    engine::{Engine, Occurrence},
    history::History,
    measure::{Measure, Tally, saturated},
    replay::{ReplayNeeded, evaluate, past},
    rules::Rules,
    standing::{Basis, Standing},
    state::{Collected, State},
};
use crate::domain::calendar::{day_of, start_of_day, yesterday};

/// What lies ahead of a member in a tier set, as of a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projection {
    /// Where the member stands.
    pub standing: Standing,
    /// What there is to reach: each higher tier with its thresholds, each higher tier that can be had for ever, each
    /// challenge of a trial that runs.
    pub goals: Vec<Goal>,
    /// What keeps the present tier at its review. None when it needs no keeping (the base tier, a lifetime status), has
    /// no thresholds, is granted, or cannot be kept beyond its end.
    pub keep: Option<Goal>,
    /// What happens at the next review if nothing more comes. None when there is none.
    pub review: Option<Outlook>,
}

/// Something to reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goal {
    /// Id of the tier.
    pub tier: String,
    /// What is reached.
    pub kind: GoalKind,
    /// Whether one of the measures is enough.
    pub combination: Combination,
    /// The first day from which on events count for it, when it lies ahead: keeping a tier can ask for what is earned in
    /// the next window.
    pub from: Option<Date>,
    /// The measures, in the order of the thresholds.
    pub missing: Vec<Missing>,
}

/// Kinds of goals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoalKind {
    /// The tier is reached.
    Reach,
    /// The tier is kept.
    Keep,
    /// The tier is had for ever.
    Lifetime,
    /// The tier of a trial is kept.
    Challenge,
}

/// How much of a measure is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The measure.
    pub measure: Measure,
    /// What counts already. For keeping a tier: what will still count at the review if nothing more comes.
    pub have: i64,
    /// What is asked for.
    pub need: i64,
    /// What is missing: 0 when it is reached.
    pub missing: i64,
    /// The last day on which that much is enough: the last of the window, of the validity, of the trial; in a rolling
    /// window, the day before the next part of what counts leaves it. None when there is no such day.
    pub by: Option<Date>,
}

/// What happens if nothing more comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// When.
    pub time: Timestamp,
    /// Id of the tier from then on.
    pub tier: String,
    /// Why.
    pub basis: Basis,
    /// Until when the tier is kept then.
    pub valid_until: Option<Timestamp>,
}

impl Goal {
    /// Whether it is reached.
    pub fn is_reached(&self) -> bool {
        let mut reached = self.missing.iter().map(|missing| missing.missing == 0);
        match self.combination {
            Combination::All => reached.all(|reached| reached),
            Combination::Any => reached.any(|reached| reached),
        }
    }
}

/// What lies ahead as of a moment, by the history up to it. Refused as [`evaluate`] is.
pub fn project(rules: &Rules, history: &History, as_of: Timestamp) -> Result<Projection, Error> {
    let state = evaluate(rules, history, as_of)?.state;
    let past = past(rules, history, as_of);
    Outward {
        rules,
        past: Some(&past),
        state,
        as_of,
    }
    .project()
    .map_err(|needed| Error::internal(format!("a projection asks for a replay: {needed}")))
}

/// What lies ahead as of a moment, if no fact came after a state. Asks for [`project`] when a version takes over before
/// the next review.
pub fn project_from_state(
    rules: &Rules,
    state: &State,
    as_of: Timestamp,
) -> Result<Projection, ReplayNeeded> {
    let mut state = state.clone();
    if as_of < state.processed {
        return Err(ReplayNeeded::LateFact);
    }
    state.advance(rules, as_of)?;
    Outward {
        rules,
        past: None,
        state,
        as_of,
    }
    .project()
}

/// A look ahead.
struct Outward<'p> {
    rules: &'p Rules,
    past: Option<&'p [Occurrence<'p>]>,
    /// The state as of the moment.
    state: State,
    as_of: Timestamp,
}

impl Outward<'_> {
    fn project(&self) -> Result<Projection, ReplayNeeded> {
        let set = self.set(&self.state)?;
        let standing = self.state.read(self.rules);
        let review = match standing.next_review {
            Some(time) => {
                let then = self.ahead(time)?.current;
                Some(Outlook {
                    time,
                    tier: then.tier,
                    basis: then.basis,
                    valid_until: then.valid_until,
                })
            }
            None => None,
        };
        Ok(Projection {
            goals: self.goals(set, &standing),
            keep: self.keep(set, &standing)?,
            standing,
            review,
        })
    }

    fn set(&self, state: &State) -> Result<&TierSet, ReplayNeeded> {
        let mut versions = self.rules.versions().iter();
        versions
            .find(|set| set.version == state.version)
            .ok_or(ReplayNeeded::OtherRules)
    }

    /// The state at a later moment if nothing more comes.
    fn ahead(&self, moment: Timestamp) -> Result<State, ReplayNeeded> {
        let set = self.set(&self.state)?;
        let mut state = self.state.clone();
        Engine::new(self.rules, set, &mut state, self.past).run(moment, &[])?;
        Ok(state)
    }

    fn goals(&self, set: &TierSet, standing: &Standing) -> Vec<Goal> {
        let place = set.place(&standing.tier);
        let totals = self.state.collected.totals();
        let reach = higher(set, place, |tier| tier.qualification.as_ref()).map(|(tier, asked)| {
            let by = |measure: &Measure| self.last_day_of(measure);
            goal(tier, GoalKind::Reach, asked, &totals, by)
        });
        let place = self
            .state
            .lifetime
            .as_ref()
            .map_or(0, |lifetime| set.place(&lifetime.tier));
        let lifetime = higher(set, place, |tier| tier.lifetime.as_ref()).map(|(tier, asked)| {
            goal(tier, GoalKind::Lifetime, asked, &self.state.whole_history, |_| {
                None
            })
        });
        let challenges = self.state.grants.iter().filter_map(|grant| {
            let trial = grant.trial.as_ref().filter(|trial| !trial.met)?;
            let last = Some(yesterday(grant.ends));
            Some(goal(
                &grant.tier,
                GoalKind::Challenge,
                &trial.challenge,
                &trial.reached,
                |_| last,
            ))
        });
        reach.chain(lifetime).chain(challenges).collect()
    }

    /// The last day on which what counts of a measure stays as it is, or grows.
    fn last_day_of(&self, measure: &Measure) -> Option<Date> {
        match &self.state.collected {
            Collected::Fixed { .. } => {
                let (_, next) = self.span(&self.state)?;
                Some(yesterday(next))
            }
            Collected::Rolling { leaving, .. } => leaving
                .iter()
                .find(|(_, tally)| tally.exact(measure) > 0)
                .map(|(day, _)| yesterday(*day)),
        }
    }

    /// The window as of the moment: it may have moved on since the state, when nothing counted in it.
    fn span(&self, state: &State) -> Option<(Date, Date)> {
        let zone = &self.rules.zone;
        let set = self.set(state).ok()?;
        let day = day_of(self.as_of.max(state.processed), zone);
        set.window.span(day, day_of(state.enrolled, zone))
    }

    fn keep(&self, set: &TierSet, standing: &Standing) -> Result<Option<Goal>, ReplayNeeded> {
        let place = set.place(&standing.tier);
        let kept = matches!(
            standing.decision.basis,
            Basis::Qualified | Basis::SoftLanding | Basis::Grace | Basis::Matched { kept: true, .. }
        );
        let Some(ends) = self
            .state
            .reached_until(set)
            .filter(|_| kept && self.state.reached(set) == place)
        else {
            return Ok(None);
        };
        let zone = &self.rules.zone;
        let enrolled = day_of(self.state.enrolled, zone);
        let renewable = set.validity.end(set.window, yesterday(ends), enrolled) > ends;
        let deadline = if renewable || self.state.grace.is_some() {
            ends
        } else if let Some(grace) = set.grace.end(ends) {
            grace
        } else {
            return Ok(None);
        };
        let last = yesterday(deadline);
        let just_before = start_of_day(deadline, zone).as_nanosecond() - 1;
        let before = Timestamp::from_nanosecond(just_before).unwrap_or(Timestamp::MAX);
        let then = self.ahead(before)?;
        let then_set = self.set(&then)?;
        let Some((tier, asked)) = then_set
            .tier(&standing.tier)
            .and_then(|tier| Some((tier, tier.qualification.as_ref()?)))
        else {
            return Ok(None);
        };
        let today = day_of(self.as_of, zone);
        let start = then_set.window.span(last, enrolled).map(|(start, _)| start);
        let totals = then.collected.totals();
        let mut goal = goal(&tier.id, GoalKind::Keep, asked, &totals, |_| Some(last));
        goal.from = start.filter(|start| *start > today);
        Ok(Some(goal))
    }
}

/// The tiers above a place that have a certain qualification.
fn higher<'s>(
    set: &'s TierSet,
    place: usize,
    asked: impl Fn(&'s Tier) -> Option<&'s Qualification>,
) -> impl Iterator<Item = (&'s str, &'s Qualification)> {
    set.tiers
        .iter()
        .skip(place + 1)
        .filter_map(move |tier| Some((tier.id.as_str(), asked(tier)?)))
}

fn goal(
    tier: &str,
    kind: GoalKind,
    asked: &Qualification,
    totals: &Tally,
    by: impl Fn(&Measure) -> Option<Date>,
) -> Goal {
    let missing = asked.thresholds.iter().map(|threshold| {
        let missing = i128::from(threshold.at_least) - totals.exact(&threshold.measure);
        Missing {
            measure: threshold.measure.clone(),
            have: totals.amount(&threshold.measure),
            need: threshold.at_least,
            missing: saturated(missing.max(0)),
            by: by(&threshold.measure),
        }
    });
    Goal {
        tier: tier.to_owned(),
        kind,
        combination: asked.combination,
        from: None,
        missing: missing.collect(),
    }
}
