//! Operators between conditions, numbers, strings, times, lists and maps.

use super::{Checker, conversion, shown};
use crate::{
    limits::{MAX_LIST_LENGTH, MAX_STRING_BYTES},
    position::Span,
    problem::{Finding, ProblemKind},
    syntax::{Expression, ExpressionKind, Operator},
    typed::{Arithmetic, Form, Relation, Typed},
    types::{Kind, Type},
};

/// What becomes of an operator between two expressions.
enum Joined {
    Compared(Relation),
    Calculated(Arithmetic),
    In,
}

fn joined(operator: Operator) -> Joined {
    match operator {
        Operator::Add => Joined::Calculated(Arithmetic::Add),
        Operator::Subtract => Joined::Calculated(Arithmetic::Subtract),
        Operator::Multiply => Joined::Calculated(Arithmetic::Multiply),
        Operator::Divide => Joined::Calculated(Arithmetic::Divide),
        Operator::Remainder => Joined::Calculated(Arithmetic::Remainder),
        Operator::Equal => Joined::Compared(Relation::Equal),
        Operator::NotEqual => Joined::Compared(Relation::NotEqual),
        Operator::Less => Joined::Compared(Relation::Less),
        Operator::LessOrEqual => Joined::Compared(Relation::LessOrEqual),
        Operator::Greater => Joined::Compared(Relation::Greater),
        Operator::GreaterOrEqual => Joined::Compared(Relation::GreaterOrEqual),
        Operator::In => Joined::In,
    }
}

impl<'c> Checker<'c> {
    pub(super) fn not(&mut self, of: &'c Expression, at: Span) -> Option<Typed> {
        let of = self.condition(of, "!")?;
        Some(Typed {
            of: Type::Bool,
            at,
            form: Form::Not(Box::new(of)),
        })
    }

    pub(super) fn negate(&mut self, of: &'c Expression, at: Span) -> Option<Typed> {
        let typed = self.check(of, None)?;
        if matches!(typed.of, Type::Int | Type::Double) {
            return Some(Typed {
                of: typed.of.clone(),
                at,
                form: Form::Negate(Box::new(typed)),
            });
        }
        let message = format!("`-` stands before an int or double; this is {}", typed.of);
        self.refuse(Finding::new(ProblemKind::Type, typed.at, message))
    }

    /// The parts of a chain of `&&` or `||`.
    pub(super) fn conditions(&mut self, parts: &'c [Expression], operator: &str) -> Option<Vec<Typed>> {
        let parts: Vec<_> = parts.iter().map(|part| self.condition(part, operator)).collect();
        parts.into_iter().collect()
    }

    fn condition(&mut self, part: &'c Expression, operator: &str) -> Option<Typed> {
        let typed = self.check(part, None)?;
        if typed.of.kind() == Kind::Bool {
            return Some(typed);
        }
        let message = format!("`{operator}` takes conditions (bool); this is {}", typed.of);
        let written = shown(self.text, typed.at);
        let hint = match typed.of.kind() {
            Kind::Int => format!("compare it, as in `{written} > 0`"),
            Kind::List | Kind::Map => format!("ask for its size, as in `size({written}) > 0`"),
            _ => format!("compare it, as in `{written} == …`"),
        };
        self.refuse(Finding::new(ProblemKind::Type, typed.at, message).hint(hint))
    }

    pub(super) fn choice(
        &mut self,
        parts: &'c [Expression; 3],
        at: Span,
        expected: Option<&Type>,
    ) -> Option<Typed> {
        let [condition, yes, no] = parts;
        let condition = self.condition(condition, "? :");
        let (yes, no) = self.pair(yes, no, expected);
        let (yes, no) = (yes?, no?);
        if !yes.of.same(&no.of) {
            let message = format!(
                "both values of a choice have one type; these are {} and {}",
                yes.of, no.of
            );
            let hint = either_conversion(&yes, &no, self.text);
            return self.refuse(
                Finding::new(ProblemKind::Type, parts[1].at.to(parts[2].at), message).maybe_hint(hint),
            );
        }
        let of = yes.of.wider(&no.of);
        Some(Typed {
            of,
            at,
            form: Form::Choice(Box::new([condition?, yes, no])),
        })
    }

