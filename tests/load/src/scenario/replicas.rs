//! Five replicas of the loyalty service on one database, and members whom everybody wants at the same time.

use std::sync::{Arc, Mutex, PoisonError};

use rapport_contract::loyalty::v1::{
    CaptureHoldRequest, EarnPointsRequest, RedeemPointsRequest, ReservePointsRequest,
    loyalty_service_client::LoyaltyServiceClient,
};
use tonic::{Status, transport::Channel};
use uuid::Uuid;

use super::points;
use crate::{
    Outcome, Plan,
    choice::{Dice, Zipf},
    measure::{Calls, closed_loop, number},
    report::{Report, Target},
    stage::{Running, Stage},
};

const REPLICAS: usize = 5;
const CALLERS: u64 = 64;
const MEMBERS: u32 = 1_000;

/// Enough that no call is refused for want of points.
const FUNDS: i64 = 1_000_000_000;

/// Measures replicas.
pub async fn measure(stage: &Stage, plan: &Plan, report: &mut Report) -> Outcome<()> {
    let databases = stage.databases("replicas")?;
    let mut replicas = Vec::with_capacity(REPLICAS);
    for number in 0..REPLICAS {
        let settings = [("RAPPORT_DATABASE__CONNECTIONS", "8")];
        replicas.push(
            databases
                .service("loyalty", &number.to_string(), None, &settings)
                .await?,
        );
    }
    points::create_program(&replicas[0]).await?;
    points::enrol(&replicas[0], MEMBERS).await?;
    fund(&replicas[0]).await?;
    for exponent in [1.0, 2.0] {
        let calls = mixed(&replicas, plan, exponent)
            .await?
            .faultless("calls of five replicas")?;
        report.add(
            &format!("earn, redeem, reserve, capture; 5 replicas, Zipf {exponent:.1}"),
            calls.per_second(),
            "per s",
            None,
            format!(
                "64 callers; p50 {:.1} ms, p99 {:.1} ms; {} calls, none failed",
                calls.millis(0.5),
                calls.millis(0.99),
                calls.answered()
            ),
        );
        report.add(
            &format!("INTERNAL with Zipf {exponent:.1}"),
            number(calls.internal),
            "",
            Some(Target::AtMost(0.0)),
            String::new(),
        );
    }
    points::verify(&replicas[1]).await?;
    for replica in replicas {
        replica.end().await?;
    }
    // Sessions tell their counts when they end.
    let sql = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    let deadlocks: u64 = databases.sql("loyalty", sql).parse()?;
    report.add(
        "deadlocks in the database of five replicas",
        number(deadlocks),
        "",
        Some(Target::AtMost(0.0)),
        "the ledger was recomputed without a difference".to_owned(),
    );
    Ok(())
}

async fn fund(replica: &Running) -> Outcome<()> {
    let client = replica.loyalty(0);
    let calls = (0..u64::from(MEMBERS)).map(|number| {
        let mut client = client.clone();
        async move {
            let request = EarnPointsRequest {
                request_id: format!("fund-{number}"),
                member: points::member(number),
                points: FUNDS,
                reason: "Load".to_owned(),
                expire_time: None,
                ..EarnPointsRequest::default()
            };
            client.earn_points(request).await
        }
    });
    for answer in futures::future::join_all(calls).await {
        answer?;
    }
    Ok(())
}

/// A caller's dice, and the hold that it captures next.
struct Caller {
    dice: Dice,
    hold: Option<String>,
}

async fn mixed(replicas: &[Running], plan: &Plan, exponent: f64) -> Outcome<Calls> {
    let zipf = Arc::new(Zipf::new(MEMBERS, exponent));
    let clients: Vec<_> = replicas.iter().map(|replica| replica.loyalty(0)).collect();
    let callers: Arc<Vec<Mutex<Caller>>> = Arc::new(
        (0..CALLERS)
            .map(|caller| {
                let dice = Dice::new(caller);
                Mutex::new(Caller { dice, hold: None })
            })
            .collect(),
    );
    closed_loop(CALLERS, plan.time, move |caller, turn| {
        let place = usize::try_from(caller + turn).unwrap_or_default() % clients.len();
        let (client, zipf, callers) = (clients[place].clone(), Arc::clone(&zipf), Arc::clone(&callers));
        async move {
            let place = usize::try_from(caller).unwrap_or_default();
            let (member, kind, hold) = {
                let mut caller = callers[place].lock().unwrap_or_else(PoisonError::into_inner);
                let member = u64::try_from(zipf.choose(&mut caller.dice)).unwrap_or_default();
                (
                    points::member(member),
                    caller.dice.number() % 4,
                    caller.hold.take(),
                )
            };
            let made = step(client, member, kind, hold).await?;
            callers[place].lock().unwrap_or_else(PoisonError::into_inner).hold = made;
            Ok(())
        }
    })
    .await
}

/// Does one thing, and gives the hold that came of it.
async fn step(
    mut client: LoyaltyServiceClient<Channel>,
    member: String,
    kind: u64,
    hold: Option<String>,
) -> Result<Option<String>, Status> {
    let request_id = Uuid::now_v7().to_string();
    if let Some(name) = hold {
        let request = CaptureHoldRequest {
            request_id,
            name,
            points: 0,
        };
        client.capture_hold(request).await?;
        return Ok(None);
    }
    match kind {
        0 | 1 => points::earn(client, member).await?,
        2 => {
            let request = RedeemPointsRequest {
                request_id,
                member,
                points: 5,
                reason: "Load".to_owned(),
                ..RedeemPointsRequest::default()
            };
            client.redeem_points(request).await?;
        }
        _ => {
            let request = ReservePointsRequest {
                request_id,
                member,
                points: 5,
                reason: "Load".to_owned(),
                hold_seconds: 0,
                ..ReservePointsRequest::default()
            };
            return Ok(Some(client.reserve_points(request).await?.into_inner().name));
        }
    }
    Ok(None)
}
