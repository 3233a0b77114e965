//! The suite as it runs in production: each service a process of its own, everything encrypted on the way to the database
//! and the broker, and everything logged that can be.

mod installation;

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use rapport::client::Clients;
use rapport_contract::loyalty::v1::EnrolMemberRequest;
use rapport_testkit::{Finding, Scanner, SeenSpan, ServiceProcess, tree};

use self::installation::{Installation, MASTER_KEY, Servers, start, url};
use crate::{
    foreign,
    personal_values::{self, CUSTOMER},
    traces::{self, CLIENT, CONSUMER, SERVER, SPAN, TRACE, attribute, the},
    world,
};

/// How long something may take to be there.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a service that waits for its database is watched.
const WATCHED: Duration = Duration::from_secs(6);

#[tokio::test(flavor = "multi_thread")]
async fn separate_services_keep_one_trace_and_leave_no_personal_values_anywhere() {
    let mut installation = Installation::start().await;

    // A client that knows nothing but the contract, at an address for each service.
    foreign::take_the_tour_of_services(&installation.addresses());

    // Personal values, and a service that dies with them in its hands.
    let clients = installation.clients().await;
    enrol(&clients).await;
    personal_values::put_in(&clients).await;
    installation.crash("profile").await;
    let clients = installation.clients().await;
    personal_values::read_back(&clients).await;
    traces::wait_for_points(&clients, CUSTOMER, 20).await;

    // A purchase, its points, and customer 360, in the trace of a caller outside.
    traces::purchase(&clients, CUSTOMER, "2").await;
    traces::wait_for_points(&clients, CUSTOMER, 60).await;
    let view = traces::view(&clients, CUSTOMER).await;
    assert_eq!(view.memberships.len(), 1, "{view:?}");
    assert_eq!(
        view.missing_parts.len(),
        0,
        "a sister service did not answer: {view:?}"
    );

    // The last spans are sent when the processes end.
    installation.stop().await;
    let spans = installation
        .collector
        .wait_for_spans("the call for the view", |spans| {
            spans.iter().any(|span| span.name.ends_with("/GetCustomerView"))
        })
        .await;
    assert_one_trace(&spans);
    assert_nothing_lies_about(&installation.servers);
}

/// Makes the customer a member of the program that the tour has created, before there is anything to earn points for.
async fn enrol(clients: &Clients) {
    let request = EnrolMemberRequest {
        parent: world::PROGRAM.to_owned(),
        customer: world::customer(CUSTOMER),
        ..EnrolMemberRequest::default()
    };
    let enrolled = clients.loyalty.clone().enrol_member(request).await;
    enrolled.expect("the tour has created the program");
}

/// The trace of the caller reaches from the profile service over the broker to the loyalty service, and from the profile
/// service by calls to its sisters. There is no other trace.
fn assert_one_trace(spans: &[SeenSpan]) {
    eprintln!("the trace has {} spans:\n{}", spans.len(), tree(spans));
    assert!(
        spans.iter().all(|span| span.trace == TRACE),
        "traces are kept that nobody asked for:\n{}",
        tree(spans)
    );
    let services: BTreeSet<&str> = spans.iter().map(|span| span.service.as_str()).collect();
    let all = [
        "rapport-feedback",
        "rapport-loyalty",
        "rapport-profile",
        "rapport-satisfaction",
    ];
    assert_eq!(services, all.into(), "{}", tree(spans));

    let recorded = the(spans, "the call that records the purchase", |span| {
        span.name.ends_with("/RecordPurchase")
    });
    assert_eq!(
        (recorded.service.as_str(), recorded.parent.as_str(), recorded.kind),
        ("rapport-profile", SPAN, SERVER)
    );
    let taken = the(spans, "loyalty taking the purchase", |span| {
        span.kind == CONSUMER && attribute(span, "consumer") == "loyalty"
    });
    assert_eq!(
        (taken.service.as_str(), taken.parent.as_str()),
        ("rapport-loyalty", recorded.id.as_str()),
        "{}",
        tree(spans)
    );
    assert_eq!(attribute(taken, "topic"), "rapport.profile.v1.PurchaseRecorded");

    let shown = the(spans, "the call for the view", |span| {
        span.name.ends_with("/GetCustomerView")
    });
    assert_eq!(
        (shown.service.as_str(), shown.parent.as_str(), shown.kind),
        ("rapport-profile", SPAN, SERVER)
    );
    for (service, method) in [
        ("rapport-loyalty", "/GetBalance"),
        ("rapport-feedback", "/ListCases"),
        ("rapport-satisfaction", "/GetCustomerSatisfaction"),
    ] {
        let is_of = |span: &SeenSpan, kind| span.kind == kind && span.name.ends_with(method);
        let asked = the(spans, method, |span| is_of(span, CLIENT));
        let answered = the(spans, method, |span| is_of(span, SERVER));
        assert_eq!(
            (asked.service.as_str(), asked.parent.as_str()),
            ("rapport-profile", shown.id.as_str()),
            "{method} is asked elsewhere:\n{}",
            tree(spans)
        );
        assert_eq!(
            (answered.service.as_str(), answered.parent.as_str()),
            (service, asked.id.as_str()),
            "{method} is answered elsewhere:\n{}",
            tree(spans)
        );
    }
}

