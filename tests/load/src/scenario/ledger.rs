//! Earning of points and reading of balances, in turn with the baselines, so that whatever else the machine does meets
//! all of them alike.

use futures::future::try_join_all;
use rapport_contract::loyalty::v1::loyalty_service_client::LoyaltyServiceClient;
use tonic::transport::Channel;

use super::points;
use crate::{
    Outcome, Plan,
    baseline::{
        Rates, bare_rows,
        pgbench::{Lengths, Pgbench},
    },
    measure::{Calls, closed_loop, median},
    report::{Report, Target},
    stage::{Databases, Running, Stage},
};

/// Callers that are many.
const MANY: u64 = 64;

/// Callers that the target for 64 callers or more is measured with: each waits for its answer, so that fewer of them ask
/// less often than the service could answer.
const CROWD: u64 = 512;

/// Measures the ledger.
pub async fn measure(stage: &Stage, plan: &Plan, report: &mut Report) -> Outcome<()> {
    let databases = stage.databases("ledger")?;
    let (service, baseline) = prepare(&databases, plan).await?;
    let subjects = Subjects {
        bare: stage.bare_server().await?,
        service,
        posting: Pgbench::earning(&baseline.url, plan.members, baseline.lengths)?,
        selecting: Pgbench::selecting(&baseline.url, plan.members)?,
        baseline,
        plan: plan.clone(),
    };
    // The best numbers of clients and connections are found once.
    let best = Best {
        posting: subjects.posting.best(plan.time).await?,
        selecting: subjects.selecting.best(plan.time).await?,
        rows: bare_rows::best(
            &subjects.baseline.url,
            plan.members,
            subjects.baseline.lengths,
            plan.time,
        )
        .await?,
    };
    let mut rounds = Vec::with_capacity(plan.rounds);
    for _ in 0..plan.rounds {
        rounds.push(subjects.measure(&best).await?);
    }
    points::verify(&subjects.service).await?;
    tell(&rounds, &best, report);
    let Subjects { service, bare, .. } = subjects;
    drop(bare);
    service.end().await?;
    verify_baselines(&databases).await?;
    measure_file(stage, plan, report).await
}

/// Where the baselines work: a copy of the service's database, with its members.
struct Baseline {
    url: String,
    lengths: Lengths,
}

/// A service with members that each have a lot, and the copy for the baselines.
async fn prepare(databases: &Databases<'_>, plan: &Plan) -> Outcome<(Running, Baseline)> {
    let service = databases.service("loyalty", "first", None, &[]).await?;
    points::create_program(&service).await?;
    points::enrol(&service, 2 * plan.members).await?;
    let readers: Vec<u64> = readers(plan).collect();
    for some in readers.chunks(200) {
        let calls = some
            .iter()
            .map(|number| points::earn(service.loyalty(0), points::member(*number)));
        try_join_all(calls).await?;
    }
    let length = |sql: &str| -> Outcome<usize> { Ok(databases.sql("loyalty", sql).parse()?) };
    let lengths = Lengths {
        answer: length("SELECT max(octet_length(answer)) FROM request")?,
        payload: length("SELECT max(octet_length(payload)) FROM outbox WHERE topic LIKE '%PointsPosted'")?,
    };
    service.end().await?;
    databases.sql("loyalty", "VACUUM ANALYZE");
    let url = databases.copy("loyalty", COPY);
    let service = databases.service("loyalty", "measured", None, &[]).await?;
    Ok((service, Baseline { url, lengths }))
}

/// Members who only read: each has one lot, and none earns while others are measured. The answer to a reader tells when
/// each lot expires, so that its length would grow from round to round.
fn readers(plan: &Plan) -> std::ops::Range<u64> {
    u64::from(plan.members)..2 * u64::from(plan.members)
}

const COPY: &str = "baseline_loyalty";

/// What is measured in turn.
struct Subjects {
    bare: Running,
    service: Running,
    baseline: Baseline,
    posting: Pgbench,
    selecting: Pgbench,
    plan: Plan,
}

/// Numbers of clients and connections that the baselines do best with.
struct Best {
    posting: u32,
    selecting: u32,
    rows: u32,
}

/// One round.
struct Round {
    rates: Rates,
    earn: [Calls; 3],
    balance: Calls,
}

impl Subjects {
    async fn measure(&self, best: &Best) -> Outcome<Round> {
        let time = self.plan.time;
        let rates = Rates {
            calls_of_one: self.earn(&self.bare, 1).await?.per_second(),
            calls: self.earn(&self.bare, MANY).await?.per_second(),
            transactions_of_one: self.posting.rate(1, time).await?,
            transactions: self.posting.rate(best.posting, time).await?,
            rows: bare_rows::rate(
                &self.baseline.url,
                self.plan.members,
                self.baseline.lengths,
                time,
                best.rows,
            )
            .await?,
            selects: self.selecting.rate(best.selecting, time).await?,
        };
        let balance = self.balances().await?;
        let earn = [
            self.earn(&self.service, 1).await?,
            self.earn(&self.service, MANY).await?,
            self.earn(&self.service, CROWD).await?,
        ];
        Ok(Round { rates, earn, balance })
    }

    async fn earn(&self, server: &Running, callers: u64) -> Outcome<Calls> {
        earn(server, &self.plan, callers).await
    }

