//! Random steps as callers of the service take them: through calls, events and the timer.

use jiff::Timestamp;
use rapport_contract::{
    feedback::v1::CaseResolved,
    instant,
    loyalty::v1::{
        AdjustPointsRequest, BlockPointsRequest, CancelPendingPointsRequest, CaptureHoldRequest,
        EarnPointsRequest, ExtendPointsRequest, ReinstatePointsRequest, ReleaseHoldRequest,
        ReleasePendingPointsRequest, ReservePointsRequest, ReverseTransactionRequest, TransferPointsRequest,
        cancel_pending_points_request, release_pending_points_request,
    },
    r#type::v1::Priority,
};
use tonic::Status;

use crate::{
    fixture::{Fixture, give_back, redemption, sale},
    steps::{Step, Which},
};

/// Points that a resolved case brings.
pub(crate) const COMPENSATION: i64 = 7;

/// A member, as callers know one.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) customer: String,
    pub(crate) name: String,
    /// Who gets the points that the member transfers.
    pub(crate) friend: String,
    /// Names of holds in the order of their making.
    pub(crate) holds: Vec<String>,
}

/// What a call or event did, as far as it is told.
pub(crate) enum Told {
    Hold(String),
    Else,
}

/// The step as callers can ask for it: only calls that earn can set an expiry, and zero
/// means something else there.
pub(crate) fn callable(step: Step) -> Step {
    match step {
        Step::Compensate { .. } => Step::Compensate {
            points: COMPENSATION,
            expire_time: None,
        },
        Step::Redeem { points: 0 } => Step::Redeem { points: 1 },
        Step::Adjust { points, .. } => Step::Adjust {
            points: if points == 0 { 1 } else { points },
            expire_time: None,
        },
        Step::Capture {
            hold,
            points: Some(0),
        } => Step::Capture { hold, points: None },
        Step::Sale {
            sale, amount, points, ..
        } => Step::Sale {
            sale,
            amount,
            points,
            expire_time: None,
        },
        Step::Reverse {
            transaction,
            points: Some(0),
        } => Step::Reverse {
            transaction,
            points: None,
        },
        Step::Reinstate {
            transaction,
            points: Some(0),
            expire_time,
        } => Step::Reinstate {
            transaction,
            points: None,
            expire_time,
        },
        // It takes another member who has the points.
        Step::TransferIn { .. } => Step::Settle,
        other => other,
    }
}

/// Takes a step through calls, events and the timer.
pub(crate) async fn take(
    fixture: &Fixture,
    member: &Member,
    step: &Step,
    now: Timestamp,
    round: usize,
) -> Result<Told, Status> {
    let request_id = format!("{}-{round}", member.customer);
    let customer = format!("customers/{}", member.customer);
    match step.clone() {
        Step::Compensate { .. } => {
            let resolved = CaseResolved {
                case: format!("cases/{request_id}"),
                customer: customer.clone(),
                priority: Priority::Normal.into(),
                compensate: true,
                resolve_time: None,
            };
            fixture.deliver(&[fixture.event(&customer, &resolved)]).await;
        }
        Step::Sale {
            sale: number, amount, ..
        } => {
            let sale = sale(
                &member.customer,
                &format!("{}-s{number}", member.customer),
                amount,
            );
            fixture.deliver(&[fixture.event(&customer, &sale)]).await;
        }
        Step::Return { sale: number, amount } => {
            let original = format!("{}-s{number}", member.customer);
            let returned = give_back(&member.customer, &request_id, &original, amount);
            fixture.deliver(&[fixture.event(&customer, &returned)]).await;
        }
        Step::Settle => fixture.book_due().await,
        _ => return call(fixture, member, step, now, request_id).await,
    }
    Ok(Told::Else)
}

async fn call(
    fixture: &Fixture,
    who: &Member,
    step: &Step,
    now: Timestamp,
    request_id: String,
) -> Result<Told, Status> {
    let mut client = fixture.client.clone();
    let (member, why) = (who.name.clone(), "because".to_owned());
    match step.clone() {
        Step::Earn {
            points,
            expire_time,
            pending,
        } => {
            let expire_time = expire_time.map(instant::to_wire);
            let release_time = pending.as_ref().and_then(|release| release.time);
            client
                .earn_points(EarnPointsRequest {
                    request_id,
                    member,
                    points,
                    reason: why,
                    expire_time,
                    release_time: release_time.map(instant::to_wire),
                    release_key: pending.map(|release| release.key).unwrap_or_default(),
                    ..EarnPointsRequest::default()
                })
                .await?;
        }
        Step::Redeem { points } => {
            client
                .redeem_points(redemption(&request_id, &member, points))
                .await?;
        }
        Step::Adjust { points, .. } => {
            client
                .adjust_points(AdjustPointsRequest {
                    request_id,
                    member,
                    points,
                    reason: why,
                    ..AdjustPointsRequest::default()
                })
                .await?;
        }
        Step::Reserve { points, expire_time } => {
            let hold_seconds = i32::try_from(expire_time.duration_since(now).as_secs()).unwrap();
            let request = ReservePointsRequest {
                request_id,
                member,
                points,
                reason: why,
                hold_seconds,
                ..ReservePointsRequest::default()
            };
            return Ok(Told::Hold(
                client.reserve_points(request).await?.into_inner().name,
            ));
        }
        _ => return resolve(fixture, who, step, request_id).await,
    }
    Ok(Told::Else)
}

