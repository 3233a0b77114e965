//! Things to do for a reward: streaks, milestones and ordered steps.
//!
//! A challenge has a [`Goal`] that turns a history of activities into one number, and [`Level`]s that are reached when
//! the number is. A recurring challenge begins anew each day, week or month of the program's time zone: each of these
//! [instances](Instance) has its own number and its own awards.
//!
//! **Progress is a pure function of the history** ([`progress`]). An activity counts at its own time. A return takes its
//! share away at the time of the activity, not at that of the return, and an activity that is wholly returned never was.
//! So neither the order in which news arrives nor its delay matters, and more activities never make less progress.
//!
//! [`decide`] takes one piece of news, looks again at the one instance that it touches, and gives what is newly reached
//! and takes back what no longer is. Invariants: a level of an instance has at most one award at a time; after each
//! decision exactly the levels reached have one; an award that was taken back is never given again – reached again, the
//! level gets a new award with new grants.
//!
//! **Streaks.** The streak of a history is the longest run of periods that begins and ends with a period that was active
//! and misses no more periods in between than there are freezes. Missed periods do not count. A streak is not begun anew
//! when it breaks; it loses its oldest periods, until the misses that are left fit the freezes. This is what makes more
//! activity never count less: if a break began everything anew, an early visit could spoil a later streak.
//!
//! A challenge is never changed: new [`Terms`] have a new version and a [`Standing`] of their own, so that what was
//! reached under the old ones stays.

mod activity;
mod decide;
mod progress;
mod standing;
mod streak;
mod terms;
#[cfg(test)]
mod tests;

pub use activity::{Activity, Instance, LARGEST_AMOUNT, Reversal};
pub use decide::{Command, Decision, decide};
pub use progress::{Progress, progress};
pub use standing::{Award, Change, MOST_ACTIVITIES, MOST_REVERSALS, Standing, View};
pub use streak::{CurrentStreak, Streak};
pub use terms::{
    Filter, Goal, LARGEST_TARGET, Level, MOST_FREEZES, MOST_LEVELS, MOST_NAMES, MOST_STEPS, Recurrence,
    Rules, Terms,
};
