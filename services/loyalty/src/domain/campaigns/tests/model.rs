//! The rules once more, as plainly as possible: slow, without expressions, and with every award ever given kept in one
//! list.

use jiff::civil::Date;

use super::{
    generator::{Condition, Expression, LineCondition, Meant, World},
    *,
};
use crate::domain::ledger::MOST_POINTS;

/// An award that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) campaign: Option<String>,
    pub(super) member: String,
    pub(super) day: Date,
    pub(super) wallet: String,
    pub(super) points: i64,
    pub(super) by_line: Vec<(String, i64)>,
}

/// What becomes of a campaign, in one word, and the points that it gives.
pub(super) type Why = (&'static str, i64);

/// All awards before.
#[derive(Debug, Default)]
pub(super) struct Log(pub(super) Vec<Given>);

impl Log {
    fn of<'l>(&'l self, campaign: &'l str) -> impl Iterator<Item = &'l Given> {
        self.0
            .iter()
            .filter(move |given| given.campaign.as_deref() == Some(campaign))
    }

    pub(super) fn usage(&self, campaign: &str, member: &str, day: Date) -> Usage {
        let sum = |test: &dyn Fn(&Given) -> bool| {
            let points = self
                .of(campaign)
                .filter(|given| test(given))
                .map(|given| i128::from(given.points));
            i64::try_from(points.sum::<i128>()).unwrap_or(i64::MAX)
        };
        let own = |given: &Given| given.member == member;
        let month = |day: Date| (day.year(), day.month());
        let awards = self.of(campaign).filter(|given| own(given)).count();
        Usage {
            budget_points: sum(&|_| true),
            member_points: sum(&own),
            member_day_points: sum(&|given| own(given) && given.day == day),
            member_month_points: sum(&|given| own(given) && month(given.day) == month(day)),
            member_awards: i64::try_from(awards).unwrap(),
        }
    }
}

pub(super) fn day(activity: &Activity) -> Date {
    berlin().to_datetime(activity.time).date()
}

/// Shares by the largest remainder, one after the other.
fn shares(number: i128, weights: &[i128]) -> Vec<i128> {
    let weights: Vec<i128> = if weights.iter().all(|weight| *weight == 0) {
        vec![1; weights.len()]
    } else {
        weights.to_vec()
    };
    let total: i128 = weights.iter().sum();
    let mut shares: Vec<i128> = weights.iter().map(|weight| number * weight / total).collect();
    let mut served = vec![false; weights.len()];
    while !weights.is_empty() && shares.iter().sum::<i128>() < number {
        let mut best: Option<(usize, i128)> = None;
        for (place, weight) in weights.iter().enumerate() {
            let remainder = number * weight % total;
            if !served[place] && best.is_none_or(|(_, most)| remainder > most) {
                best = Some((place, remainder));
            }
        }
        let place = best.unwrap().0;
        shares[place] += 1;
        served[place] = true;
    }
    shares
}

fn divided(number: i128, by: i128, rounding: Rounding) -> i128 {
    match rounding {
        Rounding::Down => number / by,
        Rounding::HalfUp => (2 * number + by) / (2 * by),
        Rounding::Up => (number + by - 1) / by,
    }
}

fn holds(condition: Condition, activity: &Activity, facts: &MemberFacts) -> Option<bool> {
    let tier = |set: &str| facts.tiers.get(set).map(String::as_str);
    Some(match condition {
        Condition::Always => true,
        Condition::AmountAtLeast(minor) => activity.amount.is_some_and(|amount| amount.minor >= minor),
        Condition::QuantityAtLeast(quantity) => activity.quantity >= quantity,
        Condition::Channel(channel) => activity.channel == channel,
        Condition::IsGold => tier("status") == Some("gold"),
        Condition::InFamilies => facts.segments.iter().any(|segment| segment == "families"),
        Condition::Lounge => tier("lounge")? == "first",
    })
}

fn counts(condition: LineCondition, line: &Line, paid: i128) -> Option<bool> {
    Some(match condition {
        LineCondition::None => true,
        LineCondition::Category(category) => line.category == category,
        LineCondition::AmountAtLeast(minor) => line.amount_minor >= minor,
        LineCondition::PaidAtLeast(minor) => paid >= i128::from(minor),
        LineCondition::Divides => 100_i64.checked_div(line.amount_minor)? >= 0,
    })
}

/// One activity of one member.
struct Asked<'a> {
    activity: &'a Activity,
    facts: &'a MemberFacts,
    paid: Vec<i128>,
    base: i128,
    base_by_line: Vec<i128>,
}

/// What a campaign would give, with the lines that share it and their weights.
struct Would {
    points: i64,
    lines: Vec<usize>,
    weights: Vec<i128>,
}

