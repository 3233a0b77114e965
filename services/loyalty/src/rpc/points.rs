//! Methods that move points, and those that read the ledger.

use prost::Message;
use rapport_contract::{
    instant,
    loyalty::v1::{
        AdjustPointsRequest, Balance, CaptureHoldRequest, EarnPointsRequest, GetBalanceRequest,
        LedgerSummary, ListTransactionsRequest, ListTransactionsResponse, RedeemPointsRequest,
        ReleaseHoldRequest, ReservePointsRequest, SummarizeLedgerRequest, VerifyLedgerResponse,
    },
    name,
};
use rapport_status::{Error, Result};
use rapport_storage::request::RequestKey;
use rapport_telemetry::context::Origin;
use tokio::sync::mpsc;
use tonic::Status;
use uuid::Uuid;

use super::Rpc;
use crate::{
    domain::{
        ledger::{Command, HoldKind, Note, Pending, hold_not_found, transaction_not_found},
        wallet::{AccountKey, POINTS},
    },
    usecase::{
        ledger,
        listing::Listing,
        postings::{Intent, Operation},
        verification::{Progress, Verification},
    },
    wire,
};

/// How long a hold lasts when the request leaves it open, in seconds.
const DEFAULT_HOLD_SECONDS: i64 = 900;

impl Rpc {
    pub(super) async fn earn<A: Message + Default>(
        &self,
        tenant: &str,
        request: EarnPointsRequest,
    ) -> Result<A> {
        let key = key(tenant, "earn_points", &request.request_id, &request);
        let expire_time = request.expire_time.as_ref().map(instant::from_wire).transpose();
        let expire_time = expire_time.map_err(|wrong| Error::invalid_field("expire_time", wrong))?;
        let note = note(request.reason, &key);
        let release_time = request.release_time.as_ref().map(instant::from_wire).transpose();
        let release_time = release_time.map_err(|wrong| Error::invalid_field("release_time", wrong))?;
        let waits = release_time.is_some() || !request.release_key.is_empty();
        let intent = Intent::Earn {
            points: request.points,
            expire_time,
            pending: waits.then_some(Pending {
                release_time,
                release_key: request.release_key,
            }),
            note,
        };
        let account = account("member", &request.member, &request.wallet)?;
        self.post(tenant, account, key, intent).await
    }

    pub(super) async fn redeem<A: Message + Default>(
        &self,
        tenant: &str,
        request: RedeemPointsRequest,
    ) -> Result<A> {
        let key = key(tenant, "redeem_points", &request.request_id, &request);
        let note = note(request.reason, &key);
        let points = request.points;
        let account = account("member", &request.member, &request.wallet)?;
        let intent = Intent::Direct(Command::Redeem { points, note });
        self.post(tenant, account, key, intent).await
    }

    pub(super) async fn adjust<A: Message + Default>(
        &self,
        tenant: &str,
        request: AdjustPointsRequest,
    ) -> Result<A> {
        if request.points == 0 {
            return Err(Error::invalid_field("points", "must not be 0"));
        }
        let key = key(tenant, "adjust_points", &request.request_id, &request);
        let note = note(request.reason, &key);
        let points = request.points;
        let account = account("member", &request.member, &request.wallet)?;
        self.post(tenant, account, key, Intent::Adjust { points, note })
            .await
    }

    pub(super) async fn reserve<A: Message + Default>(
        &self,
        tenant: &str,
        request: ReservePointsRequest,
    ) -> Result<A> {
        let key = key(tenant, "reserve_points", &request.request_id, &request);
        let seconds = match i64::from(request.hold_seconds) {
            0 => DEFAULT_HOLD_SECONDS,
            seconds => seconds,
        };
        let intent = Intent::Hold {
            kind: HoldKind::Reservation,
            points: request.points,
            seconds: Some(seconds),
            reason: request.reason,
        };
        let account = account("member", &request.member, &request.wallet)?;
        self.post(tenant, account, key, intent).await
    }

    pub(super) async fn capture<A: Message + Default>(
        &self,
        tenant: &str,
        request: CaptureHoldRequest,
    ) -> Result<A> {
        let key = key(tenant, "capture_hold", &request.request_id, &request);
        let (account, hold) = hold(&request.name)?;
        let points = (request.points != 0).then_some(request.points);
        let intent = Intent::Direct(Command::Capture { hold, points });
        self.post(tenant, account, key, intent).await
    }

    pub(super) async fn release<A: Message + Default>(
        &self,
        tenant: &str,
        request: ReleaseHoldRequest,
    ) -> Result<A> {
        let key = key(tenant, "release_hold", &request.request_id, &request);
        let (account, hold) = hold(&request.name)?;
        self.post(tenant, account, key, Intent::Direct(Command::Release { hold }))
            .await
    }

