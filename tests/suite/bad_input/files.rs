//! Files that are not what an import expects.

use std::{fs, path::Path};

use rapport::client::Clients;
use rapport_contract::profile::v1::ListTimelineEntriesRequest;
use tempfile::TempDir;

use super::{shown, text};
use crate::{
    suite_process::{Ended, SuiteProcess, rapport},
    world,
};

const HEADING: &str = "source_id,customer,time,amount,quantity\n";

/// A running suite with one customer, and a file to import.
struct Import {
    folder: TempDir,
    suite: SuiteProcess,
}

impl Import {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let suite = SuiteProcess::start(&folder.path().join("data"));
        let import = Self { folder, suite };
        world::create_customer(&import.clients().await, "ada").await;
        import
    }

    async fn clients(&self) -> Clients {
        Clients::connect(&self.suite.url())
            .await
            .expect("the suite serves")
    }

    fn file(&self, content: &[u8]) -> Ended {
        let path = self.folder.path().join("sales.csv");
        fs::write(&path, content).expect("a temporary file can be written");
        self.path(&path)
    }

    fn path(&self, path: &Path) -> Ended {
        let url = self.suite.url();
        rapport(&[
            "import",
            "purchases",
            text(path),
            "--server",
            &url,
            "--customer-is",
            "name",
            "--currency",
            "USD",
        ])
    }

    /// What it said, and the list of refused rows.
    fn shown(&self, ended: &Ended) -> String {
        let said = shown(
            ended,
            &[
                (text(self.folder.path()), "FOLDER"),
                (&self.suite.url(), "SERVER"),
            ],
        );
        let rejects = fs::read_to_string(self.folder.path().join("sales.rejected.csv"));
        rejects.map_or(said.clone(), |rejects| {
            format!("{said}\nsales.rejected.csv\n{rejects}")
        })
    }

    /// How many purchases are stored.
    async fn stored(&self) -> usize {
        let request = ListTimelineEntriesRequest {
            parent: world::customer("ada"),
            page_size: 1_000,
            ..ListTimelineEntriesRequest::default()
        };
        let timeline = self
            .clients()
            .await
            .profile
            .clone()
            .list_timeline_entries(request)
            .await;
        timeline
            .expect("ada is there")
            .into_inner()
            .timeline_entries
            .len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_a_needed_column_is_refused_as_a_whole() {
    let import = Import::new().await;
    let ended = import.file(b"source_id,customer,amount\ns-1,ada,3.50\n");
    insta::assert_snapshot!("missing_column", import.shown(&ended));
    assert_eq!(import.stored().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_file_and_no_file_are_told_apart() {
    let import = Import::new().await;
    let empty = import.file(b"");
    insta::assert_snapshot!("empty_file", import.shown(&empty));
    let none = import.path(&import.folder.path().join("nowhere.csv"));
    insta::assert_snapshot!("no_file", import.shown(&none));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_rows_are_listed_with_their_lines_and_good_rows_are_kept() {
    let import = Import::new().await;
    let mut content = HEADING.as_bytes().to_vec();
    content.extend(b"good-1,ada,2025-06-01,3.50,1\n");
    content.extend(b"bad-date,ada,2025-02-30,3.50,1\n");
    content.extend(b"bad-quantity,ada,2025-06-01,3.50,-2\n");
    content.extend(b"bad-amount,ada,2025-06-01,three,1\n");
    content.extend(b"bad-text,\xff\xfe,2025-06-01,3.50,1\n");
    content.extend(b"too-few,ada,2025-06-01\n");
    content.extend(b"nobody,ghost,2025-06-01,3.50,1\n");
    content.extend(b",,,,\n");
    content.extend(b"good-2,ada,2025-06-02T10:00:00Z,4,2\n");
    let ended = import.file(&content);
    insta::assert_snapshot!("bad_rows", import.shown(&ended));
    assert_eq!(import.stored().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_fifty_megabytes_is_left_out_and_the_others_are_kept() {
    let import = Import::new().await;
    let mut content = format!("{HEADING}good-1,ada,2025-06-01,3.50,1\n").into_bytes();
    content.extend(std::iter::repeat_n(b'x', 50 * 1024 * 1024));
    content.extend(b"\ngood-2,ada,2025-06-02,4,2\n");
    let ended = import.file(&content);
    insta::assert_snapshot!("long_line", import.shown(&ended));
    assert_eq!(import.stored().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_byte_order_mark_is_no_part_of_the_first_column() {
    let import = Import::new().await;
    let ended = import.file(format!("\u{feff}{HEADING}good-1,ada,2025-06-01,3.50,1\r\n").as_bytes());
    insta::assert_snapshot!("byte_order_mark", import.shown(&ended));
    assert_eq!(import.stored().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_without_a_server_says_how_to_start_one() {
    let import = Import::new().await;
    let Import { folder, suite } = import;
    let url = suite.url();
    suite.stop();
    let path = folder.path().join("sales.csv");
    fs::write(&path, HEADING).expect("a temporary file can be written");
    let ended = rapport(&["import", "purchases", text(&path), "--server", &url]);
    insta::assert_snapshot!("no_server", shown(&ended, &[(&url, "SERVER")]));
}
