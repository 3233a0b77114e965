//! What the loyalty service knows about programs, members and points: pure rules. Time and identifiers come in from
//! outside; nothing here reads a clock, draws a random number, or waits.

pub mod activity;
pub mod audit;
pub mod calendar;
pub mod campaigns;
pub mod engagement;
pub mod expiry;
pub mod facts;
pub mod ledger;
pub mod measures;
pub mod member;
pub mod program;
pub mod rewards;
pub mod summary;
pub mod tiers;
pub mod wallet;

/// A page of the documentation of loyalty, whose worked examples tests reckon again.
#[cfg(test)]
fn page_of_documentation(name: &str) -> String {
    let page = format!("{}/../../docs/loyalty/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{page} cannot be read: {error}"))
}
