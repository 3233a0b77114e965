//! Expressions into text, with the brackets that are needed and no others: what is printed reads as the same again.

use std::fmt::{self, Display, Formatter, Write};

use crate::syntax::{Expression, ExpressionKind, Literal, Operator, binding};

impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExpressionKind::Literal(literal) => literal.fmt(f),
            ExpressionKind::Name(name) => f.write_str(name),
            ExpressionKind::Select(of, field) => write!(f, "{}.{}", Operand(of, binding::MEMBER), field.text),
            ExpressionKind::Has(of, field) => {
                write!(f, "has({}.{})", Operand(of, binding::MEMBER), field.text)
            }
            ExpressionKind::Index(of, index) => write!(f, "{}[{index}]", Operand(of, binding::MEMBER)),
            ExpressionKind::Call(call) => {
                if let Some(receiver) = &call.receiver {
                    write!(f, "{}.", Operand(receiver, binding::MEMBER))?;
                }
                write!(f, "{}(", call.function.text)?;
                separated(f, &call.arguments, ", ", binding::CHOICE)?;
                f.write_char(')')
            }
            ExpressionKind::Not(of) => write!(f, "!{}", Operand(of, binding::SIGN)),
            // `-5` would read as a number.
            ExpressionKind::Negate(of) => match of.kind {
                ExpressionKind::Literal(Literal::Int(_) | Literal::Double(_)) => write!(f, "-({of})"),
                _ => write!(f, "-{}", Operand(of, binding::SIGN)),
            },
            ExpressionKind::Every(parts) => separated(f, parts, " && ", binding::EVERY + 1),
            ExpressionKind::Any(parts) => separated(f, parts, " || ", binding::ANY + 1),
            ExpressionKind::Choice(parts) => {
                let [condition, yes, no] = parts.as_ref();
                let (condition, yes) = (Operand(condition, binding::ANY), Operand(yes, binding::ANY));
                write!(f, "{condition} ? {yes} : {no}")
            }
            ExpressionKind::Binary(operator, sides) => binary(f, *operator, sides),
            ExpressionKind::List(items) => {
                f.write_char('[')?;
                separated(f, items, ", ", binding::CHOICE)?;
                f.write_char(']')
            }
            ExpressionKind::Map(entries) => {
                f.write_char('{')?;
                for (index, (key, value)) in entries.iter().enumerate() {
                    write!(f, "{}{key}: {value}", if index > 0 { ", " } else { "" })?;
                }
                f.write_char('}')
            }
            ExpressionKind::Loop(each) => {
                let (range, kind) = (Operand(&each.range, binding::MEMBER), each.kind.name());
                write!(f, "{range}.{kind}({}, ", each.variable.text)?;
                if let Some(condition) = &each.condition {
                    write!(f, "{condition}, ")?;
                }
                write!(f, "{})", each.body)
            }
        }
    }
}

fn binary(f: &mut Formatter<'_>, operator: Operator, sides: &[Expression; 2]) -> fmt::Result {
    let [left, right] = sides;
    let strength = operator.binding();
    write!(
        f,
        "{} {} {}",
        Operand(left, strength),
        operator.symbol(),
        Operand(right, strength + 1)
    )
}

fn separated(f: &mut Formatter<'_>, parts: &[Expression], separator: &str, strength: u8) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        Operand(part, strength).fmt(f)?;
    }
    Ok(())
}

/// An expression where something that binds at least as strongly is needed: in brackets if it does not.
struct Operand<'e>(&'e Expression, u8);

impl Display for Operand<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(expression, needed) = self;
        let strength = match &expression.kind {
            ExpressionKind::Choice(_) => binding::CHOICE,
            ExpressionKind::Any(_) => binding::ANY,
            ExpressionKind::Every(_) => binding::EVERY,
            ExpressionKind::Binary(operator, _) => operator.binding(),
            ExpressionKind::Not(_) | ExpressionKind::Negate(_) => binding::SIGN,
            ExpressionKind::Literal(Literal::Int(value)) if *value < 0 => binding::SIGN,
            ExpressionKind::Literal(Literal::Double(value)) if value.is_sign_negative() => binding::SIGN,
            _ => binding::MEMBER,
        };
        if strength < *needed {
            write!(f, "({expression})")
        } else {
            write!(f, "{expression}")
        }
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            // With the point or the exponent that makes it a double.
            Self::Double(value) => write!(f, "{value:?}"),
            Self::String(value) => write_quoted(f, value),
        }
    }
}

/// The string as a literal in single quotes.
fn write_quoted(f: &mut Formatter<'_>, value: &str) -> fmt::Result {
    f.write_char('\'')?;
    for character in value.chars() {
        match character {
            '\'' => f.write_str("\\'")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            control if control.is_control() => write!(f, "\\u{:04x}", u32::from(control))?,
            other => f.write_char(other)?,
        }
    }
    f.write_char('\'')
}
