//! Tiers: the status of a member, such as Silver or Gold.
//!
//! A program has several **tier sets** (a status of nights, a status of spend), which know nothing of each other. Each is
//! a line of versions ([`TierSet`]) with effective dates; [`Rules`] holds those of one set, checked, with the program's
//! time zone. The tier of a member is a **pure function of history**: [`evaluate`] takes the rules and a [`History`] (the
//! enrolment, qualifying events, returns, grants, revocations) and gives the [`Standing`] as of any moment, with the
//! timeline that led there. The same facts give the same result in whatever order they arrived.
//!
//! A member stands on the highest tier for which there is a ground ([`Basis`]):
//!
//! - **base**: the lowest tier, which everybody has;
//! - **qualified**: thresholds were reached in the window. The upgrade comes at once, at the moment of the event that
//!   reached them; the tier is then valid as [`Validity`] says. Reaching them again (in a new window, or after having
//!   fallen below) counts its validity anew;
//! - **grace** and **soft landing**: what follows when the validity ends and the review finds the thresholds not met;
//! - **lifetime**: thresholds over the whole history, reached once, kept for ever;
//! - **gifted** and **matched**: granted by an operator; a match is kept when its challenge is met within the trial.
//!
//! **What happens at one moment, in this order**: validity that ends is reviewed, over the window that closes and under
//! the version that was in force until then; grants end; the window moves on; a new version takes over; grants begin,
//! events count, revocations take effect; then the thresholds are compared. Facts of the same moment count together.
//!
//! **A return** reduces the event it names at the time of that event, so that the whole past is as if the returned part
//! had never been bought. A tier that was reached only thanks to it was therefore never reached: as of any moment, also
//! one in the past, the member does not have it, without review, grace or soft landing. Benefits that were used stay
//! used. A *correction* (an event with a negative amount) counts at its own time instead, and takes no tier away
//! before the review.
//!
//! **Days** are those of the program's time zone. A day begins at its first midnight and lasts until the first midnight
//! of the next, also where clocks are set back over midnight.
//!
//! The [`State`] is a snapshot after the last moment that mattered. A fact that comes after it is applied without
//! reading the history; whatever reaches back (a late fact, a return, a new version) asks for a replay. What holds for
//! every state:
//!
//! - it equals the state of a replay of all facts up to its moment;
//! - each award, grant and grace period in it ends after its moment;
//! - there is at most one award for each tier and source;
//! - all tiers in it are tiers of the version in force.

mod benefits;
mod check;
mod config;
mod engine;
mod ground;
mod history;
mod keeping;
mod known;
mod measure;
mod projection;
mod recorded;
mod replay;
mod review;
mod rules;
mod standing;
mod state;
#[cfg(test)]
mod tests;
mod titles;
mod turnover;
mod windows;
mod words;

pub use benefits::{Benefit, BenefitKind, benefits, benefits_now, multiplier_percent};
pub use config::{Combination, Grace, Landing, Qualification, Threshold, Tier, TierSet, Validity, Window};
pub use history::{Event, Fact, Grant, GrantKind, History, Return, Revocation, can_tell};
pub use keeping::Kept;
pub use known::{
    KnownGrant, KnownTierSet, MOST_GRANTS, MOST_TIER_SETS, RESOURCE_TYPE, Withdrawal, already_exists,
    grant_not_found, known_measures, not_found,
};
pub use measure::{KnownMeasures, Measure, Tally, Value};
pub use projection::{Goal, GoalKind, Missing, Outlook, Projection, project, project_from_state};
pub use recorded::{Extent, ITEMS, Record, Recorded, facts, purchase_id};
pub use replay::{Evaluation, ReplayNeeded, evaluate, tier_at};
pub use rules::Rules;
pub use standing::{Basis, Change, Movement, Standing};
pub use state::{Award, AwardSource, Collected, GracePeriod, HeldGrant, LifetimeStatus, State, Trial};
pub use titles::Titles;
pub use words::Words;

use rapport_status::Reason;

/// Most tiers of a set, the base tier included.
pub const MOST_TIERS: usize = 20;

/// Most versions of a set.
pub const MOST_VERSIONS: usize = 200;

/// Most thresholds of a qualification.
pub const MOST_THRESHOLDS: usize = 8;

/// Most benefits of a tier.
pub const MOST_BENEFITS: usize = 100;

/// Largest amount of one event and of a threshold, in the measure's unit: what a balance of points can hold.
pub const MOST_AMOUNT: i64 = 9_000_000_000_000_000;

/// Most facts of one member's history in one tier set.
pub const MOST_FACTS: usize = 100_000;

/// Most changes that a timeline keeps: the latest.
pub const MOST_CHANGES: usize = 200;

/// Why a tier set is refused.
const INVALID_TIER_SET: Reason = Reason::InvalidTierSet;
