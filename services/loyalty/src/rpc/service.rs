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
use rapport_contract::loyalty::v1::{
    AdvanceRedemptionRequest, CancelRedemptionRequest, CheckVoucherRequest, CheckVoucherResponse, CodePool,
    ConfirmRedemptionRequest, CreateRewardRequest, CreateTierSetRequest, GetCodePoolRequest,
    GetMemberTiersRequest, GetRedemptionRequest, GetRewardRequest, GetTierGrantRequest, GetTierSetRequest,
    GrantTierRequest, ImportCodesRequest, ImportCodesResponse, ListRedemptionsRequest,
    ListRedemptionsResponse, ListRewardsRequest, ListRewardsResponse, ListTierChangesRequest,
    ListTierChangesResponse, ListTierSetsRequest, ListTierSetsResponse, MemberTiers, RedeemRewardRequest,
    Redemption, RefundRedemptionRequest, ReserveRewardRequest, RestockRewardRequest, RevokeTierGrantRequest,
    Reward, TierGrant, TierSet, UndoVoucherUseRequest, UpdateCodePoolRequest, UpdateRewardRequest,
    UpdateTierSetRequest, UseVoucherRequest, VoucherUse, reward_service_server::RewardService,
    tier_service_server::TierService,
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

methods! {
    RewardService {}
    create_reward(CreateRewardRequest) -> Reward = create_reward;
    get_reward(GetRewardRequest) -> Reward = reward;
    list_rewards(ListRewardsRequest) -> ListRewardsResponse = rewards;
    update_reward(UpdateRewardRequest) -> Reward = update_reward;
    restock_reward(RestockRewardRequest) -> Reward = restock_reward;
    update_code_pool(UpdateCodePoolRequest) -> CodePool = update_code_pool;
    get_code_pool(GetCodePoolRequest) -> CodePool = code_pool;
    import_codes(ImportCodesRequest) -> ImportCodesResponse = import_codes;
    reserve_reward(ReserveRewardRequest) -> Redemption = reserve_reward;
    redeem_reward(RedeemRewardRequest) -> Redemption = redeem_reward;
    confirm_redemption(ConfirmRedemptionRequest) -> Redemption = confirm_redemption;
    advance_redemption(AdvanceRedemptionRequest) -> Redemption = advance_redemption;
    cancel_redemption(CancelRedemptionRequest) -> Redemption = cancel_redemption;
    refund_redemption(RefundRedemptionRequest) -> Redemption = refund_redemption;
    get_redemption(GetRedemptionRequest) -> Redemption = redemption;
    list_redemptions(ListRedemptionsRequest) -> ListRedemptionsResponse = redemptions;
    check_voucher(CheckVoucherRequest) -> CheckVoucherResponse = check_voucher;
    use_voucher(UseVoucherRequest) -> VoucherUse = use_voucher;
    undo_voucher_use(UndoVoucherUseRequest) -> VoucherUse = undo_voucher_use;
}

methods! {
    TierService {
        async fn grant_tier(
            &self,
            request: Request<GrantTierRequest>,
        ) -> Result<Response<TierGrant>, Status> {
            let caller = caller(&request)?;
            let answer = self.grant_tier(&caller, request.into_inner()).await?;
            Ok(Response::new(answer))
        }

        async fn revoke_tier_grant(
            &self,
            request: Request<RevokeTierGrantRequest>,
        ) -> Result<Response<TierGrant>, Status> {
            let caller = caller(&request)?;
            let answer = self.revoke_tier_grant(&caller, request.into_inner()).await?;
            Ok(Response::new(answer))
        }
    }
    create_tier_set(CreateTierSetRequest) -> TierSet = create_tier_set;
    get_tier_set(GetTierSetRequest) -> TierSet = tier_set;
    update_tier_set(UpdateTierSetRequest) -> TierSet = update_tier_set;
    list_tier_sets(ListTierSetsRequest) -> ListTierSetsResponse = tier_sets;
    get_member_tiers(GetMemberTiersRequest) -> MemberTiers = member_tiers;
    list_tier_changes(ListTierChangesRequest) -> ListTierChangesResponse = tier_changes;
    get_tier_grant(GetTierGrantRequest) -> TierGrant = tier_grant;
}
