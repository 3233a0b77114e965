//! Customer 360 while sister services are down, silent, or cut off: the other parts come, in time, and the missing one is
//! named.

use std::time::{Duration, Instant};

use rapport_client::{CallPolicy, Sister};
use rapport_contract::{
    feedback::v1::{Case, ListCasesResponse},
    loyalty::v1::ListMembersResponse,
    profile::v1::{CustomerView, GetCustomerViewRequest},
    satisfaction::v1::CustomerSatisfaction,
};
use rapport_profile::Sisters;
use rapport_testkit::FaultProxy;

use crate::{
    Bench,
    sisters::{self, message},
};

/// How long a view may take, whatever the sister services do.
const IN_TIME: Duration = Duration::from_secs(2);

/// A service with a customer, whose loyalty service is behind a proxy.
struct Setting {
    bench: Bench,
    loyalty: FaultProxy,
}

impl Setting {
    async fn new() -> Self {
        let cases = ListCasesResponse {
            cases: vec![Case::default()],
            ..ListCasesResponse::default()
        };
        let address = sisters::listen([
            (
                "GetCustomerSatisfaction",
                message(&CustomerSatisfaction::default()),
            ),
            ("ListMembers", message(&ListMembersResponse::default())),
            ("ListCases", message(&cases)),
        ])
        .await;
        let loyalty = FaultProxy::start(address).await;
        let sister = |name, address| {
            let address = format!("http://{address}");
            Sister::connect(name, &address, None, CallPolicy::default()).unwrap()
        };
        let bench = Bench::calling(Sisters {
            feedback: sister("feedback", address),
            satisfaction: sister("satisfaction", address),
            loyalty: sister("loyalty", loyalty.address()),
        })
        .await;
        bench.create("ada").await;
        Self { bench, loyalty }
    }

    /// The view, which must come in time.
    async fn view(&self) -> (CustomerView, Duration) {
        let request = GetCustomerViewRequest {
            name: "customers/ada/view".to_owned(),
        };
        let begun = Instant::now();
        let view = self.bench.client.clone().get_customer_view(request).await;
        let elapsed = begun.elapsed();
        assert!(elapsed < IN_TIME, "the view took {elapsed:?}");
        (view.unwrap().into_inner(), elapsed)
    }

    /// Why the memberships are missing; the other parts must be there.
    async fn view_without_memberships(&self) -> (String, Duration) {
        let (view, elapsed) = self.view().await;
        assert!(
            view.satisfaction.is_some() && view.open_cases.len() == 1,
            "{view:?}"
        );
        let [missing] = &view.missing_parts[..] else {
            panic!("one part is missing: {:?}", view.missing_parts);
        };
        assert_eq!(missing.part, "memberships");
        let message = missing.message.clone();
        assert!(
            message.starts_with("the loyalty service is not available: "),
            "{message}"
        );
        (message, elapsed)
    }

    async fn becomes_whole(&self) {
        for _ in 0..1_000 {
            if self.view().await.0.missing_parts.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the loyalty service works again, and its part is still missing");
    }
}

#[tokio::test]
async fn a_service_that_cannot_be_reached_is_named_and_comes_back() {
    let setting = Setting::new().await;
    setting.becomes_whole().await;
    setting.loyalty.refuse();
    setting.view_without_memberships().await;
    setting.loyalty.heal();
    setting.becomes_whole().await;
}

#[tokio::test]
async fn a_silent_service_is_named_in_time_and_then_at_once() {
    let setting = Setting::new().await;
    setting.becomes_whole().await;
    setting.loyalty.stall();
    let (message, _) = setting.view_without_memberships().await;
    assert!(message.contains("did not answer"), "{message}");
    // After a few such views the service is left alone, and the next does not wait for it any more.
    for _ in 0..10 {
        let (message, _) = setting.view_without_memberships().await;
        if message.contains("left alone") {
            let (message, elapsed) = setting.view_without_memberships().await;
            assert!(
                message.contains("left alone") && elapsed < Duration::from_millis(500),
                "a service that is left alone costs no time, and the view took {elapsed:?}: {message}"
            );
            setting.loyalty.heal();
            setting.becomes_whole().await;
            return;
        }
    }
    panic!("a service that never answers is not left alone");
}

#[tokio::test]
async fn a_connection_that_is_cut_costs_nothing_but_another_attempt() {
    let setting = Setting::new().await;
    setting.becomes_whole().await;
    for _ in 0..5 {
        setting.loyalty.cut();
        // Between two cuts most calls succeed; were half of the attempts to fail, the service would be left alone.
        for _ in 0..4 {
            let (view, _) = setting.view().await;
            assert_eq!(view.missing_parts, []);
        }
    }
}
