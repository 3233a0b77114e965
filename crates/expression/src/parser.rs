//! Tokens into an [`Expression`], by binding strength (Pratt).
//!
//! The depth is counted on the way down, so that no text can use up the stack, and again as the tree grows, because
//! operators in a row nest to the left without going down.

mod operand;

use crate::{
    lexer::{self, Token, TokenKind},
    limits::{MAX_DEPTH, MAX_PARTS, MAX_TEXT_BYTES},
    position::Span,
    problem::{Finding, ProblemKind, Refusal},
    syntax::{Expression, ExpressionKind, Operator, binding},
};

type Parsed<T> = Result<T, Finding>;

/// Reads an expression without knowing what its names mean.
///
/// Errors: the first place that cannot be read, or the limit that is exceeded.
pub fn parse(text: &str) -> Result<Expression, Refusal> {
    read(text).map_err(|finding| Refusal::of(vec![finding], text))
}

fn read(text: &str) -> Parsed<Expression> {
    if text.len() > MAX_TEXT_BYTES {
        let message = format!(
            "the expression has {} bytes; at most {MAX_TEXT_BYTES} are read",
            text.len()
        );
        return Err(Finding::new(ProblemKind::Limit, Span::NOWHERE, message)
            .hint("split it into several rules, or move its tables of values into the context"));
    }
    let tokens = lexer::tokens(text)?;
    let mut parser = Parser {
        text,
        tokens,
        next: 0,
        depth: 0,
        parts: 0,
    };
    let expression = parser.expression()?;
    match parser.peek().kind {
        TokenKind::End => Ok(expression),
        _ => Err(parser.unexpected("an operator or the end of the expression")),
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    next: usize,
    /// Levels that are open above the next token.
    depth: u16,
    /// Expressions made.
    parts: usize,
}

impl<'t> Parser<'t> {
    /// The next token; at the end always the end.
    fn peek(&self) -> Token {
        self.peek_after(0)
    }

    fn peek_after(&self, tokens: usize) -> Token {
        let end = Token {
            kind: TokenKind::End,
            at: Span::new(self.text.len(), self.text.len()),
        };
        self.tokens.get(self.next + tokens).copied().unwrap_or(end)
    }

    fn at_symbol(&self, symbol: &str) -> bool {
        matches!(self.peek().kind, TokenKind::Symbol(found) if found == symbol)
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let there = self.at_symbol(symbol);
        if there {
            self.next += 1;
        }
        there
    }

    /// Takes the symbol that has to stand here; `wanted` says in words what could.
    fn expect_symbol(&mut self, symbol: &str, wanted: &str) -> Parsed<()> {
        if self.take_symbol(symbol) {
            Ok(())
        } else {
            Err(self.unexpected(wanted))
        }
    }

    /// From a place to the end of the token before the next one: brackets are in it, whose expressions know nothing of
    /// them.
    fn since(&self, start: Span) -> Span {
        let last = self.next.checked_sub(1).and_then(|index| self.tokens.get(index));
        last.map_or(start, |token| start.to(token.at))
    }

    fn written(&self, token: Token) -> &'t str {
        token.at.of(self.text)
    }

    /// The next token cannot stand here.
    fn unexpected(&self, wanted: &str) -> Finding {
        let token = self.peek();
        let written = self.written(token);
        let found = match token.kind {
            TokenKind::End => "the end".to_owned(),
            TokenKind::String => "a string".to_owned(),
            _ => format!("`{written}`"),
        };
        let hint = match written.to_ascii_lowercase().as_str() {
            "and" => Some("\"and\" is written `&&`"),
            "or" => Some("\"or\" is written `||`"),
            "not" => Some("\"not\" is written `!` before what it denies"),
            "if" | "else" | "then" => Some("a choice is written `condition ? value : other value`"),
            "is" | "equals" => Some("equality is written `==`"),
            "?" => Some("a choice within a choice needs brackets"),
            "like" | "matches" => Some("write `text.contains('part')` or `text.matches('pattern')`"),
            ">" if self.text[..usize::from(token.at.start)].ends_with('<') => {
                Some("\"different\" is written `!=`")
            }
            _ => None,
        };
        Finding::new(
            ProblemKind::Syntax,
            token.at,
            format!("expected {wanted}, found {found}"),
        )
        .maybe_hint(hint.map(str::to_owned))
    }

    /// One level further down, as long as there is one.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            return Err(too_deep(self.peek().at));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// A new node over its parts.
    fn node(&mut self, kind: ExpressionKind, at: Span) -> Parsed<Expression> {
        self.parts += 1;
        if self.parts > MAX_PARTS {
            let message = format!("the expression has more than {MAX_PARTS} parts");
            return Err(Finding::new(ProblemKind::Limit, at, message).hint("split it into several rules"));
        }
        let mut node = Expression { kind, at, height: 1 };
        node.height += node.parts().iter().map(|part| part.height).max().unwrap_or(0);
        if node.height > MAX_DEPTH {
            Err(too_deep(at))
        } else {
            Ok(node)
        }
    }

    /// A whole expression: a choice, or what binds more strongly.
    fn expression(&mut self) -> Parsed<Expression> {
        self.deeper(|parser| {
            let start = parser.peek().at;
            let condition = parser.operators(binding::ANY)?;
            if !parser.take_symbol("?") {
                return Ok(condition);
            }
            // A choice within needs brackets, as CEL's grammar has it.
            let yes = parser.deeper(|parser| parser.operators(binding::ANY))?;
            parser.expect_symbol(":", "`:` and the other value of the choice")?;
            let no = parser.expression()?;
            let at = parser.since(start);
            parser.node(ExpressionKind::Choice(Box::new([condition, yes, no])), at)
        })
    }

    /// Operands joined by operators that bind at least as strongly as `lowest`.
    fn operators(&mut self, lowest: u8) -> Parsed<Expression> {
        let start = self.peek().at;
        let mut left = self.sign()?;
        while let Some((joint, strength)) = self.joint().filter(|&(_, strength)| strength >= lowest) {
            self.next += 1;
            let right = self.operators(strength + 1)?;
            let at = self.since(start);
            let kind = match joint {
                Joint::Every => ExpressionKind::Every(chain(left, right, true)),
                Joint::Any => ExpressionKind::Any(chain(left, right, false)),
                Joint::Operator(operator) => ExpressionKind::Binary(operator, Box::new([left, right])),
            };
            left = self.node(kind, at)?;
        }
        Ok(left)
    }

    /// The operator that stands next, and how strongly it binds.
    fn joint(&self) -> Option<(Joint, u8)> {
        let operator = match self.peek().kind {
            TokenKind::Name if self.written(self.peek()) == "in" => Operator::In,
            TokenKind::Symbol(symbol) => match symbol {
                "&&" => return Some((Joint::Every, binding::EVERY)),
                "||" => return Some((Joint::Any, binding::ANY)),
                "+" => Operator::Add,
                "-" => Operator::Subtract,
                "*" => Operator::Multiply,
                "/" => Operator::Divide,
                "%" => Operator::Remainder,
                "==" => Operator::Equal,
                "!=" => Operator::NotEqual,
                "<" => Operator::Less,
                "<=" => Operator::LessOrEqual,
                ">" => Operator::Greater,
                ">=" => Operator::GreaterOrEqual,
                _ => return None,
            },
            _ => return None,
        };
        Some((Joint::Operator(operator), operator.binding()))
    }
}

/// What joins two operands.
enum Joint {
    Every,
    Any,
    Operator(Operator),
}

/// `a && b` and then `&& c` is one chain of three, which is one level deep however long it is.
fn chain(left: Expression, right: Expression, every: bool) -> Vec<Expression> {
    let mut parts = match left.kind {
        ExpressionKind::Every(parts) if every => parts,
        ExpressionKind::Any(parts) if !every => parts,
        _ => vec![left],
    };
    parts.push(right);
    parts
}

fn too_deep(at: Span) -> Finding {
    Finding::new(
        ProblemKind::Limit,
        at,
        format!("the expression is nested more than {MAX_DEPTH} levels deep"),
    )
    .hint("split it, or write a table of values as a map: `{'a': 1, 'b': 2}[key]`")
}
