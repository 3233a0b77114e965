//! Random well-typed requests to every method of the real server: whatever comes in, the answer is a result or an error
//! of the closed set, never a fault.

mod facts;
mod hostile;
mod names;
mod request;
mod tenants;

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use prost::Message as _;
use prost_reflect::{DynamicMessage, MethodDescriptor};
use rapport::client::Clients;
use rapport_status::{Error, Reason};
use tokio::{sync::Semaphore, task::JoinSet};
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt as _;

use self::{
    names::Names,
    request::{Ground, Maker},
};
use rapport_testkit::Random;

use crate::{
    contract::methods,
    dynamic,
    suite_process::{SuiteProcess, rapport},
    world,
};

/// Requests to each method.
const REQUESTS: usize = 500;

/// Those of them that are sent before anything is closed or deleted.
const BEFORE_THE_END: usize = 350;

/// Requests without fields that are sent among all the others.
const ASKED_FOR_EVERYTHING: usize = 50;

/// Calls under way at a time.
const AT_A_TIME: usize = 24;

/// Faults that are shown.
const MOST_SHOWN: usize = 20;

/// What came back from one method.
#[derive(Debug, Default)]
struct Tally {
    answered: usize,
    took: Duration,
    refused: BTreeMap<String, usize>,
}

/// What came back from all methods.
#[derive(Debug, Default)]
struct Findings {
    tallies: Mutex<BTreeMap<String, Tally>>,
    faults: Mutex<Vec<String>>,
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_brings_the_server_down_or_to_an_undocumented_error() {
    let seed = Random::seed("fuzz");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let suite = SuiteProcess::start(folder.path());
    let channel = suite.channel().await;
    let ground = Arc::new(Ground::new());
    let findings = Arc::new(Findings::default());
    let begun = Instant::now();

    furnish(&suite, &ground.names).await;
    let mut senders: Vec<Sender> = (0_u64..)
        .zip(methods())
        .map(|(number, method)| Sender {
            channel: channel.clone(),
            method,
            maker: Maker::new(Arc::clone(&ground), Random::new(seed.wrapping_add(number))),
            ground: Arc::clone(&ground),
            findings: Arc::clone(&findings),
            sent: 0,
        })
        .collect();
    // Requests without fields are all the same, and mostly ask for everything: most are sent while there is little.
    let whole: Vec<Sender> = senders
        .extract_if(.., |sender| sender.method.input().fields().len() == 0)
        .collect();
    senders.extend(send(whole, REQUESTS - ASKED_FOR_EVERYTHING).await);
    // Then everything but what ends things, so that there is something to work with; then everything.
    let ends = |sender: &Sender| {
        ["Close", "Delete"]
            .iter()
            .any(|verb| sender.method.name().starts_with(verb))
    };
    let ending: Vec<Sender> = senders.extract_if(.., |sender| ends(sender)).collect();
    let mut senders = send(senders, BEFORE_THE_END).await;
    senders.extend(ending);
    send(senders, REQUESTS).await;

    println!("{}\nin {:?}", findings.table(), begun.elapsed());
    let verified = rapport(&["verify", "--server", &suite.url()]);
    let ended = suite.stop();
    findings.must_be_none(seed);
    assert!(
        verified.status.success(),
        "after the requests the figures do not hold; {verified:?}"
    );
    assert!(
        !ended.stderr.contains("ERROR") && !ended.stderr.contains("panicked"),
        "the server logged a fault (seed {seed}):\n{}",
        ended.stderr
    );
}

/// What requests need to reach the work of every method: members with points, tiers and rewards, and a survey that takes answers.
async fn furnish(suite: &SuiteProcess, names: &Names) {
    let clients = Clients::connect(&suite.url()).await.expect("the suite serves");
    furnish_as(&clients, names).await;
}

/// The same, as the tenant of some clients.
async fn furnish_as(clients: &Clients, names: &Names) {
    world::create_program(clients).await;
    world::publish_survey(clients).await;
    names.add(world::PROGRAM.to_owned());
    names.add(world::SURVEY.to_owned());
    for number in 0..20 {
        let guest = format!("customer-{number}");
        world::create_customer(clients, &guest).await;
        names.add(world::customer(&guest));
        names.add(world::member(&guest));
        names.add(world::answer(clients, &guest, [3, 4, 5, 6]).await.name);
    }
    for name in world::create_rewards(clients).await {
        names.add(name);
    }
    names.add(world::create_tiers(clients).await);
    for number in 0..3 {
        let member = world::member(&format!("customer-{number}"));
        names.add(world::moved_points(clients, &member).await.expired);
        for grant in world::granted_tiers(clients, &member).await {
            names.add(grant);
        }
        for redemption in world::wanted_rewards(clients, &member).await {
            names.add(redemption.name);
            for voucher in redemption.vouchers {
                names.add(voucher.name);
                names.add_code(voucher.code);
            }
        }
    }
}

/// Has each sender send until it has sent a number of requests; a bounded number of calls is under way at a time.
async fn send(senders: Vec<Sender>, until: usize) -> Vec<Sender> {
    let places = Arc::new(Semaphore::new(AT_A_TIME));
    let mut sending = JoinSet::new();
    for sender in senders {
        sending.spawn(sender.send(until, Arc::clone(&places)));
    }
    sending.join_all().await
}

/// Sends requests to one method.
struct Sender {
    channel: Channel,
    method: MethodDescriptor,
    maker: Maker,
    ground: Arc<Ground>,
    findings: Arc<Findings>,
    sent: usize,
}

impl Sender {
    async fn send(mut self, until: usize, places: Arc<Semaphore>) -> Self {
        while self.sent < until {
            let _place = places.acquire().await.expect("the semaphore stays open");
            let requests = self.maker.requests(&self.method);
            let begun = Instant::now();
            let outcome = dynamic::call(&self.channel, &self.method, requests.clone()).await;
            match &outcome {
                Ok(answers) => answers.iter().for_each(|answer| self.ground.names.learn(answer)),
                Err(status) => {
                    if let Some(wrong) = fault(status) {
                        self.findings.add_fault(&self.method, &requests, &wrong);
                    }
                }
            }
            self.findings
                .count(&self.method, outcome.as_ref().err(), begun.elapsed());
            self.sent += 1;
        }
        self
    }
}

/// What is wrong about an error, if anything is.
fn fault(status: &Status) -> Option<String> {
    let shown = format!("{:?} {:?}", status.code(), status.message());
    if matches!(
        status.code(),
        Code::Internal | Code::Unknown | Code::DataLoss | Code::Unavailable | Code::DeadlineExceeded
    ) {
        return Some(format!("{shown}: no request may lead to this"));
    }
    let Some(info) = status.get_details_error_info() else {
        return Some(format!("{shown}: has no ErrorInfo"));
    };
    if info.domain != rapport_status::DOMAIN {
        return Some(format!("{shown}: has the domain {:?}", info.domain));
    }
    let Some(reason) = Reason::ALL.iter().find(|reason| reason.name() == info.reason) else {
        return Some(format!("{shown}: has the unknown reason {}", info.reason));
    };
    let expected = Status::from(Error::new(*reason, "")).code();
    (status.code() != expected).then(|| format!("{shown}: {} goes with {expected:?}", info.reason))
}

impl Findings {
    fn add_fault(&self, method: &MethodDescriptor, requests: &[DynamicMessage], wrong: &str) {
        let shown: Vec<String> = requests
            .iter()
            .map(|request| {
                let text: String = request.to_string().chars().take(1_500).collect();
                format!("{text} ({} bytes)", request.encoded_len())
            })
            .collect();
        let fault = format!(
            "{}: {wrong}\n    asked: {}",
            method.full_name(),
            shown.join("\n    then: ")
        );
        self.faults.lock().unwrap().push(fault);
    }

