//! What members do, as far as it can earn points.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use jiff::Timestamp;
use rapport_money::Money;
use rapport_status::FieldViolation;

use super::facts::{check_attributes, check_count, check_text};

/// Most lines of an activity.
pub const MOST_LINES: usize = 100;

/// Longest id of a line, source, location or channel, stock-keeping unit or category, in bytes.
pub const LONGEST_WORD: usize = 800;

/// Most pieces, nights or visits, of an activity or a line.
pub const MOST_QUANTITY: i64 = 1_000_000_000;

/// Longest name of a kind of activity that the program itself defines.
pub const LONGEST_CUSTOM: usize = 63;

/// What kind of activity it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Trigger {
    /// The member bought something.
    Purchase,
    /// The member came, or used an app.
    Visit,
    /// The member answered a survey.
    Answer,
    /// The member wrote a review.
    Review,
    /// A complaint of the member was resolved.
    ComplaintResolved,
    /// The member has birthday.
    Birthday,
    /// Somebody came on the member's recommendation.
    Referral,
    /// The member's tier changed.
    TierChange,
    /// Something that the program itself defines: 1 to 63 lower-case letters, digits, hyphens and underscores,
    /// beginning with a letter.
    Custom(String),
}

/// As `activity.trigger` has it in expressions.
impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Trigger {
    /// The kinds that every program has.
    pub const KNOWN: [Self; 8] = [
        Self::Purchase,
        Self::Visit,
        Self::Answer,
        Self::Review,
        Self::ComplaintResolved,
        Self::Birthday,
        Self::Referral,
        Self::TierChange,
    ];

    /// The trigger with a name, as [`Display`](fmt::Display) writes it.
    pub fn named(name: &str) -> Self {
        let known = Self::KNOWN.into_iter().find(|known| known.name() == name);
        known.unwrap_or_else(|| Self::Custom(name.to_owned()))
    }

    /// Its name: `purchase`, `complaint_resolved`, or that of the program's own.
    pub fn name(&self) -> &str {
        match self {
            Self::Purchase => "purchase",
            Self::Visit => "visit",
            Self::Answer => "answer",
            Self::Review => "review",
            Self::ComplaintResolved => "complaint_resolved",
            Self::Birthday => "birthday",
            Self::Referral => "referral",
            Self::TierChange => "tier_change",
            Self::Custom(name) => name,
        }
    }

    /// Reports a name of the program's own that cannot be one.
    pub fn check(&self, path: &str, found: &mut Vec<FieldViolation>) {
        let Self::Custom(name) = self else { return };
        let starts = name.starts_with(|first: char| first.is_ascii_lowercase());
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
        if !starts || name.len() > LONGEST_CUSTOM || !name.bytes().all(allowed) {
            found.push(FieldViolation::new(
                path,
                format!(
                    "must be 1 to {LONGEST_CUSTOM} lower-case letters, digits, hyphens and underscores, beginning with a letter"
                ),
            ));
        } else if Self::KNOWN.iter().any(|known| known.name() == name) {
            let description = format!("must be another name: {name} is a kind that every program has");
            found.push(FieldViolation::new(path, description));
        }
    }
}

/// Something that a member did.
///
/// **Amounts.** `amount` is what was paid in all. The amounts of the lines need not add up to it:
///
/// - they are less when there are shipping or fees: these belong to no line, and whatever counts lines leaves them out;
/// - they are more when there was a discount on the whole: it falls on the lines in proportion to their amounts, see
///   [`Activity::paid_amounts`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// What kind of activity.
    pub trigger: Trigger,
    /// The system that it comes from.
    pub source: String,
    /// Its id in that system.
    pub source_id: String,
    /// When it happened.
    pub time: Timestamp,
    /// What was paid in all, 0 or more; none where there is nothing to pay. A purchase has one.
    pub amount: Option<Money>,
    /// How many: nights, pieces, persons. At least 0.
    pub quantity: i64,
    /// Where; may be empty.
    pub location: String,
    /// On which way, such as `app`; may be empty.
    pub channel: String,
    /// What it consists of, at most [`MOST_LINES`].
    pub lines: Vec<Line>,
    /// Anything else, by key.
    pub attributes: BTreeMap<String, String>,
}