/// Looks through every file of the database server, of the broker, and of the processes.
fn assert_nothing_lies_about(servers: &Servers) {
    let data = servers.postgres.data();
    let broker = servers.nats.folder();
    let processes = servers.processes();
    let personal = values();
    // Neither personal nor secret: that they are found shows that these files are looked through.
    let subject = "rapport.profile.v1.PurchaseRecorded";
    let before_the_crash = "rapport.profile.v1.ProfileService/CreateCustomer";
    let after_the_crash = "rapport.profile.v1.ProfileService/GetCustomerView";
    let known = [CUSTOMER, subject, before_the_crash, after_the_crash];
    let scanner = Scanner::new(personal.iter().copied().chain(known));
    let folders = [data.as_path(), broker, &processes];
    let found: Vec<Finding> = folders.iter().flat_map(|folder| scanner.scan(folder)).collect();
    for folder in folders {
        eprintln!("{} bytes looked through in {}", bytes(folder), folder.display());
    }

    let (known, lying): (Vec<_>, Vec<_>) = found
        .into_iter()
        .partition(|finding| known.contains(&finding.value.as_str()));
    assert_eq!(lying, [], "personal values or the master key lie about");
    for (place, value) in [
        (data.join("base"), CUSTOMER),
        (data.join("pg_wal"), CUSTOMER),
        (data.join("server.log"), CUSTOMER),
        (broker.join("store"), CUSTOMER),
        (broker.join("store"), subject),
        (processes.join("profile.0001.log"), before_the_crash),
        (processes.join("profile.0002.log"), after_the_crash),
    ] {
        assert!(
            known
                .iter()
                .any(|finding| finding.place.starts_with(&place) && finding.value == value),
            "{value} is not found in {}, where it must be: the scan does not look there",
            place.display()
        );
    }
}

/// What must not be found: the personal values, and the master key, as bytes and in base64.
fn values() -> BTreeSet<&'static str> {
    let personal = personal_values::values().into_values().flatten();
    personal.chain([MASTER_KEY]).collect()
}

/// The size of all files below a folder.
fn bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    entries
        .map(|entry| {
            let entry = entry.expect("the folder can be read");
            let about = entry.metadata().expect("the file can be asked");
            if about.is_dir() {
                bytes(&entry.path())
            } else {
                about.len()
            }
        })
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_with_certificates_of_a_strange_authority_are_not_trusted() {
    let servers = Servers::start();
    let (authority, stranger) = (servers.authority(), servers.stranger());

    // The database, when its tables are made.
    let refused = Servers::migrate(&servers.variables(&stranger, &authority));
    assert!(!refused.status.success(), "{refused:?}");
    for said in ["cannot be reached", "invalid peer certificate", "sslrootcert"] {
        assert!(refused.stderr.contains(said), "{said:?} is not in {refused:?}");
    }
    let mut plain = servers.variables(&authority, &authority);
    for address in plain.values_mut() {
        *address = address.replace("sslmode=verify-full", "sslmode=disable");
    }
    let refused = Servers::migrate(&plain);
    assert!(
        refused.stderr.contains("no encryption") && refused.stderr.contains("sslmode"),
        "the server takes connections that are not encrypted: {refused:?}"
    );
    let migrated = Servers::migrate(&servers.variables(&authority, &authority));
    assert!(migrated.status.success(), "{migrated:?}");

    // The database, when a service starts: it waits, for the server may be about to start, and says why.
    let mut service = servers.service("feedback", &servers.variables(&stranger, &authority));
    let said = service
        .start(WATCHED)
        .await
        .expect_err("the database is not trusted");
    for part in ["the database does not answer yet", "invalid peer certificate"] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }

    a_strange_broker_is_not_trusted(&servers).await;
}

/// A service goes on, its events wait in the outbox, and its log says where to look; with the right authority the events
/// leave.
async fn a_strange_broker_is_not_trusted(servers: &Servers) {
    let (authority, stranger) = (servers.authority(), servers.stranger());
    let variables = servers.variables(&authority, &stranger);
    let mut service = servers.service("profile", &variables);
    start(&mut service).await;
    let clients = Clients::connect(&url(&service))
        .await
        .expect("the service serves");
    world::create_customer(&clients, "li").await;
    world::record(&clients, "li", world::purchase("1", 20, None)).await;
    wait_for_log(
        &service,
        "whether events.authorities holds the authority of its certificate",
    )
    .await;
    assert_ne!(waiting(servers), 0, "events went to a broker that is not trusted");
    let ended = service.terminate(PATIENCE).await;
    assert!(ended.is_ok_and(|status| status.success()));

    let mut service = servers.service("profile", &servers.variables(&authority, &authority));
    start(&mut service).await;
    let begun = Instant::now();
    while waiting(servers) > 0 {
        assert!(
            begun.elapsed() < PATIENCE,
            "{} events still wait: {:?}",
            waiting(servers),
            service.log_lines()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Events of the profile service that wait to be published.
fn waiting(servers: &Servers) -> u64 {
    let told = servers.postgres.sql(
        "rapport_profile",
        "SELECT count(*) FROM outbox WHERE relayed_at IS NULL",
    );
    told.parse().expect("a count is a number")
}

async fn wait_for_log(service: &ServiceProcess, what: &str) {
    let begun = Instant::now();
    while !service.log_lines().iter().any(|line| line.contains(what)) {
        assert!(
            begun.elapsed() < PATIENCE,
            "{what:?} is not said: {:?}",
            service.log_lines()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
