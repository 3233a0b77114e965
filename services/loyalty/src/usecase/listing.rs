//! What list requests have in common.

use rapport_listing::{Page, Schema, TokenKey};
use rapport_server::listing::refused;
use rapport_status::Result;

/// The part of a list request that says which page is wanted.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    /// How many at most.
    pub(crate) page_size: i32,
    /// The token of the page before.
    pub(crate) page_token: String,
    /// Which of them.
    pub(crate) filter: String,
    /// In which order.
    pub(crate) order_by: String,
}

impl Listing {
    /// The page of a list. `order` is what an empty order means; `scope` names the list, so that a token of one list
    /// is refused in another.
    pub(crate) fn page(&self, schema: &Schema, order: &str, scope: &str, key: &TokenKey) -> Result<Page> {
        let order = if self.order_by.trim().is_empty() {
            order
        } else {
            &self.order_by
        };
        schema
            .page(self.page_size, &self.page_token, &self.filter, order, scope, key)
            .map_err(|error| refused(&error))
    }
}
