//! What an operator sees of the real program: traces as a collector gets them, and log lines.

use std::time::{Duration, Instant};

use rapport::client::Clients;
use rapport_contract::{
    loyalty::v1::GetBalanceRequest,
    profile::v1::{
        CreateCustomerRequest, Customer, CustomerView, GetCustomerViewRequest, Identity, IdentityType,
        RecordPurchaseRequest,
    },
};
use rapport_testkit::{Collector, SeenSpan, free_port, tree};
use tonic::Request;

use crate::{suite_process::SuiteProcess, world};

/// How long something may take to be there.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// The trace and the span of a caller outside.
pub(crate) const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
pub(crate) const SPAN: &str = "b7ad6b7169203331";

/// Kinds of spans in OTLP.
pub(crate) const SERVER: i32 = 2;
pub(crate) const CLIENT: i32 = 3;
pub(crate) const CONSUMER: i32 = 5;

/// A request that belongs to the caller's trace.
fn traced<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    let value = format!("00-{TRACE}-{SPAN}-01");
    request
        .metadata_mut()
        .insert("traceparent", value.parse().expect("a traceparent is ASCII"));
    request
}

pub(crate) async fn purchase(clients: &Clients, id: &str, source_id: &str) {
    let request = RecordPurchaseRequest {
        parent: world::customer(id),
        purchase: Some(world::purchase(source_id, 40, None)),
    };
    let recorded = clients.profile.clone().record_purchase(traced(request)).await;
    recorded.expect("the purchase is taken");
}

pub(crate) async fn view(clients: &Clients, id: &str) -> CustomerView {
    let request = GetCustomerViewRequest {
        name: format!("{}/view", world::customer(id)),
    };
    let view = clients.profile.clone().get_customer_view(traced(request)).await;
    view.expect("the guest is there").into_inner()
}

/// Waits until the points of a purchase are there, without leaving a trace.
pub(crate) async fn wait_for_points(clients: &Clients, id: &str, points: i64) {
    let begun = Instant::now();
    loop {
        // The guest becomes a member by an event, and gets the points by another.
        let request = GetBalanceRequest {
            name: format!("{}/balance", world::member(id)),
            ..GetBalanceRequest::default()
        };
        let balance = clients.loyalty.clone().get_balance(request).await;
        if balance
            .as_ref()
            .is_ok_and(|balance| balance.get_ref().available_points == points)
        {
            return;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "{points} points do not come: {balance:?}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn identity(kind: IdentityType, value: &str) -> Identity {
    Identity {
        r#type: kind.into(),
        value: value.to_owned(),
        ..Identity::default()
    }
}

/// The only span of the caller's trace for which something holds.
pub(crate) fn the<'s>(spans: &'s [SeenSpan], what: &str, holds: impl Fn(&SeenSpan) -> bool) -> &'s SeenSpan {
    let found: Vec<&SeenSpan> = spans
        .iter()
        .filter(|span| span.trace == TRACE && holds(span))
        .collect();
    match found.as_slice() {
        [one] => one,
        other => panic!("{what}: there are {} of it in\n{}", other.len(), tree(spans)),
    }
}

/// Whether a span is a descendant of another one: events of several partitions may be taken together, in a step between.
fn is_below(spans: &[SeenSpan], span: &SeenSpan, ancestor: &SeenSpan) -> bool {
    span.parent == ancestor.id
        || spans
            .iter()
            .any(|parent| parent.id == span.parent && is_below(spans, parent, ancestor))
}

