//! What speaks against a referral.

use std::collections::BTreeSet;

use super::{record::Party, record::Registration, terms::Terms};

/// Something that two customers have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tie {
    /// They live in one household.
    Household,
    /// They used one device.
    Device,
    /// A keyed hash of an identity is the same: an address, a telephone number, a means of payment.
    Identity,
}

/// Why a referral is rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// The friend registered after the invitation had ended.
    InvitationEnded,
    /// The friend is the referrer.
    SelfReferral,
    /// The friend is one of those who brought the referrer, directly or through others.
    CircularReferral,
    /// The business knew the friend before the invitation.
    KnownCustomer,
    /// The friend shares something with the referrer or with another friend.
    Tied(Tie),
    /// Too many friends of the referrer registered within a short time.
    TooFast,
    /// The referrer has been rewarded for as many friends as the window allows.
    CapInWindow,
    /// The referrer has been rewarded for as many friends as there may ever be.
    CapInTotal,
    /// Somebody decided so, for a reason in words.
    ByHand(String),
}

/// What is known of a friend who registers, as found in the profiles.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Whether the business knew the customer before the invitation: by a purchase, an account, or as a member.
    pub known_before: bool,
    /// What the friend shares with the referrer or with another friend of the program.
    pub ties: BTreeSet<Tie>,
    /// Other friends of the referrer who registered after [`Terms::velocity_window_start`] and not after this one.
    pub recent_registrations: i64,
}

/// How many other friends of the referrer are qualified or rewarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Others {
    /// Those whose qualifying purchase lies after [`Terms::cap_window_start`].
    pub in_window: i64,
    /// All of them.
    pub in_total: i64,
}

/// What speaks against a registration; of several, the first in the order of [`Rejection`].
pub(super) fn against_registration(
    terms: &Terms,
    referrer: &Party,
    registration: &Registration,
    facts: &Facts,
) -> Option<Rejection> {
    let friend = &registration.friend;
    if friend.member == referrer.member || friend.customer == referrer.customer {
        return Some(Rejection::SelfReferral);
    }
    if registration.ancestors.contains(&friend.member) {
        return Some(Rejection::CircularReferral);
    }
    if facts.known_before && !terms.accepts_known_customers {
        return Some(Rejection::KnownCustomer);
    }
    if let Some(tie) = facts.ties.intersection(&terms.refused_ties).next() {
        return Some(Rejection::Tied(*tie));
    }
    match terms.velocity {
        Some(velocity) if facts.recent_registrations >= velocity.registrations => Some(Rejection::TooFast),
        _ => None,
    }
}

/// What speaks against a reward for a friend who has just qualified.
pub(super) fn against_reward(terms: &Terms, others: Others) -> Option<Rejection> {
    let reached = |cap: Option<i64>, count: i64| cap.is_some_and(|cap| count >= cap);
    if reached(terms.caps.in_window, others.in_window) {
        Some(Rejection::CapInWindow)
    } else if reached(terms.caps.in_total, others.in_total) {
        Some(Rejection::CapInTotal)
    } else {
        None
    }
}
