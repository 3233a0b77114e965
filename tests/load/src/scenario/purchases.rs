//! Purchases: how fast they come in by stream, how fast they become points in another service, and how long one takes to.

use std::time::{Duration, Instant};

use rapport_contract::{
    google::r#type::Money,
    instant,
    profile::v1::{
        BatchCreateCustomersRequest, CreateCustomerRequest, Customer, ImportPurchasesRequest, Purchase,
        PurchaseKind, PurchaseRow, RecordPurchaseRequest, profile_service_client::ProfileServiceClient,
        purchase_row::Owner,
    },
};
use rapport_testkit::Nats;
use tonic::{Status, transport::Channel};

use super::points;
use crate::{
    Outcome, Plan,
    measure::{number, open_loop},
    report::{Report, Target},
    stage::{Databases, Running, Stage},
};

/// Rows of one message of the stream.
const ROWS: u64 = 500;

/// Rows a second that the stream has to carry.
const WANTED: f64 = 5_000.0;

/// Purchases a second whose points are waited for.
const PROBES: f64 = 40.0;

/// Messages that are sent before anything is measured.
const WARM: u64 = 6;

/// How often a probe looks whether its points are there.
const LOOK: Duration = Duration::from_millis(3);

/// How long points may take before the run is given up.
const PATIENCE: Duration = Duration::from_mins(1);

/// Measures purchases.
pub async fn measure(stage: &Stage, plan: &Plan, report: &mut Report) -> Outcome<()> {
    let broker = Nats::start();
    let databases = stage.databases("purchases")?;
    let profile = databases
        .service("profile", "measured", Some(&broker), &[])
        .await?;
    let loyalty = databases
        .service("loyalty", "measured", Some(&broker), &[])
        .await?;
    let probes = u32::try_from(probes(plan))?;
    points::create_program(&loyalty).await?;
    create_customers(&profile, plan.members + probes).await?;
    points::enrol(&loyalty, plan.members + probes).await?;
    // A database that has worked for a while: its planner knows the tables. Of young ones it has to guess.
    let warm = import(&profile, plan, "warm", WARM).await?;
    booked(&databases, warm).await?;
    for service in ["profile", "loyalty"] {
        databases.sql(service, "VACUUM ANALYZE");
    }
    let through = stream(&databases, &profile, plan, warm, report).await?;
    lag(&profile, &loyalty, plan, through / 2.0, report).await?;
    points::verify(&loyalty).await?;
    profile.end().await?;
    loyalty.end().await
}

/// Customers who are asked about one purchase each.
fn probes(plan: &Plan) -> u64 {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "some hundreds"
    )]
    let count = (PROBES * (plan.time.as_secs_f64() * 2.0 + 1.0)).ceil() as u64;
    count
}

async fn create_customers(profile: &Running, count: u32) -> Outcome<()> {
    let all: Vec<u32> = (0..count).collect();
    for some in all.chunks(1_000) {
        let requests = some.iter().map(|number| CreateCustomerRequest {
            customer_id: number.to_string(),
            customer: Some(Customer {
                display_name: format!("Load {number}"),
                ..Customer::default()
            }),
        });
        let request = BatchCreateCustomersRequest {
            requests: requests.collect(),
        };
        profile.profile(0).batch_create_customers(request).await?;
    }
    Ok(())
}

/// Ten dollars.
fn purchase(source_id: String) -> Purchase {
    Purchase {
        source: "load".to_owned(),
        source_id,
        kind: PurchaseKind::Sale.into(),
        purchase_time: Some(instant::to_wire(jiff::Timestamp::now())),
        amount: Some(Money {
            currency_code: "USD".to_owned(),
            units: 10,
            nanos: 0,
        }),
        quantity: 1,
        location: "harbour".to_owned(),
        ..Purchase::default()
    }
}

