//! An import of the real purchases, with the server killed in the middle several times: what was lost is sent again, and
//! the final figures are those of an undisturbed import.

use std::{path::Path, thread, time::Duration};

use rapport::client::Clients;
use rapport_contract::profile::v1::EvaluateCustomersRequest;

use rapport_testkit::Random;

use crate::{
    cdnow,
    stores::Stores,
    suite_process::{self, Ended, SuiteProcess, rapport},
    world,
};

/// How often the server is killed.
const KILLS: usize = 6;

#[tokio::test(flavor = "multi_thread")]
async fn an_import_comes_to_the_same_figures_however_often_the_server_is_killed() {
    let mut random = Random::new(Random::seed("crash"));
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (data, file) = (folder.path().join("data"), folder.path().join("cdnow.csv"));
    cdnow::write_csv(&file);
    let suite = SuiteProcess::start(&data);
    world::create_program(&Clients::connect(&suite.url()).await.expect("the suite serves")).await;
    suite.kill();

    for kill in 0..KILLS {
        let suite = SuiteProcess::start(&data);
        let url = suite.url();
        let mut arguments = import(&file, &url);
        // An interrupted import can be resumed, or simply begun again.
        if kill % 2 == 1 {
            arguments.push("--resume");
        }
        let import = suite_process::spawn(&arguments);
        thread::sleep(Duration::from_millis(random.between(30, 1_200) as u64));
        suite.kill();
        let ended = suite_process::finish(import);
        // It may have ended just before. Otherwise it says that the server went away.
        assert!(
            ended.status.success() || ended.stderr.starts_with("error: "),
            "an import whose server is killed must say so: {ended:?}"
        );
    }

    let suite = SuiteProcess::start(&data);
    let last = rapport(&import(&file, &suite.url()));
    assert!(last.status.success(), "the import does not go through: {last:?}");
    let again = rapport(&import(&file, &suite.url()));
    assert_adds_nothing(&again);
    check_figures(&suite, &data).await;
    suite.stop();
}

fn import<'a>(file: &'a Path, url: &'a str) -> Vec<&'a str> {
    let file = file.to_str().expect("temporary files have plain names");
    vec![
        "import",
        "purchases",
        file,
        "--server",
        url,
        "--source",
        "cdnow",
        "--customer-is",
        "external:cdnow",
        "--currency",
        "USD",
        "--create-customers",
    ]
}

fn assert_adds_nothing(ended: &Ended) {
    let rows = cdnow::figures().purchases;
    let expected = format!("{rows} rows read: 0 added, {rows} known before, 0 refused; 0 customers created");
    assert!(
        ended.status.success() && ended.stdout.contains(&expected),
        "{ended:?}"
    );
}

async fn check_figures(suite: &SuiteProcess, data: &Path) {
    let stores = Stores::open(data).await;
    stores.settle().await;
    assert_eq!(
        stores.dead_letters().await,
        Vec::<String>::new(),
        "events that nobody could take"
    );
    stores.close().await;

    let expected = cdnow::figures();
    assert_eq!(
        (expected.purchases, expected.customers),
        (6_919, 2_357),
        "the published sizes"
    );
    let clients = Clients::connect(&suite.url()).await.expect("the suite serves");
    let ledger = world::ledger(&clients).await;
    assert_eq!(ledger.member_count, expected.customers as i64);
    assert_eq!(
        ledger.earned_points, expected.points,
        "points earned by {} purchases",
        expected.purchases
    );
    let evaluation = clients
        .profile
        .clone()
        .evaluate_customers(EvaluateCustomersRequest::default())
        .await
        .expect("the customers can be evaluated")
        .into_inner();
    assert_eq!(evaluation.buyer_count, expected.customers as i64);
    let summary = clients
        .profile
        .clone()
        .summarize_customers(rapport_contract::profile::v1::SummarizeCustomersRequest {})
        .await
        .expect("the customers are evaluated")
        .into_inner();
    let total = summary.total_monetary.expect("they bought something");
    assert_eq!(
        total.units * 100 + i64::from(total.nanos) / 10_000_000,
        expected.cents
    );
    let verified = rapport(&["verify", "--server", &suite.url()]);
    assert!(verified.status.success(), "the figures do not hold: {verified:?}");
}
