//! What one version of a survey asks.

use crate::domain::priority::Priority;

/// The title, questions and rules of one version of a survey.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Questionnaire {
    /// Title for those who work with the survey, 1 to 200 characters.
    pub title: String,
    /// The questions in their order, at most 200.
    pub questions: Vec<Question>,
    /// When answers open a case, at most 50.
    pub case_rules: Vec<CaseRule>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Question {
    /// Unique within the questionnaire.
    pub id: String,
    /// The wording, one text a language.
    pub text: Vec<LocalizedText>,
    /// What the question is about; empty when not stated.
    pub dimension: String,
    /// The touchpoint that it asks about; empty means that of the answer set.
    pub touchpoint: String,
    /// Whether an answer set must answer it.
    pub required: bool,
    /// What kind of answer it takes. Absent only in a questionnaire that was not checked yet.
    pub kind: Option<QuestionKind>,
}

/// A text in one language.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LocalizedText {
    /// BCP 47 language tag.
    pub language: String,
    /// The text.
    pub text: String,
}

/// The kind of answer that a question takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuestionKind {
    /// Satisfaction, 1 to 5.
    Satisfaction,
    /// Likelihood to recommend, 0 to 10.
    Recommendation,
    /// Ease, 1 to 7.
    Effort,
    /// A scale from 1 to a number of points.
    Likert {
        /// The highest point, 2 to 10.
        points: i32,
    },
    /// One of several options.
    SingleChoice {
        /// The options, 2 to 100.
        options: Vec<ChoiceOption>,
    },
    /// Free text.
    OpenText {
        /// Longest answer in characters, 1 to 2,000.
        max_length: i32,
    },
}

/// An option to choose.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChoiceOption {
    /// Unique within the question.
    pub id: String,
    /// The wording, one text a language.
    pub text: Vec<LocalizedText>,
}

/// Opens a case when an answer is low.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CaseRule {
    /// Id of a question that is answered by a score.
    pub question: String,
    /// A score of this or less opens a case.
    pub at_most: i32,
    /// How urgent the case is.
    pub priority: Priority,
    /// Hours from the answer to the deadline; 0 gives the time that the priority has.
    pub due_hours: i32,
    /// Who gets the case; empty leaves it open.
    pub owner: String,
}

/// How a score is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScoreKind {
    /// Satisfaction, 1 to 5.
    Satisfaction,
    /// Recommendation, 0 to 10.
    Recommendation,
    /// Ease, 1 to 7.
    Effort,
    /// Likert scale, 1 to the number of points.
    Likert,
}

/// The scale of a question that is answered by a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// How its scores are to be read.
    pub kind: ScoreKind,
    /// Lowest point.
    pub minimum: i32,
    /// Highest point.
    pub maximum: i32,
}

impl Scale {
    /// Whether a score is a point of the scale.
    pub const fn contains(self, score: i32) -> bool {
        self.minimum <= score && score <= self.maximum
    }
}

impl Questionnaire {
    /// The question with an id.
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.id == id)
    }
}

impl Question {
    /// Its scale; none when it is not answered by a score.
    pub fn scale(&self) -> Option<Scale> {
        let (kind, minimum, maximum) = match self.kind.as_ref()? {
            QuestionKind::Satisfaction => (ScoreKind::Satisfaction, 1, 5),
            QuestionKind::Recommendation => (ScoreKind::Recommendation, 0, 10),
            QuestionKind::Effort => (ScoreKind::Effort, 1, 7),
            QuestionKind::Likert { points } => (ScoreKind::Likert, 1, *points),
            QuestionKind::SingleChoice { .. } | QuestionKind::OpenText { .. } => return None,
        };
        Some(Scale {
            kind,
            minimum,
            maximum,
        })
    }

    /// The wording in English, or else in the first language that it has.
    pub fn english_or_first_text(&self) -> &str {
        let is_english = |text: &&LocalizedText| {
            text.language
                .split('-')
                .next()
                .is_some_and(|tag| tag.eq_ignore_ascii_case("en"))
        };
        let text = self.text.iter().find(is_english).or_else(|| self.text.first());
        text.map_or("", |text| text.text.as_str())
    }
}