pub(crate) fn attribute<'s>(span: &'s SeenSpan, name: &str) -> &'s str {
    span.attributes.get(name).map_or("", String::as_str)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_reaches_from_a_purchase_through_its_points_to_customer_360() {
    let collector = Collector::start().await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let suite = SuiteProcess::start_with(
        &folder.path().join("data"),
        &[
            ("RAPPORT_TELEMETRY__OTLP", &collector.url()),
            // Of those who have not decided, none: the caller of this test has.
            ("RAPPORT_TELEMETRY__SAMPLE", "0"),
        ],
    );
    let clients = Clients::connect(&suite.url()).await.expect("the suite serves");
    world::create_program(&clients).await;
    world::create_customer(&clients, "li").await;
    purchase(&clients, "li", "1").await;
    wait_for_points(&clients, "li", 40).await;
    let seen = view(&clients, "li").await;
    assert_eq!(seen.memberships.len(), 1, "{seen:?}");
    let profile = |method: &str| format!("rapport.profile.v1.ProfileService/{method}");
    let loyalty = |method: &str| format!("rapport.loyalty.v1.LoyaltyService/{method}");

    // The last traces are sent when the process ends.
    let ended = suite.stop();
    assert!(!ended.stderr.contains("WARN"), "{}", ended.stderr);
    let spans = collector
        .wait_for_spans("the call for the view", |spans| {
            spans.iter().any(|span| span.name == profile("GetCustomerView"))
        })
        .await;
    let foreign = spans.iter().filter(|span| span.trace != TRACE).count();
    assert_eq!(
        foreign,
        0,
        "traces are kept that nobody asked for:\n{}",
        tree(&spans)
    );

    let recorded = the(&spans, "the call that records the purchase", |span| {
        span.name == profile("RecordPurchase")
    });
    assert_eq!((recorded.parent.as_str(), recorded.kind), (SPAN, SERVER));
    assert_eq!(attribute(recorded, "rpc.response.status_code"), "OK");
    let group = the(&spans, "the group commit of the purchase", |span| {
        span.name == "group commit" && span.parent == recorded.id
    });
    the(&spans, "the transaction of the group commit", |span| {
        span.name == "record_purchases" && span.parent == group.id
    });
    let taken = the(&spans, "loyalty taking the purchase", |span| {
        span.kind == CONSUMER && attribute(span, "consumer") == "loyalty"
    });
    assert_eq!(taken.parent, recorded.id, "{}", tree(&spans));
    assert_eq!(attribute(taken, "topic"), "rapport.profile.v1.PurchaseRecorded");
    the(&spans, "the transaction that posts the points", |span| {
        span.name == "take_events" && is_below(&spans, span, taken)
    });

    let shown = the(&spans, "the call for the view", |span| {
        span.name == profile("GetCustomerView")
    });
    assert_eq!((shown.parent.as_str(), shown.kind), (SPAN, SERVER));
    for method in ["ListMembers", "GetBalance", "GetProgram"] {
        let asked = the(&spans, method, |span| {
            span.name == loyalty(method) && span.kind == CLIENT
        });
        assert_eq!(
            asked.parent,
            shown.id,
            "{method} is asked elsewhere:\n{}",
            tree(&spans)
        );
        let answered = the(&spans, method, |span| {
            span.name == loyalty(method) && span.kind == SERVER
        });
        assert_eq!(
            answered.parent,
            asked.id,
            "{method} is answered elsewhere:\n{}",
            tree(&spans)
        );
    }
    // A guest who never answered has no satisfaction: for the one who asks that is an error, for the one asked none.
    let failed = |span: &&SeenSpan| span.is_failed && span.kind != CLIENT;
    assert_eq!(spans.iter().filter(failed).count(), 0, "{spans:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_costs_one_line_each_for_traces_and_metrics() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let suite = SuiteProcess::start_with(
        &folder.path().join("data"),
        &[("RAPPORT_TELEMETRY__OTLP", &nobody)],
    );
    let clients = Clients::connect(&suite.url()).await.expect("the suite serves");
    world::create_program(&clients).await;
    world::create_customer(&clients, "li").await;
    let begun = Instant::now();
    let mut number = 0;
    // More than one batch of traces is lost.
    while begun.elapsed() < Duration::from_secs(6) || !suite.log().contains("does not take traces") {
        number += 1;
        let call = Instant::now();
        purchase(&clients, "li", &number.to_string()).await;
        assert!(
            call.elapsed() < Duration::from_secs(5),
            "a call waits for the collector"
        );
        assert!(
            begun.elapsed() < PATIENCE,
            "nothing tells that traces are lost: {}",
            suite.log()
        );
    }
    wait_for_points(&clients, "li", 40 * number).await;
    let ended = suite.stop();
    let lines: Vec<&str> = ended.stderr.lines().collect();
    let of = |what: &str| lines.iter().filter(|line| line.contains(what)).count();
    assert_eq!(of("does not take traces"), 1, "{}", ended.stderr);
    assert!(of("does not take metrics") <= 1, "{}", ended.stderr);
    assert!(lines.len() <= 2, "{}", ended.stderr);
    assert!(!ended.stderr.contains("ERROR"), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn log_lines_have_the_trace_of_their_call_and_nothing_of_a_person() {
    let collector = Collector::start().await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let suite = SuiteProcess::start_with(
        &folder.path().join("data"),
        &[
            ("RAPPORT_LOG", "debug"),
            ("RAPPORT_LOG_FORM", "json"),
            ("RAPPORT_TELEMETRY__OTLP", &collector.url()),
        ],
    );
    let clients = Clients::connect(&suite.url()).await.expect("the suite serves");
    let personal = [
        "Annalise Quillfeather",
        "quillfeather@example.org",
        "+4915112345678",
    ];
    world::create_program(&clients).await;
    let customer = Customer {
        display_name: personal[0].to_owned(),
        identities: vec![
            identity(IdentityType::Email, personal[1]),
            identity(IdentityType::Phone, personal[2]),
        ],
        ..Customer::default()
    };
    let request = CreateCustomerRequest {
        customer_id: "li".to_owned(),
        customer: Some(customer),
    };
    let created = clients
        .profile
        .clone()
        .create_customer(traced(request.clone()))
        .await;
    created.expect("the guest is new");
    let request = CreateCustomerRequest {
        customer: Some(Customer::default()),
        ..request
    };
    let again = clients.profile.clone().create_customer(traced(request)).await;
    let again = again.expect_err("the id is taken");
    purchase(&clients, "li", "1").await;
    wait_for_points(&clients, "li", 40).await;
    view(&clients, "li").await;
    let ended = suite.stop();

    let mut of_the_call = 0;
    let call = again
        .metadata()
        .get("x-request-id")
        .map(|id| id.to_str().expect("an id is ASCII"));
    for line in ended.stderr.lines() {
        let object: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("no JSON: {error}: {line}"));
        assert!(
            object["time"].is_string() && object["level"].is_string(),
            "{line}"
        );
        if object["message"] == "answered" && object["code"] == "ALREADY_EXISTS" {
            of_the_call += 1;
            assert_eq!(object["trace_id"], TRACE, "{line}");
            assert_eq!(
                object["spans"][0]["method"], "rapport.profile.v1.ProfileService/CreateCustomer",
                "{line}"
            );
            assert_eq!(object["spans"][0]["call_id"].as_str(), call, "{line}");
        }
        for value in personal {
            assert!(!line.contains(value), "{value} is in the log: {line}");
        }
    }
    assert_eq!(
        of_the_call, 1,
        "the log does not tell of the refused call:\n{}",
        ended.stderr
    );
    let seen = format!("{:?} {:?}", collector.spans(), collector.metrics());
    for value in personal {
        assert!(!seen.contains(value), "{value} is in what the collector got");
    }
}
