//! A naive evaluator: walks over the expression as it is written, knows values by their names, evaluates everything, and
//! decides afterwards. It is slow and obviously right; what is compiled must give the same.

use std::{cmp::Ordering, collections::BTreeMap};

use rapport_expression::{
    FaultKind, Type, Value,
    syntax::{Call, Expression, ExpressionKind, Literal, Loop, LoopKind, Operator},
};

/// A value that knows its own type and names.
#[derive(Clone, Debug)]
pub(crate) enum Model {
    Bool(bool),
    Int(i64),
    Double(f64),
    String(String),
    /// Nanoseconds since 1970.
    Moment(i128),
    /// Nanoseconds.
    Span(i128),
    List(Vec<Model>),
    Map(BTreeMap<String, Model>),
    Record(BTreeMap<String, Model>),
}

pub(crate) type Modelled = Result<Model, FaultKind>;

const SECOND: i128 = 1_000_000_000;

impl Model {
    /// A value of the context with the names that its type gives.
    pub(crate) fn of(value: &Value<'_>, of: &Type) -> Self {
        match (value, of) {
            (Value::Bool(value), _) => Self::Bool(*value),
            (Value::Int(value), _) => Self::Int(*value),
            (Value::Double(value), _) => Self::Double(*value),
            (Value::String(value), _) => Self::String((*value).to_owned()),
            (Value::Timestamp(value), _) => Self::Moment(value.as_nanosecond()),
            (Value::Duration(value), _) => Self::Span(value.as_nanos()),
            (Value::List(values), Type::List { of, .. }) => {
                Self::List(values.iter().map(|value| Self::of(value, of)).collect())
            }
            (Value::Map(entries), Type::Map { of, .. }) => Self::Map(
                entries
                    .iter()
                    .map(|(key, value)| ((*key).to_owned(), Self::of(value, of)))
                    .collect(),
            ),
            (Value::Record(values), Type::Record(record)) => {
                let fields = record
                    .fields()
                    .iter()
                    .zip(*values)
                    .filter(|(_, value)| **value != Value::Absent);
                Self::Record(
                    fields
                        .map(|(field, value)| (field.name.clone(), Self::of(value, &field.of)))
                        .collect(),
                )
            }
            _ => panic!("{value:?} is no {of}"),
        }
    }
}

/// Variables and elements of loops, the innermost last.
pub(crate) type Names = Vec<(String, Model)>;

/// The value of an expression.
pub(crate) fn evaluate(expression: &Expression, names: &mut Names) -> Modelled {
    match &expression.kind {
        ExpressionKind::Literal(literal) => Ok(match literal {
            Literal::Bool(value) => Model::Bool(*value),
            Literal::Int(value) => Model::Int(*value),
            Literal::Double(value) => Model::Double(*value),
            Literal::String(value) => Model::String(value.clone()),
        }),
        ExpressionKind::Name(name) => Ok(names
            .iter()
            .rev()
            .find(|(known, _)| known == name)
            .unwrap_or_else(|| panic!("no {name}"))
            .1
            .clone()),
        ExpressionKind::Select(of, field) => match evaluate(of, names)? {
            Model::Record(fields) => fields.get(&field.text).cloned().ok_or(FaultKind::NoValue),
            Model::Map(entries) => entries.get(&field.text).cloned().ok_or(FaultKind::NoKey),
            other => panic!("{other:?} has no fields"),
        },
        ExpressionKind::Has(of, field) => match evaluate(of, names) {
            Ok(Model::Record(fields) | Model::Map(fields)) => {
                Ok(Model::Bool(fields.contains_key(&field.text)))
            }
            Ok(other) => panic!("{other:?} has no fields"),
            Err(FaultKind::NoValue) => Ok(Model::Bool(false)),
            Err(fault) => Err(fault),
        },
        ExpressionKind::Index(of, index) => match (evaluate(of, names)?, evaluate(index, names)?) {
            (Model::List(items), Model::Int(index)) => usize::try_from(index)
                .ok()
                .and_then(|index| items.get(index).cloned())
                .ok_or(FaultKind::NoElement),
            (Model::Map(entries), Model::String(key)) => entries.get(&key).cloned().ok_or(FaultKind::NoKey),
            other => panic!("no index: {other:?}"),
        },
        ExpressionKind::Call(call) => function(call, names),
        ExpressionKind::Not(of) => Ok(Model::Bool(!truth(evaluate(of, names))?)),
        ExpressionKind::Negate(of) => match evaluate(of, names)? {
            Model::Int(value) => int(-i128::from(value)),
            Model::Double(value) => Ok(Model::Double(-value)),
            other => panic!("-{other:?}"),
        },
        ExpressionKind::Every(parts) => {
            let values: Vec<_> = parts.iter().map(|part| truth(evaluate(part, names))).collect();
            decided(&values, false)
        }
        ExpressionKind::Any(parts) => {
            let values: Vec<_> = parts.iter().map(|part| truth(evaluate(part, names))).collect();
            decided(&values, true)
        }
        ExpressionKind::Choice(parts) => {
            let chosen = if truth(evaluate(&parts[0], names))? {
                &parts[1]
            } else {
                &parts[2]
            };
            evaluate(chosen, names)
        }
        ExpressionKind::Binary(operator, sides) => {
            let left = evaluate(&sides[0], names)?;
            binary(*operator, left, evaluate(&sides[1], names)?)
        }
        ExpressionKind::List(items) => items
            .iter()
            .map(|item| evaluate(item, names))
            .collect::<Result<_, _>>()
            .map(Model::List),
        ExpressionKind::Map(entries) => {
            let mut map = BTreeMap::new();
            let mut twice = false;
            for (key, value) in entries {
                let Model::String(key) = evaluate(key, names)? else {
                    panic!("a key is no string")
                };
                twice |= map.insert(key, evaluate(value, names)?).is_some();
            }
            if twice {
                Err(FaultKind::DuplicateKey)
            } else {
                Ok(Model::Map(map))
            }
        }
        ExpressionKind::Loop(each) => looping(each, names),
    }
}

