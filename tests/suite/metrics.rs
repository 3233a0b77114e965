//! What is measured of the real program: as a collector gets it, and as Prometheus reads it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use rapport::client::Clients;
use rapport_contract::{loyalty::v1::RedeemPointsRequest, profile::v1::GetCustomerRequest};
use rapport_telemetry::metrics::{ALL, Metric};
use rapport_testkit::{Collector, free_port};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    suite_process::SuiteProcess,
    traces::{PATIENCE, purchase, view, wait_for_points},
    world,
};

/// What a metric has in the text form of Prometheus: its labels, with their values.
type Samples = BTreeMap<String, Vec<BTreeMap<String, String>>>;

/// Reads `/metrics` as Prometheus does.
async fn scrape(port: u16) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port))
        .await
        .expect("metrics are served");
    let request = "GET /metrics HTTP/1.1\r\nHost: rapport\r\nConnection: close\r\n\r\n";
    stream
        .write_all(request.as_bytes())
        .await
        .expect("the request is taken");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .await
        .expect("metrics are text");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer
}

fn samples(text: &str) -> Samples {
    let mut samples = Samples::new();
    for line in text.lines().skip_while(|line| !line.starts_with('#')) {
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        let (name, labels) = match line.split_once('{') {
            Some((name, rest)) => (name, rest.rsplit_once('}').expect("labels end").0),
            None => (line.split(' ').next().expect("a line has a name"), ""),
        };
        let labels = labels
            .split("\",")
            .filter(|label| !label.is_empty())
            .map(|label| {
                let (label, value) = label.split_once("=\"").expect("a label has a value");
                (label.to_owned(), value.trim_end_matches('"').to_owned())
            });
        samples.entry(name.to_owned()).or_default().push(labels.collect());
    }
    samples
}

/// The metric that a sample belongs to: distributions have three samples each.
fn metric_of(sample: &str) -> Option<&'static Metric> {
    ALL.iter().find(|metric| {
        let name = metric.prometheus_name();
        sample
            .strip_prefix(name.as_str())
            .is_some_and(|rest| matches!(rest, "" | "_bucket" | "_sum" | "_count"))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn both_readers_show_the_documented_metrics_and_no_label_comes_from_a_caller() {
    let collector = Collector::start().await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let port = free_port();
    let suite = SuiteProcess::start_with(
        &folder.path().join("data"),
        &[
            ("RAPPORT_TELEMETRY__OTLP", &collector.url()),
            ("RAPPORT_TELEMETRY__METRICS", &format!("127.0.0.1:{port}")),
        ],
    );
    let clients = Clients::connect(&suite.url()).await.expect("the suite serves");
    play(&clients).await;
    let text = wait_for_metrics(port).await;
    suite.stop();

    let samples = samples(&text);
    for (name, labels) in &samples {
        if name == "target_info" {
            continue;
        }
        let metric = metric_of(name).unwrap_or_else(|| panic!("docs/telemetry.md does not tell of {name}"));
        let known: BTreeSet<String> = metric
            .labels
            .iter()
            .map(|label| label.replace('.', "_"))
            .collect();
        for labels in labels {
            for (label, value) in labels {
                assert!(
                    known.contains(label) || label == "le",
                    "{name} has another label: {label}={value}"
                );
                assert!(
                    !value.contains("anna") && !value.contains("harbour"),
                    "{name}: {label}={value}"
                );
            }
        }
    }
    let shown: BTreeSet<&str> = samples
        .keys()
        .filter_map(|name| metric_of(name))
        .map(|metric| metric.name)
        .collect();
    let sent: BTreeSet<String> = collector.metrics().into_keys().collect();
    for metric in ALL {
        // There is no broker, nobody is refused, nobody is in anybody's way.
        let is_quiet = [
            "rapport.calls.refused",
            "rapport.consumer.lag",
            "rapport.transaction.repeated",
        ];
        if is_quiet.contains(&metric.name) {
            continue;
        }
        assert!(
            shown.contains(metric.name),
            "/metrics does not show {}:\n{text}",
            metric.name
        );
        assert!(
            sent.contains(metric.name),
            "the collector did not get {}: {sent:?}",
            metric.name
        );
    }
    check_values(&collector);
}

/// Calls that touch everything that is measured.
async fn play(clients: &Clients) {
    world::create_program(clients).await;
    world::publish_survey(clients).await;
    world::create_customer(clients, "anna").await;
    purchase(clients, "anna", "1").await;
    wait_for_points(clients, "anna", 40).await;
    world::answer(clients, "anna", [2, 4, 5, 6]).await;
    view(clients, "anna").await;
    let request = RedeemPointsRequest {
        member: world::member("anna"),
        request_id: "a-coffee".to_owned(),
        points: 15,
        reason: "a coffee".to_owned(),
        ..RedeemPointsRequest::default()
    };
    let redeemed = clients.loyalty.clone().redeem_points(request.clone()).await;
    redeemed.expect("there are enough points");
    // The same again moves nothing, and counts nothing.
    let again = clients.loyalty.clone().redeem_points(request).await;
    again.expect("a request can be sent again");
    let request = GetCustomerRequest {
        name: world::customer("nobody"),
    };
    let absent = clients.profile.clone().get_customer(request).await;
    assert_eq!(
        absent.expect_err("nobody is nobody").code(),
        tonic::Code::NotFound
    );
}

/// Waits until the levels that are looked at from time to time are there as well.
async fn wait_for_metrics(port: u16) -> String {
    let begun = Instant::now();
    loop {
        let text = scrape(port).await;
        let is_open = |line: &str| line.starts_with("rapport_cases_open{") && !line.ends_with(" 0");
        if text.contains("rapport_outbox_waiting{") && text.lines().any(is_open) {
            return text;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "outbox and open cases do not show:\n{text}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What the collector got when the process ended: everything that was played, counted once.
fn check_values(collector: &Collector) {
    let metrics = collector.metrics();
    let value = |name: &str, labels: &[(&str, &str)]| {
        let labels: Vec<(String, String)> = labels
            .iter()
            .map(|(label, value)| ((*label).to_owned(), (*value).to_owned()))
            .collect();
        metrics[name].points.get(&labels).copied().unwrap_or_default()
    };
    let points = |movement| value("rapport.points", &[("movement", movement)]);
    assert!((points("issued") - 40.0).abs() < 0.5, "{metrics:#?}");
    assert!((points("redeemed") - 15.0).abs() < 0.5, "{metrics:#?}");
    assert!(
        (value("rapport.purchases", &[("kind", "sale")]) - 1.0).abs() < 0.5,
        "{metrics:#?}"
    );
    assert!((value("rapport.answers", &[]) - 1.0).abs() < 0.5, "{metrics:#?}");
    assert!(
        (value("rapport.cases.open", &[("priority", "high")]) - 1.0).abs() < 0.5,
        "{metrics:#?}"
    );
    let not_found = value(
        "rpc.server.call.duration",
        &[
            ("error.type", "CUSTOMER_NOT_FOUND"),
            ("rpc.method", "rapport.profile.v1.ProfileService/GetCustomer"),
            ("rpc.response.status_code", "NOT_FOUND"),
            ("rpc.system.name", "grpc"),
        ],
    );
    assert!((not_found - 1.0).abs() < 0.5, "{metrics:#?}");
    let under_way = value("rapport.calls.in_flight", &[]);
    assert!(under_way.abs() < 0.5, "{under_way} calls never ended");
}
