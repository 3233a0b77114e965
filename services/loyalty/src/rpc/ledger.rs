//! Methods of the ledger besides earning and spending.

use prost::Message;
use prost_types::Timestamp as WireTimestamp;
use rapport_contract::{
    instant,
    loyalty::v1::{
        Balances, BlockPointsRequest, CancelPendingPointsRequest, ExtendPointsRequest, GetBalancesRequest,
        GetHoldRequest, Hold, ListLotsRequest, ListLotsResponse, ReinstatePointsRequest,
        ReleasePendingPointsRequest, ReverseTransactionRequest, TransferPointsRequest,
        cancel_pending_points_request, release_pending_points_request,
    },
    name,
};
use rapport_status::{Error, Reason, Result};
use uuid::Uuid;

use super::{
    Rpc,
    points::{account, hold, key, note, transaction},
};
use crate::{
    domain::{
        ledger::{Command, HoldKind, PendingChoice},
        member,
    },
    usecase::{ledger, listing::Listing, postings::Intent},
    wire,
};

impl Rpc {
    pub(super) async fn member_balances(
        &self,
        tenant: &str,
        request: GetBalancesRequest,
    ) -> Result<Balances> {
        let [_, _] = name::MEMBER.require("name", &request.name)?;
        let (balances, now) = ledger::balances(&self.store, &self.clock, tenant, &request.name).await?;
        let balances = balances.iter();
        Ok(Balances {
            balances: balances
                .map(|(account, balance)| wire::balance(account, balance, now))
                .collect(),
        })
    }

    pub(super) async fn lots(&self, tenant: &str, request: ListLotsRequest) -> Result<ListLotsResponse> {
        let account = account("parent", &request.parent, &request.wallet)?;
        let listing = Listing {
            page_size: request.page_size,
            page_token: request.page_token,
            filter: String::new(),
            order_by: String::new(),
        };
        let (lots, next_page_token) = ledger::lots(
            &self.store,
            &self.clock,
            tenant,
            &account,
            &listing,
            &self.token_key,
        )
        .await?;
        Ok(ListLotsResponse {
            lots: lots
                .iter()
                .map(|(lot, opening)| wire::lot(&account, lot, *opening))
                .collect(),
            next_page_token,
        })
    }

    pub(super) async fn get_hold(&self, tenant: &str, request: GetHoldRequest) -> Result<Hold> {
        let (account, id) = hold(&request.name)?;
        let hold = ledger::hold(&self.store, &self.clock, tenant, &account, id).await?;
        Ok(wire::hold(&account, &hold))
    }

    pub(super) async fn release_pending<A: Message + Default>(
        &self,
        tenant: &str,
        request: ReleasePendingPointsRequest,
    ) -> Result<A> {
        use release_pending_points_request::Which;
        let key = key(tenant, "release_pending_points", &request.request_id, &request);
        let account = account("member", &request.member, &request.wallet)?;
        let which = match request.which {
            Some(Which::Lot(lot)) => which_lot(&account.member, &lot)?,
            Some(Which::ReleaseKey(key)) => which_key(key)?,
            None => return Err(nothing_chosen()),
        };
        let note = note(request.reason, &key);
        let command = Command::ReleasePending { which, note };
        self.post(tenant, account, key, Intent::Direct(command)).await
    }

    pub(super) async fn cancel_pending<A: Message + Default>(
        &self,
        tenant: &str,
        request: CancelPendingPointsRequest,
    ) -> Result<A> {
        use cancel_pending_points_request::Which;
        let key = key(tenant, "cancel_pending_points", &request.request_id, &request);
        let account = account("member", &request.member, &request.wallet)?;
        let which = match request.which {
            Some(Which::Lot(lot)) => which_lot(&account.member, &lot)?,
            Some(Which::ReleaseKey(key)) => which_key(key)?,
            None => return Err(nothing_chosen()),
        };
        let note = note(request.reason, &key);
        let command = Command::CancelPending { which, note };
        self.post(tenant, account, key, Intent::Direct(command)).await
    }

