//! What feedback is and what is decided about it. Pure: time and ids come in.

pub mod answer_rules;
pub mod answer_set;
pub mod case;
pub mod case_rule;
pub mod priority;
pub mod questionnaire;
pub mod questionnaire_rules;
pub mod submission;
pub mod survey;

/// Types of resources, as errors name them.
pub mod resource {
    /// A survey.
    pub const SURVEY: &str = "rapport.example/Survey";
    /// A set of answers.
    pub const ANSWER_SET: &str = "rapport.example/AnswerSet";
    /// A case.
    pub const CASE: &str = "rapport.example/Case";
}

/// Most violations that one answer lists. They travel in the trailer of the call, and common clients refuse trailers
/// of more than 8 KiB: enough to mend a form by, and still delivered.
const MOST_VIOLATIONS: usize = 50;
