//! Calls about sets of answers.

use prost::Message as _;
use rapport_contract::{feedback::v1, name};
use rapport_server::Caller;
use rapport_status::{Error, Result};
use rapport_storage::request::RequestKey;
use rapport_telemetry::context::Origin;

use crate::{
    rpc::required_name,
    usecase::{ListRequest, UseCases, submit::SubmitOperation},
    wire::{self, fields::Fields},
};

pub(super) async fn submit(
    use_cases: &UseCases,
    caller: &Caller,
    request: v1::SubmitAnswerSetRequest,
) -> Result<v1::AnswerSet> {
    let body = request.encode_to_vec();
    let mut fields = Fields::default();
    let request_id = fields.text("request_id", request.request_id, 1..=128);
    let set = request
        .answer_set
        .ok_or_else(|| Error::invalid_field("answer_set", "is required"))?;
    let submission = wire::answer_set::submission(set, &mut fields);
    let submission = fields.finish(submission)?;
    let key = RequestKey::new(&caller.tenant, "submit_answer_set", &request_id, &body);
    use_cases
        .submit_answer_set(SubmitOperation {
            key,
            submission,
            origin: Origin::current(),
        })
        .await
}

pub(super) async fn get(
    use_cases: &UseCases,
    caller: &Caller,
    request: v1::GetAnswerSetRequest,
) -> Result<v1::AnswerSet> {
    required_name(name::ANSWER_SET, &request.name)?;
    let set = use_cases.answer_set(&caller.tenant, &request.name).await?;
    Ok(wire::answer_set::to_wire(&set))
}

pub(super) async fn list(
    use_cases: &UseCases,
    caller: &Caller,
    request: v1::ListAnswerSetsRequest,
) -> Result<v1::ListAnswerSetsResponse> {
    let list = ListRequest {
        page_size: request.page_size,
        page_token: &request.page_token,
        filter: &request.filter,
        order_by: &request.order_by,
    };
    let (sets, next_page_token) = use_cases.answer_sets(&caller.tenant, &list).await?;
    Ok(v1::ListAnswerSetsResponse {
        answer_sets: sets.iter().map(wire::answer_set::to_wire).collect(),
        next_page_token,
    })
}

pub(super) async fn correct(
    use_cases: &UseCases,
    caller: &Caller,
    request: v1::CorrectAnswerSetRequest,
) -> Result<v1::AnswerSet> {
    required_name(name::ANSWER_SET, &request.name)?;
    let answers = wire::answer_set::answers(request.answers);
    let set = use_cases
        .correct_answer_set(&caller.tenant, &request.name, &answers, &request.etag)
        .await?;
    Ok(wire::answer_set::to_wire(&set))
}

pub(super) async fn delete(
    use_cases: &UseCases,
    caller: &Caller,
    request: v1::DeleteAnswerSetRequest,
) -> Result<()> {
    required_name(name::ANSWER_SET, &request.name)?;
    use_cases
        .delete_answer_set(&caller.tenant, &request.name, request.allow_missing)
        .await
}
