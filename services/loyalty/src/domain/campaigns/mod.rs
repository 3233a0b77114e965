//! Campaigns: how an activity of a member becomes points, beyond the base rule of the program.
//!
//! | module | what it knows |
//! |---|---|
//! | `campaign` | campaigns and their life: draft, scheduled, live, paused, ended |
//! | `terms`, `check` | what the owner of a campaign decides, and what is wrong with it |
//! | `context` | what expressions of campaigns can speak of |
//! | `compiled` | campaigns made ready, and the rules of a program |
//! | `evaluate`, `points`, `bounds`, `settle` | what an activity earns: who counts, how much it is, what bounds it, who goes first |
//! | `evaluation` | what came of it, and why |
//! | `usage` | what campaigns have given so far, for caps and budgets |
//! | `replay` | history under the rules as they are and under others |
//! | [`reckon`] | exact shares and rounding |
//!
//! [`evaluate`] decides everything, for real and for trial. What holds for each evaluation:
//!
//! - the same activity, facts, usages and rules give the same evaluation, in whatever order the campaigns are given;
//! - the points of an award by lines add up to its points;
//! - no cap and no budget is exceeded, when the usages are those of all awards before;
//! - of the campaigns of one group at most one gives points;
//! - a campaign with something wrong in it gives nothing, says so, and hinders no other.

mod bounds;
mod campaign;
mod check;
mod compiled;
mod context;
mod evaluate;
mod evaluation;
mod points;
pub mod reckon;
mod replay;
mod settle;
mod terms;
#[cfg(test)]
mod tests;
mod usage;

pub use campaign::{Campaign, RESOURCE_TYPE, State, Step, next_state};
pub use compiled::{Compiled, Rules};
pub use context::Schemas;
pub use evaluate::evaluate;
pub use evaluation::{Awarded, Cap, Cut, Evaluation, Explanation, Ground, Origin, Reckoning, Verdict};
pub use replay::{CampaignComparison, Comparison, MemberComparison, Replay, Tally, Totals, replay};
pub use terms::{Award, Budget, Caps, Rounding, Stacking, Terms, WhenExhausted, Window};
pub use usage::{Usage, Usages};

/// Most campaigns of a program that are not ended.
pub const MOST_CAMPAIGNS: usize = 1_000;

/// Most categories of a table.
pub const MOST_CATEGORIES: usize = 200;

/// The greatest multiplier, in thousandths: a hundred times.
pub const MOST_THOUSANDTHS: i64 = 100_000;