    /// Hands an operation to the group commit. What comes back are the bytes of the first answer to the request.
    pub(super) async fn post<A: Message + Default>(
        &self,
        tenant: &str,
        account: AccountKey,
        key: RequestKey,
        intent: Intent,
    ) -> Result<A> {
        let operation = Operation {
            tenant: tenant.to_owned(),
            account,
            request: Some(key),
            intent,
            origin: Origin::current(),
        };
        let answer = self.committer.submit(operation).await?;
        A::decode(answer.as_slice())
            .map_err(|error| Error::internal("a remembered answer cannot be read").because(error))
    }

    pub(super) async fn balance(&self, tenant: &str, request: GetBalanceRequest) -> Result<Balance> {
        let [program, member] = name::BALANCE.require("name", &request.name)?;
        let member = name::MEMBER.format([program, member]);
        let account = account("name", &member, &request.wallet)?;
        let (balance, now) =
            ledger::balance(&self.store, &self.balances, &self.clock, tenant, &account).await?;
        Ok(wire::balance(&account, &balance, now))
    }

    pub(super) async fn transactions(
        &self,
        tenant: &str,
        request: ListTransactionsRequest,
    ) -> Result<ListTransactionsResponse> {
        let account = account("parent", &request.parent, &request.wallet)?;
        let listing = Listing {
            page_size: request.page_size,
            page_token: request.page_token,
            filter: request.filter,
            order_by: request.order_by,
        };
        let (transactions, next_page_token) = ledger::statement(
            &self.store,
            &self.clock,
            tenant,
            &account,
            &listing,
            &self.token_key,
        )
        .await?;
        Ok(ListTransactionsResponse {
            transactions: transactions
                .iter()
                .map(|transaction| wire::transaction(&account, transaction))
                .collect(),
            next_page_token,
        })
    }

    pub(super) async fn summary(
        &self,
        tenant: &str,
        request: SummarizeLedgerRequest,
    ) -> Result<LedgerSummary> {
        let [_] = name::PROGRAM.require("program", &request.program)?;
        let wallet = wallet_or_points(&request.wallet);
        let (sums, now) = ledger::summary(&self.store, &self.clock, tenant, &request.program, wallet).await?;
        Ok(wire::summary(&sums, now))
    }

    /// Begins to verify the ledger. It stops when nobody listens any more.
    pub(super) async fn verify(
        &self,
        tenant: String,
    ) -> Result<mpsc::Receiver<Result<VerifyLedgerResponse, Status>>> {
        let mut verification = Verification::begin(self.store.clone(), tenant).await?;
        let (progress, listener) = mpsc::channel(1);
        tokio::spawn(async move {
            loop {
                let step = verification.advance().await;
                let last = step.as_ref().map_or(true, |step| step.done);
                let message = step.map(verified).map_err(Status::from);
                if progress.send(message).await.is_err() || last {
                    return;
                }
            }
        });
        Ok(listener)
    }
}

/// The key under which a request is remembered. The request as a whole is what must be the same again.
pub(super) fn key(
    tenant: &str,
    method: &'static str,
    request_id: &str,
    request: &impl Message,
) -> RequestKey {
    RequestKey::new(tenant, method, request_id, &request.encode_to_vec())
}

pub(super) fn note(reason: String, key: &RequestKey) -> Note {
    Note {
        reason,
        cause: key.request_id.clone(),
    }
}

/// The account of a member in a wallet.
pub(super) fn account(field: &str, member: &str, wallet: &str) -> Result<AccountKey> {
    let [_, _] = name::MEMBER.require(field, member)?;
    Ok(AccountKey {
        member: member.to_owned(),
        wallet: wallet_or_points(wallet).to_owned(),
    })
}

fn wallet_or_points(wallet: &str) -> &str {
    if wallet.is_empty() { POINTS } else { wallet }
}

/// The account and the id of a hold. An id that no hold can have is that of no hold.
pub(super) fn hold(name: &str) -> Result<(AccountKey, Uuid)> {
    let [program, member, hold] = name::HOLD.require("name", name)?;
    let member = name::MEMBER.format([program, member]);
    AccountKey::read_resource(&member, hold).ok_or_else(|| hold_not_found(name))
}

/// The account and the id of a transaction.
pub(super) fn transaction(name: &str) -> Result<(AccountKey, Uuid)> {
    let [program, member, transaction] = name::TRANSACTION.require("name", name)?;
    let member = name::MEMBER.format([program, member]);
    AccountKey::read_resource(&member, transaction).ok_or_else(|| transaction_not_found(name))
}

fn verified(progress: Progress) -> VerifyLedgerResponse {
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    VerifyLedgerResponse {
        verified_member_count: count(progress.verified),
        member_count: count(progress.members),
        entry_count: count(progress.entries),
        differences: progress.differences,
        done: progress.done,
        difference_count: count(progress.difference_count),
    }
}
