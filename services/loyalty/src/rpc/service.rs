//! The services as the contract generates them: they find out who calls and hand the request on.

use rapport_contract::loyalty::v1::{
    AdjustPointsRequest, Balance, Balances, BatchEnrolMembersRequest, BatchEnrolMembersResponse,
    BlockPointsRequest, CancelPendingPointsRequest, CaptureHoldRequest, CreateProgramRequest,
    CreateWalletRequest, EarnPointsRequest, EnrolMemberRequest, ExtendPointsRequest, GetBalanceRequest,
    GetBalancesRequest, GetHoldRequest, GetMemberRequest, GetProgramRequest, GetWalletRequest, Hold,
    LedgerSummary, ListLotsRequest, ListLotsResponse, ListMembersRequest, ListMembersResponse,
    ListProgramsRequest, ListProgramsResponse, ListTransactionsRequest, ListTransactionsResponse, Member,
    Program, RedeemPointsRequest, ReinstatePointsRequest, ReleaseHoldRequest, ReleasePendingPointsRequest,
    ReservePointsRequest, ReverseTransactionRequest, SummarizeLedgerRequest, Transaction,
    TransferPointsRequest, UpdateProgramRequest, UpdateWalletRequest, VerifyLedgerRequest,
    VerifyLedgerResponse, Wallet, ledger_service_server::LedgerService,
    loyalty_service_server::LoyaltyService,
};
use rapport_server::caller;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::Rpc;

/// Methods of a service that take one message and answer with one, and the others as they are.
macro_rules! methods {
    ($service:ident { $($other:tt)* } $($method:ident($request:ty) -> $answer:ty = $handler:ident;)+) => {
        #[tonic::async_trait]
        impl $service for Rpc {
            $($other)*

            $(async fn $method(&self, request: Request<$request>) -> Result<Response<$answer>, Status> {
                let tenant = caller(&request)?.tenant;
                let answer = self.$handler(&tenant, request.into_inner()).await?;
                Ok(Response::new(answer))
            })+
        }
    };
}

methods! {
    LoyaltyService {
        type VerifyLedgerStream = ReceiverStream<Result<VerifyLedgerResponse, Status>>;

        async fn verify_ledger(
            &self,
            request: Request<VerifyLedgerRequest>,
        ) -> Result<Response<Self::VerifyLedgerStream>, Status> {
            let tenant = caller(&request)?.tenant;
            Ok(Response::new(ReceiverStream::new(self.verify(tenant).await?)))
        }

    }
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

methods! {
    LedgerService {}
    create_wallet(CreateWalletRequest) -> Wallet = create_wallet;
    get_wallet(GetWalletRequest) -> Wallet = wallet;
    update_wallet(UpdateWalletRequest) -> Wallet = update_wallet;
    get_balances(GetBalancesRequest) -> Balances = member_balances;
    list_lots(ListLotsRequest) -> ListLotsResponse = lots;
    get_hold(GetHoldRequest) -> Hold = get_hold;
    release_pending_points(ReleasePendingPointsRequest) -> Transaction = release_pending;
    cancel_pending_points(CancelPendingPointsRequest) -> Transaction = cancel_pending;
    reverse_transaction(ReverseTransactionRequest) -> Transaction = reverse;
    transfer_points(TransferPointsRequest) -> Transaction = transfer;
    block_points(BlockPointsRequest) -> Hold = block;
    extend_points(ExtendPointsRequest) -> Transaction = extend;
    reinstate_points(ReinstatePointsRequest) -> Transaction = reinstate;
}