    pub(super) async fn reverse<A: Message + Default>(
        &self,
        tenant: &str,
        request: ReverseTransactionRequest,
    ) -> Result<A> {
        let key = key(tenant, "reverse_transaction", &request.request_id, &request);
        let (account, transaction) = transaction(&request.name)?;
        let command = Command::Reverse {
            transaction,
            points: some_points(request.points),
            note: note(request.reason, &key),
        };
        self.post(tenant, account, key, Intent::Direct(command)).await
    }

    pub(super) async fn transfer<A: Message + Default>(
        &self,
        tenant: &str,
        request: TransferPointsRequest,
    ) -> Result<A> {
        let key = key(tenant, "transfer_points", &request.request_id, &request);
        let account = account("member", &request.member, &request.wallet)?;
        let [program, _] = name::MEMBER.require("member", &request.member)?;
        let [to_program, _] = name::MEMBER.require("to_member", &request.to_member)?;
        if program != to_program {
            return Err(Error::invalid_field(
                "to_member",
                format!("must be a member of the same program, programs/{program}"),
            ));
        }
        if request.member == request.to_member {
            return Err(Error::invalid_field("to_member", "must be another member"));
        }
        let intent = Intent::Transfer {
            to: request.to_member,
            points: request.points,
            note: note(request.reason, &key),
        };
        self.post(tenant, account, key, intent).await
    }

    pub(super) async fn block<A: Message + Default>(
        &self,
        tenant: &str,
        request: BlockPointsRequest,
    ) -> Result<A> {
        let key = key(tenant, "block_points", &request.request_id, &request);
        let account = account("member", &request.member, &request.wallet)?;
        let intent = Intent::Hold {
            kind: HoldKind::Block,
            points: request.points,
            seconds: None,
            reason: request.reason,
        };
        self.post(tenant, account, key, intent).await
    }

    pub(super) async fn extend<A: Message + Default>(
        &self,
        tenant: &str,
        request: ExtendPointsRequest,
    ) -> Result<A> {
        let key = key(tenant, "extend_points", &request.request_id, &request);
        let account = account("member", &request.member, &request.wallet)?;
        let lot = match request.lot.as_str() {
            "" => None,
            lot => Some(lot_id(&account.member, lot)?),
        };
        let command = Command::Extend {
            lot,
            expire_time: moment(request.expire_time.as_ref())?,
            note: note(request.reason, &key),
        };
        self.post(tenant, account, key, Intent::Direct(command)).await
    }

    pub(super) async fn reinstate<A: Message + Default>(
        &self,
        tenant: &str,
        request: ReinstatePointsRequest,
    ) -> Result<A> {
        let key = key(tenant, "reinstate_points", &request.request_id, &request);
        let (account, transaction) = transaction(&request.name)?;
        let command = Command::Reinstate {
            transaction,
            points: some_points(request.points),
            expire_time: moment(request.expire_time.as_ref())?,
            note: note(request.reason, &key),
        };
        self.post(tenant, account, key, Intent::Direct(command)).await
    }
}

fn which_lot(member: &str, lot: &str) -> Result<PendingChoice> {
    lot_id(member, lot).map(PendingChoice::Lot)
}

fn which_key(key: String) -> Result<PendingChoice> {
    if key.is_empty() {
        return Err(nothing_chosen());
    }
    Ok(PendingChoice::Key(key))
}

fn nothing_chosen() -> Error {
    Error::invalid_field("which", "must name a lot or a release key")
}

/// The id of a lot. A text that no lot can have names no lot.
fn lot_id(member: &str, text: &str) -> Result<Uuid> {
    text.parse().map_err(|_| {
        Error::about(
            Reason::LotNotFound,
            member::RESOURCE_TYPE,
            member,
            format!("{member} has no lot {text:?}; ListLots tells the ids of lots"),
        )
    })
}

fn some_points(points: i64) -> Option<i64> {
    (points != 0).then_some(points)
}

fn moment(wire: Option<&WireTimestamp>) -> Result<Option<jiff::Timestamp>> {
    let moment = wire.map(instant::from_wire).transpose();
    moment.map_err(|wrong| Error::invalid_field("expire_time", wrong))
}
