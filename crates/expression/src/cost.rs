//! The most steps that an evaluation can take, when every list, map and string is as large as its type allows.

use crate::{
    position::Span,
    standard::Within,
    steps::{self, CALENDAR, CONVERSION, KEY, OPERATION, ZONE},
    typed::{Form, Typed, TypedLoop, Zone},
    types::{KEY as KEY_TYPE, Kind, Type},
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
            Cost::of(more(comparison(&left.of).min(comparison(&right.of)))).and(all(sides.as_ref()))
        }
        Form::Arithmetic(_, sides) => Cost::of(OPERATION + size(&typed.of)).and(all(sides.as_ref())),
        Form::InList(sides) => {
            let [element, list] = sides.as_ref();
            let of_list = match &list.of {
                Type::List { of, .. } => comparison(of),
                _ => 0,
            };
            let each = more(comparison(&element.of).min(of_list));
            Cost::of(more(length(&list.of).saturating_mul(each))).and(all(sides.as_ref()))
        }
        Form::Element(sides) => Cost::of(OPERATION).and(all(sides.as_ref())),
        Form::Entry(sides) | Form::KeyIn(sides) => Cost::of(KEY).and(all(sides.as_ref())),
        Form::HasEntry(of, _) => Cost::of(KEY).and(cost(of)),
        Form::List(items) => Cost::of(OPERATION + items.len() as u64).and(all(items)),
        Form::Map(entries) => {
            let parts = entries.iter().map(|(key, value)| cost(key).and(cost(value)));
            parts.fold(Cost::of(OPERATION + KEY * entries.len() as u64), Cost::and)
        }
        Form::Loop(each) => loop_cost(each, typed.at),
        Form::Size(of) => Cost::of(OPERATION + text(&of.of)).and(cost(of)),
        Form::Search(within, sides) => {
            let [whole, part] = sides.as_ref();
            let steps = match within {
                Within::Anywhere => steps::text(length(&whole.of) + length(&part.of)),
                Within::Start | Within::End => text(&whole.of).min(text(&part.of)),
            };
            Cost::of(OPERATION + steps).and(all(sides.as_ref()))
        }
        Form::Convert(of) => Cost::of(CONVERSION + text(&of.of)).and(cost(of)),
        Form::Matches(of, pattern) => {
            Cost::of(more(steps::matching(length(&of.of), pattern.steps))).and(cost(of))
        }
        Form::Part(_, of, Zone::Known(_)) => Cost::of(CALENDAR).and(cost(of)),
        Form::Part(_, of, Zone::Computed(zone)) => Cost::of(CALENDAR + ZONE).and(cost(of)).and(cost(zone)),
        Form::Own(function, arguments) => {
            let sizes = arguments.iter().map(|argument| size(&argument.of));
            let steps = sizes.fold(more(function.steps), u64::saturating_add);
            Cost::of(steps).and(all(arguments))
        }
    }
}

fn all(parts: &[Typed]) -> Cost {
    parts.iter().map(cost).fold(Cost::default(), Cost::and)
}

fn loop_cost(each: &TypedLoop, at: Span) -> Cost {
    let condition = each.condition.as_ref().map(cost).unwrap_or_default();
    let body = condition.and(cost(&each.body));
    let turns = length(&each.range.of).saturating_mul(more(body.steps));
    let total = Cost {
        steps: more(turns),
        dearest: Some((turns, at)),
    };
    total.and(cost(&each.range))
}

/// So many steps, and the one of the operation itself.
const fn more(steps: u64) -> u64 {
    OPERATION.saturating_add(steps)
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
        Type::List { of, at_most } => u64::from(*at_most).saturating_mul(more(comparison(of))),
        Type::Map { of, at_most } => {
            let entry = comparison(&KEY_TYPE).saturating_add(comparison(of));
            u64::from(*at_most).saturating_mul(more(entry))
        }
        Type::Record(record) => {
            let fields = record.fields().iter().map(|field| more(comparison(&field.of)));
            fields.fold(0, u64::saturating_add)
        }
        other => text(other),
    }
}

/// Going over a string, or over the elements of a list or the entries of a map.
fn size(of: &Type) -> u64 {
    if of.kind() == Kind::String {
        text(of)
    } else {
        length(of)
    }
}

/// Going over a string; nothing for anything else.
fn text(of: &Type) -> u64 {
    match of {
        Type::String { at_most } => steps::text(u64::from(*at_most)),
        _ => 0,
    }
}
