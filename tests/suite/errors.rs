//! Every reason has its page, and every page its reason.

use std::{collections::BTreeSet, fs, path::Path};

use rapport_status::Reason;

/// The list of all pages, which is no page of a reason.
const INDEX: &str = "README.md";

#[test]
fn every_reason_has_a_page_and_every_page_a_reason() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors");
    let pages: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", folder.display()))
        .map(|entry| entry.expect("the folder can be read").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| name != INDEX)
        .collect();
    let expected: BTreeSet<String> = Reason::ALL
        .iter()
        .map(|reason| format!("{}.md", reason.name()))
        .collect();
    let missing: Vec<_> = expected.difference(&pages).collect();
    let left_over: Vec<_> = pages.difference(&expected).collect();
    assert!(
        missing.is_empty() && left_over.is_empty(),
        "docs/errors lacks {missing:?}, and has {left_over:?} for no reason"
    );
    for reason in Reason::ALL {
        let page =
            fs::read_to_string(folder.join(format!("{}.md", reason.name()))).expect("the page can be read");
        let heading = format!("# {}", reason.name());
        assert!(
            page.starts_with(&heading),
            "the page of {} must begin with {heading:?}",
            reason.name()
        );
    }
}
