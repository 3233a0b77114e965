//! Overload: four times as many calls as can be carried. Those that are let in are answered as fast as ever, the others
//! are refused at once, and when the rush is over nothing of it is left.

use std::time::{Duration, Instant};

use super::{ledger::clients, points};
use crate::{
    Outcome, Plan,
    measure::{Calls, closed_loop, number, open_loop},
    report::{Report, Target},
    stage::{Running, Stage},
};

/// Callers that find the greatest throughput.
const CALLERS: u64 = 16;

/// Limits for callers who would rather be refused than wait. The defaults take 1,024 calls at a time until they have seen
/// for how long calls are held up, tolerate 10 ms on average, and never refuse the first 64.
const LIMITS: [(&str, &str); 3] = [
    ("RAPPORT_LIMITS__CALLS_IN_FLIGHT", "16"),
    ("RAPPORT_LIMITS__HELD_UP_MILLISECONDS", "3"),
    ("RAPPORT_LIMITS__LEAST_CALLS_IN_FLIGHT", "8"),
];

/// The share of the greatest throughput that counts as sustainable.
const SUSTAINABLE: f64 = 0.7;

/// How many times the sustainable rate is sent.
const TIMES: f64 = 4.0;

/// How much slower accepted calls may be than without load.
const SLOWER: f64 = 3.0;

/// How long recovery may take.
const RECOVERY: Duration = Duration::from_secs(5);

/// Measures overload.
pub async fn measure(stage: &Stage, plan: &Plan, report: &mut Report) -> Outcome<()> {
    let databases = stage.databases("overload")?;
    let service = databases.service("loyalty", "measured", None, &LIMITS).await?;
    points::create_program(&service).await?;
    points::enrol(&service, plan.members).await?;
    databases.sql("loyalty", "VACUUM ANALYZE");
    let members = u64::from(plan.members);
    let channels = clients(&service);
    let earn = move |turn: u64| points::earn(channels(turn), points::member(turn * 7_919 % members));
    let closed = earn.clone();
    let most = closed_loop(CALLERS, plan.time, move |caller, turn| {
        closed(caller * 1_000_003 + turn)
    })
    .await?
    .faultless("earning")?
    .per_second();
    let sustainable = most * SUSTAINABLE;
    let calm = open_loop(sustainable / 10.0, plan.time * 2, &earn)
        .await?
        .faultless("earning without load")?;
    let before = service.memory();
    let (rush, peak) = rush(&service, plan, sustainable * TIMES, &earn).await?;
    let recovery = recover(&earn, calm.millis(0.99) * SLOWER).await?;
    points::verify(&service).await?;
    service.end().await?;
    tell(report, sustainable, &calm, &rush, (before, peak), recovery);
    Ok(())
}

/// Sends too many calls, and watches the memory of the service.
async fn rush<C>(
    service: &Running,
    plan: &Plan,
    per_second: f64,
    earn: &(impl Fn(u64) -> C + Clone),
) -> Outcome<(Calls, f64)>
where
    C: Future<Output = Result<(), tonic::Status>> + Send + 'static,
{
    let mut peak: f64 = 0.0;
    let sending = open_loop(per_second, plan.time * 2, earn);
    tokio::pin!(sending);
    loop {
        tokio::select! {
            calls = &mut sending => return Ok((calls?, peak)),
            () = tokio::time::sleep(Duration::from_millis(200)) => peak = peak.max(service.memory()),
        }
    }
}

/// The time until twenty calls in a row are answered as fast as they are to be.
async fn recover<C>(earn: &impl Fn(u64) -> C, most_millis: f64) -> Outcome<Duration>
where
    C: Future<Output = Result<(), tonic::Status>>,
{
    let begun = Instant::now();
    let mut in_a_row = 0;
    let mut turn = 0;
    while in_a_row < 20 {
        if begun.elapsed() > RECOVERY * 4 {
            return Err(format!("the service has not recovered within {:?}", RECOVERY * 4).into());
        }
        let sent = Instant::now();
        let answer = earn(turn).await;
        turn += 1;
        let fast = sent.elapsed().as_secs_f64() * 1e3 <= most_millis;
        in_a_row = if answer.is_ok() && fast { in_a_row + 1 } else { 0 };
    }
    Ok(begun.elapsed())
}

fn tell(
    report: &mut Report,
    sustainable: f64,
    calm: &Calls,
    rush: &Calls,
    (before, peak): (f64, f64),
    recovery: Duration,
) {
    report.add(
        "accepted calls at four times the sustainable rate, p99",
        rush.millis(0.99),
        "ms",
        Some(Target::AtMost(calm.millis(0.99) * SLOWER)),
        format!(
            "{:.0} calls a second sent, {:.0} accepted a second, p50 {:.1} ms; without load p99 {:.1} ms",
            sustainable * TIMES,
            rush.per_second(),
            rush.millis(0.5),
            calm.millis(0.99)
        ),
    );
    report.add(
        "refused at once with RESOURCE_EXHAUSTED, p99",
        number(rush.refusals.value_at_quantile(0.99)) / 1e3,
        "ms",
        None,
        format!(
            "{} refused, p50 {:.1} ms; {} dropped by the client, {} failed otherwise {}",
            rush.refused,
            number(rush.refusals.value_at_quantile(0.5)) / 1e3,
            rush.dropped,
            rush.failed,
            rush.first_failure.as_deref().unwrap_or_default()
        ),
    );
    report.add(
        "failures under overload",
        number(rush.failed),
        "",
        Some(Target::AtMost(0.0)),
        "neither accepted nor refused".to_owned(),
    );
    report.add(
        "memory under overload",
        peak,
        "MiB",
        Some(Target::AtMost(before + 64.0)),
        format!("{before:.0} MiB before"),
    );
    report.add(
        "recovery after overload",
        recovery.as_secs_f64(),
        "s",
        Some(Target::AtMost(RECOVERY.as_secs_f64())),
        "until twenty calls in a row are as fast as accepted ones have to be".to_owned(),
    );
}
