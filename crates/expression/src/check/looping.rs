//! Loops over lists and maps.

use super::{Checker, shown};
use crate::{
    limits::MAX_LOOP_DEPTH,
    position::Span,
    problem::{Finding, ProblemKind},
    syntax::{Expression, Loop, LoopKind},
    typed::{Form, Typed, TypedLoop},
    types::{KEY, Kind, Type},
};

impl<'c> Checker<'c> {
    pub(super) fn looping(&mut self, each: &'c Loop, at: Span) -> Option<Typed> {
        let name = each.kind.name();
        let range = self.check(&each.range, None)?;
        let (element, at_most) = match &range.of {
            Type::List { of, at_most } => (of.as_ref().clone(), *at_most),
            Type::Map { at_most, .. } => (KEY, *at_most),
            other => {
                let message = format!("`{name}` goes through a list or the keys of a map; this is {other}");
                return self.refuse(Finding::new(ProblemKind::Type, each.range.at, message));
            }
        };
        if self.scope.len() >= MAX_LOOP_DEPTH {
            let message = format!("loops are nested more than {MAX_LOOP_DEPTH} deep");
            let finding = Finding::new(ProblemKind::Limit, at, message).hint(
                "`all`, `exists`, `exists_one`, `filter` and `map` are loops; take the innermost apart",
            );
            return self.refuse(finding);
        }
        let slot = self.scope.len();
        self.scope.push((&each.variable.text, element.clone()));
        let condition = each
            .condition
            .as_ref()
            .map(|condition| self.loop_condition(condition, name));
        let body = match each.kind {
            LoopKind::Map => self.check(&each.body, None),
            _ => self.loop_condition(&each.body, name),
        };
        self.scope.pop();
        let condition = match condition {
            Some(condition) => Some(condition?),
            None => None,
        };
        let body = body?;
        let of = match each.kind {
            LoopKind::All | LoopKind::Exists | LoopKind::ExistsOne => Type::Bool,
            LoopKind::Filter => Type::list(element, at_most),
            LoopKind::Map => Type::list(body.of.clone(), at_most),
        };
        let looping = TypedLoop {
            kind: each.kind,
            slot,
            range,
            condition,
            body,
        };
        Some(Typed {
            of,
            at,
            form: Form::Loop(Box::new(looping)),
        })
    }

    fn loop_condition(&mut self, condition: &'c Expression, name: &str) -> Option<Typed> {
        let typed = self.check(condition, None)?;
        if typed.of.kind() == Kind::Bool {
            return Some(typed);
        }
        let message = format!(
            "`{name}` asks a condition (bool) of each element; this is {}",
            typed.of
        );
        let hint = format!("compare it, as in `{} == …`", shown(self.text, typed.at));
        self.refuse(Finding::new(ProblemKind::Type, typed.at, message).hint(hint))
    }
}
