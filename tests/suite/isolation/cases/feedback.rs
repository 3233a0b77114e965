//! Requests about answers, cases and what they were measured to.

use super::{
    Case,
    Expected::{Made, Nothing, Refused},
    case, taken,
};

pub(super) const CASES: &[Case] = &[
    // Satisfaction, before answers are deleted.
    case(
        "SatisfactionService/QueryMetric",
        Nothing,
        &[("metric", "METRIC_NPS")],
    ),
    case(
        "SatisfactionService/GetCustomerSatisfaction",
        Refused,
        &[("name", "customers/li/satisfaction")],
    ),
    case("SatisfactionService/VerifyRollups", Nothing, &[]),
    // Feedback.
    taken(
        "FeedbackService/CreateSurvey",
        &[
            ("survey_id", "after-the-stay"),
            ("survey.title", "Theirs"),
            ("survey.questions.id", "recommend"),
            ("survey.questions.text.language", "en"),
            ("survey.questions.text.text", "Well?"),
            ("survey.questions.recommendation", ""),
        ],
    ),
    case(
        "FeedbackService/GetSurvey",
        Refused,
        &[("name", "surveys/after-the-stay")],
    ),
    case("FeedbackService/ListSurveys", Nothing, &[]),
    case(
        "FeedbackService/UpdateSurvey",
        Refused,
        &[
            ("survey.name", "surveys/after-the-stay"),
            ("survey.title", "Changed"),
            ("update_mask.paths", "title"),
        ],
    ),
    case(
        "FeedbackService/PublishSurvey",
        Refused,
        &[("name", "surveys/after-the-stay")],
    ),
    case(
        "FeedbackService/SubmitAnswerSet",
        Refused,
        &[
            ("request_id", "submit"),
            ("answer_set.survey", "surveys/after-the-stay"),
            ("answer_set.answers.question", "recommend"),
            ("answer_set.answers.score", "9"),
        ],
    ),
    case(
        "FeedbackService/GetAnswerSet",
        Refused,
        &[("name", "{answer_set}")],
    ),
    case("FeedbackService/ListAnswerSets", Nothing, &[]),
    case(
        "FeedbackService/CorrectAnswerSet",
        Refused,
        &[
            ("name", "{answer_set}"),
            ("answers.question", "recommend"),
            ("answers.score", "2"),
        ],
    ),
    case(
        "FeedbackService/DeleteAnswerSet",
        Refused,
        &[("name", "{answer_set}")],
    ),
    case("FeedbackService/GetCase", Refused, &[("name", "{case}")]),
    case("FeedbackService/ListCases", Nothing, &[]),
    case(
        "FeedbackService/AssignCase",
        Refused,
        &[("name", "{case}"), ("owner", "desk")],
    ),
    case(
        "FeedbackService/ResolveCase",
        Refused,
        &[("name", "{case}"), ("resolution", "Called")],
    ),
    case("FeedbackService/CloseCase", Refused, &[("name", "{case}")]),
    case(
        "FeedbackService/ReopenCase",
        Refused,
        &[("name", "{case}"), ("reason", "Again")],
    ),
    case("FeedbackService/SummarizeCases", Nothing, &[]),
    case(
        "FeedbackService/CreateCase",
        Made,
        &[
            ("case_id", "lost-key"),
            ("case.subject", "Lost key"),
            ("case.priority", "PRIORITY_NORMAL"),
        ],
    ),
    case(
        "FeedbackService/CloseSurvey",
        Refused,
        &[("name", "surveys/after-the-stay")],
    ),
];
