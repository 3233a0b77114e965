//! A checked expression into its compiled form.

use crate::{
    node::{Calendar, Call, Condition, Each, Node, Path, Real, Root, Text, Whole},
    standard::Operation,
    syntax::LoopKind,
    typed::{Arithmetic, Constant, Form, Relation, Typed, TypedLoop, Zone},
    types::Kind,
};

/// A variable or element with fields after it.
fn path(typed: &Typed) -> Option<Path> {
    let mut fields = Vec::new();
    let mut of = typed;
    let root = loop {
        match &of.form {
            Form::Field(record, index) => {
                fields.push(*index);
                of = record;
            }
            Form::Variable(slot) => break Root::Variable(*slot),
            Form::Local(slot) => break Root::Local(*slot),
            _ => return None,
        }
    };
    fields.reverse();
    Path::new(root, &fields, typed.at)
}

fn pair<T>(sides: &[Typed; 2], each: impl Fn(&Typed) -> T) -> [T; 2] {
    sides.each_ref().map(each)
}

fn many<T>(parts: &[Typed], each: impl Fn(&Typed) -> T) -> Box<[T]> {
    parts.iter().map(each).collect()
}

/// The argument of a standard function; the checker has seen to it that there is one.
fn with<T>(arguments: &[Typed], each: impl Fn(&Typed) -> T) -> Option<Box<T>> {
    arguments.first().map(|argument| Box::new(each(argument)))
}

fn with_both<T>(arguments: &[Typed], each: impl Fn(&Typed) -> T) -> Option<Box<[T; 2]>> {
    match arguments {
        [left, right] => Some(Box::new([each(left), each(right)])),
        _ => None,
    }
}

/// An expression that gives a bool.
pub(crate) fn condition(typed: &Typed) -> Condition {
    special_condition(typed).unwrap_or_else(|| match path(typed) {
        Some(path) => Condition::Path(path),
        None => Condition::Value(Box::new(node(typed)), typed.at),
    })
}

fn special_condition(typed: &Typed) -> Option<Condition> {
    Some(match &typed.form {
        Form::Constant(Constant::Bool(value)) => Condition::Constant(*value),
        Form::Not(of) => Condition::Not(Box::new(condition(of))),
        Form::Every(parts) => Condition::Every(many(parts, condition)),
        Form::Any(parts) => Condition::Any(many(parts, condition)),
        Form::Compare(relation, sides) => comparison(*relation, sides),
        Form::HasField(of, index) => Condition::HasField(Box::new(node(of)), *index),
        Form::HasKey(sides) => Condition::HasKey(Box::new((node(&sides[0]), text(&sides[1])))),
        Form::InList(sides) => membership(sides),
        Form::Matches(of, pattern) => Condition::Matches(Box::new(text(of)), Box::new(pattern.clone())),
        Form::Standard(Operation::Contains, arguments) => Condition::Contains(with_both(arguments, text)?),
        Form::Standard(Operation::StartsWith, arguments) => {
            Condition::StartsWith(with_both(arguments, text)?)
        }
        Form::Standard(Operation::EndsWith, arguments) => Condition::EndsWith(with_both(arguments, text)?),
        Form::Standard(Operation::ToBool, arguments) => match arguments.first()? {
            argument if argument.of.kind() == Kind::String => {
                Condition::FromText(Box::new(text(argument)), typed.at)
            }
            argument => condition(argument),
        },
        Form::Loop(each) if !matches!(each.kind, LoopKind::Filter | LoopKind::Map) => {
            Condition::Loop(each.kind, Box::new(each_condition(each)))
        }
        _ => return None,
    })
}

fn each_condition(each: &TypedLoop) -> Each<Condition> {
    Each {
        slot: each.slot,
        range: node(&each.range),
        body: condition(&each.body),
    }
}

