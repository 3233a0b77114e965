//! What news of a member's activities changes.

use jiff::Timestamp;
use rapport_status::Error;
use uuid::Uuid;

use super::{
    activity::{Activity, Instance, Reversal},
    standing::{Award, Change, MOST_ACTIVITIES, MOST_REVERSALS, Standing},
    terms::Rules,
};
use crate::domain::engagement::{Effect, reward::grants_of};

/// News of a member's activities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// The member did something.
    Record(Activity),
    /// Something that the member did is undone.
    Reverse(Reversal),
}

/// What was decided: changes in their order. None when nothing is new.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decision {
    /// The changes, in order.
    pub changes: Vec<Change>,
}

impl Decision {
    /// What is to be given and taken back, in order.
    pub fn effects(&self) -> Vec<Effect> {
        let mut effects = Vec::new();
        for change in &self.changes {
            match change {
                Change::Awarded(award) => effects.extend(award.grants.iter().cloned().map(Effect::Give)),
                Change::TakenBack(award) => {
                    let latest_first = award.grants.iter().rev().cloned();
                    effects.extend(latest_first.map(Effect::TakeBack));
                }
                Change::Recorded(..) | Change::Reversed(_) => {}
            }
        }
        effects
    }
}

/// Decides what news changes. Pure: the standing itself is not changed; [`Standing::apply`] carries the changes out. The
/// same news twice changes nothing the second time; with the same id and other content it is refused. Activities that
/// cannot count for the challenge change nothing. A reversal may come before its activity.
///
/// `rules` are those of the version that the standing is of. `new_id` gives new identifiers, for grants.
pub fn decide(
    standing: &Standing,
    command: &Command,
    rules: &Rules<'_>,
    now: Timestamp,
    new_id: &mut dyn FnMut() -> Uuid,
) -> Result<Decision, Error> {
    if rules.terms.version != standing.terms_version {
        return Err(Error::internal(format!(
            "a standing under version {} of a challenge was to be decided under {}",
            standing.terms_version, rules.terms.version
        )));
    }
    let (touched, change) = match command {
        Command::Record(activity) => {
            activity.check(now)?;
            if standing.knows_activity(activity)? {
                return Ok(Decision::default());
            }
            let Some(instance) = rules.instance_of(activity) else {
                return Ok(Decision::default());
            };
            require_room("activity", standing.activity_count(instance), MOST_ACTIVITIES)?;
            (Some(instance), Change::Recorded(instance, activity.clone()))
        }
        Command::Reverse(reversal) => {
            reversal.check()?;
            if standing.knows_reversal(reversal)? {
                return Ok(Decision::default());
            }
            require_room(
                "reversal",
                standing.reversal_count(&reversal.activity),
                MOST_REVERSALS,
            )?;
            let instance = standing.instance_of(&reversal.activity, rules);
            (instance, Change::Reversed(reversal.clone()))
        }
    };
    let mut after = standing.clone();
    after.apply(&change);
    let mut changes = vec![change];
    if let Some(instance) = touched {
        reconcile(&after, instance, rules, new_id, &mut changes);
    }
    Ok(Decision { changes })
}

/// Takes back the awards of levels that are no longer reached, the highest first, and gives those that are newly
/// reached, the lowest first.
fn reconcile(
    standing: &Standing,
    instance: Instance,
    rules: &Rules<'_>,
    new_id: &mut dyn FnMut() -> Uuid,
    changes: &mut Vec<Change>,
) {
    let reached = standing.progress(instance, rules).reached;
    for level in (reached.len()..rules.terms.levels.len()).rev() {
        if let Some(award) = standing.award(instance, level) {
            changes.push(Change::TakenBack(award.clone()));
        }
    }
    for (level, (terms, reach_time)) in rules.terms.levels.iter().zip(reached).enumerate() {
        if standing.award(instance, level).is_none() {
            changes.push(Change::Awarded(Award {
                instance,
                level,
                reach_time,
                grants: grants_of(&terms.rewards, &standing.member, new_id),
            }));
        }
    }
}

fn require_room(what: &str, count: usize, most: usize) -> Result<(), Error> {
    if count < most {
        return Ok(());
    }
    let description =
        format!("{most} are kept already, which is the most; the limit guards against runaway senders");
    Err(Error::invalid_field(what, description))
}