    async fn balances(&self) -> Outcome<Calls> {
        let (readers, channels) = (readers(&self.plan), clients(&self.service));
        let count = readers.end - readers.start;
        closed_loop(MANY, self.plan.time, move |caller, turn| {
            let member = points::member(readers.start + (caller * 7_919 + turn * 104_729) % count);
            let client = channels(caller);
            async move { points::available(client, &member).await.map(drop) }
        })
        .await?
        .faultless("reading balances")
    }
}

/// Has callers earn, spread over all members.
async fn earn(server: &Running, plan: &Plan, callers: u64) -> Outcome<Calls> {
    let (members, channels) = (u64::from(plan.members), clients(server));
    closed_loop(callers, plan.time, move |caller, turn| {
        // A large step, so that callers meet at a member no more often than by chance.
        let member = (caller * 7_919 + turn * 104_729) % members;
        points::earn(channels(caller), points::member(member))
    })
    .await?
    .faultless("earning")
}

/// The same service on a file, as it runs on one machine without any server.
async fn measure_file(stage: &Stage, plan: &Plan, report: &mut Report) -> Outcome<()> {
    let service = stage.service_on_file("loyalty").await?;
    points::create_program(&service).await?;
    points::enrol(&service, plan.members).await?;
    for callers in [1, MANY] {
        let calls = earn(&service, plan, callers).await?;
        report.add(
            &format!("earn on SQLite, callers: {callers}"),
            calls.per_second(),
            "per s",
            None,
            format!(
                "p50 {:.2} ms, p99 {:.2} ms",
                calls.millis(0.5),
                calls.millis(0.99)
            ),
        );
    }
    points::verify(&service).await?;
    service.end().await
}

/// A client for each caller, on one of a few connections.
pub(super) fn clients(server: &Running) -> impl Fn(u64) -> LoyaltyServiceClient<Channel> + Clone + use<> {
    let clients = [server.loyalty(0), server.loyalty(1)];
    move |caller| clients[usize::try_from(caller).unwrap_or_default() % clients.len()].clone()
}

/// The medians of all rounds.
fn tell(rounds: &[Round], best: &Best, report: &mut Report) {
    let of = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure).collect());
    let rates = Rates {
        calls_of_one: of(|round| round.rates.calls_of_one),
        calls: of(|round| round.rates.calls),
        transactions_of_one: of(|round| round.rates.transactions_of_one),
        transactions: of(|round| round.rates.transactions),
        rows: of(|round| round.rates.rows),
        selects: of(|round| round.rates.selects),
    };
    let unit = "per s";
    let mut plain = |what: &str, value: f64, note: String| report.add(what, value, unit, None, note);
    plain("H1: bare calls, 1 caller", rates.calls_of_one, String::new());
    plain("H: bare calls, 64 callers", rates.calls, String::new());
    plain(
        "P1: earn by pgbench, 1 client",
        rates.transactions_of_one,
        String::new(),
    );
    plain(
        "P: earn by pgbench, best",
        rates.transactions,
        format!("{} clients", best.posting),
    );
    plain(
        "B: earn in batches of 64",
        rates.rows,
        format!("{} connections", best.rows),
    );
    plain(
        "S: select by pgbench, best",
        rates.selects,
        format!("{} clients", best.selecting),
    );
    plain("W = 1 / (1/H + 1/B)", rates.most_writes(), String::new());
    plain("R = 1 / (1/H + 1/S)", rates.most_reads(), String::new());
    let share = |of: &str, baseline: f64, wanted: f64| Target::Share {
        of: of.to_owned(),
        baseline,
        wanted,
    };
    let one = of(|round| round.earn[0].per_second());
    let many = of(|round| round.earn[1].per_second());
    let crowd = of(|round| round.earn[2].per_second());
    let note = |calls: fn(&Round) -> &Calls| {
        let at = |share: f64| median(rounds.iter().map(|round| calls(round).millis(share)).collect());
        format!("p50 {:.2} ms, p99 {:.2} ms", at(0.5), at(0.99))
    };
    report.add(
        "earn, 1 caller",
        one,
        unit,
        Some(share("P1", rates.transactions_of_one, 0.55)),
        note(|round| &round.earn[0]),
    );
    report.add(
        "earn, 64 callers",
        many,
        unit,
        None,
        format!(
            "{}; {:.2} of P, {:.2} of W",
            note(|round| &round.earn[1]),
            many / rates.transactions,
            many / rates.most_writes()
        ),
    );
    let targets = vec![
        share("P", rates.transactions, 3.0),
        share("W", rates.most_writes(), 0.5),
    ];
    report.add_against(
        &format!("earn, {CROWD} callers"),
        crowd,
        unit,
        targets,
        &note(|round| &round.earn[2]),
    );
    report.add(
        "balance, 64 callers",
        of(|round| round.balance.per_second()),
        unit,
        Some(share("R", rates.most_reads(), 0.7)),
        note(|round| &round.balance),
    );
}

/// What the baselines wrote must be what the service would have written: its own verification says so.
async fn verify_baselines(databases: &Databases<'_>) -> Outcome<()> {
    // Nobody can read the events, which have the right length and nothing in them.
    databases.sql_on(COPY, "DELETE FROM outbox");
    let url = databases.url_of(COPY);
    let settings = [("RAPPORT_DATABASE__URL", url.as_str())];
    let service = databases.service("loyalty", "baseline", None, &settings).await?;
    points::verify(&service)
        .await
        .map_err(|error| format!("after the baselines, {error}"))?;
    service.end().await
}