fn comparison(relation: Relation, sides: &[Typed; 2]) -> Condition {
    match sides[0].of.kind() {
        Kind::Int => Condition::CompareInts(relation, pair(sides, whole).into()),
        Kind::Double => Condition::CompareDoubles(relation, pair(sides, real).into()),
        Kind::String => Condition::CompareStrings(relation, pair(sides, text).into()),
        _ => Condition::Compare(relation, pair(sides, node).into()),
    }
}

/// `element in list`; a list of literals is sorted now and searched by halves then.
fn membership(sides: &[Typed; 2]) -> Condition {
    let [element, list] = sides;
    if let Form::List(items) = &list.form
        && !items.is_empty()
    {
        let strings = items.iter().map(|item| match &item.form {
            Form::Constant(Constant::String(value)) => Some(value.clone()),
            _ => None,
        });
        if let Some(mut strings) = strings.collect::<Option<Vec<_>>>() {
            strings.sort();
            return Condition::OneOfStrings(Box::new(text(element)), strings.into());
        }
        let ints = items.iter().map(|item| match &item.form {
            Form::Constant(Constant::Int(value)) => Some(*value),
            _ => None,
        });
        if let Some(mut ints) = ints.collect::<Option<Vec<_>>>() {
            ints.sort_unstable();
            return Condition::OneOfInts(Box::new(whole(element)), ints.into());
        }
    }
    Condition::InList(pair(sides, node).into())
}

/// An expression that gives an int.
pub(crate) fn whole(typed: &Typed) -> Whole {
    special_whole(typed).unwrap_or_else(|| match path(typed) {
        Some(path) => Whole::Path(path),
        None => Whole::Value(Box::new(node(typed)), typed.at),
    })
}

fn special_whole(typed: &Typed) -> Option<Whole> {
    let at = typed.at;
    Some(match &typed.form {
        Form::Constant(Constant::Int(value)) => Whole::Constant(*value),
        Form::Negate(of) => Whole::Negate(Box::new(whole(of)), at),
        Form::Arithmetic(arithmetic, sides) => Whole::Arithmetic(*arithmetic, pair(sides, whole).into(), at),
        Form::Standard(Operation::Size, arguments) => size(arguments.first()?),
        Form::Standard(Operation::ToInt, arguments) => match arguments.first()?.of.kind() {
            Kind::Double => Whole::FromReal(with(arguments, real)?, at),
            Kind::String => Whole::FromText(with(arguments, text)?, at),
            Kind::Timestamp => Whole::FromMoment(with(arguments, node)?),
            _ => whole(arguments.first()?),
        },
        Form::Part(part, of, zone) => {
            let calendar = match zone {
                Zone::Known(zone) => Calendar::Known(zone.clone()),
                Zone::Computed(name) => Calendar::Named(Box::new(text(name)), name.at),
            };
            Whole::Part(*part, Box::new(node(of)), calendar)
        }
        _ => return None,
    })
}

fn size(of: &Typed) -> Whole {
    match (of.of.kind(), &of.form) {
        (Kind::String, _) => Whole::SizeOfText(Box::new(text(of))),
        (_, Form::Loop(each)) if each.kind == LoopKind::Filter => {
            Whole::Count(Box::new(each_condition(each)))
        }
        _ => Whole::Size(Box::new(node(of))),
    }
}

/// An expression that gives a double.
pub(crate) fn real(typed: &Typed) -> Real {
    special_real(typed).unwrap_or_else(|| match path(typed) {
        Some(path) => Real::Path(path),
        None => Real::Value(Box::new(node(typed)), typed.at),
    })
}

fn special_real(typed: &Typed) -> Option<Real> {
    Some(match &typed.form {
        Form::Constant(Constant::Double(value)) => Real::Constant(*value),
        Form::Negate(of) => Real::Negate(Box::new(real(of))),
        Form::Arithmetic(arithmetic, sides) => Real::Arithmetic(*arithmetic, pair(sides, real).into()),
        Form::Standard(Operation::ToDouble, arguments) => match arguments.first()?.of.kind() {
            Kind::Int => Real::FromWhole(with(arguments, whole)?),
            Kind::String => Real::FromText(with(arguments, text)?, typed.at),
            _ => real(arguments.first()?),
        },
        _ => return None,
    })
}

