//! The declaration of what can be filtered and sorted.

use crate::error::{ErrorKind, ListingError};
use crate::expression::{Filter, Operator};
use crate::order::Order;
use crate::page::Page;
use crate::token::TokenKey;
use crate::value::{Value, parse_date, parse_timestamp};

/// The largest number of characters of a filter and of an order.
pub const MAXIMUM_TEXT_CHARACTERS: usize = 2_048;
/// The largest number of parentheses open at one time in a filter.
pub const MAXIMUM_DEPTH: usize = 8;
/// The largest number of comparisons in a filter.
pub const MAXIMUM_COMPARISONS: usize = 32;
/// The largest number of keys in an order, before the tie breaker is added.
pub const MAXIMUM_ORDER_KEYS: usize = 4;
/// The number of rows of a page when the request leaves it open, unless the schema says otherwise.
pub const DEFAULT_PAGE_SIZE: u32 = 50;
/// The largest number of rows of a page, unless the schema says otherwise.
pub const MAXIMUM_PAGE_SIZE: u32 = 1_000;

/// The kind of the values of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text. Every operator.
    Text,
    /// Whole numbers of 64 bits. Every operator but `:`.
    Integer,
    /// Decimal numbers, held as binary floating point (money belongs in `Integer`, in minor units). Every operator
    /// but `:`.
    Decimal,
    /// `true` or `false`. Only `=` and `!=`.
    Boolean,
    /// Instants, written as RFC 3339 in quotes with a time zone offset. Every operator but `:`.
    Timestamp,
    /// Calendar dates, written `YYYY-MM-DD`. Every operator but `:`.
    Date,
    /// One of the names listed here, in this exact case. Only `=` and `!=`.
    Enumeration(&'static [&'static str]),
}

impl Kind {
    /// Whether the value is of this kind; an enumeration has to list it and a decimal has to be a number.
    pub(crate) fn admits(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Text, Value::Text(_))
            | (Self::Integer, Value::Integer(_))
            | (Self::Boolean, Value::Boolean(_))
            | (Self::Timestamp, Value::Timestamp(_))
            | (Self::Date, Value::Date(_)) => true,
            (Self::Decimal, Value::Decimal(number)) => !number.is_nan(),
            (Self::Enumeration(names), Value::Enumeration(name)) => names.contains(name),
            _ => false,
        }
    }

    pub(crate) const fn accepts(self, operator: Operator) -> bool {
        match operator {
            Operator::Equal | Operator::NotEqual => true,
            Operator::Contains => matches!(self, Self::Text),
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                !matches!(self, Self::Boolean | Self::Enumeration(_))
            }
        }
    }

    /// The operators that the kind accepts, for messages.
    pub(crate) const fn operators(self) -> &'static str {
        match self {
            Self::Text => "=, !=, <, <=, >, >= and :",
            Self::Boolean | Self::Enumeration(_) => "= and !=",
            Self::Integer | Self::Decimal | Self::Timestamp | Self::Date => "=, !=, <, <=, > and >=",
        }
    }

    /// Reads a literal. The error says which literals the kind has.
    pub(crate) fn read(self, literal: &str, quoted: bool) -> Result<Value, String> {
        let value = match self {
            Self::Text => Some(Value::Text(literal.to_owned())),
            Self::Integer if !quoted => literal.parse().ok().map(Value::Integer),
            Self::Decimal if !quoted => read_decimal(literal).map(Value::Decimal),
            Self::Boolean if !quoted => literal.parse().ok().map(Value::Boolean),
            Self::Timestamp => parse_timestamp(literal).map(Value::Timestamp),
            Self::Date => parse_date(literal).map(Value::Date),
            Self::Enumeration(names) => names
                .iter()
                .find(|name| **name == literal)
                .copied()
                .map(Value::Enumeration),
            Self::Integer | Self::Decimal | Self::Boolean => None,
        };
        value.ok_or_else(|| match self {
            Self::Text => "give text in quotes".to_owned(),
            Self::Integer => "give a whole number of at most 64 bits, without quotes".to_owned(),
            Self::Decimal => "give a number, without quotes".to_owned(),
            Self::Boolean => "give true or false, without quotes".to_owned(),
            Self::Timestamp => {
                "give an RFC 3339 timestamp in quotes, such as \"2026-03-31T18:00:00+08:00\"".to_owned()
            }
            Self::Date => "give a date such as \"2026-03-31\"".to_owned(),
            Self::Enumeration(names) => format!("give one of {}", names.join(", ")),
        })
    }
}

