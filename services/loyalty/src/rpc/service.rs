//! The service as the contract generates it: finds out who calls and hands the request on.

use rapport_contract::loyalty::v1::{
    AdjustPointsRequest, Balance, BatchEnrolMembersRequest, BatchEnrolMembersResponse, CaptureHoldRequest,
    CreateProgramRequest, EarnPointsRequest, EnrolMemberRequest, GetBalanceRequest, GetMemberRequest,
    GetProgramRequest, Hold, LedgerSummary, ListMembersRequest, ListMembersResponse, ListProgramsRequest,
    ListProgramsResponse, ListTransactionsRequest, ListTransactionsResponse, Member, Program,
    RedeemPointsRequest, ReleaseHoldRequest, ReservePointsRequest, SummarizeLedgerRequest, Transaction,
    UpdateProgramRequest, VerifyLedgerRequest, VerifyLedgerResponse, loyalty_service_server::LoyaltyService,
};
use rapport_server::caller;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::Rpc;

/// Methods that take one message and answer with one.
macro_rules! methods {
    ($($method:ident($request:ty) -> $answer:ty = $handler:ident;)+) => {
        #[tonic::async_trait]
        impl LoyaltyService for Rpc {
            type VerifyLedgerStream = ReceiverStream<Result<VerifyLedgerResponse, Status>>;

            $(async fn $method(&self, request: Request<$request>) -> Result<Response<$answer>, Status> {
                let tenant = caller(&request)?.tenant;
                let answer = self.$handler(&tenant, request.into_inner()).await?;
                Ok(Response::new(answer))
            })+

            async fn verify_ledger(
                &self,
                request: Request<VerifyLedgerRequest>,
            ) -> Result<Response<Self::VerifyLedgerStream>, Status> {
                let tenant = caller(&request)?.tenant;
                Ok(Response::new(ReceiverStream::new(self.verify(tenant).await?)))
            }
        }
    };
}

methods! {
    create_program(CreateProgramRequest) -> Program = create;
    get_program(GetProgramRequest) -> Program = get;
    list_programs(ListProgramsRequest) -> ListProgramsResponse = list;
    update_program(UpdateProgramRequest) -> Program = update;
    enrol_member(EnrolMemberRequest) -> Member = enrol;
    batch_enrol_members(BatchEnrolMembersRequest) -> BatchEnrolMembersResponse = enrol_batch;
    get_member(GetMemberRequest) -> Member = member;
    list_members(ListMembersRequest) -> ListMembersResponse = members;
    earn_points(EarnPointsRequest) -> Transaction = earn;
    redeem_points(RedeemPointsRequest) -> Transaction = redeem;
    adjust_points(AdjustPointsRequest) -> Transaction = adjust;
    reserve_points(ReservePointsRequest) -> Hold = reserve;
    capture_hold(CaptureHoldRequest) -> Transaction = capture;
    release_hold(ReleaseHoldRequest) -> Hold = release;
    get_balance(GetBalanceRequest) -> Balance = balance;
    list_transactions(ListTransactionsRequest) -> ListTransactionsResponse = transactions;
    summarize_ledger(SummarizeLedgerRequest) -> LedgerSummary = summary;
}
