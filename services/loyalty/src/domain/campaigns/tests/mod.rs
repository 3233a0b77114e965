//! The rules by example, and the function against a naive model.

mod activities;
mod awards;
mod bad_input;
mod bounds;
mod checks;
mod conditions;
mod documented;
mod explanations;
mod generator;
mod groups;
mod life;
mod model;
mod properties;
mod replays;
mod windows;

use std::{collections::BTreeMap, sync::Arc};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use rapport_money::{Currency, Money};

use super::*;
use crate::domain::{
    activity::{Activity, Line, Trigger},
    facts::MemberFacts,
    program::EarningRule,
    wallet::{Wallet, WalletTerms},
};

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn civil(text: &str) -> DateTime {
    text.parse().unwrap()
}

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn euros() -> Currency {
    "EUR".parse().unwrap()
}

fn euro(minor: i64) -> Money {
    Money {
        minor,
        currency: euros(),
    }
}

/// A point for each euro.
fn base_rule() -> EarningRule {
    EarningRule {
        currency: euros(),
        points: 1,
        per_amount_minor: 100,
    }
}

fn wallets() -> BTreeMap<String, Wallet> {
    let wallet = |id: &str| Wallet {
        id: id.to_owned(),
        terms: WalletTerms::of_points(24),
        create_time: Timestamp::UNIX_EPOCH,
        update_time: Timestamp::UNIX_EPOCH,
        version: 1,
    };
    ["points", "miles"].map(|id| (id.to_owned(), wallet(id))).into()
}

/// Terms about purchases that bound nothing.
fn terms(award: Award) -> Terms {
    Terms {
        title: "A campaign".to_owned(),
        trigger: Trigger::Purchase,
        window: Window::default(),
        condition: String::new(),
        line_condition: String::new(),
        award,
        rounding: Rounding::Down,
        wallet: "points".to_owned(),
        stacking: Stacking::default(),
        minimum: None,
        caps: Caps::default(),
        budget: None,
        pending_days: None,
        expiry_months: None,
    }
}

fn fixed(points: i64) -> Award {
    Award::Fixed { points }
}

fn amount(expression: &str) -> Award {
    Award::Amount {
        expression: expression.to_owned(),
    }
}

/// A rate of points for each euro.
fn rate(points: i64) -> Award {
    Award::Rate {
        currency: euros(),
        points,
        per_amount_minor: 100,
    }
}

/// A campaign that is live.
fn live(id: &str, terms: Terms) -> Campaign {
    Campaign {
        state: State::Live,
        ..Campaign::draft(id, terms, Timestamp::UNIX_EPOCH)
    }
}

fn rules(base: Option<EarningRule>, campaigns: &[Campaign]) -> Rules {
    let compiled = campaigns
        .iter()
        .map(|campaign| Arc::new(Compiled::new(campaign, &berlin())));
    Rules::new(base, compiled.collect(), &berlin())
}

fn line(id: &str, category: &str, amount_minor: i64) -> Line {
    Line {
        id: id.to_owned(),
        sku: format!("sku-{id}"),
        category: category.to_owned(),
        quantity: 1,
        amount_minor,
    }
}

/// A purchase for so many cents in August 2026.
fn purchase(minor: i64, lines: Vec<Line>) -> Activity {
    Activity {
        trigger: Trigger::Purchase,
        source: "shop".to_owned(),
        source_id: "order-1".to_owned(),
        time: moment("2026-08-12T12:00:00Z"),
        amount: Some(euro(minor)),
        quantity: 1,
        location: String::new(),
        channel: String::new(),
        lines,
        attributes: BTreeMap::new(),
    }
}

/// Anything else that a member does, without an amount.
fn activity(trigger: Trigger) -> Activity {
    Activity {
        trigger,
        amount: None,
        ..purchase(0, Vec::new())
    }
}

fn ann() -> MemberFacts {
    MemberFacts {
        balances: BTreeMap::from([("points".to_owned(), 500), ("miles".to_owned(), 0)]),
        tiers: BTreeMap::from([("status".to_owned(), "gold".to_owned())]),
        segments: vec!["families".to_owned()],
        attributes: BTreeMap::from([("birth_month".to_owned(), "8".to_owned())]),
        ..MemberFacts::new("programs/p/members/ann", moment("2024-02-29T10:00:00Z"))
    }
}

fn used(campaign: &str, usage: Usage) -> Usages {
    Usages::from([(campaign.to_owned(), usage)])
}

/// What an activity of Ann earns when nothing was given before.
fn evaluated(rules: &Rules, activity: &Activity) -> Evaluation {
    evaluate(rules, activity, &ann(), &Usages::new(), activity.time).unwrap()
}

/// What one campaign makes of an activity when nothing was given before, without a base rule.
fn verdict(terms: Terms, activity: &Activity) -> Verdict {
    verdict_after(terms, activity, Usage::default())
}

fn verdict_after(terms: Terms, activity: &Activity, usage: Usage) -> Verdict {
    let rules = rules(None, &[live("c", terms)]);
    let usages = used("c", usage);
    let mut evaluation = evaluate(&rules, activity, &ann(), &usages, activity.time).unwrap();
    evaluation.explanations.remove(0).verdict
}

/// The points that one campaign gives; 0 when it gives none.
fn points(terms: Terms, activity: &Activity) -> i64 {
    match verdict(terms, activity) {
        Verdict::Applied { points, .. } => points,
        _ => 0,
    }
}

/// The points of one campaign by lines.
fn by_line(terms: Terms, activity: &Activity) -> Vec<(Arc<str>, i64)> {
    let evaluation = evaluated(&rules(None, &[live("c", terms)]), activity);
    let mut awards = evaluation.awards;
    awards.pop().map(|award| award.by_line).unwrap_or_default()
}

fn parts(of: &[(&str, i64)]) -> Vec<(Arc<str>, i64)> {
    of.iter()
        .map(|(line, points)| ((*line).into(), *points))
        .collect()
}

/// Violations as lines of text.
fn shown(found: &[rapport_status::FieldViolation]) -> String {
    let lines: Vec<_> = found
        .iter()
        .map(|violation| format!("{}: {}", violation.field, violation.description))
        .collect();
    lines.join("\n")
}
