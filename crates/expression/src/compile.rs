//! A checked expression into its compiled form.

use crate::{
    node::{
        Calculation, Calendar, Call, Collection, Condition, Each, Node, Path, Question, Real, Root, Text,
        Time, Whole,
    },
    syntax::LoopKind,
    typed::{Constant, Form, Relation, Typed, TypedLoop, Zone},
    types::Kind,
};

/// An expression that gives a bool.
fn condition(typed: &Typed) -> Condition {
    match &typed.form {
        Form::Constant(Constant::Bool(value)) => Condition::Constant(*value),
        Form::Not(of) => Condition::Not(Box::new(condition(of))),
        Form::Every(parts) => Condition::Every(many(parts, condition)),
        Form::Any(parts) => Condition::Any(many(parts, condition)),
        Form::Compare(relation, sides) => comparison(*relation, sides),
        Form::Loop(each) => Condition::Loop(each.kind, Box::new(each_condition(each))),
        _ => match (question(typed), path(typed)) {
            (Some(question), _) => Condition::Question(Box::new(question)),
            (None, Some(path)) => Condition::Path(path),
            (None, None) => Condition::Value(Box::new(node(typed)), typed.at),
        },
    }
}

fn comparison(relation: Relation, sides: &[Typed; 2]) -> Condition {
    match sides[0].of.kind() {
        Kind::Int => Condition::CompareInts(relation, Box::new(pair(sides, whole))),
        Kind::Double => Condition::CompareDoubles(relation, Box::new(pair(sides, real))),
        Kind::String => Condition::CompareStrings(relation, Box::new(pair(sides, text))),
        _ => Condition::Compare(relation, Box::new(pair(sides, node))),
    }
}

fn question(typed: &Typed) -> Option<Question> {
    Some(match &typed.form {
        Form::HasField(of, index) => Question::HasField(node(of), *index),
        Form::HasEntry(of, key) => Question::HasEntry(node(of), key.clone()),
        Form::KeyIn(sides) => Question::KeyIn(pair(sides, node)),
        Form::InList(sides) => membership(sides),
        Form::Search(within, sides) => Question::Search(*within, pair(sides, text)),
        Form::Matches(of, pattern) => Question::Matches(text(of), pattern.clone()),
        Form::Convert(of) => Question::Read(text(of), typed.at),
        _ => return None,
    })
}

/// `element in list`; a list of literals is sorted now and searched by halves then.
fn membership(sides: &[Typed; 2]) -> Question {
    let [element, list] = sides;
    let constants = match &list.form {
        Form::List(items) => items.iter().map(constant).collect::<Option<Vec<_>>>(),
        _ => None,
    };
    match (element.of.kind(), constants) {
        (Kind::String, Some(constants)) => {
            let strings = constants.into_iter().filter_map(|constant| match constant {
                Constant::String(value) => Some(value.clone()),
                _ => None,
            });
            Question::OneOfStrings(text(element), sorted(strings))
        }
        (Kind::Int, Some(constants)) => {
            let ints = constants.into_iter().filter_map(|constant| match constant {
                Constant::Int(value) => Some(*value),
                _ => None,
            });
            Question::OneOfInts(whole(element), sorted(ints))
        }
        _ => Question::InList(pair(sides, node)),
    }
}

fn constant(typed: &Typed) -> Option<&Constant> {
    match &typed.form {
        Form::Constant(constant) => Some(constant),
        _ => None,
    }
}

fn sorted<T: Ord>(values: impl Iterator<Item = T>) -> Box<[T]> {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable();
    values.into()
}

/// An expression that gives an int.
fn whole(typed: &Typed) -> Whole {
    match (&typed.form, calculation(typed), path(typed)) {
        (Form::Constant(Constant::Int(value)), ..) => Whole::Constant(*value),
        (_, Some(calculation), _) => Whole::Calculated(Box::new(calculation)),
        (_, None, Some(path)) => Whole::Path(path),
        (_, None, None) => Whole::Value(Box::new(node(typed)), typed.at),
    }
}

fn calculation(typed: &Typed) -> Option<Calculation> {
    let at = typed.at;
    Some(match &typed.form {
        Form::Negate(of) => Calculation::Negate(whole(of), at),
        Form::Arithmetic(arithmetic, sides) => Calculation::Arithmetic(*arithmetic, pair(sides, whole), at),
        Form::Size(of) => size(of),
        Form::Convert(of) => match of.of.kind() {
            Kind::Double => Calculation::FromReal(real(of), at),
            Kind::String => Calculation::FromText(text(of), at),
            _ => Calculation::FromMoment(node(of)),
        },
        Form::Part(part, of, zone) => Calculation::Part(*part, node(of), calendar(zone)),
        _ => return None,
    })
}

fn size(of: &Typed) -> Calculation {
    match &of.form {
        _ if of.of.kind() == Kind::String => Calculation::SizeOfText(text(of)),
        Form::Loop(each) if each.kind == LoopKind::Filter => Calculation::Count(each_condition(each)),
        _ => Calculation::Size(node(of)),
    }
}