/// A line of an activity, such as an article of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its id within the activity; no two lines have the same.
    pub id: String,
    /// What was bought: the stock-keeping unit.
    pub sku: String,
    /// The category of goods or services.
    pub category: String,
    /// How many, at least 0.
    pub quantity: i64,
    /// What the line costs in all, after discounts of its own, in minor units of the currency of the activity; at
    /// least 0.
    pub amount_minor: i64,
}

impl Activity {
    /// What is wrong with it, under field paths that begin with `path`; all of it at once.
    pub fn check(&self, path: &str) -> Vec<FieldViolation> {
        let mut found = Vec::new();
        self.trigger.check(&format!("{path}.trigger"), &mut found);
        for (field, text) in [
            ("source", &self.source),
            ("source_id", &self.source_id),
            ("location", &self.location),
            ("channel", &self.channel),
        ] {
            if text.len() > LONGEST_WORD {
                check_text(&format!("{path}.{field}"), text, LONGEST_WORD, &mut found);
            }
        }
        self.check_amounts(path, &mut found);
        check_quantity(self.quantity, || format!("{path}.quantity"), &mut found);
        let lines = format!("{path}.lines");
        check_count(&lines, self.lines.len(), MOST_LINES, &mut found);
        let mut ids = BTreeSet::new();
        for (place, line) in self.lines.iter().take(MOST_LINES).enumerate() {
            line.check(&|field| format!("{lines}[{place}].{field}"), &mut found);
            if !ids.insert(&line.id) {
                let description = format!("must be of one line, and {:?} is that of another before", line.id);
                found.push(FieldViolation::new(format!("{lines}[{place}].id"), description));
            }
        }
        check_attributes(&format!("{path}.attributes"), &self.attributes, &mut found);
        found
    }

    fn check_amounts(&self, path: &str, found: &mut Vec<FieldViolation>) {
        match self.amount {
            None if self.trigger == Trigger::Purchase => found.push(FieldViolation::new(
                format!("{path}.amount"),
                "must be set: a purchase has an amount, be it 0",
            )),
            Some(amount) if amount.minor < 0 => found.push(FieldViolation::new(
                format!("{path}.amount"),
                "must be 0 or more; what is given back is a return, not an activity",
            )),
            _ => {}
        }
        let of_lines = self.lines.iter().map(|line| i128::from(line.amount_minor));
        if of_lines.sum::<i128>() > i128::from(i64::MAX) {
            found.push(FieldViolation::new(
                format!("{path}.lines"),
                format!("must have amounts that add up to at most {}", i64::MAX),
            ));
        }
    }

    /// What of the amount falls to each line, in minor units and in the order of the lines.
    ///
    /// Where the lines cost more than was paid in all, there was a discount on the whole. It falls on the lines in
    /// proportion to their amounts, in whole minor units by the largest remainder, so that the parts add up to what was
    /// paid. Otherwise each line is paid as it costs, and the rest of the amount (shipping, fees) belongs to none.
    pub fn paid_amounts(&self) -> Vec<i64> {
        let costs: Vec<i64> = self.lines.iter().map(|line| line.amount_minor.max(0)).collect();
        let total: i128 = costs.iter().copied().map(i128::from).sum();
        match self.amount {
            Some(paid) if i128::from(paid.minor) < total => {
                let weights: Vec<i128> = costs.into_iter().map(i128::from).collect();
                super::campaigns::reckon::spread(paid.minor.max(0), &weights)
            }
            _ => costs,
        }
    }
}

impl Line {
    fn check(&self, path: &dyn Fn(&str) -> String, found: &mut Vec<FieldViolation>) {
        if self.id.is_empty() {
            found.push(FieldViolation::new(path("id"), "must not be empty"));
        }
        for (field, text) in [("id", &self.id), ("sku", &self.sku), ("category", &self.category)] {
            if text.len() > LONGEST_WORD {
                check_text(&path(field), text, LONGEST_WORD, found);
            }
        }
        check_quantity(self.quantity, || path("quantity"), found);
        if self.amount_minor < 0 {
            found.push(FieldViolation::new(
                path("amount_minor"),
                "must be 0 or more; what is given back is a return, not a line",
            ));
        }
    }
}

fn check_quantity(quantity: i64, path: impl Fn() -> String, found: &mut Vec<FieldViolation>) {
    if !(0..=MOST_QUANTITY).contains(&quantity) {
        found.push(FieldViolation::new(
            path(),
            format!("must be 0 to {MOST_QUANTITY}"),
        ));
    }
}
