//! Random well-typed requests to every method of the real server: whatever comes in, the answer is a result or an error
//! of the closed set, never a fault.

mod facts;
mod hostile;
mod names;
mod request;

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Arc, Mutex},
    time::Instant,
};

use prost::Message as _;
use prost_reflect::{DynamicMessage, MethodDescriptor};
use rapport_status::{Error, Reason};
use tokio::{sync::Semaphore, task::JoinSet};
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt as _;

use self::request::{Ground, Maker};
use crate::{
    contract::methods,
    dynamic,
    random::Random,
    suite_process::{SuiteProcess, rapport},
};

/// Requests to each method.
const REQUESTS: usize = 500;

/// Calls under way at a time.
const AT_A_TIME: usize = 24;

/// Faults that are shown.
const MOST_SHOWN: usize = 20;

/// What came back from one method.
#[derive(Debug, Default)]
struct Tally {
    answered: usize,
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

    let places = Arc::new(Semaphore::new(AT_A_TIME));
    let mut senders = JoinSet::new();
    for (number, method) in (0_u64..).zip(methods()) {
        let maker = Maker::new(Arc::clone(&ground), Random::new(seed.wrapping_add(number)));
        let sender = Sender {
            channel: channel.clone(),
            method,
            ground: Arc::clone(&ground),
            findings: Arc::clone(&findings),
            places: Arc::clone(&places),
        };
        senders.spawn(sender.send_all(maker));
    }
    while let Some(sent) = senders.join_next().await {
        sent.expect("a sender does not panic");
    }

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

struct Sender {
    channel: Channel,
    method: MethodDescriptor,
    ground: Arc<Ground>,
    findings: Arc<Findings>,
    places: Arc<Semaphore>,
}

impl Sender {
    async fn send_all(self, mut maker: Maker) {
        for _ in 0..REQUESTS {
            let _place = self.places.acquire().await.expect("the semaphore stays open");
            let requests = maker.requests(&self.method);
            let outcome = dynamic::call(&self.channel, &self.method, requests.clone()).await;
            match &outcome {
                Ok(answers) => answers.iter().for_each(|answer| self.ground.names.learn(answer)),
                Err(status) => {
                    if let Some(wrong) = fault(status) {
                        self.findings.add_fault(&self.method, &requests, &wrong);
                    }
                }
            }
            self.findings.count(&self.method, outcome.as_ref().err());
        }
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

    fn count(&self, method: &MethodDescriptor, refused: Option<&Status>) {
        let mut tallies = self.tallies.lock().unwrap();
        let tally = tallies.entry(method.full_name().to_owned()).or_default();
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
            let _ = writeln!(text, "{method}: {} answered, {:?}", tally.answered, tally.refused);
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
            assert!(
                tally.answered > 0,
                "{method} never answered: the requests do not reach its work; {:?}",
                tally.refused
            );
        }
    }
}
