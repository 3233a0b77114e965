//! The most steps that an evaluation can take, when every list, map and string is as large as its type allows.

use crate::{
    position::Span,
    standard::Operation,
    steps::{self, CALENDAR, CONVERSION, KEY, OPERATION, ZONE},
    typed::{Form, Typed, TypedLoop, Zone},
    types::{KEY as KEY_TYPE, Type},
};

/// The most steps, and the place of the loop that takes the most of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) steps: u64,
    pub(crate) dearest: Option<(u64, Span)>,
}

impl Cost {
    const fn of(steps: u64) -> Self {
        Self { steps, dearest: None }
    }

    fn and(self, other: Self) -> Self {
        Self {
            steps: self.steps.saturating_add(other.steps),
            dearest: dearer(self.dearest, other.dearest),
        }
    }

    /// One of the two, whichever is dearer.
    fn or(self, other: Self) -> Self {
        Self {
            steps: self.steps.max(other.steps),
            dearest: dearer(self.dearest, other.dearest),
        }
    }
}

fn dearer(left: Option<(u64, Span)>, right: Option<(u64, Span)>) -> Option<(u64, Span)> {
    match (left, right) {
        (Some(left), Some(right)) => Some(if right.0 > left.0 { right } else { left }),
        _ => left.or(right),
    }
}

/// The most steps that the expression can take.
pub(crate) fn cost(typed: &Typed) -> Cost {
    match &typed.form {
        Form::Constant(_) | Form::Variable(_) | Form::Local(_) => Cost::default(),
        Form::Field(of, _) => cost(of),
        Form::HasField(of, _) | Form::Not(of) | Form::Negate(of) => Cost::of(OPERATION).and(cost(of)),
        Form::Every(parts) | Form::Any(parts) => Cost::of(OPERATION).and(all(parts)),
        Form::Choice(parts) => {
            let [condition, yes, no] = parts.as_ref();
            Cost::of(OPERATION)
                .and(cost(condition))
                .and(cost(yes).or(cost(no)))
        }
        Form::Compare(_, sides) => {
            let [left, right] = sides.as_ref();
            Cost::of(OPERATION + comparison(&left.of).min(comparison(&right.of))).and(all(sides.as_ref()))
        }
        Form::Arithmetic(_, sides) => Cost::of(OPERATION + made(&typed.of)).and(all(sides.as_ref())),
        Form::InList(sides) => {
            let [element, list] = sides.as_ref();
            let each = OPERATION + comparison(&element.of);
            Cost::of(OPERATION.saturating_add(length(&list.of).saturating_mul(each))).and(all(sides.as_ref()))
        }
        Form::Element(sides) => Cost::of(OPERATION).and(all(sides.as_ref())),
        Form::Entry(sides) | Form::HasKey(sides) => Cost::of(KEY).and(all(sides.as_ref())),
        Form::List(items) => Cost::of(OPERATION + items.len() as u64).and(all(items)),
        Form::Map(entries) => {
            let parts = entries.iter().map(|(key, value)| cost(key).and(cost(value)));
            parts.fold(Cost::of(OPERATION + KEY * entries.len() as u64), Cost::and)
        }
        Form::Loop(each) => loop_cost(each, typed.at),
        Form::Standard(operation, arguments) => Cost::of(standard(*operation, arguments)).and(all(arguments)),
        Form::Matches(text, pattern) => {
            Cost::of(OPERATION.saturating_add(steps::matching(length(&text.of), pattern.steps)))
                .and(cost(text))
        }
        Form::Part(_, of, Zone::Known(_)) => Cost::of(CALENDAR).and(cost(of)),
        Form::Part(_, of, Zone::Computed(zone)) => Cost::of(CALENDAR + ZONE).and(cost(of)).and(cost(zone)),
        Form::Own(function, arguments) => {
            let sizes = arguments.iter().map(|argument| argument_steps(&argument.of));
            let steps = sizes.fold(OPERATION.saturating_add(function.steps), u64::saturating_add);
            Cost::of(steps).and(all(arguments))
        }
    }
}

fn all(parts: &[Typed]) -> Cost {
    parts.iter().map(cost).fold(Cost::default(), Cost::and)
}

fn loop_cost(each: &TypedLoop, at: Span) -> Cost {
    let body = each
        .condition
        .as_ref()
        .map(cost)
        .unwrap_or_default()
        .and(cost(&each.body));
    let turns = length(&each.range.of).saturating_mul(body.steps.saturating_add(OPERATION));
    let total = Cost {
        steps: OPERATION.saturating_add(turns),
        dearest: Some((turns, at)),
    };
    total.and(cost(&each.range))
}

/// Most elements, entries or bytes of a value.
fn length(of: &Type) -> u64 {
    match of {
        Type::List { at_most, .. } | Type::Map { at_most, .. } | Type::String { at_most } => {
            u64::from(*at_most)
        }
        _ => 0,
    }
}

/// Comparing two values, beyond the one step for every comparison.
fn comparison(of: &Type) -> u64 {
    match of {
        Type::String { at_most } => steps::text(u64::from(*at_most)),
        Type::List { of, at_most } => u64::from(*at_most).saturating_mul(OPERATION + comparison(of)),
        Type::Map { of, at_most } => {
            u64::from(*at_most).saturating_mul(OPERATION + comparison(&KEY_TYPE) + comparison(of))
        }
        Type::Record(record) => {
            let fields = record
                .fields()
                .iter()
                .map(|field| OPERATION + comparison(&field.of));
            fields.fold(0, u64::saturating_add)
        }
        _ => 0,
    }
}

/// Making a string or list out of two.
fn made(of: &Type) -> u64 {
    match of {
        Type::String { at_most } => steps::text(u64::from(*at_most)),
        Type::List { at_most, .. } => u64::from(*at_most),
        _ => 0,
    }
}

fn argument_steps(of: &Type) -> u64 {
    match of {
        Type::String { at_most } => steps::text(u64::from(*at_most)),
        other => length(other),
    }
}

fn standard(operation: Operation, arguments: &[Typed]) -> u64 {
    let size = |index: usize| match arguments.get(index).map(|argument| &argument.of) {
        Some(Type::String { at_most }) => u64::from(*at_most),
        _ => 0,
    };
    match operation {
        Operation::Size => OPERATION + steps::text(size(0)),
        Operation::Contains => OPERATION + steps::text(size(0) + size(1)),
        Operation::StartsWith | Operation::EndsWith => OPERATION + steps::text(size(0).min(size(1))),
        Operation::ToBool | Operation::ToInt | Operation::ToDouble | Operation::ToString => {
            CONVERSION + steps::text(size(0))
        }
        Operation::ToTimestamp | Operation::ToDuration => CONVERSION + steps::text(size(0)),
        // These have forms of their own.
        Operation::Matches | Operation::Part(_) => CALENDAR,
    }
}