fn truth(value: Modelled) -> Result<bool, FaultKind> {
    match value? {
        Model::Bool(value) => Ok(value),
        other => panic!("{other:?} is no bool"),
    }
}

/// `&&` when `false` decides, `||` when `true` does: if one of the values decides, whatever the others are, errors included;
/// otherwise the first error counts.
fn decided(values: &[Result<bool, FaultKind>], decides: bool) -> Modelled {
    let fault = values.iter().find_map(|value| value.err());
    match fault {
        _ if values.contains(&Ok(decides)) => Ok(Model::Bool(decides)),
        Some(fault) => Err(fault),
        None => Ok(Model::Bool(!decides)),
    }
}

fn int(value: i128) -> Modelled {
    i64::try_from(value)
        .map(Model::Int)
        .map_err(|_| FaultKind::Overflow)
}

fn moment(nanos: i128) -> Modelled {
    let (first, last) = (-62_135_596_800 * SECOND, 253_402_207_200 * SECOND + SECOND - 1);
    if (first..=last).contains(&nanos) {
        Ok(Model::Moment(nanos))
    } else {
        Err(FaultKind::Overflow)
    }
}

fn span(nanos: i128) -> Modelled {
    if nanos.abs() <= 315_576_000_000 * SECOND {
        Ok(Model::Span(nanos))
    } else {
        Err(FaultKind::Overflow)
    }
}

fn binary(operator: Operator, left: Model, right: Model) -> Modelled {
    let holds = |test: fn(Ordering) -> bool| {
        let ordering = match (&left, &right) {
            (Model::Bool(left), Model::Bool(right)) => Some(left.cmp(right)),
            (Model::Int(left), Model::Int(right)) => Some(left.cmp(right)),
            (Model::Double(left), Model::Double(right)) => left.partial_cmp(right),
            (Model::String(left), Model::String(right)) => Some(left.cmp(right)),
            (Model::Moment(left), Model::Moment(right)) | (Model::Span(left), Model::Span(right)) => {
                Some(left.cmp(right))
            }
            other => panic!("no order: {other:?}"),
        };
        Ok(Model::Bool(ordering.is_some_and(test)))
    };
    match operator {
        Operator::Equal => return Ok(Model::Bool(equal(&left, &right))),
        Operator::NotEqual => return Ok(Model::Bool(!equal(&left, &right))),
        Operator::Less => return holds(Ordering::is_lt),
        Operator::LessOrEqual => return holds(Ordering::is_le),
        Operator::Greater => return holds(Ordering::is_gt),
        Operator::GreaterOrEqual => return holds(Ordering::is_ge),
        _ => {}
    }
    match (operator, left, right) {
        (Operator::In, element, Model::List(items)) => {
            Ok(Model::Bool(items.iter().any(|item| equal(&element, item))))
        }
        (Operator::In, Model::String(key), Model::Map(entries)) => {
            Ok(Model::Bool(entries.contains_key(&key)))
        }
        (Operator::Divide | Operator::Remainder, Model::Int(_), Model::Int(0)) => {
            Err(FaultKind::DivisionByZero)
        }
        // The quotient is no int, and CEL does not give the remainder either.
        (Operator::Remainder, Model::Int(i64::MIN), Model::Int(-1)) => Err(FaultKind::Overflow),
        (operator, Model::Int(left), Model::Int(right)) => {
            let (left, right) = (i128::from(left), i128::from(right));
            int(match operator {
                Operator::Add => left + right,
                Operator::Subtract => left - right,
                Operator::Multiply => left * right,
                Operator::Divide => left / right,
                _ => left % right,
            })
        }
        (operator, Model::Double(left), Model::Double(right)) => Ok(Model::Double(match operator {
            Operator::Add => left + right,
            Operator::Subtract => left - right,
            Operator::Multiply => left * right,
            _ => left / right,
        })),
        (_, Model::String(left), Model::String(right)) => Ok(Model::String(format!("{left}{right}"))),
        (_, Model::List(left), Model::List(right)) => Ok(Model::List([left, right].concat())),
        (Operator::Add, Model::Moment(nanos), Model::Span(by)) => moment(nanos + by),
        (Operator::Subtract, Model::Moment(nanos), Model::Span(by)) => moment(nanos - by),
        (Operator::Add, Model::Span(left), Model::Span(right)) => span(left + right),
        (_, Model::Moment(left), Model::Moment(right)) | (_, Model::Span(left), Model::Span(right)) => {
            span(left - right)
        }
        other => panic!("no such operation: {other:?}"),
    }
}