    /// Two expressions that should have one type: what is empty takes the type from the other.
    fn pair(
        &mut self,
        left: &'c Expression,
        right: &'c Expression,
        expected: Option<&Type>,
    ) -> (Option<Typed>, Option<Typed>) {
        if is_empty(left) && expected.is_none() {
            let right = self.check(right, None);
            let left = self.check(left, right.as_ref().map(|right| &right.of));
            return (left, right);
        }
        let left = self.check(left, expected);
        let right = self.check(right, left.as_ref().map(|left| &left.of));
        (left, right)
    }

    pub(super) fn binary(
        &mut self,
        operator: Operator,
        sides: &'c [Expression; 2],
        at: Span,
    ) -> Option<Typed> {
        let [left, right] = sides;
        match joined(operator) {
            Joined::In => self.contained(left, right, at),
            Joined::Compared(relation) => {
                let (left, right) = self.pair(left, right, None);
                self.compared(operator, relation, left?, right?, at)
            }
            Joined::Calculated(arithmetic) => {
                let (left, right) = self.pair(left, right, None);
                self.calculated(operator, arithmetic, left?, right?, at)
            }
        }
    }

    fn compared(
        &mut self,
        operator: Operator,
        relation: Relation,
        left: Typed,
        right: Typed,
        at: Span,
    ) -> Option<Typed> {
        let symbol = operator.symbol();
        if !left.of.same(&right.of) {
            let message = format!(
                "`{symbol}` compares values of one type; these are {} and {}",
                left.of, right.of
            );
            let hint = either_conversion(&left, &right, self.text);
            return self.refuse(Finding::new(ProblemKind::Type, at, message).maybe_hint(hint));
        }
        if !matches!(relation, Relation::Equal | Relation::NotEqual) && !left.of.is_ordered() {
            let message = format!("`{symbol}` needs values that have an order; {} has none", left.of);
            return self.refuse(Finding::new(ProblemKind::Type, at, message));
        }
        Some(Typed {
            of: Type::Bool,
            at,
            form: Form::Compare(relation, Box::new([left, right])),
        })
    }

    /// `left in right`.
    fn contained(&mut self, left: &'c Expression, right: &'c Expression, at: Span) -> Option<Typed> {
        let element = self.check(left, None);
        let expected = element.as_ref().map(|element| Type::list(element.of.clone(), 0));
        let container = self.check(right, expected.as_ref());
        let (element, container) = (element?, container?);
        let form = match &container.of {
            Type::List { of, .. } if of.same(&element.of) => Form::InList(Box::new([element, container])),
            Type::Map { .. } if element.of.kind() == Kind::String => {
                Form::KeyIn(Box::new([element, container]))
            }
            Type::List { of, .. } => {
                let message = format!("the list holds {of}, so that {} is never in it", element.of);
                let hint = conversion(of.kind(), &element, self.text);
                return self.refuse(Finding::new(ProblemKind::Type, element.at, message).maybe_hint(hint));
            }
            Type::Map { .. } => {
                let message = format!(
                    "the keys of maps are strings, so that {} is never one",
                    element.of
                );
                let hint = conversion(Kind::String, &element, self.text);
                return self.refuse(Finding::new(ProblemKind::Type, element.at, message).maybe_hint(hint));
            }
            other => {
                let message = format!("`in` looks into a list or the keys of a map; this is {other}");
                let hint = (other.kind() == Kind::String).then(|| {
                    let (part, whole) = (shown(self.text, element.at), shown(self.text, container.at));
                    format!("write `{whole}.contains({part})`")
                });
                return self.refuse(Finding::new(ProblemKind::Type, container.at, message).maybe_hint(hint));
            }
        };
        Some(Typed {
            of: Type::Bool,
            at,
            form,
        })
    }

