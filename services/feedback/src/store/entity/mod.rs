//! The tables as queries see them. The columns are described in the migration.
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the derived types are public within this private module"
)]

pub(crate) mod answer;
pub(crate) mod answer_set;
pub(crate) mod feedback_case;
pub(crate) mod feedback_case_event;
pub(crate) mod survey;
pub(crate) mod survey_version;