fn equal(left: &Model, right: &Model) -> bool {
    match (left, right) {
        (Model::Bool(left), Model::Bool(right)) => left == right,
        (Model::Int(left), Model::Int(right)) => left == right,
        (Model::Double(left), Model::Double(right)) => left.partial_cmp(right) == Some(Ordering::Equal),
        (Model::String(left), Model::String(right)) => left == right,
        (Model::Moment(left), Model::Moment(right)) | (Model::Span(left), Model::Span(right)) => {
            left == right
        }
        (Model::List(left), Model::List(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Model::Map(left), Model::Map(right)) | (Model::Record(left), Model::Record(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, value)| right.get(key).is_some_and(|other| equal(value, other)))
        }
        other => panic!("not comparable: {other:?}"),
    }
}

fn looping(each: &Loop, names: &mut Names) -> Modelled {
    let elements = match evaluate(&each.range, names)? {
        Model::List(items) => items,
        Model::Map(entries) => entries.into_keys().map(Model::String).collect(),
        other => panic!("no loop through {other:?}"),
    };
    let mut with = |part: &Expression, element: &Model| {
        names.push((each.variable.text.clone(), element.clone()));
        let value = evaluate(part, names);
        names.pop();
        value
    };
    match each.kind {
        LoopKind::All => {
            let values: Vec<_> = elements
                .iter()
                .map(|element| truth(with(&each.body, element)))
                .collect();
            decided(&values, false)
        }
        LoopKind::Exists => {
            let values: Vec<_> = elements
                .iter()
                .map(|element| truth(with(&each.body, element)))
                .collect();
            decided(&values, true)
        }
        LoopKind::ExistsOne => {
            let values: Result<Vec<_>, _> = elements
                .iter()
                .map(|element| truth(with(&each.body, element)))
                .collect();
            Ok(Model::Bool(
                values?.into_iter().filter(|value| *value).count() == 1,
            ))
        }
        LoopKind::Filter => {
            let mut taken = Vec::new();
            for element in elements {
                if truth(with(&each.body, &element))? {
                    taken.push(element);
                }
            }
            Ok(Model::List(taken))
        }
        LoopKind::Map => {
            let mut made = Vec::new();
            for element in elements {
                let taken = match &each.condition {
                    Some(condition) => truth(with(condition, &element))?,
                    None => true,
                };
                if taken {
                    made.push(with(&each.body, &element)?);
                }
            }
            Ok(Model::List(made))
        }
    }
}

