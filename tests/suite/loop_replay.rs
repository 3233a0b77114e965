//! The closed loop: purchase → points, answer → score, low score → case, resolved case → compensation; and the same
//! events handed on again and again, which must change nothing.

use rapport::client::Clients;
use rapport_contract::{
    feedback::v1::ResolveCaseRequest,
    google::r#type::Date,
    profile::v1::{CustomerView, EvaluateCustomersRequest, GetCustomerViewRequest},
};

use crate::{
    stores::Stores,
    suite_process::{SuiteProcess, rapport},
    world,
};

const GUESTS: [&str; 3] = ["ada", "charles", "grace"];

/// How often every event is handed on again.
const REPLAYS: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn events_that_come_again_change_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut suite = SuiteProcess::start(folder.path());
    let mut clients = Clients::connect(&suite.url()).await.expect("the suite serves");
    play(&clients, &Stores::open(folder.path()).await).await;

    let before = world::everything(&clients, &GUESTS).await;
    for replay in 1..=REPLAYS {
        suite.stop();
        let stores = Stores::open(folder.path()).await;
        let events = stores.events().await;
        stores.hand_on_again().await;
        suite = SuiteProcess::start(folder.path());
        stores.settle().await;
        assert_eq!(
            stores.dead_letters().await,
            Vec::<String>::new(),
            "events that nobody could take"
        );
        assert_eq!(
            stores.events().await,
            events,
            "the replay {replay} caused new events"
        );
        stores.close().await;
        clients = Clients::connect(&suite.url()).await.expect("the suite serves");
        let after = world::everything(&clients, &GUESTS).await;
        assert_same(&before, &after, replay);
    }
    let verified = rapport(&["verify", "--server", &suite.url()]);
    assert!(verified.status.success(), "the figures do not hold: {verified:?}");
    suite.stop();
}

/// Plays the loop once and checks that each step had its effect.
async fn play(clients: &Clients, stores: &Stores) {
    world::create_program(clients).await;
    world::publish_survey(clients).await;
    for guest in GUESTS {
        world::create_customer(clients, guest).await;
    }
    world::record(clients, "ada", world::purchase("sale-1", 120, None)).await;
    world::record(clients, "ada", world::purchase("return-1", 20, Some("sale-1"))).await;
    world::record(clients, "charles", world::purchase("sale-2", 75, None)).await;
    stores.settle().await;
    assert_eq!(
        world::balance(clients, "ada").await.available_points,
        100,
        "120 bought, 20 given back"
    );
    assert_eq!(world::balance(clients, "charles").await.available_points, 75);

    let unhappy = world::answer(clients, "ada", [3, 2, 2, 2]).await;
    let happy = world::answer(clients, "charles", [10, 5, 7, 7]).await;
    assert_ne!(unhappy.opened_case, "", "a low score opens a case");
    assert_eq!(happy.opened_case, "", "a high score opens none");
    stores.settle().await;
    let open = view(clients, "ada").await;
    assert_eq!(open.open_cases.len(), 1, "{open:?}");

    let resolve = ResolveCaseRequest {
        name: unhappy.opened_case,
        resolution: "Called, apologised, and changed the room.".to_owned(),
        compensate: true,
    };
    clients
        .feedback
        .clone()
        .resolve_case(resolve)
        .await
        .expect("the case is open");
    let evaluate = EvaluateCustomersRequest {
        as_of_date: Some(Date {
            year: 2025,
            month: 6,
            day: 30,
        }),
        currency_code: "USD".to_owned(),
    };
    clients
        .profile
        .clone()
        .evaluate_customers(evaluate)
        .await
        .expect("the customers can be evaluated");
    stores.settle().await;

    let closed = view(clients, "ada").await;
    assert_eq!(closed.open_cases, [], "the case is resolved");
    let membership = closed.memberships.first().expect("ada is a member");
    assert_eq!(membership.available_points, 100 + world::COMPENSATION);
    assert_eq!(closed.missing_parts, [], "every sister service answered");
    let satisfaction = closed.satisfaction.expect("ada has answered");
    assert_eq!(
        (satisfaction.latest_nps, satisfaction.latest_csat),
        (Some(3), Some(2))
    );
    assert!(closed.value.is_some(), "ada was evaluated");
}

async fn view(clients: &Clients, id: &str) -> CustomerView {
    let request = GetCustomerViewRequest {
        name: format!("{}/view", world::customer(id)),
    };
    let view = clients.profile.clone().get_customer_view(request).await;
    view.expect("the guest is there").into_inner()
}

/// Compares line by line, so that a failure shows what changed and not all there is.
fn assert_same(before: &str, after: &str, replay: usize) {
    let changed: Vec<String> = before
        .lines()
        .zip(after.lines())
        .filter(|(before, after)| before != after)
        .map(|(before, after)| format!("  before {before}\n  after  {after}"))
        .collect();
    assert!(
        changed.is_empty() && before.lines().count() == after.lines().count(),
        "the replay {replay} changed what callers see:\n{}",
        changed.join("\n")
    );
}
