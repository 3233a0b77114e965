//! Decides what an activity earns: for real and for trial alike.

use std::{borrow::Cow, fmt::Display, sync::Arc};

use jiff::Timestamp;
use rapport_expression::Arena;
use rapport_money::Currency;
use rapport_status::{Error, Reason};

use super::{
    bounds::{cut, require_room},
    compiled::{Compiled, Rules, Script},
    context::{Circumstances, Contexts, Schemas},
    evaluation::{Evaluation, Verdict},
    reckon::spread_over,
    settle::Offer,
    terms::Award,
    usage::{Usage, Usages},
};
use crate::domain::{
    activity::{Activity, Trigger},
    facts::MemberFacts,
};

/// What an activity of a member earns under rules, after what campaigns have given before.
///
/// Errors: an activity or facts beyond their bounds, and points of the base rule beyond what a balance can hold. What is
/// wrong with a campaign is no error: the campaign gives nothing and says so.
pub fn evaluate(
    rules: &Rules,
    activity: &Activity,
    facts: &MemberFacts,
    usages: &Usages,
    now: Timestamp,
) -> Result<Evaluation, Error> {
    let mut wrong = activity.check("activity");
    wrong.extend(facts.check("member"));
    if !wrong.is_empty() {
        return Err(Error::invalid(Reason::InvalidFields, wrong));
    }
    let paid = activity.paid_amounts();
    let base_points = base_points(rules, activity)?;
    let arena = Arena::new();
    let contexts = if rules.asks(&activity.trigger) {
        let circumstances = Circumstances {
            activity,
            paid: &paid,
            facts,
            now,
            zone: &rules.zone_name,
        };
        let schemas = Schemas::of(&activity.trigger).map_err(|error| Error::internal(error.to_string()))?;
        let contexts = Contexts::new(schemas, circumstances, &arena);
        Some(contexts.map_err(|error| Error::internal(error.to_string()))?)
    } else {
        None
    };
    let subject = Subject {
        activity,
        line_ids: activity
            .lines
            .iter()
            .map(|line| line.id.as_str().into())
            .collect(),
        base_by_line: spread_over(base_points, paid.iter().map(|minor| i128::from(*minor))),
        paid: &paid,
        base_points,
        contexts,
        arena: &arena,
    };
    let usage_of = |campaign: &Compiled| usages.get(&campaign.id).copied().unwrap_or_default();
    let judged = rules
        .campaigns
        .iter()
        .map(|campaign| subject.judge(campaign, usage_of(campaign)));
    Ok(subject.settle(rules, judged.collect()))
}

fn base_points(rules: &Rules, activity: &Activity) -> Result<i64, Error> {
    match (rules.base, activity.amount) {
        (Some(rule), Some(amount)) if activity.trigger == Trigger::Purchase => {
            Ok(rule.points_for(amount)?.unwrap_or_default())
        }
        _ => Ok(0),
    }
}

/// What campaigns are asked about.
pub(super) struct Subject<'a> {
    pub(super) activity: &'a Activity,
    /// Shared by all awards.
    pub(super) line_ids: Vec<Arc<str>>,
    /// What was paid for each line.
    pub(super) paid: &'a [i64],
    pub(super) base_points: i64,
    pub(super) base_by_line: Vec<i64>,
    /// None when no campaign asks.
    contexts: Option<Contexts<'a>>,
    pub(super) arena: &'a Arena,
}

impl<'a> Subject<'a> {
    /// What a campaign would give by itself, or why nothing: what costs little to find out is asked first.
    fn judge(&self, campaign: &Compiled, usage: Usage) -> Result<Offer, Verdict> {
        let terms = &campaign.terms;
        if terms.trigger != self.activity.trigger {
            return Err(Verdict::OtherTrigger);
        }
        if !campaign.is_on() {
            return Err(Verdict::NotLive(campaign.state));
        }
        if !campaign.runs_at(self.activity.time) {
            return Err(Verdict::OutsideWindow {
                from: campaign.from,
                until: campaign.until,
            });
        }
        self.require_amount(campaign)?;
        require_room(campaign, usage)?;
        self.require_condition(campaign)?;
        let counting = self.counting_lines(campaign)?;
        let reckoning = self.reckon(campaign, counting.as_deref())?;
        let (points, cuts) = cut(campaign, usage, &reckoning)?;
        Ok(Offer {
            points,
            reckoning,
            cuts,
            counting,
        })
    }

    /// The currency and the least amount.
    fn require_amount(&self, campaign: &Compiled) -> Result<(), Verdict> {
        let terms = &campaign.terms;
        let require = |wanted: Currency| match self.activity.amount {
            Some(amount) if amount.currency == wanted => Ok(amount.minor),
            _ => Err(Verdict::OtherCurrency { wanted }),
        };
        if let Award::Rate { currency, .. } | Award::Table { currency, .. } = terms.award {
            require(currency)?;
        }
        match terms.minimum {
            Some(minimum) if require(minimum.currency)? < minimum.minor => {
                Err(Verdict::BelowMinimum { minimum })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn contexts(&self, field: &'static str) -> Result<&Contexts<'a>, Verdict> {
        self.contexts
            .as_ref()
            .ok_or_else(|| faulty(field, &"the expression has no context"))
    }

    fn require_condition(&self, campaign: &Compiled) -> Result<(), Verdict> {
        const FIELD: &str = "campaign.condition";
        match &campaign.condition {
            Script::None => Ok(()),
            Script::Broken(fault) => Err(faulty(FIELD, fault)),
            Script::Ready(program) => match program.holds(&self.contexts(FIELD)?.condition) {
                Ok(true) => Ok(()),
                Ok(false) => Err(Verdict::ConditionNotMet),
                Err(error) => Err(faulty(FIELD, &error)),
            },
        }
    }

    /// The places of the lines that count, at least one; none when the activity counts as a whole.
    fn counting_lines(&self, campaign: &Compiled) -> Result<Option<Vec<usize>>, Verdict> {
        const FIELD: &str = "campaign.line_condition";
        let program = match &campaign.line_condition {
            Script::None => return Ok(None),
            Script::Broken(fault) => return Err(faulty(FIELD, fault)),
            Script::Ready(program) => program,
        };
        let mut counting = Vec::new();
        for (place, context) in self.contexts(FIELD)?.lines.iter().enumerate() {
            match program.holds(context) {
                Ok(true) => counting.push(place),
                Ok(false) => {}
                Err(error) => {
                    let line = &self.activity.lines[place].id;
                    return Err(faulty(FIELD, &format!("of line {line:?}: {error}")));
                }
            }
        }
        if counting.is_empty() {
            return Err(Verdict::NoLineCounts);
        }
        Ok(Some(counting))
    }

    /// The places of the lines that count.
    pub(super) fn places<'c>(&self, counting: Option<&'c [usize]>) -> Cow<'c, [usize]> {
        counting.map_or_else(|| (0..self.paid.len()).collect(), Cow::Borrowed)
    }
}

pub(super) fn faulty(field: &'static str, fault: &dyn Display) -> Verdict {
    Verdict::Faulty {
        field,
        fault: fault.to_string(),
    }
}