/// Reads a finite decimal. Words that the standard library also reads (`inf`, `NaN`) are not numbers here.
fn read_decimal(literal: &str) -> Option<f64> {
    let plain = literal
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    literal
        .parse::<f64>()
        .ok()
        .filter(|number| plain && number.is_finite())
}

/// A field of a resource, as the client names it and as the storage layer holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The name in filters and orders, in lower snake case; parts of a nested field are joined by dots.
    pub name: &'static str,
    /// The kind of its values.
    pub kind: Kind,
    /// Whether filters may name it.
    pub filterable: bool,
    /// Whether orders may name it. The column must then never be null: a null compares with nothing, and rows that
    /// have it would be left out of every page but the first. Its values also travel in page tokens, which are
    /// signed but can be read: a confidential column must not be sortable.
    pub sortable: bool,
    /// The column in the storage layer.
    pub column: &'static str,
}

impl Field {
    /// A field that can be filtered and sorted.
    pub const fn new(name: &'static str, kind: Kind, column: &'static str) -> Self {
        Self {
            name,
            kind,
            filterable: true,
            sortable: true,
            column,
        }
    }

    /// The same field, but orders may not name it.
    #[must_use]
    pub const fn not_sortable(mut self) -> Self {
        self.sortable = false;
        self
    }

    /// The same field, but filters may not name it.
    #[must_use]
    pub const fn not_filterable(mut self) -> Self {
        self.filterable = false;
        self
    }
}

/// What can be filtered and sorted in the lists of one resource. Declare it as a `static` or `const`.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    fields: &'static [Field],
    tie_breaker: &'static Field,
    default_page_size: u32,
    maximum_page_size: u32,
}

impl Schema {
    /// Declares a schema. `tie_breaker` is the name of the field whose column is unique within every list (and
    /// never null); it is added to every order so that the order is total.
    ///
    /// # Panics
    ///
    /// When two fields have one name or no field has the name `tie_breaker`; in a `static` or `const` that is an
    /// error of compilation.
    pub const fn new(fields: &'static [Field], tie_breaker: &'static str) -> Self {
        let mut found = None;
        let mut index = 0;
        while index < fields.len() {
            if same(fields[index].name, tie_breaker) {
                found = Some(&fields[index]);
            }
            let mut other = index + 1;
            while other < fields.len() {
                assert!(
                    !same(fields[index].name, fields[other].name),
                    "two fields of a schema have the same name"
                );
                other += 1;
            }
            index += 1;
        }
        let Some(tie_breaker) = found else {
            panic!("the tie breaker is not a field of the schema")
        };
        Self {
            fields,
            tie_breaker,
            default_page_size: DEFAULT_PAGE_SIZE,
            maximum_page_size: MAXIMUM_PAGE_SIZE,
        }
    }

    /// The same schema with other page sizes than [`DEFAULT_PAGE_SIZE`] and [`MAXIMUM_PAGE_SIZE`], in rows.
    ///
    /// # Panics
    ///
    /// Unless `1 ≤ default ≤ maximum`; in a `static` or `const` that is an error of compilation.
    #[must_use]
    pub const fn with_page_sizes(mut self, default: u32, maximum: u32) -> Self {
        assert!(
            1 <= default && default <= maximum,
            "page sizes must satisfy 1 ≤ default ≤ maximum"
        );
        self.default_page_size = default;
        self.maximum_page_size = maximum;
        self
    }