/// A call that resolves a hold.
async fn resolve(fixture: &Fixture, who: &Member, step: &Step, request_id: String) -> Result<Told, Status> {
    let mut client = fixture.client.clone();
    let hold = |number: usize| {
        who.holds
            .get(number)
            .cloned()
            .unwrap_or_else(|| format!("{}/holds/none", who.name))
    };
    match step.clone() {
        Step::Capture { hold: number, points } => {
            let request = CaptureHoldRequest {
                request_id,
                name: hold(number),
                points: points.unwrap_or_default(),
            };
            client.capture_hold(request).await?;
        }
        Step::Release { hold: number } => {
            client
                .release_hold(ReleaseHoldRequest {
                    request_id,
                    name: hold(number),
                })
                .await?;
        }
        _ => return decide(fixture, who, step, request_id).await,
    }
    Ok(Told::Else)
}

/// A call of the ledger's other methods.
async fn decide(fixture: &Fixture, who: &Member, step: &Step, request_id: String) -> Result<Told, Status> {
    let mut ledger = fixture.ledger.clone();
    let (member, reason) = (who.name.clone(), "because".to_owned());
    let known = Known::of(fixture, who).await;
    match step.clone() {
        Step::Block { points } => {
            let request = BlockPointsRequest {
                request_id,
                member,
                points,
                reason,
                ..BlockPointsRequest::default()
            };
            return Ok(Told::Hold(ledger.block_points(request).await?.into_inner().name));
        }
        Step::ReleasePending { which } => {
            use release_pending_points_request::Which as Chosen;
            let which = match which {
                Which::Lot(number) => Chosen::Lot(known.lot(number)),
                Which::Key(key) => Chosen::ReleaseKey(key),
            };
            let request = ReleasePendingPointsRequest {
                request_id,
                member,
                reason,
                which: Some(which),
                ..ReleasePendingPointsRequest::default()
            };
            ledger.release_pending_points(request).await?;
        }
        Step::CancelPending { which } => {
            use cancel_pending_points_request::Which as Chosen;
            let which = match which {
                Which::Lot(number) => Chosen::Lot(known.lot(number)),
                Which::Key(key) => Chosen::ReleaseKey(key),
            };
            let request = CancelPendingPointsRequest {
                request_id,
                member,
                reason,
                which: Some(which),
                ..CancelPendingPointsRequest::default()
            };
            ledger.cancel_pending_points(request).await?;
        }
        Step::Reverse {
            transaction: number,
            points,
        } => {
            let request = ReverseTransactionRequest {
                request_id,
                name: known.transaction(who, number),
                points: points.unwrap_or_default(),
                reason,
            };
            ledger.reverse_transaction(request).await?;
        }
        Step::Reinstate {
            transaction: number,
            points,
            expire_time,
        } => {
            let request = ReinstatePointsRequest {
                request_id,
                name: known.transaction(who, number),
                points: points.unwrap_or_default(),
                expire_time: expire_time.map(instant::to_wire),
                reason,
            };
            ledger.reinstate_points(request).await?;
        }
        Step::Extend {
            lot: number,
            expire_time,
        } => {
            let request = ExtendPointsRequest {
                request_id,
                member,
                lot: number.map(|number| known.lot(number)).unwrap_or_default(),
                expire_time: expire_time.map(instant::to_wire),
                reason,
                ..ExtendPointsRequest::default()
            };
            ledger.extend_points(request).await?;
        }
        Step::TransferOut { points } => {
            let request = TransferPointsRequest {
                request_id,
                member,
                to_member: who.friend.clone(),
                points,
                reason,
                ..TransferPointsRequest::default()
            };
            ledger.transfer_points(request).await?;
        }
        _ => unreachable!("{step:?} is no call"),
    }
    Ok(Told::Else)
}

/// What a member's statement names, in the order of its making.
struct Known {
    transactions: Vec<String>,
    lots: Vec<String>,
}

impl Known {
    async fn of(fixture: &Fixture, who: &Member) -> Self {
        let statement = fixture.statement(&who.name).await;
        let mut lots: Vec<String> = Vec::new();
        for movement in statement.iter().flat_map(|transaction| &transaction.lots) {
            if !lots.contains(&movement.lot) {
                lots.push(movement.lot.clone());
            }
        }
        Self {
            transactions: statement
                .into_iter()
                .map(|transaction| transaction.name)
                .collect(),
            lots,
        }
    }

    fn lot(&self, number: usize) -> String {
        let none = || uuid::Uuid::nil().to_string();
        self.lots.get(number).cloned().unwrap_or_else(none)
    }

    fn transaction(&self, who: &Member, number: usize) -> String {
        let none = || format!("{}/transactions/{}", who.name, uuid::Uuid::nil());
        self.transactions.get(number).cloned().unwrap_or_else(none)
    }
}
