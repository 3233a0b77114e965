//! Campaigns, activities, evaluations and comparisons in the messages of the contract, and campaigns and activities back.
#![cfg_attr(
    not(test),
    allow(
        dead_code,
        unused_imports,
        reason = "the methods of campaigns are to answer with these"
    )
)]

mod activities;
mod evaluations;
mod terms;
mod terms_of;
#[cfg(test)]
mod tests;

pub(crate) use activities::{activity, read_activity};
pub(crate) use evaluations::{comparison, evaluation};
pub(crate) use terms::read_terms;
pub(crate) use terms_of::campaign;

fn name(program: &str, id: &str) -> String {
    format!("{program}/campaigns/{id}")
}
