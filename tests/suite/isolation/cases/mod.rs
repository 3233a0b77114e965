//! A request to every method about what the owner has.

mod audit;
mod feedback;
mod loyalty;
mod profile;
mod rewards;
mod tiers;

pub(super) use audit::LIST_RECORDS;
pub(super) use loyalty::reserve;
pub(super) use profile::EVALUATE;
pub(super) use rewards::{COUPON, REDEEMED};
pub(super) use tiers::GRANTED;

use crate::written::Fields;

/// What another tenant gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// It is refused: there is no such thing in its tenant.
    Refused,
    /// An answer that tells nothing: its lists are empty.
    Nothing,
    /// It makes something of its own, under the same id.
    Made,
}

/// A request to a method, in the order in which all of them work for their owner.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case {
    pub(super) method: &'static str,
    pub(super) expected: Expected,
    pub(super) fields: Fields<'static>,
    /// Whether the owner has made it before: once is enough.
    pub(super) taken: bool,
}

const fn case(method: &'static str, expected: Expected, fields: Fields<'static>) -> Case {
    Case {
        method,
        expected,
        fields,
        taken: false,
    }
}

const fn taken(method: &'static str, fields: Fields<'static>) -> Case {
    Case {
        taken: true,
        ..case(method, Expected::Made, fields)
    }
}

const MEMBER: &str = "programs/harbour-club/members/li";

/// Every case, in the order in which all of them work for their owner: answers are measured before they are deleted.
pub(super) fn all() -> impl Iterator<Item = &'static Case> {
    [
        audit::CASES,
        loyalty::CASES,
        rewards::CASES,
        tiers::CASES,
        feedback::CASES,
        profile::CASES,
    ]
    .into_iter()
    .flatten()
}