impl Asked<'_> {
    fn would(&self, meant: &Meant, usage: Usage) -> Result<Would, &'static str> {
        let Meant { campaign, .. } = meant;
        let terms = &campaign.terms;
        self.is_about(campaign)?;
        let caps = [
            (terms.caps.order_points, 0),
            (terms.caps.member_points, usage.member_points),
            (terms.caps.member_day_points, usage.member_day_points),
            (terms.caps.member_month_points, usage.member_month_points),
        ];
        let over = |(most, used): (Option<i64>, i64)| most.is_some_and(|most| used >= most);
        if over((terms.caps.member_awards, usage.member_awards)) || caps.into_iter().any(over) {
            return Err("capped");
        }
        if terms
            .budget
            .is_some_and(|budget| usage.budget_points >= budget.points)
        {
            return Err("exhausted");
        }
        match holds(meant.condition, self.activity, self.facts) {
            None => return Err("faulty"),
            Some(false) => return Err("condition"),
            Some(true) => {}
        }
        let lines = self.lines(meant.line_condition)?;
        let weights = lines
            .iter()
            .map(|place| self.weight(&terms.award, *place))
            .collect();
        let exact = self.exact_points(meant, &lines)?;
        let mut points = exact.min(i128::from(MOST_POINTS));
        if points == 0 {
            return Err("nothing");
        }
        for (most, used) in caps {
            points = points.min(most.map_or(points, |most| i128::from(most - used)));
        }
        if let Some(budget) = terms.budget {
            let left = i128::from(budget.points - usage.budget_points);
            if points > left && budget.when_exhausted == WhenExhausted::Skip {
                return Err("exhausted");
            }
            points = points.min(left);
        }
        Ok(Would {
            points: i64::try_from(points).unwrap(),
            lines,
            weights,
        })
    }

    fn is_about(&self, campaign: &Campaign) -> Result<(), &'static str> {
        let terms = &campaign.terms;
        let local = berlin().to_datetime(self.activity.time);
        if terms.trigger != self.activity.trigger {
            return Err("trigger");
        }
        if !matches!(campaign.state, State::Live | State::Scheduled) {
            return Err("state");
        }
        if terms.window.from.is_some_and(|from| local < from)
            || terms.window.until.is_some_and(|until| local >= until)
        {
            return Err("window");
        }
        let of_award = match terms.award {
            Award::Rate { currency, .. } | Award::Table { currency, .. } => Some(currency),
            _ => None,
        };
        let has = self.activity.amount.map(|amount| amount.currency);
        for wanted in [of_award, terms.minimum.map(|minimum| minimum.currency)]
            .into_iter()
            .flatten()
        {
            if has != Some(wanted) {
                return Err("currency");
            }
        }
        if terms
            .minimum
            .is_some_and(|minimum| self.activity.amount.unwrap().minor < minimum.minor)
        {
            return Err("minimum");
        }
        Ok(())
    }

    /// The places of the lines that count, in order.
    fn lines(&self, condition: LineCondition) -> Result<Vec<usize>, &'static str> {
        let mut lines = Vec::new();
        for (place, line) in self.activity.lines.iter().enumerate() {
            if counts(condition, line, self.paid[place]).ok_or("faulty")? {
                lines.push(place);
            }
        }
        if lines.is_empty() && !matches!(condition, LineCondition::None) {
            return Err("lines");
        }
        Ok(lines)
    }

    fn weight(&self, award: &Award, place: usize) -> i128 {
        match award {
            Award::Multiplier { .. } => self.base_by_line[place],
            Award::Table {
                points,
                default_points,
                ..
            } => {
                let category = &self.activity.lines[place].category;
                let rate = points.get(category).unwrap_or(default_points);
                self.paid[place] * i128::from(*rate)
            }
            _ => self.paid[place],
        }
    }

    fn exact_points(&self, meant: &Meant, lines: &[usize]) -> Result<i128, &'static str> {
        let terms = &meant.campaign.terms;
        let whole = matches!(meant.line_condition, LineCondition::None);
        let amount = i128::from(self.activity.amount.map_or(0, |amount| amount.minor));
        let sum = |of: &[i128]| lines.iter().map(|place| of[*place]).sum::<i128>();
        Ok(match &terms.award {
            Award::Fixed { points } => i128::from(*points),
            Award::Rate {
                points,
                per_amount_minor,
                ..
            } => {
                let money = if whole { amount } else { sum(&self.paid) };
                divided(
                    money * i128::from(*points),
                    i128::from(*per_amount_minor),
                    terms.rounding,
                )
            }
            Award::Multiplier { thousandths } => {
                let base = if whole { self.base } else { sum(&self.base_by_line) };
                divided(base * i128::from(thousandths - 1_000), 1_000, terms.rounding)
            }
            Award::Table {
                default_points,
                per_amount_minor,
                ..
            } => {
                let money = if self.activity.lines.is_empty() {
                    amount * i128::from(*default_points)
                } else {
                    lines.iter().map(|place| self.weight(&terms.award, *place)).sum()
                };
                divided(money, i128::from(*per_amount_minor), terms.rounding)
            }
            Award::Amount { .. } => {
                let count = i128::try_from(lines.len()).unwrap();
                match meant.expression {
                    Expression::Quantity(points) => i128::from(self.activity.quantity * points),
                    Expression::Quarters(points) => divided(count * i128::from(points), 4, terms.rounding),
                    Expression::PaidLess(minor) if sum(&self.paid) < i128::from(minor) => {
                        return Err("faulty");
                    }
                    Expression::PaidLess(minor) => sum(&self.paid) - i128::from(minor),
                }
            }
        })
    }

    fn by_line(&self, points: i64, lines: &[usize], weights: &[i128]) -> Vec<(String, i64)> {
        let shares = shares(i128::from(points), weights);
        let shares = lines.iter().zip(shares).filter(|(_, share)| *share > 0);
        shares
            .map(|(place, share)| {
                (
                    self.activity.lines[*place].id.clone(),
                    i64::try_from(share).unwrap(),
                )
            })
            .collect()
    }
}

