//! What a member may show: badges, with date and reason.
//!
//! A badge has levels. Each is earned by its [`Rule`] – a level of a challenge, a tier, a count – or by hand. A member
//! shows the highest level held ([`Cabinet::shown`]).
//!
//! What the rules give is a pure function of [`Facts`]: when a fact no longer holds, because a purchase was returned, a
//! badge that can be revoked is revoked, and it is awarded again when the fact holds again. What was given by hand is
//! revoked by hand only; and what was revoked by hand is not awarded by a rule again, until somebody awards it by hand.
//!
//! Invariants: a level has at most one award that stands; awards and revocations are kept for ever; an award names the
//! version of the terms whose rule gave it, and other versions never revoke it.

mod decide;
mod record;
mod terms;
#[cfg(test)]
mod tests;

pub use decide::{Command, Decision, decide};
pub use record::{Award, Cabinet, Change, MOST_AWARDS, Origin, Revocation, Shown};
pub use terms::{Facts, LARGEST_COUNT, Level, MOST_LEVELS, Rule, Terms};