    fn calculated(
        &mut self,
        operator: Operator,
        arithmetic: Arithmetic,
        left: Typed,
        right: Typed,
        at: Span,
    ) -> Option<Typed> {
        let of = match (arithmetic, &left.of, &right.of) {
            (_, Type::Int, Type::Int) => Type::Int,
            (
                Arithmetic::Add | Arithmetic::Subtract | Arithmetic::Multiply | Arithmetic::Divide,
                Type::Double,
                Type::Double,
            ) => Type::Double,
            (Arithmetic::Add, Type::String { at_most: first }, Type::String { at_most: second }) => {
                Type::string(self.within(
                    first.saturating_add(*second),
                    MAX_STRING_BYTES,
                    "string",
                    "bytes",
                    at,
                )?)
            }
            (
                Arithmetic::Add,
                Type::List { of, at_most: first },
                Type::List {
                    of: other,
                    at_most: second,
                },
            ) if of.same(other) => {
                let length = self.within(
                    first.saturating_add(*second),
                    MAX_LIST_LENGTH,
                    "list",
                    "elements",
                    at,
                )?;
                Type::list(of.wider(other), length)
            }
            (Arithmetic::Add | Arithmetic::Subtract, Type::Timestamp, Type::Duration)
            | (Arithmetic::Add, Type::Duration, Type::Timestamp) => Type::Timestamp,
            (Arithmetic::Subtract, Type::Timestamp, Type::Timestamp)
            | (Arithmetic::Add | Arithmetic::Subtract, Type::Duration, Type::Duration) => Type::Duration,
            _ => {
                let finding = self.cannot_calculate(operator, arithmetic, &left, &right, at);
                return self.refuse(finding);
            }
        };
        Some(Typed {
            of,
            at,
            form: Form::Arithmetic(arithmetic, Box::new([left, right])),
        })
    }

    /// The size of what is made, when it keeps to the limit.
    fn within(&mut self, size: u32, limit: u32, what: &str, unit: &str, at: Span) -> Option<u32> {
        if size <= limit {
            return Some(size);
        }
        let message = format!("this {what} may have {size} {unit}; at most {limit} are made");
        self.findings.push(Finding::new(ProblemKind::Limit, at, message));
        None
    }

    fn cannot_calculate(
        &self,
        operator: Operator,
        arithmetic: Arithmetic,
        left: &Typed,
        right: &Typed,
        at: Span,
    ) -> Finding {
        let takes = match arithmetic {
            Arithmetic::Add => {
                "ints, doubles, strings, lists of one type, durations, or a timestamp and a duration"
            }
            Arithmetic::Subtract => "ints, doubles, timestamps, durations, or a duration from a timestamp",
            Arithmetic::Multiply | Arithmetic::Divide => "two ints or two doubles",
            Arithmetic::Remainder => "two ints",
        };
        let message = format!(
            "`{}` takes {takes}; these are {} and {}",
            operator.symbol(),
            left.of,
            right.of
        );
        let time = |kind| matches!(kind, Kind::Timestamp | Kind::Duration);
        let hint = if left.of.kind() == Kind::Timestamp && !time(right.of.kind()) {
            conversion(Kind::Duration, right, self.text)
        } else if arithmetic == Arithmetic::Add && left.of.kind() == Kind::String {
            conversion(Kind::String, right, self.text)
        } else if arithmetic == Arithmetic::Add && right.of.kind() == Kind::String {
            conversion(Kind::String, left, self.text)
        } else {
            either_conversion(left, right, self.text)
        };
        Finding::new(ProblemKind::Type, at, message).maybe_hint(hint)
    }
}

/// A list or map that is written out without anything in it.
fn is_empty(expression: &Expression) -> bool {
    match &expression.kind {
        ExpressionKind::List(items) => items.is_empty(),
        ExpressionKind::Map(entries) => entries.is_empty(),
        _ => false,
    }
}

/// How to bring two expressions to one type: to double rather than to int, which loses nothing but what a double cannot
/// hold; and what is written out rather than what is read.
fn either_conversion(left: &Typed, right: &Typed, text: &str) -> Option<String> {
    match (left.of.kind(), right.of.kind()) {
        (Kind::Double, Kind::Int) | (Kind::Timestamp | Kind::Duration, _) => {
            conversion(left.of.kind(), right, text)
        }
        (Kind::Int, Kind::Double) | (_, Kind::Timestamp | Kind::Duration) => {
            conversion(right.of.kind(), left, text)
        }
        (_, Kind::String) if matches!(left.form, Form::Constant(_)) => conversion(Kind::String, left, text),
        (Kind::String, _) if matches!(right.form, Form::Constant(_)) => conversion(Kind::String, right, text),
        _ => conversion(left.of.kind(), right, text).or_else(|| conversion(right.of.kind(), left, text)),
    }
}