/// What an activity earns after all these awards, and why; none when its base is more than a balance holds.
pub(super) fn decide(
    world: &World,
    activity: &Activity,
    facts: &MemberFacts,
    log: &Log,
) -> Option<(Vec<Given>, BTreeMap<String, Why>)> {
    let costs: Vec<i128> = activity
        .lines
        .iter()
        .map(|line| i128::from(line.amount_minor))
        .collect();
    let paid = match activity.amount {
        Some(amount) if i128::from(amount.minor) < costs.iter().sum() => {
            shares(i128::from(amount.minor), &costs)
        }
        _ => costs,
    };
    let base = match (world.base, activity.amount) {
        (Some(base), Some(amount))
            if activity.trigger == Trigger::Purchase && amount.currency == base.currency =>
        {
            i128::from(amount.minor) * i128::from(base.points) / i128::from(base.per_amount_minor)
        }
        _ => 0,
    };
    if base > i128::from(MOST_POINTS) {
        return None;
    }
    let asked = Asked {
        activity,
        facts,
        base_by_line: shares(base, &paid),
        paid,
        base,
    };
    Some(asked.given(world, log))
}

impl Asked<'_> {
    fn given(&self, world: &World, log: &Log) -> (Vec<Given>, BTreeMap<String, Why>) {
        let mut all = Vec::new();
        let mut whys = BTreeMap::new();
        let given = |campaign: Option<&Campaign>, points: i64, by_line| Given {
            campaign: campaign.map(|campaign| campaign.id.clone()),
            member: self.facts.name.clone(),
            day: day(self.activity),
            wallet: campaign
                .map_or("points", |campaign| campaign.terms.wallet.as_str())
                .to_owned(),
            points,
            by_line,
        };
        let base = i64::try_from(self.base).unwrap();
        if base > 0 {
            let lines: Vec<usize> = (0..self.paid.len()).collect();
            all.push(given(None, base, self.by_line(base, &lines, &self.paid)));
        }
        let mut offers = Vec::new();
        for meant in &world.campaigns {
            let usage = log.usage(&meant.campaign.id, &self.facts.name, day(self.activity));
            match self.would(meant, usage) {
                Ok(offer) => offers.push((&meant.campaign, offer)),
                Err(why) => drop(whys.insert(meant.campaign.id.clone(), (why, 0))),
            }
        }
        offers.sort_by(|(left, _), (right, _)| left.id.cmp(&right.id));
        for (campaign, offer) in &offers {
            let stacking = &campaign.terms.stacking;
            let beaten = offers.iter().any(|(other, others)| {
                let same = !stacking.group.is_empty() && other.terms.stacking.group == stacking.group;
                let rank = (stacking.priority, offer.points);
                let others = (other.terms.stacking.priority, others.points);
                same && (others > rank || others == rank && other.id < campaign.id)
            });
            let held = all
                .iter()
                .filter(|given: &&Given| given.wallet == campaign.terms.wallet);
            let room = MOST_POINTS - held.map(|given| given.points).sum::<i64>();
            let points = offer.points.min(room);
            let why = match (beaten, points) {
                (true, _) => ("superseded", 0),
                (false, 0) => ("capped", 0),
                (false, points) => {
                    let by_line = self.by_line(points, &offer.lines, &offer.weights);
                    all.push(given(Some(campaign), points, by_line));
                    ("applied", points)
                }
            };
            whys.insert(campaign.id.clone(), why);
        }
        (all, whys)
    }
}
