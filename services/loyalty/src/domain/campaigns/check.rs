//! What is wrong with the terms of a campaign: all of it at once, with field paths.

use std::collections::BTreeMap;

use rapport_expression::{Kind, Problem, Schema};
use rapport_money::Currency;
use rapport_status::FieldViolation;

use super::{
    MOST_CATEGORIES, MOST_THOUSANDTHS,
    context::Schemas,
    terms::{Award, Terms},
};
use crate::domain::{
    activity::{LONGEST_WORD, Trigger},
    expiry::LONGEST_LIFETIME_MONTHS,
    ledger::MOST_POINTS,
    wallet::{MOST_PENDING_DAYS, Wallet},
};

const LONGEST_TITLE: usize = 200;
const LONGEST_GROUP: usize = 63;
const MOST_PRIORITY: i32 = 1_000_000;

/// Most money that a rate is for, in minor units.
const MOST_PER_AMOUNT: i64 = 1_000_000_000_000;

/// Collects violations under field paths that begin with `campaign.`.
struct Found(Vec<FieldViolation>);

impl Found {
    fn add(&mut self, field: &str, description: impl Into<String>) {
        self.0
            .push(FieldViolation::new(format!("campaign.{field}"), description));
    }

    fn range(&mut self, field: &str, value: i64, least: i64, most: i64) {
        if !(least..=most).contains(&value) {
            self.add(field, format!("must be {least} to {most}, not {value}"));
        }
    }

    fn expression(&mut self, field: &str, text: &str, schema: &Schema, kinds: &[Kind]) {
        if let Err(refusal) = schema.compile(text, kinds) {
            let problems = refusal.problems.iter().map(Problem::to_string);
            self.add(field, problems.collect::<Vec<_>>().join("\n"));
        }
    }
}

impl Terms {
    /// Everything that is wrong with the terms of a campaign of a program with these wallets. Field paths begin with
    /// `campaign.`. An expression that is refused has one violation with all its problems, each on a line of its own
    /// with its line, its column and, where possible, the remedy.
    pub fn check(&self, wallets: &BTreeMap<String, Wallet>) -> Vec<FieldViolation> {
        let mut found = Found(Vec::new());
        if self.title.trim().is_empty() || self.title.chars().count() > LONGEST_TITLE {
            found.add(
                "title",
                format!("must have 1 to {LONGEST_TITLE} characters, not only spaces"),
            );
        }
        self.trigger.check("campaign.trigger", &mut found.0);
        if let (Some(from), Some(until)) = (self.window.from, self.window.until)
            && until <= from
        {
            found.add(
                "window.until",
                format!("must be later than window.from, which is {from}"),
            );
        }
        self.check_expressions(&mut found);
        self.check_award(&mut found);
        if !wallets.contains_key(&self.wallet) {
            let known: Vec<_> = wallets.keys().map(String::as_str).collect();
            let description = format!(
                "must be a wallet of the program, and {:?} is none; it has {}",
                self.wallet,
                known.join(", ")
            );
            found.add("wallet", description);
        }
        self.check_bounds(&mut found);
        found.0
    }

    fn check_expressions(&self, found: &mut Found) {
        let schemas = match Schemas::of(&self.trigger) {
            Ok(schemas) => schemas,
            Err(error) => return found.add("condition", error.to_string()),
        };
        for (field, text, schema) in [
            ("condition", &self.condition, &schemas.condition),
            ("line_condition", &self.line_condition, &schemas.line),
        ] {
            if !text.trim().is_empty() {
                found.expression(field, text, schema, &[Kind::Bool]);
            }
        }
        if let Award::Amount { expression } = &self.award {
            let kinds = &[Kind::Int, Kind::Double];
            found.expression("award.amount.expression", expression, &schemas.amount, kinds);
        }
    }

    fn check_award(&self, found: &mut Found) {
        match &self.award {
            Award::Fixed { points } => found.range("award.fixed.points", *points, 1, MOST_POINTS),
            Award::Rate {
                currency,
                points,
                per_amount_minor,
            } => {
                found.range("award.rate.points", *points, 1, MOST_POINTS);
                found.range(
                    "award.rate.per_amount_minor",
                    *per_amount_minor,
                    1,
                    MOST_PER_AMOUNT,
                );
                self.check_minimum_in(*currency, found);
            }
            Award::Multiplier { thousandths } => {
                found.range(
                    "award.multiplier.thousandths",
                    *thousandths,
                    1001,
                    MOST_THOUSANDTHS,
                );
                if self.trigger != Trigger::Purchase {
                    found.add(
                        "award.multiplier",
                        "must be for purchases: the base rule gives points for nothing else",
                    );
                }
            }
            Award::Amount { .. } => {}
            Award::Table {
                currency,
                points,
                default_points,
                per_amount_minor,
            } => {
                check_table(points, *default_points, found);
                found.range(
                    "award.table.per_amount_minor",
                    *per_amount_minor,
                    1,
                    MOST_PER_AMOUNT,
                );
                self.check_minimum_in(*currency, found);
            }
        }
    }

    fn check_minimum_in(&self, currency: Currency, found: &mut Found) {
        if self.minimum.is_some_and(|minimum| minimum.currency != currency) {
            found.add(
                "minimum",
                format!("must be in {currency}, the currency of the award: no amount is in two"),
            );
        }
    }

    fn check_bounds(&self, found: &mut Found) {
        let group = &self.stacking.group;
        if group.chars().count() > LONGEST_GROUP || group.trim() != group {
            found.add(
                "stacking.group",
                format!("must have at most {LONGEST_GROUP} characters, without spaces around them"),
            );
        }
        let priority = i64::from(self.stacking.priority);
        let most = i64::from(MOST_PRIORITY);
        found.range("stacking.priority", priority, -most, most);
        if let Some(minimum) = self.minimum {
            found.range("minimum", minimum.minor, 0, i64::MAX);
        }
        let caps = &self.caps;
        for (field, bound) in [
            ("caps.order_points", caps.order_points),
            ("caps.member_points", caps.member_points),
            ("caps.member_day_points", caps.member_day_points),
            ("caps.member_month_points", caps.member_month_points),
            ("caps.member_awards", caps.member_awards),
            ("budget.points", self.budget.map(|budget| budget.points)),
        ] {
            if let Some(bound) = bound {
                found.range(field, bound, 1, MOST_POINTS);
            }
        }
        if let Some(days) = self.pending_days {
            found.range("pending_days", days.into(), 0, MOST_PENDING_DAYS.into());
        }
        if let Some(months) = self.expiry_months {
            found.range("expiry_months", months.into(), 0, LONGEST_LIFETIME_MONTHS.into());
        }
    }
}

fn check_table(points: &BTreeMap<String, i64>, default_points: i64, found: &mut Found) {
    if points.len() > MOST_CATEGORIES {
        found.add(
            "award.table.points",
            format!(
                "must have at most {MOST_CATEGORIES} categories; it has {}",
                points.len()
            ),
        );
    }
    for (category, points) in points.iter().take(MOST_CATEGORIES) {
        if category.len() > LONGEST_WORD {
            let description = format!("must have categories of at most {LONGEST_WORD} bytes");
            found.add("award.table.points", description);
        } else {
            found.range(
                &format!("award.table.points[{category:?}]"),
                *points,
                0,
                MOST_POINTS,
            );
        }
    }
    found.range("award.table.default_points", default_points, 0, MOST_POINTS);
    if default_points == 0 && points.values().all(|points| *points == 0) {
        found.add("award.table", "must give points for something");
    }
}