    fn count(&self, method: &MethodDescriptor, refused: Option<&Status>, took: Duration) {
        let mut tallies = self.tallies.lock().unwrap();
        let tally = tallies.entry(method.full_name().to_owned()).or_default();
        tally.took += took;
        match refused {
            None => tally.answered += 1,
            Some(status) => {
                let reason =
                    rapport_status::reason_of(status).unwrap_or_else(|| format!("{:?}", status.code()));
                *tally.refused.entry(reason).or_default() += 1;
            }
        }
    }

    /// How often each method answered and refused.
    fn table(&self) -> String {
        let mut text = String::new();
        for (method, tally) in self.tallies.lock().unwrap().iter() {
            let _ = writeln!(
                text,
                "{method}: {} answered, {:?}, {:.1?} in all",
                tally.answered, tally.refused, tally.took
            );
        }
        text
    }

    fn must_be_none(&self, seed: u64) {
        let faults = self.faults.lock().unwrap();
        assert!(
            faults.is_empty(),
            "{} requests led to a fault; the first {MOST_SHOWN} (RAPPORT_TEST_SEED={seed} repeats the run):\n\n{}",
            faults.len(),
            faults[..faults.len().min(MOST_SHOWN)].join("\n\n")
        );
        for (method, tally) in self.tallies.lock().unwrap().iter() {
            let sent = tally.answered + tally.refused.values().sum::<usize>();
            assert!(sent >= REQUESTS, "{method} was asked only {sent} times");
        }
        let silent: Vec<String> = self
            .tallies
            .lock()
            .unwrap()
            .iter()
            .filter(|(_, tally)| tally.answered == 0)
            .map(|(method, tally)| format!("{method}: {:?}", tally.refused))
            .collect();
        assert!(
            silent.is_empty(),
            "methods that never answered: the requests do not reach their work (seed {seed})\n{}",
            silent.join("\n")
        );
    }
}
