//! What an activity earns, and why.

use jiff::Timestamp;

use super::lot::Pending;
use crate::domain::activity::Trigger;

/// Points that an activity earns by one rule: they go into a lot of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Award {
    /// How many, at least 1.
    pub points: i64,
    /// When they expire; none means never.
    pub expire_time: Option<Timestamp>,
    /// What they wait for before they can be spent; none means nothing.
    pub pending: Option<Pending>,
    /// What they are due to.
    pub attribution: Attribution,
}

/// What points are due to: what a statement tells to the question why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution {
    /// What the member did.
    pub trigger: Trigger,
    /// The rule that gave them: a campaign, or the program whose earning rule it was.
    pub rule: String,
    /// Its version then.
    pub version: i64,
    /// The points by the lines of the activity, adding up to all; empty when it has no lines.
    pub lines: Vec<LinePoints>,
}

/// Points that a line of an activity brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinePoints {
    /// Id of the line.
    pub line: String,
    /// How many.
    pub points: i64,
}
