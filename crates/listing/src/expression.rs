//! The tree of typed comparisons that the storage layer translates.

use std::fmt;

use crate::schema::Field;
use crate::value::Value;

/// How a comparison relates its field to its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `=`
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
    /// `:`, only on text: the field contains the value, whatever the case of the letters. The value is plain
    /// text: the storage layer escapes the wildcards of its pattern language.
    Contains,
}

impl Operator {
    /// The operator as it is written in a filter.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Contains => ":",
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.symbol())
    }
}

/// One field compared with one value of the kind of the field.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The field; its `column` is what the storage layer compares.
    pub field: &'static Field,
    /// The relation.
    pub operator: Operator,
    /// The value, to be bound as a parameter.
    pub value: Value,
}

/// A condition on rows.
///
/// Trees made by this crate have at least two parts in every `And` and `Or`. Should a tree of other origin have
/// none: an empty `And` is true, an empty `Or` is false.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// All parts hold.
    And(Vec<Expression>),
    /// At least one part holds.
    Or(Vec<Expression>),
    /// The part does not hold.
    Not(Box<Expression>),
    /// The comparison holds.
    Comparison(Comparison),
}

impl Expression {
    /// A single comparison.
    pub const fn comparison(field: &'static Field, operator: Operator, value: Value) -> Self {
        Self::Comparison(Comparison {
            field,
            operator,
            value,
        })
    }

    /// The condition that all given conditions hold; `None` when there are none, which means every row.
    pub fn all(conditions: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut conditions: Vec<Self> = conditions.into_iter().collect();
        match conditions.len() {
            0 | 1 => conditions.pop(),
            _ => Some(Self::And(conditions)),
        }
    }

    fn is_comparison(&self) -> bool {
        matches!(self, Self::Comparison(_))
    }
}

/// Prints the condition as a filter that parses to the same tree.
///
/// Everything but comparisons is put in parentheses, because in AIP-160 `OR` binds more tightly than `AND`, which
/// surprises readers. A condition of [`Keyset`](crate::Keyset) may print operators that a filter does not accept
/// (an enumeration compared by `<`).
impl fmt::Display for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, separator) = match self {
            Self::Comparison(Comparison {
                field,
                operator,
                value,
            }) => {
                return write!(formatter, "{} {operator} {value}", field.name);
            }
            Self::Not(part) if part.is_comparison() => return write!(formatter, "NOT {part}"),
            Self::Not(part) => return write!(formatter, "NOT ({part})"),
            Self::And(parts) => (parts, " AND "),
            Self::Or(parts) => (parts, " OR "),
        };
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                formatter.write_str(separator)?;
            }
            match part {
                Self::Comparison(_) | Self::Not(_) => write!(formatter, "{part}")?,
                Self::And(_) | Self::Or(_) => write!(formatter, "({part})")?,
            }
        }
        Ok(())
    }
}

/// A parsed filter. An empty filter accepts every row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    expression: Option<Expression>,
}

impl Filter {
    pub(crate) const fn new(expression: Option<Expression>) -> Self {
        Self { expression }
    }

    /// The condition; `None` means every row.
    pub const fn expression(&self) -> Option<&Expression> {
        self.expression.as_ref()
    }

    /// The condition, taken out; `None` means every row.
    pub fn into_expression(self) -> Option<Expression> {
        self.expression
    }
}

/// Prints the filter in its standard form: texts that differ only in spaces, quotes or needless parentheses around
/// the whole print alike. An empty filter prints as nothing.
impl fmt::Display for Filter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.expression {
            Some(expression) => write!(formatter, "{expression}"),
            None => Ok(()),
        }
    }
}
