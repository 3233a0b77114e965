//! Where a redemption stands, and what can be done there.

use std::fmt;

use crate::domain::rewards::terms::Kind;

/// Where a redemption stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Points are held, and the units are kept for the member, until the reservation times out.
    Reserved,
    /// It is paid for; nothing was handed over.
    Confirmed,
    /// The thing is being prepared.
    Preparing,
    /// The thing is on its way.
    Sent,
    /// The member has it.
    Fulfilled,
    /// All units were given back after they were handed over.
    Refunded,
    /// It was called off before anything was handed over.
    Cancelled,
    /// It was not confirmed in time.
    TimedOut,
}

/// A step from one state to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Step {
    Confirm,
    Prepare,
    Send,
    Fulfil,
    Cancel,
    Refund,
}

impl State {
    /// Every state.
    pub const ALL: &'static [Self] = &[
        Self::Reserved,
        Self::Confirmed,
        Self::Preparing,
        Self::Sent,
        Self::Fulfilled,
        Self::Refunded,
        Self::Cancelled,
        Self::TimedOut,
    ];

    /// The steps that can be taken.
    pub(super) fn steps(self, kind: &Kind) -> &'static [Step] {
        let physical = *kind == Kind::Physical;
        match self {
            Self::Reserved => &[Step::Confirm, Step::Cancel],
            Self::Confirmed if physical => &[Step::Prepare, Step::Send, Step::Fulfil, Step::Cancel],
            Self::Preparing => &[Step::Send, Step::Fulfil, Step::Cancel],
            Self::Confirmed => &[Step::Fulfil, Step::Cancel],
            Self::Sent => &[Step::Fulfil, Step::Refund],
            Self::Fulfilled => &[Step::Refund],
            Self::Refunded | Self::Cancelled | Self::TimedOut => &[],
        }
    }

    /// What can be done with a redemption of a kind, as words after "can be": `confirmed`, `cancelled` …
    pub fn possible(self, kind: &Kind) -> Vec<&'static str> {
        self.steps(kind).iter().map(|step| step.done()).collect()
    }

    /// Whether its units were handed over and not all given back.
    pub fn is_handed_over(self) -> bool {
        matches!(self, Self::Sent | Self::Fulfilled)
    }

    /// Whether nothing can be done any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Refunded | Self::Cancelled | Self::TimedOut)
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Reserved => "reserved",
            Self::Confirmed => "confirmed",
            Self::Preparing => "being prepared",
            Self::Sent => "sent",
            Self::Fulfilled => "fulfilled",
            Self::Refunded => "refunded",
            Self::Cancelled => "cancelled",
            Self::TimedOut => "timed out",
        })
    }
}

impl Step {
    /// What is done, after "can be".
    pub(super) fn done(self) -> &'static str {
        match self {
            Self::Confirm => "confirmed",
            Self::Prepare => "prepared",
            Self::Send => "sent",
            Self::Fulfil => "fulfilled",
            Self::Cancel => "cancelled",
            Self::Refund => "refunded",
        }
    }
}
