//! One way to filter, order and page every list of the suite, and to check field masks.
//!
//! A service declares once, as a constant, which fields of a resource can be filtered and sorted and in which
//! columns they live: a [`Schema`]. [`Schema::page`] then turns the four texts of a list request (`page_size`,
//! `page_token`, `filter`, `order_by`) into a [`Page`]: a condition ([`Expression`], a tree of typed comparisons),
//! an [`Order`] that is total, and a limit. The storage layer translates that one tree into a query with bound
//! parameters; no text of a client ever becomes part of a query. When the rows are there, [`Page::complete`] cuts
//! the page and signs the token of the next one.
//!
//! The rules are those of the API improvement proposals: filters of AIP-160 (the subset is written down at
//! [`Schema::filter`]), orders of AIP-132, pages of AIP-158, update masks of AIP-134 and AIP-161.
//!
//! The crate is pure: no clock, no randomness, no input or output.
//!
//! ```
//! use rapport_listing::{Field, Kind, Schema, TokenKey, Value};
//!
//! static FIELDS: [Field; 3] = [
//!     Field::new("name", Kind::Text, "name"),
//!     Field::new("state", Kind::Enumeration(&["OPEN", "CLOSED"]), "state").not_sortable(),
//!     Field::new("id", Kind::Integer, "case_id"),
//! ];
//! static CASES: Schema = Schema::new(&FIELDS, "id");
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let key = TokenKey::new([7; 32]);
//! let page = CASES.page(2, "", "state = OPEN", "name desc", "cases/tenant-1", &key)?;
//! assert_eq!(page.order().to_string(), "name desc, id desc");
//! // The storage layer would fetch `page.fetch_limit()` rows, here three.
//! let rows = vec![("Zoe", 4), ("Yan", 9), ("Li", 1)];
//! let (rows, next) = page.complete(rows, |(name, id)| vec![Value::Text((*name).into()), Value::Integer(*id)])?;
//! assert_eq!(rows.len(), 2);
//! let page = CASES.page(2, &next, "state = OPEN", "name desc", "cases/tenant-1", &key)?;
//! assert_eq!(page.after(), Some(&[Value::Text("Yan".into()), Value::Integer(9)][..]));
//! # Ok(())
//! # }
//! ```

mod error;
mod expression;
mod mask;
mod order;
mod page;
mod parser;
mod schema;
mod token;
mod value;

pub use error::{ErrorKind, KeyValuesError, ListingError};
pub use expression::{Comparison, Expression, Filter, Operator};
pub use mask::FieldMask;
pub use order::{Direction, Keyset, Order, OrderKey};
pub use page::Page;
pub use schema::{
    DEFAULT_PAGE_SIZE, Field, Kind, MAXIMUM_COMPARISONS, MAXIMUM_DEPTH, MAXIMUM_ORDER_KEYS,
    MAXIMUM_PAGE_SIZE, MAXIMUM_TEXT_CHARACTERS, Schema,
};
pub use token::TokenKey;
pub use value::Value;