fn calendar(zone: &Zone) -> Calendar {
    match zone {
        Zone::Known(zone) => Calendar::Known(zone.clone()),
        Zone::Computed(name) => Calendar::Named(text(name), name.at),
    }
}

/// An expression that gives a double.
fn real(typed: &Typed) -> Real {
    match &typed.form {
        Form::Constant(Constant::Double(value)) => Real::Constant(*value),
        Form::Negate(of) => Real::Negate(Box::new(real(of))),
        Form::Arithmetic(arithmetic, sides) => Real::Arithmetic(*arithmetic, Box::new(pair(sides, real))),
        Form::Convert(of) if of.of.kind() == Kind::String => Real::FromText(Box::new(text(of)), typed.at),
        Form::Convert(of) => Real::FromWhole(Box::new(whole(of))),
        _ => match path(typed) {
            Some(path) => Real::Path(path),
            None => Real::Value(Box::new(node(typed)), typed.at),
        },
    }
}

/// An expression that gives a string.
fn text(typed: &Typed) -> Text {
    match &typed.form {
        Form::Constant(Constant::String(value)) => Text::Constant(value.clone()),
        Form::Arithmetic(_, sides) => Text::Join(Box::new(pair(sides, text))),
        Form::Convert(of) => Text::From(Box::new(node(of))),
        _ => match path(typed) {
            Some(path) => Text::Path(path),
            None => Text::Value(Box::new(node(typed)), typed.at),
        },
    }
}

/// An expression that gives any value.
pub(crate) fn node(typed: &Typed) -> Node {
    let at = typed.at;
    match &typed.form {
        Form::Constant(constant) => Node::Constant(constant.clone()),
        Form::Variable(slot) => Node::Path(Path::of(Root::Variable(*slot), at)),
        Form::Local(slot) => Node::Path(Path::of(Root::Local(*slot), at)),
        Form::Field(of, index) => match path(typed) {
            Some(path) => Node::Path(path),
            None => Node::Field(Box::new(node(of)), *index, at),
        },
        Form::Element(sides) => Node::Element(Box::new((node(&sides[0]), whole(&sides[1]))), at),
        Form::Entry(sides) => Node::Entry(Box::new((node(&sides[0]), text(&sides[1]))), at),
        Form::Choice(parts) => {
            Node::Choice(Box::new((condition(&parts[0]), node(&parts[1]), node(&parts[2]))))
        }
        Form::Own(function, arguments) => Node::Own(Box::new(Call {
            function: function.clone(),
            arguments: many(arguments, node),
            at,
        })),
        Form::List(items) => collected(Collection::List(many(items, node))),
        Form::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| (text(key), node(value)));
            collected(Collection::Map(entries.collect(), at))
        }
        Form::Loop(each) => match each.kind {
            LoopKind::Filter => collected(Collection::Filter(each_condition(each))),
            LoopKind::Map => collected(Collection::MapEach(each_value(each))),
            LoopKind::All | LoopKind::Exists | LoopKind::ExistsOne => {
                Node::Condition(Box::new(condition(typed)))
            }
        },
        Form::Not(_)
        | Form::Every(_)
        | Form::Any(_)
        | Form::Compare(..)
        | Form::HasField(..)
        | Form::HasEntry(..)
        | Form::KeyIn(_)
        | Form::InList(_)
        | Form::Search(..)
        | Form::Matches(..) => Node::Condition(Box::new(condition(typed))),
        Form::Size(_) | Form::Part(..) => Node::Whole(Box::new(whole(typed))),
        Form::Negate(_) | Form::Arithmetic(..) | Form::Convert(_) => calculated(typed),
    }
}

/// What is calculated or converted, by the type that it gives.
fn calculated(typed: &Typed) -> Node {
    let at = typed.at;
    match (typed.of.kind(), &typed.form) {
        (Kind::Bool, _) => Node::Condition(Box::new(condition(typed))),
        (Kind::Double, _) => Node::Real(Box::new(real(typed))),
        (Kind::String, _) => Node::Text(Box::new(text(typed))),
        (Kind::List, Form::Arithmetic(_, sides)) => collected(Collection::Join(pair(sides, node))),
        (Kind::Timestamp | Kind::Duration, Form::Arithmetic(arithmetic, sides)) => {
            Node::Time(Box::new(Time::Arithmetic(*arithmetic, pair(sides, node), at)))
        }
        (Kind::Timestamp, Form::Convert(of)) => Node::Time(Box::new(Time::Moment(node(of), at))),
        (Kind::Duration, Form::Convert(of)) => Node::Time(Box::new(Time::Duration(text(of), at))),
        _ => Node::Whole(Box::new(whole(typed))),
    }
}

fn collected(collection: Collection) -> Node {
    Node::Collection(Box::new(collection))
}

fn each_value(each: &TypedLoop) -> Each<(Option<Condition>, Node)> {
    let condition = each.condition.as_ref().map(condition);
    Each {
        slot: each.slot,
        range: node(&each.range),
        body: (condition, node(&each.body)),
    }
}

fn each_condition(each: &TypedLoop) -> Each<Condition> {
    Each {
        slot: each.slot,
        range: node(&each.range),
        body: condition(&each.body),
    }
}

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
