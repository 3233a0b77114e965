//! What the expressions of campaigns can speak of.

use std::sync::LazyLock;

use jiff::Timestamp;
use rapport_expression::{Arena, Context, ContextError, RecordType, Schema, SchemaError, Type, Value};

use crate::domain::{
    activity::{Activity, LONGEST_CUSTOM, LONGEST_WORD, Line, MOST_LINES, Trigger},
    facts::{MemberFacts, attributes_type, attributes_value, bound, text},
};

/// Most steps of a condition or an amount.
const MOST_STEPS: u64 = 20_000;

/// Most steps of a condition on one line.
const MOST_LINE_STEPS: u64 = 5_000;

/// Longest name of a time zone.
const LONGEST_ZONE: usize = 64;

/// The contexts of one kind of activity.
#[derive(Debug)]
pub struct Schemas {
    /// Of conditions.
    pub condition: Schema,
    /// Of conditions on lines.
    pub line: Schema,
    /// Of amounts.
    pub amount: Schema,
    /// What the activity is called.
    subject: &'static str,
}

static OF_PURCHASES: LazyLock<Result<Schemas, SchemaError>> =
    LazyLock::new(|| Schemas::declared("order", "The purchase.", &order_type()));

static OF_OTHERS: LazyLock<Result<Schemas, SchemaError>> =
    LazyLock::new(|| Schemas::declared("activity", "What the member did.", &activity_type()));

impl Schemas {
    /// The contexts of a kind of activity. An error only when the declarations below contradict each other.
    pub fn of(trigger: &Trigger) -> Result<&'static Self, &'static SchemaError> {
        match trigger {
            Trigger::Purchase => OF_PURCHASES.as_ref(),
            _ => OF_OTHERS.as_ref(),
        }
    }

    fn declared(subject: &'static str, meaning: &str, of: &Type) -> Result<Self, SchemaError> {
        let common = |steps| {
            Schema::builder()
                .variable(subject, of.clone(), meaning)
                .variable(
                    "member",
                    MemberFacts::record_type(),
                    "The member, before this activity.",
                )
                .variable(
                    "now",
                    Type::Timestamp,
                    "When points are reckoned; the activity itself has its own time.",
                )
                .variable(
                    "zone",
                    text(LONGEST_ZONE),
                    "The time zone of the program: `now.getDayOfWeek(zone)`.",
                )
                .step_limit(steps)
        };
        Ok(Self {
            condition: common(MOST_STEPS).build()?,
            line: common(MOST_LINE_STEPS)
                .variable("line", line_type(), "The line that is asked about.")
                .build()?,
            amount: common(MOST_STEPS)
                .variable("lines", lines_type(), "The lines that count.")
                .build()?,
            subject,
        })
    }
}

fn lines_type() -> Type {
    Type::list(line_type(), bound(MOST_LINES))
}

fn line_type() -> Type {
    RecordType::new("Line", "A line of an activity.")
        .field("id", text(LONGEST_WORD), "Its id within the activity.")
        .field("sku", text(LONGEST_WORD), "What was bought: the stock-keeping unit.")
        .field("category", text(LONGEST_WORD), "The category of goods or services.")
        .field("quantity", Type::Int, "How many.")
        .field("amount", Type::Int, "What it costs in all, in minor units, after discounts of its own.")
        .field(
            "paid",
            Type::Int,
            "What was paid for it, in minor units: less than `amount` when there was a discount on the whole.",
        )
        .into_type()
}

fn order_type() -> Type {
    with_circumstances(
        RecordType::new("Order", "A purchase.")
            .field("amount", Type::Int, "What was paid in all, in minor units.")
            .field("currency", text(3), "The currency of its amounts, such as `EUR`."),
    )
}

fn activity_type() -> Type {
    with_circumstances(
        RecordType::new("Activity", "What a member did.")
            .field(
                "trigger",
                text(LONGEST_CUSTOM),
                "What kind of activity, such as `visit`.",
            )
            .optional("amount", Type::Int, "What was paid in all, in minor units.")
            .optional("currency", text(3), "The currency of its amounts, such as `EUR`."),
    )
}

