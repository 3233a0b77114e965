//! What feedback is and what is decided about it. Pure: time and ids come in.

pub mod answer_rules;
pub mod answer_set;
pub mod case;
pub mod case_rule;
pub mod priority;
pub mod questionnaire;
pub mod questionnaire_rules;
mod refusal;
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