fn function(call: &Call, names: &mut Names) -> Modelled {
    if let Some(ExpressionKind::Name(space)) = call.receiver.as_ref().map(|receiver| &receiver.kind)
        && space == "math"
    {
        let arguments = arguments(&call.arguments, names)?;
        let [Model::Int(left), Model::Int(right)] = arguments[..] else {
            panic!("math of {arguments:?}")
        };
        return Ok(Model::Int(
            if (call.function.text == "greatest") == (left > right) {
                left
            } else {
                right
            },
        ));
    }
    let all: Vec<_> = call.receiver.iter().chain(&call.arguments).cloned().collect();
    let arguments = arguments(&all, names)?;
    match (call.function.text.as_str(), arguments.as_slice()) {
        ("size", [Model::String(text)]) => int(text.chars().count() as i128),
        ("size", [Model::List(items)]) => int(items.len() as i128),
        ("size", [Model::Map(entries)]) => int(entries.len() as i128),
        ("contains", [Model::String(text), Model::String(part)]) => {
            Ok(Model::Bool(text.contains(part.as_str())))
        }
        ("startsWith", [Model::String(text), Model::String(part)]) => {
            Ok(Model::Bool(text.starts_with(part.as_str())))
        }
        ("endsWith", [Model::String(text), Model::String(part)]) => {
            Ok(Model::Bool(text.ends_with(part.as_str())))
        }
        ("int" | "double" | "string", [value]) => convert(&call.function.text, value),
        ("timestamp", [Model::Int(seconds)]) => {
            moment(i128::from(*seconds) * SECOND).map_err(|_| FaultKind::NotConvertible)
        }
        ("timestamp", [Model::String(_)]) => Ok(Model::Moment((1_775_003_400 * SECOND) + SECOND / 4)),
        ("duration", [Model::String(text)]) => Ok(Model::Span(if text == "90m" {
            5_400 * SECOND
        } else {
            -3 * SECOND / 2
        })),
        ("sum", [Model::List(items)]) => {
            // As long as it is summed from the front, an overflow on the way is one.
            let mut sum = 0_i64;
            for item in items {
                let Model::Int(value) = item else {
                    panic!("sum of {item:?}")
                };
                sum = sum.checked_add(*value).ok_or(FaultKind::Function)?;
            }
            Ok(Model::Int(sum))
        }
        (part, [Model::Span(nanos)]) => int(match part {
            "getHours" => nanos / (3_600 * SECOND),
            "getMinutes" => nanos / (60 * SECOND),
            "getSeconds" => nanos / SECOND,
            _ => nanos % SECOND / 1_000_000,
        }),
        (part, [Model::Moment(nanos), zone @ ..]) => int(clock(part, *nanos, zone)),
        other => panic!("no function {other:?}"),
    }
}

fn arguments(expressions: &[Expression], names: &mut Names) -> Result<Vec<Model>, FaultKind> {
    expressions
        .iter()
        .map(|argument| evaluate(argument, names))
        .collect()
}

fn convert(to: &str, value: &Model) -> Modelled {
    let refused = Err(FaultKind::NotConvertible);
    match (to, value) {
        ("int", Model::Int(_)) | ("double", Model::Double(_)) | ("string", Model::String(_)) => {
            Ok(value.clone())
        }
        #[allow(
            clippy::cast_possible_truncation,
            reason = "the doubles that are cast are within the ints"
        )]
        ("int", Model::Double(value)) if value.abs() < 2.0_f64.powi(63) => {
            Ok(Model::Int(value.trunc() as i64))
        }
        ("int", Model::Double(_)) => refused,
        ("int", Model::String(text)) => text.parse().map(Model::Int).or(refused),
        ("int", Model::Moment(nanos)) => int(nanos.div_euclid(SECOND)),
        #[allow(clippy::cast_precision_loss, reason = "as the conversion is defined")]
        ("double", Model::Int(value)) => Ok(Model::Double(*value as f64)),
        ("double", Model::String(text)) => text.parse().map(Model::Double).or(refused),
        ("string", Model::Bool(value)) => Ok(Model::String(value.to_string())),
        ("string", Model::Int(value)) => Ok(Model::String(value.to_string())),
        other => panic!("no conversion: {other:?}"),
    }
}

/// A part of the time of day, or the day of the week, some hours and minutes from UTC.
fn clock(part: &str, nanos: i128, zone: &[Model]) -> i128 {
    let minutes = match zone {
        [] => 0,
        [Model::String(zone)] if zone == "UTC" => 0,
        [Model::String(zone)] if zone == "+08:00" => 480,
        [Model::String(zone)] if zone == "-03:30" => -210,
        other => panic!("no zone: {other:?}"),
    };
    let local = nanos + minutes * 60 * SECOND;
    let day = 86_400 * SECOND;
    match part {
        "getHours" => local.rem_euclid(day) / (3_600 * SECOND),
        "getMinutes" => local.rem_euclid(3_600 * SECOND) / (60 * SECOND),
        "getSeconds" => local.rem_euclid(60 * SECOND) / SECOND,
        "getMilliseconds" => local.rem_euclid(SECOND) / 1_000_000,
        // 1 January 1970 was a Thursday.
        "getDayOfWeek" => (local.div_euclid(day) + 4).rem_euclid(7),
        other => panic!("no part {other}"),
    }
}
