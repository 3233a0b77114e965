//! Disks that cannot be written.

use std::{collections::BTreeSet, fs, path::Path};

use rapport::client::Clients;
use rapport_contract::profile::v1::{
    ListTimelineEntriesRequest, ListTimelineEntriesResponse, Purchase, RecordPurchaseRequest,
    SummarizeCustomersRequest, timeline_entry::Event,
};
use tonic::Status;

use super::{shown, text};
use crate::{
    mount::SmallDisk,
    suite_process::{SuiteProcess, rapport},
    world,
};

/// Room of a disk in MiB: enough to start, and soon full.
const SMALL: u32 = 12;

/// What is taken away from that room to begin with, and given back at the end, in bytes.
const BALLAST: usize = 4 * 1024 * 1024;

/// More records of reads than fit where a purchase no longer does.
const MOST_READS: usize = 10_000;

/// More purchases than fit on the disk.
const MOST_PURCHASES: usize = 200_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_folder_is_refused_and_its_data_stay() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let disk = SmallDisk::new(folder.path(), SMALL * 4);
    let data = folder.path().join("data");
    let suite = SuiteProcess::start(&data);
    world::create_program(&Clients::connect(&suite.url()).await.expect("the suite serves")).await;
    suite.stop();

    disk.make_read_only();
    let places = [(text(folder.path()), "FOLDER")];
    let refused = SuiteProcess::try_start(&data, "127.0.0.1:0").expect_err("nothing can be written");
    insta::assert_snapshot!("read_only_folder", shown(&refused, &places));
    let new = folder.path().join("new");
    let refused = SuiteProcess::try_start(&new, "127.0.0.1:0").expect_err("nothing can be written");
    insta::assert_snapshot!("read_only_new_folder", shown(&refused, &places));

    disk.make_writable();
    let suite = SuiteProcess::start(&data);
    world::ledger(&Clients::connect(&suite.url()).await.expect("the suite serves")).await;
    suite.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_new_purchases_and_keeps_the_acknowledged_ones() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let _disk = SmallDisk::new(folder.path(), SMALL);
    let ballast = folder.path().join("ballast");
    fs::write(&ballast, vec![0; BALLAST]).expect("the disk has room for the ballast");
    let data = folder.path().join("data");
    let suite = SuiteProcess::start(&data);
    let clients = Clients::connect(&suite.url()).await.expect("the suite serves");
    world::create_customer(&clients, "ada").await;

    let (mut acknowledged, refusal) = fill(&clients).await;
    insta::assert_snapshot!("full_disk", rapport_testkit::described(&refusal));
    // What tells nothing of a person is read without a record of the call, and needs no room.
    let summary = clients
        .profile
        .clone()
        .summarize_customers(SummarizeCustomersRequest::default())
        .await;
    summary.expect("reading needs no room");
    // A read of personal data that cannot be recorded is refused.
    assert_eq!(
        rapport_testkit::reason(&unrecorded(&clients).await),
        "STORAGE_FULL"
    );

    // Room is made: it goes on without a restart.
    fs::remove_file(&ballast).expect("the ballast is there");
    acknowledged.insert(
        record(&clients, MOST_PURCHASES)
            .await
            .expect("there is room again"),
    );
    assert_stored(&clients, &acknowledged, "after room was made").await;
    suite.kill();
    let suite = SuiteProcess::start(&data);
    let clients = Clients::connect(&suite.url()).await.expect("the suite serves");
    assert_stored(&clients, &acknowledged, "after a restart").await;
    suite.stop();
}

#[test]
fn a_disk_that_is_full_before_the_start_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let _disk = SmallDisk::new(folder.path(), 1);
    fill_up(&folder.path().join("ballast"));
    let data = folder.path().join("data");
    let places = [(text(folder.path()), "FOLDER")];
    let refused = SuiteProcess::try_start(&data, "127.0.0.1:0").expect_err("nothing can be written");
    insta::assert_snapshot!("full_disk_at_start", shown(&refused, &places));
    let found = rapport(&["doctor", "--data", text(&data), "--listen", "127.0.0.1:0"]);
    assert!(
        !found.status.success() && found.stdout.contains("WRONG  data folder"),
        "{found:?}"
    );
}

/// Writes until nothing fits any more.
fn fill_up(path: &Path) {
    let mut file = fs::File::create(path).expect("the disk is new");
    while std::io::Write::write_all(&mut file, &[0; 4096]).is_ok() {}
}

/// Records purchases until one is refused. Gives the names of those that were acknowledged, and the refusal.
async fn fill(clients: &Clients) -> (BTreeSet<String>, Status) {
    let mut acknowledged = BTreeSet::new();
    for number in 0..MOST_PURCHASES {
        match record(clients, number).await {
            Ok(name) => acknowledged.insert(name),
            Err(status) => return (acknowledged, status),
        };
    }
    panic!("{MOST_PURCHASES} purchases fit on a disk of {SMALL} MiB");
}

/// Reads personal data until the read cannot be recorded, and gives the refusal. A record is smaller than a purchase, so
/// some may fit in the room that a refused purchase left.
async fn unrecorded(clients: &Clients) -> Status {
    for _ in 0..MOST_READS {
        if let Err(status) = timeline(clients, String::new()).await {
            return status;
        }
    }
    panic!("{MOST_READS} reads of personal data were recorded on a full disk");
}

/// Records one purchase and gives its name.
async fn record(clients: &Clients, number: usize) -> Result<String, Status> {
    let request = RecordPurchaseRequest {
        parent: world::customer("ada"),
        purchase: Some(Purchase {
            // Long texts fill the disk in few calls.
            source_id: format!("{number:0>128}"),
            location: "x".repeat(100),
            ..world::purchase("", 1, None)
        }),
    };
    let recorded = clients.profile.clone().record_purchase(request).await?;
    Ok(recorded.into_inner().name)
}

/// What was acknowledged is stored, and nothing that was refused.
async fn assert_stored(clients: &Clients, acknowledged: &BTreeSet<String>, when: &str) {
    let stored = stored(clients).await;
    let lost: Vec<_> = acknowledged.difference(&stored).collect();
    let refused: Vec<_> = stored.difference(acknowledged).collect();
    assert!(
        lost.is_empty() && refused.is_empty(),
        "{when}: of {} acknowledged purchases {lost:?} are lost, and {refused:?} were refused and are stored",
        acknowledged.len()
    );
}

/// The names of all purchases that are stored.
async fn stored(clients: &Clients) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut page_token = String::new();
    loop {
        let page = timeline(clients, page_token)
            .await
            .expect("there is room to record the read");
        names.extend(
            page.timeline_entries
                .into_iter()
                .filter_map(|entry| match entry.event {
                    Some(Event::Purchase(purchase)) => Some(purchase.name),
                    _ => None,
                }),
        );
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return names;
        }
    }
}

/// A page of the customer's timeline.
async fn timeline(clients: &Clients, page_token: String) -> Result<ListTimelineEntriesResponse, Status> {
    let request = ListTimelineEntriesRequest {
        parent: world::customer("ada"),
        page_size: 1_000,
        page_token,
    };
    let page = clients.profile.clone().list_timeline_entries(request).await?;
    Ok(page.into_inner())
}
