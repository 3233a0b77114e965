//! Calls about cases.

use rapport_contract::{feedback::v1, name};
use rapport_server::Caller;
use rapport_status::{Error, Result};

use crate::{
    domain::case::Step,
    rpc::{chosen_id, required_name},
    store::cases::CaseCount,
    usecase::{ListRequest, UseCases, cases::CaseView},
    wire::{self, fields::Fields},
};

pub(super) async fn create(
    use_cases: &UseCases,
    caller: &Caller,
    request: v1::CreateCaseRequest,
) -> Result<v1::Case> {
    let mut fields = Fields::default();
    chosen_id("case_id", &request.case_id, &mut fields);
    let case = request
        .case
        .ok_or_else(|| Error::invalid_field("case", "is required"))?;
    let id = if request.case_id.is_empty() {
        use_cases.new_id()
    } else {
        request.case_id
    };
    let opening = wire::case::opening(case, name::CASE.format([&id]), &mut fields);
    let opening = fields.finish(opening)?;
    let view = use_cases
        .create_case(&caller.tenant, &caller.subject, &opening)
        .await?;
    Ok(written(view))
}

pub(super) async fn get(
    use_cases: &UseCases,
    caller: &Caller,
    request: v1::GetCaseRequest,
) -> Result<v1::Case> {
    required_name(name::CASE, &request.name)?;
    Ok(written(use_cases.case(&caller.tenant, &request.name).await?))
}

pub(super) async fn list(
    use_cases: &UseCases,
    caller: &Caller,
    request: v1::ListCasesRequest,
) -> Result<v1::ListCasesResponse> {
    let list = ListRequest {
        page_size: request.page_size,
        page_token: &request.page_token,
        filter: &request.filter,
        order_by: &request.order_by,
    };
    let (cases, next_page_token) = use_cases.cases(&caller.tenant, &list).await?;
    Ok(v1::ListCasesResponse {
        cases: cases
            .into_iter()
            .map(|case| wire::case::to_wire(case, Vec::new()))
            .collect(),
        next_page_token,
    })
}

pub(super) async fn assign(
    use_cases: &UseCases,
    caller: &Caller,
    request: v1::AssignCaseRequest,
) -> Result<v1::Case> {
    let mut fields = Fields::default();
    let step = Step::Assign {
        owner: fields.text("owner", request.owner, 1..=100),
        due_time: fields.moment("due_time", request.due_time),
    };
    take(use_cases, caller, &request.name, &fields.finish(step)?).await
}

pub(super) async fn resolve(
    use_cases: &UseCases,
    caller: &Caller,
    request: v1::ResolveCaseRequest,
) -> Result<v1::Case> {
    let mut fields = Fields::default();
    let step = Step::Resolve {
        text: fields.text("resolution", request.resolution, 1..=2_000).into(),
        compensate: request.compensate,
    };
    take(use_cases, caller, &request.name, &fields.finish(step)?).await
}

pub(super) async fn close(
    use_cases: &UseCases,
    caller: &Caller,
    request: v1::CloseCaseRequest,
) -> Result<v1::Case> {
    take(use_cases, caller, &request.name, &Step::Close).await
}

pub(super) async fn reopen(
    use_cases: &UseCases,
    caller: &Caller,
    request: v1::ReopenCaseRequest,
) -> Result<v1::Case> {
    let mut fields = Fields::default();
    let step = Step::Reopen {
        reason: fields.text("reason", request.reason, 1..=2_000).into(),
        due_time: fields.moment("due_time", request.due_time),
    };
    take(use_cases, caller, &request.name, &fields.finish(step)?).await
}

async fn take(use_cases: &UseCases, caller: &Caller, name: &str, step: &Step) -> Result<v1::Case> {
    required_name(name::CASE, name)?;
    let view = use_cases
        .step_case(&caller.tenant, name, &caller.subject, step)
        .await?;
    Ok(written(view))
}

pub(super) async fn summarize(use_cases: &UseCases, caller: &Caller) -> Result<v1::CaseSummary> {
    let summary = use_cases.summarize_cases(&caller.tenant).await?;
    let count = |count: CaseCount| v1::CaseCount {
        state: wire::case::state_to_wire(count.state).into(),
        priority: wire::priority::to_wire(count.priority).into(),
        case_count: count.count,
    };
    Ok(v1::CaseSummary {
        counts: summary.counts.into_iter().map(count).collect(),
        overdue_count: summary.overdue_count,
    })
}

fn written(view: CaseView) -> v1::Case {
    wire::case::to_wire(view.case, view.history)
}