fn with_circumstances(record: RecordType) -> Type {
    record
        .field(
            "id",
            text(LONGEST_WORD),
            "Its id in the system that it comes from.",
        )
        .field("source", text(LONGEST_WORD), "The system that it comes from.")
        .field("time", Type::Timestamp, "When it happened.")
        .field("quantity", Type::Int, "How many: nights, pieces, persons.")
        .field("location", text(LONGEST_WORD), "Where; may be empty.")
        .field(
            "channel",
            text(LONGEST_WORD),
            "On which way, such as `app`; may be empty.",
        )
        .field("lines", lines_type(), "What it consists of.")
        .field("attributes", attributes_type(), "Anything else, by key.")
        .into_type()
}

fn activity_value<'a>(activity: &'a Activity, lines: Value<'a>, arena: &'a Arena) -> Value<'a> {
    let amount = activity.amount.as_ref();
    let is_purchase = activity.trigger == Trigger::Purchase;
    let trigger = (!is_purchase).then(|| Value::from(activity.trigger.name()));
    let own = [
        Value::from(amount.map(|amount| amount.minor)),
        Value::from(amount.map(|amount| amount.currency.code())),
        Value::from(activity.source_id.as_str()),
        Value::from(activity.source.as_str()),
        Value::from(activity.time),
        Value::from(activity.quantity),
        Value::from(activity.location.as_str()),
        Value::from(activity.channel.as_str()),
        lines,
        attributes_value(&activity.attributes, arena),
    ];
    arena.record(trigger.into_iter().chain(own))
}

fn line_value<'a>(line: &'a Line, paid: i64, arena: &'a Arena) -> Value<'a> {
    arena.record([
        Value::from(line.id.as_str()),
        Value::from(line.sku.as_str()),
        Value::from(line.category.as_str()),
        Value::from(line.quantity),
        Value::from(line.amount_minor),
        Value::from(paid),
    ])
}

/// The values that one activity is asked about with.
#[derive(Debug)]
pub(super) struct Contexts<'a> {
    /// For conditions.
    pub(super) condition: Context<'a>,
    /// For conditions on lines, one for each line.
    pub(super) lines: Vec<Context<'a>>,
    /// For amounts of which all lines count.
    amount: Context<'a>,
    /// The lines.
    values: Vec<Value<'a>>,
}

/// What the contexts are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstances<'a> {
    pub(super) activity: &'a Activity,
    /// What was paid for each line.
    pub(super) paid: &'a [i64],
    pub(super) facts: &'a MemberFacts,
    pub(super) now: Timestamp,
    pub(super) zone: &'a str,
}

impl<'a> Contexts<'a> {
    pub(super) fn new(
        schemas: &Schemas,
        circumstances: Circumstances<'a>,
        arena: &'a Arena,
    ) -> Result<Self, ContextError> {
        let Circumstances {
            activity,
            paid,
            facts,
            now,
            zone,
        } = circumstances;
        let pairs = activity.lines.iter().zip(paid);
        let values: Vec<_> = pairs.map(|(line, paid)| line_value(line, *paid, arena)).collect();
        let list = arena.list(values.iter().copied());
        let common = [
            (schemas.subject, activity_value(activity, list, arena)),
            ("member", facts.value(arena)),
            ("now", Value::from(now)),
            ("zone", Value::from(zone)),
        ];
        let mut lines = Vec::with_capacity(values.len());
        if let Some((first, others)) = values.split_first() {
            lines.push(Context::new(
                &schemas.line,
                common.into_iter().chain([("line", *first)]),
            )?);
            for value in others {
                let mut context = lines[0].clone();
                context.set("line", *value)?;
                lines.push(context);
            }
        }
        Ok(Self {
            condition: Context::new(&schemas.condition, common)?,
            lines,
            amount: Context::new(&schemas.amount, common.into_iter().chain([("lines", list)]))?,
            values,
        })
    }

    /// For amounts, with the lines at these places; none: all.
    pub(super) fn amount(
        &self,
        counting: Option<&[usize]>,
        arena: &'a Arena,
    ) -> Result<Context<'a>, ContextError> {
        let mut context = self.amount.clone();
        if let Some(places) = counting {
            let lines = places.iter().filter_map(|place| self.values.get(*place).copied());
            context.set("lines", arena.list(lines))?;
        }
        Ok(context)
    }
}
