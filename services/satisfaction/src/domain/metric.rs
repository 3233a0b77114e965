//! What is measured, and what it can be broken down by.

use std::fmt;

/// A metric. Each kind of score belongs to one; the index is made of several scores of an answer set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Customer satisfaction: share of 4 and 5 among 1 to 5, in percent.
    Csat,
    /// Net promoter score: percentage of 9 and 10 minus percentage of 0 to 6.
    Nps,
    /// Customer effort: mean of the ease scores 1 to 7.
    Ces,
    /// Mean of scale scores.
    Likert,
    /// Satisfaction index, 0 to 100; observed once for each answer set.
    Index,
}

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 5] = [Self::Csat, Self::Nps, Self::Ces, Self::Likert, Self::Index];

    /// Whether a roll-up of the metric can be told apart by a dimension.
    pub const fn has(self, dimension: Dimension) -> bool {
        match self {
            Self::Index => !matches!(dimension, Dimension::Question | Dimension::Touchpoint),
            Self::Csat | Self::Nps | Self::Ces | Self::Likert => true,
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Csat => "CSAT",
            Self::Nps => "NPS",
            Self::Ces => "CES",
            Self::Likert => "Likert",
            Self::Index => "index",
        })
    }
}

/// What a metric can be broken down by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// The day of the answers, in universal time.
    Day,
    /// The survey.
    Survey,
    /// The question.
    Question,
    /// The touchpoint.
    Touchpoint,
    /// The location.
    Location,
}

impl Dimension {
    /// The name, as the fields of rows and requests have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Survey => "survey",
            Self::Question => "question",
            Self::Touchpoint => "touchpoint",
            Self::Location => "location",
        }
    }
}
