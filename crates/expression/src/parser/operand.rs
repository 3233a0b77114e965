//! What stands between operators: signs, literals, names, calls, fields, lists, maps and loops.

use super::{Parsed, Parser};
use crate::{
    lexer::TokenKind,
    literal,
    position::Span,
    problem::{Finding, ProblemKind},
    syntax::{Call, Expression, ExpressionKind, Literal, Loop, LoopKind, Name, RESERVED},
};

const OPERAND: &str = "a value, a name or a bracket";

impl Parser<'_> {
    /// An operand with the signs `!` and `-` before it.
    pub(super) fn sign(&mut self) -> Parsed<Expression> {
        let sign = self.peek();
        match sign.kind {
            TokenKind::Symbol("!") => {
                self.next += 1;
                let of = self.deeper(Self::sign)?;
                let at = self.since(sign.at);
                self.node(ExpressionKind::Not(Box::new(of)), at)
            }
            TokenKind::Symbol("-") => {
                self.next += 1;
                if let Some(number) = self.negative_number(sign.at)? {
                    return Ok(number);
                }
                let of = self.deeper(Self::sign)?;
                let at = self.since(sign.at);
                self.node(ExpressionKind::Negate(Box::new(of)), at)
            }
            _ => self.member(),
        }
    }

    /// A number directly after a minus, when nothing is asked of it: `-5` is one value, so that the smallest int can be
    /// written.
    fn negative_number(&mut self, minus: Span) -> Parsed<Option<Expression>> {
        let number = self.peek();
        let kind = number.kind;
        let asked = matches!(self.peek_after(1).kind, TokenKind::Symbol("." | "["));
        if asked || !matches!(kind, TokenKind::Int | TokenKind::Double) {
            return Ok(None);
        }
        self.next += 1;
        let written = self.written(number);
        let at = minus.to(number.at);
        let literal = if kind == TokenKind::Int {
            Literal::Int(literal::int(written, true, at)?)
        } else {
            Literal::Double(-literal::double(written, at)?)
        };
        self.node(ExpressionKind::Literal(literal), at).map(Some)
    }

    /// An operand with fields, calls and indexes after it.
    fn member(&mut self) -> Parsed<Expression> {
        let start = self.peek().at;
        let mut of = self.primary()?;
        loop {
            if self.take_symbol(".") {
                of = self.after_dot(of, start)?;
            } else if self.take_symbol("[") {
                if self.at_symbol("?") {
                    return Err(self.unexpected("an index"));
                }
                let index = self.expression()?;
                self.expect_symbol("]", "an operator or `]`")?;
                let at = self.since(start);
                of = self.node(ExpressionKind::Index(Box::new(of), Box::new(index)), at)?;
            } else if self.at_symbol("{") {
                let at = self.peek().at;
                return Err(
                    Finding::new(ProblemKind::Syntax, at, "records are not made in expressions")
                        .hint("write an operator before `{` if a map is meant"),
                );
            } else {
                return Ok(of);
            }
        }
    }

    fn after_dot(&mut self, of: Expression, start: Span) -> Parsed<Expression> {
        let token = self.peek();
        if token.kind != TokenKind::Name {
            return Err(self.unexpected("the name of a field or function"));
        }
        self.next += 1;
        let name = Name {
            text: self.written(token).to_owned(),
            at: token.at,
        };
        if !self.take_symbol("(") {
            let at = self.since(start);
            return self.node(ExpressionKind::Select(Box::new(of), name), at);
        }
        let arguments = self.items(")")?;
        let at = self.since(start);
        if let Some(kind) = LoopKind::ALL.into_iter().find(|kind| kind.name() == name.text) {
            return self.looping(kind, of, &name, arguments, at);
        }
        let call = Call {
            function: name,
            receiver: Some(of),
            arguments,
        };
        self.node(ExpressionKind::Call(Box::new(call)), at)
    }

    /// `range.kind(variable, …)`.
    fn looping(
        &mut self,
        kind: LoopKind,
        range: Expression,
        name: &Name,
        arguments: Vec<Expression>,
        at: Span,
    ) -> Parsed<Expression> {
        let mut arguments = arguments.into_iter();
        let given = [
            arguments.next(),
            arguments.next(),
            arguments.next(),
            arguments.next(),
        ];
        let (variable, condition, body) = match given {
            [Some(variable), Some(body), None, None] => (variable, None, body),
            [Some(variable), Some(condition), Some(body), None] if kind == LoopKind::Map => {
                (variable, Some(condition), body)
            }
            _ => return Err(loop_shape(kind, name.at)),
        };
        let ExpressionKind::Name(text) = variable.kind else {
            return Err(loop_shape(kind, variable.at));
        };
        let variable = Name {
            text,
            at: variable.at,
        };
        self.node(
            ExpressionKind::Loop(Box::new(Loop {
                kind,
                range,
                variable,
                condition,
                body,
            })),
            at,
        )
    }

    /// What begins an operand.
    fn primary(&mut self) -> Parsed<Expression> {
        let token = self.peek();
        let written = self.written(token);
        let literal = match token.kind {
            TokenKind::Int => Literal::Int(literal::int(written, false, token.at)?),
            TokenKind::Double => Literal::Double(literal::double(written, token.at)?),
            TokenKind::String => Literal::String(literal::string(written, token.at)?),
            TokenKind::Name => match written {
                "true" => Literal::Bool(true),
                "false" => Literal::Bool(false),
                _ => return self.name(),
            },
            TokenKind::Symbol(_) => return self.bracket(),
            TokenKind::End => return Err(self.unexpected(OPERAND)),
        };
        self.next += 1;
        self.node(ExpressionKind::Literal(literal), token.at)
    }

    fn name(&mut self) -> Parsed<Expression> {
        let token = self.peek();
        let written = self.written(token);
        if written == "null" {
            return Err(
                Finding::new(ProblemKind::Syntax, token.at, "there is no null here")
                    .hint("ask whether an optional field has a value with `has(record.field)`"),
            );
        }
        if RESERVED.contains(&written) {
            return Err(self.unexpected(OPERAND));
        }
        self.next += 1;
        let name = Name {
            text: written.to_owned(),
            at: token.at,
        };
        if !self.take_symbol("(") {
            return self.node(ExpressionKind::Name(name.text), token.at);
        }
        let arguments = self.items(")")?;
        let at = self.since(token.at);
        if name.text == "has" {
            return self.has(arguments, at);
        }
        let call = Call {
            function: name,
            receiver: None,
            arguments,
        };
        self.node(ExpressionKind::Call(Box::new(call)), at)
    }

    fn has(&mut self, arguments: Vec<Expression>, at: Span) -> Parsed<Expression> {
        let mut arguments = arguments.into_iter();
        if let (
            Some(Expression {
                kind: ExpressionKind::Select(of, field),
                ..
            }),
            None,
        ) = (arguments.next(), arguments.next())
        {
            return self.node(ExpressionKind::Has(of, field), at);
        }
        Err(Finding::new(ProblemKind::Syntax, at, "`has` asks for one field")
            .hint("write `has(record.field)`; for a key of a map `'key' in map`"))
    }

    fn bracket(&mut self) -> Parsed<Expression> {
        let start = self.peek().at;
        if self.take_symbol("(") {
            let inner = self.expression()?;
            self.expect_symbol(")", "an operator or `)`")?;
            return Ok(inner);
        }
        if self.take_symbol("[") {
            let items = self.items("]")?;
            return self.node(ExpressionKind::List(items), self.since(start));
        }
        if self.take_symbol("{") {
            return self.map(start);
        }
        Err(self.unexpected(OPERAND))
    }

    fn map(&mut self, start: Span) -> Parsed<Expression> {
        let mut entries = Vec::new();
        loop {
            if self.at_symbol("}") {
                self.next += 1;
                return self.node(ExpressionKind::Map(entries), self.since(start));
            }
            let key = self.expression()?;
            self.expect_symbol(":", "`:` and the value of this key")?;
            entries.push((key, self.expression()?));
            if !self.take_symbol(",") && !self.at_symbol("}") {
                return Err(self.unexpected("an operator, `,` or `}`"));
            }
        }
    }

    /// Expressions up to the closing bracket. A comma after the last one is allowed in lists.
    fn items(&mut self, close: &str) -> Parsed<Vec<Expression>> {
        let mut items = Vec::new();
        loop {
            if self.at_symbol(close) && (close == "]" || items.is_empty()) {
                self.next += 1;
                return Ok(items);
            }
            items.push(self.expression()?);
            if !self.take_symbol(",") {
                self.expect_symbol(close, &format!("an operator, `,` or `{close}`"))?;
                return Ok(items);
            }
        }
    }
}

fn loop_shape(kind: LoopKind, at: Span) -> Finding {
    let name = kind.name();
    let (takes, example) = match kind {
        LoopKind::Map => (
            "a name, maybe a condition, and what to make of each element",
            "item.price * 2",
        ),
        _ => ("a name and a condition", "item.price > 100"),
    };
    Finding::new(ProblemKind::Syntax, at, format!("`{name}` takes {takes}"))
        .hint(format!("write it like `items.{name}(item, {example})`"))
}
