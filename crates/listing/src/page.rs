//! One page of a list.

use crate::error::{ErrorKind, KeyValuesError, ListingError};
use crate::expression::{Expression, Filter};
use crate::order::{Keyset, Order};
use crate::token::{self, Fingerprint, Refusal, TokenKey};
use crate::value::Value;

/// A list request, read and checked: which rows to fetch, in which order, how many, and after which position.
///
/// Made by [`Schema::page`](crate::Schema::page). Pages continue after a position, not after a count: rows that are
/// added or removed meanwhile neither repeat nor hide others, and a late page costs what the first one costs.
#[derive(Debug, Clone)]
pub struct Page {
    limit: u32,
    filter: Filter,
    order: Order,
    after: Option<Keyset>,
    fingerprint: Fingerprint,
    key: TokenKey,
}

impl Page {
    pub(crate) fn open(
        limit: u32,
        page_token: &str,
        filter: Filter,
        order: Order,
        scope: &str,
        key: &TokenKey,
    ) -> Result<Self, ListingError> {
        let fingerprint = token::fingerprint(scope, &filter.to_string(), &order.to_string());
        let after = if page_token.is_empty() {
            None
        } else {
            let values =
                token::decode(key, &fingerprint, &order, page_token).map_err(|refusal| refused(&refusal))?;
            Some(Keyset::new(&order, values).map_err(|_| refused(&Refusal::Foreign))?)
        };
        Ok(Self {
            limit,
            filter,
            order,
            after,
            fingerprint,
            key: key.clone(),
        })
    }

    /// The largest number of rows of the page.
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// The number of rows to fetch: one more than [`limit`](Self::limit), to learn whether a page follows.
    pub const fn fetch_limit(&self) -> u64 {
        self.limit as u64 + 1
    }

    /// The filter of the request, for counting all rows; pages themselves use [`condition`](Self::condition).
    pub const fn filter(&self) -> &Filter {
        &self.filter
    }

    /// The total order of the rows.
    pub const fn order(&self) -> &Order {
        &self.order
    }

    /// The values of the sort keys of the last row of the page before; `None` on the first page.
    pub fn after(&self) -> Option<&[Value]> {
        self.after.as_ref().map(Keyset::values)
    }

    /// The condition of the page: the filter holds and the row comes after the page before. `None` means every row.
    pub fn condition(&self) -> Option<Expression> {
        let filter = self.filter.expression().cloned();
        Expression::all(
            filter
                .into_iter()
                .chain(self.after.as_ref().map(Keyset::condition)),
        )
    }

    /// The token of the page that follows the row with these values, one for each key of [`order`](Self::order).
    pub fn next_token(&self, last: &[Value]) -> Result<String, KeyValuesError> {
        self.order.check(last)?;
        Ok(token::encode(&self.key, &self.fingerprint, last))
    }

    /// Cuts fetched rows to the page and gives the token of the next one, empty when no page follows.
    ///
    /// `rows` are up to [`fetch_limit`](Self::fetch_limit) rows that satisfy [`condition`](Self::condition), in
    /// [`order`](Self::order). `values` gives the values of the keys of the order for one row.
    pub fn complete<Row>(
        &self,
        mut rows: Vec<Row>,
        values: impl FnOnce(&Row) -> Vec<Value>,
    ) -> Result<(Vec<Row>, String), KeyValuesError> {
        // A limit beyond the address space cannot be exceeded by rows that are in memory.
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        if rows.len() <= limit {
            return Ok((rows, String::new()));
        }
        rows.truncate(limit);
        let token = match rows.last() {
            Some(last) => self.next_token(&values(last))?,
            None => String::new(),
        };
        Ok((rows, token))
    }
}

fn refused(refusal: &Refusal) -> ListingError {
    let message = match refusal {
        Refusal::Forged => "the page token was not given out by this service",
        Refusal::Foreign => "the page token belongs to another list, filter or order",
    };
    ListingError::new(ErrorKind::InvalidPageToken, message)
        .hint("repeat the request that gave the token, or start again without one")
}