/// An expression that gives a string.
pub(crate) fn text(typed: &Typed) -> Text {
    special_text(typed).unwrap_or_else(|| match path(typed) {
        Some(path) => Text::Path(path),
        None => Text::Value(Box::new(node(typed)), typed.at),
    })
}

fn special_text(typed: &Typed) -> Option<Text> {
    Some(match &typed.form {
        Form::Constant(Constant::String(value)) => Text::Constant(value.clone()),
        Form::Arithmetic(Arithmetic::Add, sides) => Text::Join(pair(sides, text).into()),
        Form::Standard(Operation::ToString, arguments) => match arguments.first()?.of.kind() {
            Kind::String => text(arguments.first()?),
            _ => Text::From(with(arguments, node)?),
        },
        _ => return None,
    })
}

/// An expression that gives any value.
pub(crate) fn node(typed: &Typed) -> Node {
    let at = typed.at;
    if let Some(path) = path(typed) {
        return Node::Path(path);
    }
    match &typed.form {
        Form::Constant(constant) => Node::Constant(constant.clone()),
        Form::Field(of, index) => Node::Field(Box::new(node(of)), *index, at),
        Form::Element(sides) => Node::Element(Box::new((node(&sides[0]), whole(&sides[1]))), at),
        Form::Entry(sides) => Node::Entry(Box::new((node(&sides[0]), text(&sides[1]))), at),
        Form::Choice(parts) => {
            Node::Choice(Box::new((condition(&parts[0]), node(&parts[1]), node(&parts[2]))))
        }
        Form::List(items) => Node::List(many(items, node)),
        Form::Map(entries) => Node::Map(
            entries
                .iter()
                .map(|(key, value)| (text(key), node(value)))
                .collect(),
        ),
        Form::Loop(each) if each.kind == LoopKind::Filter => Node::Filter(Box::new(each_condition(each))),
        Form::Loop(each) if each.kind == LoopKind::Map => Node::MapEach(Box::new(Each {
            slot: each.slot,
            range: node(&each.range),
            body: (each.condition.as_ref().map(condition), node(&each.body)),
        })),
        Form::Own(function, arguments) => Node::Own(Box::new(Call {
            function: function.clone(),
            arguments: many(arguments, node),
            at,
        })),
        _ => typed_node(typed),
    }
}

/// What is compiled by the type that it gives.
fn typed_node(typed: &Typed) -> Node {
    let at = typed.at;
    match (typed.of.kind(), &typed.form) {
        (Kind::Bool, _) => Node::Condition(Box::new(condition(typed))),
        (Kind::Double, _) => Node::Real(Box::new(real(typed))),
        (Kind::String, _) => Node::Text(Box::new(text(typed))),
        (Kind::List, Form::Arithmetic(_, sides)) => Node::JoinLists(pair(sides, node).into()),
        (Kind::Timestamp | Kind::Duration, Form::Arithmetic(arithmetic, sides)) => {
            Node::TimeArithmetic(*arithmetic, pair(sides, node).into(), at)
        }
        (Kind::Timestamp, Form::Standard(_, arguments)) => {
            converted(arguments, Kind::Timestamp, |argument| {
                Node::ToTimestamp(Box::new(node(argument)), at)
            })
        }
        (Kind::Duration, Form::Standard(_, arguments)) => converted(arguments, Kind::Duration, |argument| {
            Node::ToDuration(Box::new(text(argument)), at)
        }),
        _ => Node::Whole(Box::new(whole(typed))),
    }
}

/// The first argument, converted unless it has the kind already.
fn converted(arguments: &[Typed], kind: Kind, convert: impl Fn(&Typed) -> Node) -> Node {
    match arguments.first() {
        Some(argument) if argument.of.kind() == kind => node(argument),
        Some(argument) => convert(argument),
        None => Node::Constant(Constant::Bool(false)),
    }
}