/// Sends purchases by one stream, and waits until the points of all of them are booked, beside those of `before`. Gives
/// the purchases a second that went through both services.
async fn stream(
    databases: &Databases<'_>,
    profile: &Running,
    plan: &Plan,
    before: u64,
    report: &mut Report,
) -> Outcome<f64> {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "some hundreds"
    )]
    let messages = ((WANTED * plan.time.as_secs_f64() * 1.5 / number(ROWS)).ceil() as u64).max(1);
    let begun = Instant::now();
    let rows = import(profile, plan, "stream", messages).await?;
    let stored = begun.elapsed();
    booked(databases, before + rows).await?;
    let drained = begun.elapsed();
    report.add(
        "purchases by stream",
        number(rows) / stored.as_secs_f64(),
        "per s",
        Some(Target::AtLeast(WANTED)),
        format!("{rows} rows by one stream, with the loyalty service booking points beside it"),
    );
    let through = number(rows) / drained.as_secs_f64();
    report.add(
        "purchases through the broker into points",
        through,
        "per s",
        None,
        format!(
            "all booked {:.2} s after the stream ended",
            drained.saturating_sub(stored).as_secs_f64()
        ),
    );
    Ok(through)
}

/// Sends messages of purchases by one stream. Gives the number of purchases.
async fn import(profile: &Running, plan: &Plan, name: &'static str, messages: u64) -> Outcome<u64> {
    let members = u64::from(plan.members);
    let requests = (0..messages).map(move |message| ImportPurchasesRequest {
        rows: (0..ROWS)
            .map(|row| {
                let number = message * ROWS + row;
                PurchaseRow {
                    row: i64::try_from(number).unwrap_or_default(),
                    owner: Some(Owner::Customer(format!("customers/{}", number * 7_919 % members))),
                    purchase: Some(purchase(format!("{name}-{number}"))),
                }
            })
            .collect(),
        validate_only: false,
        create_missing_customers: false,
    });
    let answer = profile
        .profile(0)
        .import_purchases(tokio_stream::iter(requests))
        .await?
        .into_inner();
    let rows = messages * ROWS;
    if u64::try_from(answer.added_count) == Ok(rows) {
        Ok(rows)
    } else {
        Err(format!(
            "{} of {rows} purchases were stored: {:?}",
            answer.added_count,
            answer.errors.first()
        )
        .into())
    }
}

/// Waits until a number of purchases have become points.
async fn booked(databases: &Databases<'_>, purchases: u64) -> Outcome<()> {
    let begun = Instant::now();
    loop {
        let booked: u64 = databases
            .sql("loyalty", "SELECT COUNT(*) FROM purchase")
            .parse()?;
        if booked >= purchases {
            return Ok(());
        }
        if begun.elapsed() > PATIENCE {
            return Err(
                format!("{booked} of {purchases} purchases became points within {PATIENCE:?}").into(),
            );
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Records purchases at half the rate that goes through, and waits for the points of some of them.
async fn lag(
    profile: &Running,
    loyalty: &Running,
    plan: &Plan,
    per_second: f64,
    report: &mut Report,
) -> Outcome<()> {
    let (time, members) = (plan.time * 2, u64::from(plan.members));
    let others = open_loop(per_second, time, |turn| {
        let client = profile.profile(turn);
        record(client, turn * 7_919 % members, format!("lag-{turn}"))
    });
    let probes = open_loop(PROBES, time, |turn| {
        let (client, reader) = (profile.profile(0), loyalty.loyalty(0));
        let number = members + turn;
        async move {
            record(client, number, "probe".to_owned()).await?;
            let member = points::member(number);
            let begun = Instant::now();
            while points::available(reader.clone(), &member).await? == 0 {
                if begun.elapsed() > PATIENCE {
                    return Err(Status::deadline_exceeded("the points of a purchase never came"));
                }
                tokio::time::sleep(LOOK).await;
            }
            Ok(())
        }
    });
    let (others, probes) = tokio::join!(others, probes);
    let (others, probes) = (
        others?.faultless("recording purchases")?,
        probes?.faultless("waiting for points")?,
    );
    report.add(
        "lag purchase → points, p99 at half load",
        probes.millis(0.99),
        "ms",
        Some(Target::AtMost(250.0)),
        format!(
            "p50 {:.0} ms, maximum {:.0} ms of {} purchases; {:.0} others a second, p99 {:.1} ms each, {} dropped",
            probes.millis(0.5),
            probes.millis(1.0),
            probes.answered(),
            others.per_second(),
            others.millis(0.99),
            others.dropped
        ),
    );
    Ok(())
}

async fn record(
    mut client: ProfileServiceClient<Channel>,
    customer: u64,
    source_id: String,
) -> Result<(), Status> {
    let request = RecordPurchaseRequest {
        parent: format!("customers/{customer}"),
        purchase: Some(purchase(format!("{customer}-{source_id}"))),
    };
    client.record_purchase(request).await?;
    Ok(())
}
