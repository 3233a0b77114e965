//! Types and names: an [`Expression`] into a [`Typed`] one, or the problems that are in the way.
//!
//! A part that has a problem has no type, and what stands around it is silent about it: each mistake is told once, and
//! several in one go.

mod call;
mod looping;
mod member;
mod operator;

use crate::{
    limits::MAX_LIST_LENGTH,
    position::Span,
    problem::{Finding, ProblemKind},
    schema::Schema,
    syntax::{Expression, ExpressionKind, Literal},
    typed::{Constant, Form, Typed},
    types::{KEY, Kind, Type},
};

/// Checks an expression that was read from the text.
pub(crate) fn check(
    expression: &Expression,
    text: &str,
    schema: &Schema,
    wanted: &[Kind],
) -> Result<Typed, Vec<Finding>> {
    let mut checker = Checker {
        text,
        schema,
        scope: Vec::new(),
        findings: Vec::new(),
    };
    let typed = checker.check(expression, None);
    if let Some(typed) = typed.as_ref().filter(|typed| !wanted.contains(&typed.of.kind())) {
        checker.findings.push(unwanted(typed, text, wanted));
    }
    match typed {
        Some(typed) if checker.findings.is_empty() => Ok(typed),
        _ => Err(checker.findings),
    }
}

/// The whole expression gives something else than its place needs.
fn unwanted(typed: &Typed, text: &str, wanted: &[Kind]) -> Finding {
    let names: Vec<_> = wanted.iter().map(ToString::to_string).collect();
    let message = format!("the result must be {}; this is {}", names.join(" or "), typed.of);
    let hint = match (typed.of.kind(), wanted) {
        (Kind::Int, [Kind::Double]) => Some(format!("convert it: `double({})`", shown(text, typed.at))),
        (Kind::Double, [Kind::Int]) => Some(format!(
            "convert it: `int(math.round({}))`",
            shown(text, typed.at)
        )),
        (Kind::Bool, _) if wanted.contains(&Kind::Int) => {
            Some("choose numbers by it: `condition ? 1 : 0`".to_owned())
        }
        (_, [Kind::Bool]) => Some("compare it with something, to have a condition".to_owned()),
        _ => None,
    };
    Finding::new(ProblemKind::Type, typed.at, message).maybe_hint(hint)
}

/// The text at a place for a message, shortened in the middle of long ones.
fn shown(text: &str, at: Span) -> String {
    let written = at.of(text);
    let count = written.chars().count();
    if count <= 60 {
        return written.to_owned();
    }
    let start: String = written.chars().take(40).collect();
    let end: String = written.chars().skip(count - 15).collect();
    format!("{} … {}", start.trim_end(), end.trim_start())
}

struct Checker<'c> {
    text: &'c str,
    schema: &'c Schema,
    /// The elements of the loops around what is checked, outermost first.
    scope: Vec<(&'c str, Type)>,
    findings: Vec<Finding>,
}

impl<'c> Checker<'c> {
    fn refuse(&mut self, finding: Finding) -> Option<Typed> {
        self.findings.push(finding);
        None
    }

    /// The type of an expression; `expected` is what an empty list or map would have to be.
    fn check(&mut self, expression: &'c Expression, expected: Option<&Type>) -> Option<Typed> {
        let at = expression.at;
        match &expression.kind {
            ExpressionKind::Literal(literal) => Some(constant(literal, at)),
            ExpressionKind::Name(name) => self.name(name, at),
            ExpressionKind::Select(of, field) => self.select(of, field, at),
            ExpressionKind::Has(of, field) => self.has(of, field, at),
            ExpressionKind::Index(of, index) => self.index(of, index, at),
            ExpressionKind::Call(call) => self.call(call, at),
            ExpressionKind::Not(of) => self.not(of, at),
            ExpressionKind::Negate(of) => self.negate(of, at),
            ExpressionKind::Every(parts) => {
                let parts = self.conditions(parts, "&&")?;
                Some(Typed {
                    of: Type::Bool,
                    at,
                    form: Form::Every(parts),
                })
            }
            ExpressionKind::Any(parts) => {
                let parts = self.conditions(parts, "||")?;
                Some(Typed {
                    of: Type::Bool,
                    at,
                    form: Form::Any(parts),
                })
            }
            ExpressionKind::Choice(parts) => self.choice(parts, at, expected),
            ExpressionKind::Binary(operator, sides) => self.binary(*operator, sides, at),
            ExpressionKind::List(items) => self.list(items, at, expected),
            ExpressionKind::Map(entries) => self.map(entries, at, expected),
            ExpressionKind::Loop(each) => self.looping(each, at),
        }
    }

    fn list(&mut self, items: &'c [Expression], at: Span, expected: Option<&Type>) -> Option<Typed> {
        let inner = match expected {
            Some(Type::List { of, .. }) => Some(of.as_ref().clone()),
            _ => None,
        };
        let (of, items) = self.of_one_type(items, inner, at, "list")?;
        let at_most = u32::try_from(items.len()).unwrap_or(MAX_LIST_LENGTH);
        Some(Typed {
            of: Type::list(of, at_most),
            at,
            form: Form::List(items),
        })
    }

