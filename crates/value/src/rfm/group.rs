//! The named groups of the 125 cells.

use std::fmt;

use super::RfmScore;

/// A named group of RFM cells. Every cell belongs to exactly one.
///
/// The group depends on the recency score R and on the level L = (F + M)/2, halves rounded up:
///
/// | R \ L | 1 | 2 | 3 | 4 | 5 |
/// |---|---|---|---|---|---|
/// | 5 | New | `PotentialLoyalist` | `PotentialLoyalist` | Champions | Champions |
/// | 4 | Promising | `PotentialLoyalist` | Loyal | Loyal | Champions |
/// | 3 | `AboutToSleep` | `NeedsAttention` | `NeedsAttention` | Loyal | Loyal |
/// | 2 | Hibernating | `AboutToSleep` | `AtRisk` | `AtRisk` | `CannotLose` |
/// | 1 | Lost | Hibernating | `AtRisk` | `CannotLose` | `CannotLose` |
///
/// The names are the customary ones of RFM practice; the borders are this crate's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RfmGroup {
    /// Bought very recently, often and for much.
    Champions,
    /// Buys regularly and well.
    Loyal,
    /// Recent, with a middling record: can become loyal.
    PotentialLoyalist,
    /// Bought very recently and hardly anything before.
    New,
    /// Bought fairly recently and hardly anything before.
    Promising,
    /// Middling in everything, and slipping.
    NeedsAttention,
    /// Less recent, with a small record.
    AboutToSleep,
    /// A good record, but not seen for long.
    AtRisk,
    /// The best record, but not seen for long.
    CannotLose,
    /// Not seen for long, with a small record.
    Hibernating,
    /// Not seen for longest, with the smallest record.
    Lost,
}

use RfmGroup::{
    AboutToSleep, AtRisk, CannotLose, Champions, Hibernating, Lost, Loyal, NeedsAttention, New,
    PotentialLoyalist, Promising,
};

/// Rows: recency score 1–5. Columns: level 1–5.
const GROUPS: [[RfmGroup; 5]; 5] = [
    [Lost, Hibernating, AtRisk, CannotLose, CannotLose],
    [Hibernating, AboutToSleep, AtRisk, AtRisk, CannotLose],
    [AboutToSleep, NeedsAttention, NeedsAttention, Loyal, Loyal],
    [Promising, PotentialLoyalist, Loyal, Loyal, Champions],
    [New, PotentialLoyalist, PotentialLoyalist, Champions, Champions],
];

impl RfmGroup {
    /// Every group.
    pub const ALL: [Self; 11] = [
        Champions,
        Loyal,
        PotentialLoyalist,
        New,
        Promising,
        NeedsAttention,
        AboutToSleep,
        AtRisk,
        CannotLose,
        Hibernating,
        Lost,
    ];

    pub(super) fn of(score: RfmScore) -> Self {
        let level = (score.frequency() + score.monetary()).div_ceil(2);
        GROUPS[usize::from(score.recency() - 1)][usize::from(level - 1)]
    }
}

impl fmt::Display for RfmGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Champions => "champions",
            Loyal => "loyal",
            PotentialLoyalist => "potential loyalist",
            New => "new",
            Promising => "promising",
            NeedsAttention => "needs attention",
            AboutToSleep => "about to sleep",
            AtRisk => "at risk",
            CannotLose => "cannot lose",
            Hibernating => "hibernating",
            Lost => "lost",
        })
    }
}