    /// The declared fields.
    pub const fn fields(&self) -> &'static [Field] {
        self.fields
    }

    /// The field that makes every order total.
    pub const fn tie_breaker(&self) -> &'static Field {
        self.tie_breaker
    }

    /// Parses and types a filter.
    ///
    /// The language is this subset of AIP-160:
    ///
    /// ```text
    /// filter     = [ expression ]
    /// expression = factor { "AND" factor }
    /// factor     = term { "OR" term }
    /// term       = [ "NOT" ] ( comparison | "(" expression ")" )
    /// comparison = field operator literal
    /// operator   = "=" | "!=" | "<" | "<=" | ">" | ">=" | ":"
    /// literal    = word | quoted text
    /// ```
    ///
    /// `AND`, `OR` and `NOT` are in capitals. As in AIP-160, `OR` binds more tightly than `AND`. Quoted text is in
    /// double or single quotes with the escapes `\"`, `\'`, `\\`, `\n`, `\r`, `\t`. A word is a number, a boolean, a
    /// name of an enumeration, a date or text without spaces, `"`, `'`, `\`, `(`, `)`, `,`, `=`, `!`, `<`, `>`, `:`;
    /// what it means is decided by the kind of the field. `:` is on text only and means "contains, whatever the
    /// case"; `=` compares text exactly and has no wildcards. Not part of the subset: terms joined by a space alone,
    /// `-` for `NOT`, bare values without a field, functions, and a field on the right-hand side.
    ///
    /// A filter has at most [`MAXIMUM_TEXT_CHARACTERS`], [`MAXIMUM_DEPTH`] and [`MAXIMUM_COMPARISONS`].
    ///
    /// The error is [`ErrorKind::InvalidFilter`], with the position.
    pub fn filter(&self, text: &str) -> Result<Filter, ListingError> {
        crate::parser::parse(self, text)
    }

    /// Parses an order: fields separated by commas, each with `asc` (the default) or `desc`, as in AIP-132. At most
    /// [`MAXIMUM_ORDER_KEYS`] fields, none twice.
    ///
    /// The tie breaker is added as the last key, in the direction of the key before it so that one index serves both
    /// directions; keys after the tie breaker change nothing and are dropped. An empty text gives the order of the
    /// tie breaker, ascending.
    ///
    /// The error is [`ErrorKind::InvalidOrderBy`], with the position.
    pub fn order(&self, text: &str) -> Result<Order, ListingError> {
        Order::parse(self, text)
    }

    /// Reads a whole list request.
    ///
    /// `page_size` is in rows: zero takes the default of the schema, more than its maximum takes the maximum, a
    /// negative number is refused (AIP-158). `page_token` is empty for the first page. `scope` is everything else
    /// that selects the list: name the method, the tenant and the parent, so that a token of one list is refused in
    /// another.
    ///
    /// The errors are those of [`filter`](Self::filter) and [`order`](Self::order),
    /// [`ErrorKind::InvalidPageSize`], and [`ErrorKind::InvalidPageToken`] for a token that is malformed, was
    /// changed, was signed with another key, or was given out for another scope, filter or order.
    pub fn page(
        &self,
        page_size: i32,
        page_token: &str,
        filter_text: &str,
        order_text: &str,
        scope: &str,
        key: &TokenKey,
    ) -> Result<Page, ListingError> {
        let limit = self.limit(page_size)?;
        let filter = self.filter(filter_text)?;
        let order = self.order(order_text)?;
        Page::open(limit, page_token, filter, order, scope, key)
    }

    fn limit(&self, page_size: i32) -> Result<u32, ListingError> {
        let requested = u32::try_from(page_size).map_err(|_| {
            ListingError::new(
                ErrorKind::InvalidPageSize,
                format!("the page size {page_size} is negative"),
            )
            .hint("leave it at 0 for the default size")
        })?;
        Ok(if requested == 0 {
            self.default_page_size
        } else {
            requested.min(self.maximum_page_size)
        })
    }

    /// Finds a field that has the ability asked for; the error lists those that have it.
    pub(crate) fn find(
        &self,
        name: &str,
        able: impl Fn(&Field) -> bool,
        ability: &str,
        kind: ErrorKind,
    ) -> Result<&'static Field, ListingError> {
        let field = self.fields.iter().find(|field| field.name == name);
        match field {
            Some(field) if able(field) => Ok(field),
            _ => {
                let names: Vec<&str> = self
                    .fields
                    .iter()
                    .filter(|field| able(field))
                    .map(|field| field.name)
                    .collect();
                let message = match field {
                    Some(_) => format!("the field \"{name}\" cannot be {ability}"),
                    None => format!("there is no field \"{name}\""),
                };
                Err(ListingError::new(kind, message).hint(format!(
                    "the fields that can be {ability} are {}",
                    names.join(", ")
                )))
            }
        }
    }
}

/// Equality of texts, in a form that the compiler can evaluate.
const fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut index = 0;
    while index < left.len() {
        if left[index] != right[index] {
            return false;
        }
        index += 1;
    }
    true
}
