//! The gRPC service: reads requests, has the use cases do them, writes answers.

mod answer_sets;
mod cases;
mod surveys;

use std::sync::Arc;

use rapport_contract::feedback::v1::{
    AnswerSet, AssignCaseRequest, Case, CaseSummary, CloseCaseRequest, CloseSurveyRequest,
    CorrectAnswerSetRequest, CreateCaseRequest, CreateSurveyRequest, DeleteAnswerSetRequest,
    GetAnswerSetRequest, GetCaseRequest, GetSurveyRequest, ListAnswerSetsRequest, ListAnswerSetsResponse,
    ListCasesRequest, ListCasesResponse, ListSurveysRequest, ListSurveysResponse, PublishSurveyRequest,
    ReopenCaseRequest, ResolveCaseRequest, SubmitAnswerSetRequest, SummarizeCasesRequest, Survey,
    UpdateSurveyRequest, feedback_service_server::FeedbackService,
};
use rapport_contract::name::{Pattern, is_id};
use rapport_server::caller;
use rapport_status::Result;
use tonic::{Request, Response, Status};

use crate::{usecase::UseCases, wire::fields::Fields};

/// Answers calls.
#[derive(Debug, Clone)]
pub struct Rpc {
    use_cases: Arc<UseCases>,
}

impl Rpc {
    /// Answers calls with these use cases.
    pub(crate) fn new(use_cases: Arc<UseCases>) -> Self {
        Self { use_cases }
    }
}

#[tonic::async_trait]
impl FeedbackService for Rpc {
    async fn create_survey(&self, request: Request<CreateSurveyRequest>) -> Result<Response<Survey>, Status> {
        let caller = caller(&request)?;
        Ok(Response::new(
            surveys::create(&self.use_cases, &caller, request.into_inner()).await?,
        ))
    }

    async fn get_survey(&self, request: Request<GetSurveyRequest>) -> Result<Response<Survey>, Status> {
        let caller = caller(&request)?;
        Ok(Response::new(
            surveys::get(&self.use_cases, &caller, request.into_inner()).await?,
        ))
    }

    async fn list_surveys(
        &self,
        request: Request<ListSurveysRequest>,
    ) -> Result<Response<ListSurveysResponse>, Status> {
        let caller = caller(&request)?;
        Ok(Response::new(
            surveys::list(&self.use_cases, &caller, request.into_inner()).await?,
        ))
    }

    async fn update_survey(&self, request: Request<UpdateSurveyRequest>) -> Result<Response<Survey>, Status> {
        let caller = caller(&request)?;
        Ok(Response::new(
            surveys::update(&self.use_cases, &caller, request.into_inner()).await?,
        ))
    }

    async fn publish_survey(
        &self,
        request: Request<PublishSurveyRequest>,
    ) -> Result<Response<Survey>, Status> {
        let caller = caller(&request)?;
        Ok(Response::new(
            surveys::publish(&self.use_cases, &caller, request.into_inner()).await?,
        ))
    }

    async fn close_survey(&self, request: Request<CloseSurveyRequest>) -> Result<Response<Survey>, Status> {
        let caller = caller(&request)?;
        Ok(Response::new(
            surveys::close(&self.use_cases, &caller, request.into_inner()).await?,
        ))
    }

    async fn submit_answer_set(
        &self,
        request: Request<SubmitAnswerSetRequest>,
    ) -> Result<Response<AnswerSet>, Status> {
        let caller = caller(&request)?;
        Ok(Response::new(
            answer_sets::submit(&self.use_cases, &caller, request.into_inner()).await?,
        ))
    }

    async fn get_answer_set(
        &self,
        request: Request<GetAnswerSetRequest>,
    ) -> Result<Response<AnswerSet>, Status> {
        let caller = caller(&request)?;
        Ok(Response::new(
            answer_sets::get(&self.use_cases, &caller, request.into_inner()).await?,
        ))
    }

    async fn list_answer_sets(
        &self,
        request: Request<ListAnswerSetsRequest>,
    ) -> Result<Response<ListAnswerSetsResponse>, Status> {
        let caller = caller(&request)?;
        Ok(Response::new(
            answer_sets::list(&self.use_cases, &caller, request.into_inner()).await?,
        ))
    }

    async fn correct_answer_set(
        &self,
        request: Request<CorrectAnswerSetRequest>,
    ) -> Result<Response<AnswerSet>, Status> {
        let caller = caller(&request)?;
        Ok(Response::new(
            answer_sets::correct(&self.use_cases, &caller, request.into_inner()).await?,
        ))
    }

    async fn delete_answer_set(
        &self,
        request: Request<DeleteAnswerSetRequest>,
    ) -> Result<Response<()>, Status> {
        let caller = caller(&request)?;
        Ok(Response::new(
            answer_sets::delete(&self.use_cases, &caller, request.into_inner()).await?,
        ))
    }

    async fn create_case(&self, request: Request<CreateCaseRequest>) -> Result<Response<Case>, Status> {
        let caller = caller(&request)?;
        Ok(Response::new(
            cases::create(&self.use_cases, &caller, request.into_inner()).await?,
        ))
    }

    async fn get_case(&self, request: Request<GetCaseRequest>) -> Result<Response<Case>, Status> {
        let caller = caller(&request)?;
        Ok(Response::new(
            cases::get(&self.use_cases, &caller, request.into_inner()).await?,
        ))
    }

    async fn list_cases(
        &self,
        request: Request<ListCasesRequest>,
    ) -> Result<Response<ListCasesResponse>, Status> {
        let caller = caller(&request)?;
        Ok(Response::new(
            cases::list(&self.use_cases, &caller, request.into_inner()).await?,
        ))
    }

    async fn assign_case(&self, request: Request<AssignCaseRequest>) -> Result<Response<Case>, Status> {
        let caller = caller(&request)?;
        Ok(Response::new(
            cases::assign(&self.use_cases, &caller, request.into_inner()).await?,
        ))
    }

    async fn resolve_case(&self, request: Request<ResolveCaseRequest>) -> Result<Response<Case>, Status> {
        let caller = caller(&request)?;
        Ok(Response::new(
            cases::resolve(&self.use_cases, &caller, request.into_inner()).await?,
        ))
    }

    async fn close_case(&self, request: Request<CloseCaseRequest>) -> Result<Response<Case>, Status> {
        let caller = caller(&request)?;
        Ok(Response::new(
            cases::close(&self.use_cases, &caller, request.into_inner()).await?,
        ))
    }

    async fn reopen_case(&self, request: Request<ReopenCaseRequest>) -> Result<Response<Case>, Status> {
        let caller = caller(&request)?;
        Ok(Response::new(
            cases::reopen(&self.use_cases, &caller, request.into_inner()).await?,
        ))
    }

    async fn summarize_cases(
        &self,
        request: Request<SummarizeCasesRequest>,
    ) -> Result<Response<CaseSummary>, Status> {
        let caller = caller(&request)?;
        Ok(Response::new(cases::summarize(&self.use_cases, &caller).await?))
    }
}

/// Reads a name that a request is about.
fn required_name(pattern: Pattern, name: &str) -> Result<()> {
    pattern.require::<1>("name", name).map(|_| ())
}

/// Reads an id that the caller may choose.
fn chosen_id(field: &str, id: &str, fields: &mut Fields) {
    if !id.is_empty() && !is_id(id) {
        fields.refuse(
            field,
            "must be 1 to 63 of a-z 0-9 - _ . and begin with a letter or digit, or be empty",
        );
    }
}
