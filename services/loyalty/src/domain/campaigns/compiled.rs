//! Campaigns made ready to be evaluated, and the rules of a program.

use std::{collections::HashMap, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};
use rapport_expression::{Kind, Program};

use super::{
    campaign::{Campaign, State, effective_state},
    context::Schemas,
    terms::{Award, Terms},
};
use crate::domain::{
    activity::{Activity, Trigger},
    program::{EarningRule, UNIVERSAL_TIME},
};

/// An expression of a campaign.
#[derive(Debug)]
pub(super) enum Script {
    /// There is none.
    None,
    /// It is ready.
    Ready(Program),
    /// It is refused: the campaign gives nothing. It was accepted when it was saved, so that only a later version of the
    /// service can refuse it.
    Broken(String),
}

impl Script {
    fn compiled(text: &str, of: impl FnOnce() -> Result<Program, String>) -> Self {
        match text.trim() {
            "" => Self::None,
            _ => of().map_or_else(Self::Broken, Self::Ready),
        }
    }
}

/// One version of a campaign, made ready to be evaluated: once, then for every activity.
#[derive(Debug)]
pub struct Compiled {
    /// Its id.
    pub id: String,
    /// The version of its terms.
    pub version: i64,
    /// Its state when it last changed.
    pub state: State,
    /// Its terms.
    pub terms: Terms,
    /// The moment from which it runs.
    pub from: Option<Timestamp>,
    /// The moment before which it runs.
    pub until: Option<Timestamp>,
    pub(super) condition: Script,
    pub(super) line_condition: Script,
    pub(super) amount: Script,
}

impl Compiled {
    /// Makes a campaign ready.
    pub fn new(campaign: &Campaign, zone: &TimeZone) -> Self {
        let terms = &campaign.terms;
        let (from, until) = terms.window.moments(zone);
        let schemas = Schemas::of(&terms.trigger);
        let bool = &[Kind::Bool];
        let number = &[Kind::Int, Kind::Double];
        let compile = |text: &str, kinds: &[Kind], of: fn(&Schemas) -> &rapport_expression::Schema| {
            Script::compiled(text, || {
                let schemas = schemas.map_err(ToString::to_string)?;
                of(schemas)
                    .compile(text, kinds)
                    .map_err(|refusal| refusal.to_string())
            })
        };
        let amount = match &terms.award {
            Award::Amount { expression } if expression.trim().is_empty() => {
                Script::Broken("there is no expression".to_owned())
            }
            Award::Amount { expression } => compile(expression, number, |schemas| &schemas.amount),
            _ => Script::None,
        };
        Self {
            id: campaign.id.clone(),
            version: campaign.version,
            state: campaign.state,
            from,
            until,
            condition: compile(&terms.condition, bool, |schemas| &schemas.condition),
            line_condition: compile(&terms.line_condition, bool, |schemas| &schemas.line),
            amount,
            terms: terms.clone(),
        }
    }

    /// A campaign made ready as if it were live, to try a draft out.
    pub fn as_if_live(campaign: &Campaign, zone: &TimeZone) -> Self {
        Self {
            state: State::Live,
            ..Self::new(campaign, zone)
        }
    }

    /// Its state as of a moment.
    pub fn state_at(&self, moment: Timestamp) -> State {
        effective_state(self.state, (self.from, self.until), moment)
    }

    /// Whether a moment lies in its window.
    pub(super) fn runs_at(&self, moment: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= moment) && self.until.is_none_or(|until| moment < until)
    }

    /// Whether its state lets it give points, within its window.
    pub(super) fn is_on(&self) -> bool {
        matches!(self.state, State::Scheduled | State::Live)
    }

    fn asks(&self) -> bool {
        [&self.condition, &self.line_condition, &self.amount]
            .into_iter()
            .any(|script| matches!(script, Script::Ready(_)))
    }
}

/// How activities earn points in a program.
#[derive(Debug, Clone)]
pub struct Rules {
    pub(super) base: Option<EarningRule>,
    /// In the order of their ids.
    pub(super) campaigns: Vec<Arc<Compiled>>,
    pub(super) zone_name: String,
    zone: TimeZone,
    of_trigger: HashMap<Trigger, OfTrigger>,
}

/// The campaigns about one kind of activity.
#[derive(Debug, Clone, Default)]
struct OfTrigger {
    /// Their places, ascending.
    places: Vec<usize>,
    /// Whether one of them has an expression.
    asks: bool,
}

impl Rules {
    /// The rules of a program: its base rule, its campaigns in any order, and its time zone. Of several versions of a
    /// campaign the latest counts.
    pub fn new(base: Option<EarningRule>, mut campaigns: Vec<Arc<Compiled>>, zone: &TimeZone) -> Self {
        campaigns.sort_by(|left, right| (&left.id, right.version).cmp(&(&right.id, left.version)));
        campaigns.dedup_by(|later, kept| later.id == kept.id);
        let mut of_trigger: HashMap<Trigger, OfTrigger> = HashMap::new();
        for (place, campaign) in campaigns.iter().enumerate() {
            let of = of_trigger.entry(campaign.terms.trigger.clone()).or_default();
            of.places.push(place);
            of.asks |= campaign.asks();
        }
        Self {
            base,
            campaigns,
            zone_name: zone.iana_name().unwrap_or(UNIVERSAL_TIME).to_owned(),
            zone: zone.clone(),
            of_trigger,
        }
    }

    /// The campaigns, in the order of their ids.
    pub fn campaigns(&self) -> &[Arc<Compiled>] {
        &self.campaigns
    }

    /// The time zone whose days and months count.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The campaigns that can give points for an activity as far as its kind and its time tell, in the order of their
    /// ids: the usages of no others are needed.
    pub fn candidates(&self, activity: &Activity) -> impl Iterator<Item = &Compiled> {
        let places = self.of_trigger.get(&activity.trigger).map(|of| &of.places);
        let of_trigger = places.into_iter().flatten().map(|place| &*self.campaigns[*place]);
        of_trigger.filter(|campaign| campaign.is_on() && campaign.runs_at(activity.time))
    }

    /// Whether a campaign about a kind of activity has an expression.
    pub(super) fn asks(&self, trigger: &Trigger) -> bool {
        self.of_trigger.get(trigger).is_some_and(|of| of.asks)
    }
}
