//! Calls about surveys.

use rapport_contract::{feedback::v1, name};
use rapport_listing::FieldMask;
use rapport_server::{Caller, listing::refused};
use rapport_status::{Error, Result};

use crate::{
    rpc::{chosen_id, required_name},
    usecase::{
        ListRequest, UseCases,
        surveys::{SurveyChange, SurveyView},
    },
    wire::{self, fields::Fields},
};

/// The fields that an update can change.
static UPDATABLE: [&str; 3] = ["title", "questions", "case_rules"];

pub(super) async fn create(
    use_cases: &UseCases,
    caller: &Caller,
    request: v1::CreateSurveyRequest,
) -> Result<v1::Survey> {
    let mut fields = Fields::default();
    chosen_id("survey_id", &request.survey_id, &mut fields);
    let survey = request.survey.ok_or_else(no_survey)?;
    let questionnaire = wire::survey::questionnaire(survey, &mut fields);
    let questionnaire = fields.finish(questionnaire)?;
    let view = use_cases
        .create_survey(&caller.tenant, &request.survey_id, questionnaire)
        .await?;
    Ok(written(view))
}

pub(super) async fn get(
    use_cases: &UseCases,
    caller: &Caller,
    request: v1::GetSurveyRequest,
) -> Result<v1::Survey> {
    required_name(name::SURVEY, &request.name)?;
    let view = use_cases
        .survey(&caller.tenant, &request.name, request.version)
        .await?;
    Ok(written(view))
}

pub(super) async fn list(
    use_cases: &UseCases,
    caller: &Caller,
    request: v1::ListSurveysRequest,
) -> Result<v1::ListSurveysResponse> {
    let list = ListRequest {
        page_size: request.page_size,
        page_token: &request.page_token,
        filter: &request.filter,
        order_by: &request.order_by,
    };
    let (surveys, next_page_token) = use_cases.surveys(&caller.tenant, &list).await?;
    Ok(v1::ListSurveysResponse {
        surveys: surveys.into_iter().map(written).collect(),
        next_page_token,
    })
}

pub(super) async fn update(
    use_cases: &UseCases,
    caller: &Caller,
    request: v1::UpdateSurveyRequest,
) -> Result<v1::Survey> {
    let survey = request.survey.ok_or_else(no_survey)?;
    name::SURVEY.require::<1>("survey.name", &survey.name)?;
    let mask = mask(&request.update_mask.unwrap_or_default(), &survey)?;
    let (name, etag) = (survey.name.clone(), survey.etag.clone());
    let mut fields = Fields::default();
    let questionnaire = wire::survey::questionnaire(survey, &mut fields);
    let new = fields.finish(questionnaire)?;
    let change = SurveyChange {
        title: mask.contains("title").then_some(new.title),
        questions: mask.contains("questions").then_some(new.questions),
        case_rules: mask.contains("case_rules").then_some(new.case_rules),
    };
    let view = use_cases
        .update_survey(&caller.tenant, &name, &etag, &change)
        .await?;
    Ok(written(view))
}

fn mask(mask: &prost_types::FieldMask, survey: &v1::Survey) -> Result<FieldMask> {
    let set = [
        ("title", !survey.title.is_empty()),
        ("questions", !survey.questions.is_empty()),
        ("case_rules", !survey.case_rules.is_empty()),
    ];
    let set: Vec<&str> = set
        .into_iter()
        .filter_map(|(name, is_set)| is_set.then_some(name))
        .collect();
    FieldMask::check(&mask.paths, &UPDATABLE, &set).map_err(|error| refused(&error))
}

pub(super) async fn publish(
    use_cases: &UseCases,
    caller: &Caller,
    request: v1::PublishSurveyRequest,
) -> Result<v1::Survey> {
    required_name(name::SURVEY, &request.name)?;
    let view = use_cases.publish_survey(&caller.tenant, &request.name).await?;
    Ok(written(view))
}

pub(super) async fn close(
    use_cases: &UseCases,
    caller: &Caller,
    request: v1::CloseSurveyRequest,
) -> Result<v1::Survey> {
    required_name(name::SURVEY, &request.name)?;
    let view = use_cases.close_survey(&caller.tenant, &request.name).await?;
    Ok(written(view))
}

fn no_survey() -> Error {
    Error::invalid_field("survey", "is required")
}

fn written(view: SurveyView) -> v1::Survey {
    wire::survey::to_wire(&view.survey, view.version, view.questionnaire)
}
