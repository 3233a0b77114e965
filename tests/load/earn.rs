//! Durable earning of points over gRPC, with 1 and with 64 callers: group commit against one transaction for each
//! operation, in one run and in turn, so that the ratio holds whatever else the machine does.
//!
//! Closed loop: each caller sends its next call when the last one is answered. Every call names another request id, and
//! callers spread over 1,000 members. Run it with `cargo bench --bench earn`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use rapport_clock::Clock;
use rapport_contract::loyalty::v1::{
    BatchEnrolMembersRequest, CreateProgramRequest, EarnPointsRequest, GetBalanceRequest, Program,
    loyalty_service_client::LoyaltyServiceClient,
};
use rapport_listing::TokenKey;
use rapport_loyalty::{Loyalty, Parts};
use rapport_server::{Credentials, Server, Shutdown};
use rapport_storage::{Location, MigrationList, Store, group::MOST_OPERATIONS};
use tempfile::TempDir;
use tonic::transport::{Channel, Endpoint};

const MEMBERS: u64 = 1_000;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(3);

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Outcome<()> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?
        .block_on(run())
}

async fn run() -> Outcome<()> {
    let grouped = Target::start(MOST_OPERATIONS).await?;
    let single = Target::start(1).await?;
    println!(
        "durable earn over gRPC, SQLite, {ROUNDS} rounds of {} s each, median of rounds",
        ROUND.as_secs()
    );
    println!(
        "| callers | group commit, operations/s | one transaction each, operations/s | ratio | p50 / p99, ms |"
    );
    println!("|---|---|---|---|---|");
    for callers in [1, 64] {
        let (mut with, mut without, mut latencies) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let measured = grouped.earn(callers, round).await?;
            with.push(measured.per_second);
            latencies.push((measured.p50, measured.p99));
            without.push(single.earn(callers, round).await?.per_second);
        }
        let (with, without) = (median(&mut with), median(&mut without));
        latencies.sort_by(|a, b| a.1.total_cmp(&b.1));
        let (p50, p99) = latencies[latencies.len() / 2];
        println!(
            "| {callers} | {with:.0} | {without:.0} | {:.2} | {p50:.2} / {p99:.2} |",
            with / without
        );
    }
    for target in [grouped, single] {
        target.stop().await?;
    }
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A loyalty service on a store of its own, behind all layers on a loopback port.
struct Target {
    channel: Channel,
    shutdown: Shutdown,
    server: tokio::task::JoinHandle<rapport_status::Result<()>>,
    calls: Arc<AtomicU64>,
    _folder: TempDir,
}

/// What one round measured.
struct Measured {
    per_second: f64,
    /// Milliseconds.
    p50: f64,
    /// Milliseconds.
    p99: f64,
}

impl Target {
    async fn start(most_operations: usize) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let store = Store::open(&Location::in_folder(folder.path(), rapport_loyalty::NAME)).await?;
        store.migrate(&MigrationList(rapport_loyalty::migrations)).await?;
        let clock = Clock::system();
        let parts = Parts {
            store,
            clock: clock.clone(),
            token_key: TokenKey::new([0; 32]),
        };
        let service = Loyalty::open_grouping(parts, most_operations).await?;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shutdown = Shutdown::default();
        let server = Server::new(
            Credentials::Local {
                tenant: "load".to_owned(),
            },
            clock,
        )?
        .with(service.server());
        let server = tokio::spawn(server.serve(Some(listener), None, shutdown.clone()));
        let channel = Endpoint::from_shared(format!("http://{address}"))?
            .connect()
            .await?;
        let target = Self {
            channel,
            shutdown,
            server,
            calls: Arc::default(),
            _folder: folder,
        };
        target.enrol().await?;
        Ok(target)
    }

    async fn enrol(&self) -> Outcome<()> {
        let mut client = LoyaltyServiceClient::new(self.channel.clone());
        let program = Program {
            title: "Load".to_owned(),
            lifetime_months: 24,
            ..Program::default()
        };
        client
            .create_program(CreateProgramRequest {
                program_id: "load".to_owned(),
                program: Some(program),
            })
            .await?;
        let customers = (0..MEMBERS).map(|member| format!("customers/{member}")).collect();
        client
            .batch_enrol_members(BatchEnrolMembersRequest {
                parent: "programs/load".to_owned(),
                customers,
            })
            .await?;
        Ok(())
    }

    /// Has callers earn for one round.
    async fn earn(&self, callers: u64, round: usize) -> Outcome<Measured> {
        let stop = Arc::new(AtomicBool::new(false));
        let before = self.balance_of_first().await?;
        let begun = Instant::now();
        let tasks: Vec<_> = (0..callers)
            .map(|caller| {
                let (client, stop) = (LoyaltyServiceClient::new(self.channel.clone()), Arc::clone(&stop));
                tokio::spawn(earn_until_told(
                    client,
                    stop,
                    Arc::clone(&self.calls),
                    round,
                    caller,
                ))
            })
            .collect();
        tokio::time::sleep(ROUND).await;
        stop.store(true, Ordering::Relaxed);
        let mut latencies = Vec::new();
        for task in tasks {
            latencies.extend(task.await??);
        }
        let seconds = begun.elapsed().as_secs_f64();
        if self.balance_of_first().await? <= before {
            return Err("the calls were answered and no points came of it".into());
        }
        latencies.sort_unstable();
        let at = |share: f64| {
            #[allow(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "an index into a list of some thousands"
            )]
            let index = ((latencies.len() - 1) as f64 * share) as usize;
            latencies[index].as_secs_f64() * 1e3
        };
        #[allow(clippy::cast_precision_loss, reason = "some thousands")]
        let per_second = latencies.len() as f64 / seconds;
        Ok(Measured {
            per_second,
            p50: at(0.5),
            p99: at(0.99),
        })
    }

    async fn balance_of_first(&self) -> Outcome<i64> {
        let request = GetBalanceRequest {
            name: "programs/load/members/0/balance".to_owned(),
        };
        Ok(LoyaltyServiceClient::new(self.channel.clone())
            .get_balance(request)
            .await?
            .into_inner()
            .available_points)
    }

    async fn stop(self) -> Outcome<()> {
        drop(self.channel);
        self.shutdown.begin();
        self.server.await??;
        Ok(())
    }
}

async fn earn_until_told(
    mut client: LoyaltyServiceClient<Channel>,
    stop: Arc<AtomicBool>,
    calls: Arc<AtomicU64>,
    round: usize,
    caller: u64,
) -> Outcome<Vec<Duration>> {
    let mut latencies = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let call = calls.fetch_add(1, Ordering::Relaxed);
        let request = EarnPointsRequest {
            request_id: format!("load-{round}-{caller}-{call}"),
            member: format!("programs/load/members/{}", call % MEMBERS),
            points: 10,
            reason: "Load".to_owned(),
            expire_time: None,
        };
        let begun = Instant::now();
        client.earn_points(request).await?;
        latencies.push(begun.elapsed());
    }
    Ok(latencies)
}
