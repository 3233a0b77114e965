//! What an expression is made of, as it is written and before its types are known.

use crate::position::Span;

/// A name with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Where it stands.
    pub at: Span,
}

/// An expression and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// Where it stands, brackets around it left out.
    pub at: Span,
    /// Levels of expressions from this one down, itself included.
    pub(crate) height: u16,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpressionKind {
    /// A value that is written out.
    Literal(Literal),
    /// A variable: of the context, or of a loop around it.
    Name(String),
    /// `of.field`
    Select(Box<Expression>, Name),
    /// `has(of.field)`
    Has(Box<Expression>, Name),
    /// `of[index]`
    Index(Box<Expression>, Box<Expression>),
    /// `function(…)` or `receiver.function(…)`
    Call(Box<Call>),
    /// `!a`
    Not(Box<Expression>),
    /// `-a`
    Negate(Box<Expression>),
    /// `a && b && …`
    Every(Vec<Expression>),
    /// `a || b || …`
    Any(Vec<Expression>),
    /// `condition ? yes : no`
    Choice(Box<[Expression; 3]>),
    /// `a + b`, `a < b`, `a in b`, …
    Binary(Operator, Box<[Expression; 2]>),
    /// `[a, b]`
    List(Vec<Expression>),
    /// `{'a': b}`
    Map(Vec<(Expression, Expression)>),
    /// `range.exists(variable, body)` and its like.
    Loop(Box<Loop>),
}

/// A value that is written out.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `true`, `false`
    Bool(bool),
    /// `12`
    Int(i64),
    /// `1.5`
    Double(f64),
    /// `'text'`
    String(String),
}

/// A call of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function.
    pub function: Name,
    /// What stands before the dot.
    pub receiver: Option<Expression>,
    /// What stands in the brackets.
    pub arguments: Vec<Expression>,
}

/// A loop over the elements of a list or the keys of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Loop {
    /// What is made of the elements.
    pub kind: LoopKind,
    /// What is gone through.
    pub range: Expression,
    /// The name of the element.
    pub variable: Name,
    /// `map` with three arguments: which elements are taken.
    pub condition: Option<Expression>,
    /// What is asked or made of each element.
    pub body: Expression,
}

/// What a loop makes of the elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LoopKind {
    /// Whether the condition holds for every element.
    All,
    /// Whether it holds for at least one.
    Exists,
    /// Whether it holds for exactly one.
    ExistsOne,
    /// The elements for which it holds.
    Filter,
    /// What the body makes of each element.
    Map,
}

impl LoopKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::All, Self::Exists, Self::ExistsOne, Self::Filter, Self::Map];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Exists => "exists",
            Self::ExistsOne => "exists_one",
            Self::Filter => "filter",
            Self::Map => "map",
        }
    }
}

/// An operator between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `in`
    In,
}

impl Operator {
    /// As it is written.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
        }
    }

    /// How strongly it binds; see [`binding`].
    pub(crate) const fn binding(self) -> u8 {
        match self {
            Self::Add | Self::Subtract => binding::SUM,
            Self::Multiply | Self::Divide | Self::Remainder => binding::PRODUCT,
            _ => binding::RELATION,
        }
    }
}

/// How strongly operators bind: the higher, the stronger.
pub(crate) mod binding {
    pub(crate) const CHOICE: u8 = 0;
    pub(crate) const ANY: u8 = 1;
    pub(crate) const EVERY: u8 = 2;
    pub(crate) const RELATION: u8 = 3;
    pub(crate) const SUM: u8 = 4;
    pub(crate) const PRODUCT: u8 = 5;
    pub(crate) const SIGN: u8 = 6;
    pub(crate) const MEMBER: u8 = 7;
}

/// Words that CEL keeps for itself; they are no names of variables.
pub(crate) const RESERVED: [&str; 21] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
];

impl Expression {
    /// The names that the expression uses from outside: each variable once, in the order of the text.
    pub fn variables(&self) -> Vec<&str> {
        let mut found = Vec::new();
        self.visit_names(&mut Vec::new(), &mut found);
        found
    }

    fn visit_names<'e>(&'e self, inner: &mut Vec<&'e str>, found: &mut Vec<&'e str>) {
        match &self.kind {
            ExpressionKind::Name(name) => {
                if !inner.contains(&name.as_str()) && !found.contains(&name.as_str()) {
                    found.push(name);
                }
            }
            ExpressionKind::Loop(each) => {
                each.range.visit_names(inner, found);
                inner.push(&each.variable.text);
                for part in each.condition.iter().chain([&each.body]) {
                    part.visit_names(inner, found);
                }
                inner.pop();
            }
            _ => {
                for part in self.parts() {
                    part.visit_names(inner, found);
                }
            }
        }
    }

    /// The expressions directly within, in the order of the text.
    pub fn parts(&self) -> Vec<&Self> {
        match &self.kind {
            ExpressionKind::Literal(_) | ExpressionKind::Name(_) => Vec::new(),
            ExpressionKind::Select(of, _)
            | ExpressionKind::Has(of, _)
            | ExpressionKind::Not(of)
            | ExpressionKind::Negate(of) => vec![of],
            ExpressionKind::Index(of, index) => vec![of, index],
            ExpressionKind::Call(call) => call.receiver.iter().chain(&call.arguments).collect(),
            ExpressionKind::Every(parts) | ExpressionKind::Any(parts) | ExpressionKind::List(parts) => {
                parts.iter().collect()
            }
            ExpressionKind::Choice(parts) => parts.iter().collect(),
            ExpressionKind::Binary(_, sides) => sides.iter().collect(),
            ExpressionKind::Map(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
            ExpressionKind::Loop(each) => [&each.range]
                .into_iter()
                .chain(&each.condition)
                .chain([&each.body])
                .collect(),
        }
    }
}