    fn map(
        &mut self,
        entries: &'c [(Expression, Expression)],
        at: Span,
        expected: Option<&Type>,
    ) -> Option<Typed> {
        let inner = match expected {
            Some(Type::Map { of, .. }) => Some(of.as_ref().clone()),
            _ => None,
        };
        let keys: Vec<_> = entries.iter().map(|(key, _)| self.key(key)).collect();
        let (of, values) = self.of_one_type(entries.iter().map(|(_, value)| value), inner, at, "map")?;
        let keys: Vec<_> = keys.into_iter().collect::<Option<_>>()?;
        let at_most = u32::try_from(values.len()).unwrap_or(MAX_LIST_LENGTH);
        let entries = keys.into_iter().zip(values).collect();
        Some(Typed {
            of: Type::map(of, at_most),
            at,
            form: Form::Map(entries),
        })
    }

    /// A key of a map that is written out or asked for.
    fn key(&mut self, key: &'c Expression) -> Option<Typed> {
        let typed = self.check(key, None)?;
        match typed.of {
            Type::String { at_most } if KEY.holds_string(at_most) => Some(typed),
            Type::String { .. } => self.refuse(
                Finding::new(
                    ProblemKind::Limit,
                    key.at,
                    "this key may be longer than keys of maps can be",
                )
                .hint("keys have at most 256 bytes"),
            ),
            ref of => {
                let message = format!("the keys of maps are strings; this is {of}");
                let hint = format!("write `string({})`", shown(self.text, key.at));
                self.refuse(Finding::new(ProblemKind::Type, key.at, message).hint(hint))
            }
        }
    }

    /// Items that have to be of one type, and that type; `expected` when there are none.
    fn of_one_type(
        &mut self,
        items: impl IntoIterator<Item = &'c Expression>,
        expected: Option<Type>,
        at: Span,
        what: &str,
    ) -> Option<(Type, Vec<Typed>)> {
        let items: Vec<_> = items.into_iter().collect();
        if items.is_empty() && expected.is_none() {
            let message = format!("what an empty {what} would hold is not known here");
            self.findings.push(
                Finding::new(ProblemKind::Type, at, message).hint("ask for its size with `size(…) == 0`"),
            );
            return None;
        }
        let mut of = expected;
        let mut checked = Vec::with_capacity(items.len());
        let mut complete = true;
        for item in items {
            let Some(typed) = self.check(item, of.as_ref()) else {
                complete = false;
                continue;
            };
            match &of {
                // What is expected says the type, and only the items say how large they are.
                Some(known) if checked.is_empty() && known.same(&typed.of) => of = Some(typed.of.clone()),
                Some(known) if known.same(&typed.of) => of = Some(known.wider(&typed.of)),
                Some(known) if !checked.is_empty() => {
                    let message = format!(
                        "a {what} holds values of one type; before this one {known}, here {}",
                        typed.of
                    );
                    let finding = Finding::new(ProblemKind::Type, typed.at, message);
                    let hint = conversion(known.kind(), &typed, self.text);
                    self.findings.push(finding.maybe_hint(hint));
                    complete = false;
                }
                _ => of = Some(typed.of.clone()),
            }
            checked.push(typed);
        }
        of.filter(|_| complete).map(|of| (of, checked))
    }
}

fn constant(literal: &Literal, at: Span) -> Typed {
    let (of, constant) = match literal {
        Literal::Bool(value) => (Type::Bool, Constant::Bool(*value)),
        Literal::Int(value) => (Type::Int, Constant::Int(*value)),
        Literal::Double(value) => (Type::Double, Constant::Double(*value)),
        Literal::String(value) => {
            let at_most = u32::try_from(value.len()).unwrap_or(u32::MAX);
            (Type::string(at_most), Constant::String(value.as_str().into()))
        }
    };
    Typed {
        of,
        at,
        form: Form::Constant(constant),
    }
}

/// How to make a value of the wanted kind out of an expression, when there is a way.
fn conversion(wanted: Kind, typed: &Typed, text: &str) -> Option<String> {
    let written = shown(text, typed.at);
    match (wanted, typed.of.kind(), &typed.form) {
        (Kind::Double, Kind::Int, Form::Constant(Constant::Int(value))) => Some(format!("write `{value}.0`")),
        (Kind::Double, Kind::Int, _) => Some(format!("write `double({written})`")),
        (Kind::Int, Kind::Double, _) => Some(format!("write `int(math.round({written}))`")),
        (Kind::Int | Kind::Double, Kind::String, _) => {
            Some(format!("write `{wanted}({written})` to read a number in it"))
        }
        (Kind::String, Kind::Int | Kind::Double | Kind::Bool, Form::Constant(_)) => {
            Some(format!("write `'{written}'`"))
        }
        (Kind::String, Kind::Int | Kind::Double | Kind::Bool | Kind::Timestamp | Kind::Duration, _) => {
            Some(format!("write `string({written})`"))
        }
        (Kind::Timestamp, Kind::String, Form::Constant(_)) => {
            Some("write it as `timestamp('2026-04-01T00:00:00+08:00')`".to_owned())
        }
        (Kind::Duration, Kind::String, Form::Constant(_)) => Some(format!("write `duration({written})`")),
        (Kind::Duration, Kind::Int | Kind::Double, _) => Some("write it as `duration('24h')`".to_owned()),
        (Kind::Timestamp, Kind::String | Kind::Int, _) => Some(format!("write `timestamp({written})`")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_characters_are_shown_whole_and_of_more_the_beginning_and_the_end() {
        let text = format!("{}ö{}", "a".repeat(40), "b".repeat(60));
        assert_eq!(
            shown(&text, Span::new(40, 101)),
            format!("ö{}", "b".repeat(59)),
            "60 characters"
        );
        assert_eq!(
            shown(&text, Span::new(39, 101)),
            format!("aö{} … {}", "b".repeat(38), "b".repeat(15)),
            "61 characters"
        );
    }
}
