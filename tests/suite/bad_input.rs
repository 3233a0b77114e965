//! Wrong files, wrong folders, full disks: each gives one clear message and loses nothing.

mod disks;
mod files;
mod folders;

use std::path::Path;

use crate::suite_process::Ended;

/// What a command said, with the places of this run left out and without its log: for snapshots.
fn shown(ended: &Ended, places: &[(&str, &str)]) -> String {
    let mut text = match ended.status.code() {
        Some(code) => format!("exit code {code}\n"),
        None => "ended by a signal\n".to_owned(),
    };
    text.push_str(&ended.stdout);
    for line in ended.stderr.lines().filter(|line| !is_logged(line)) {
        text.push_str(line);
        text.push('\n');
    }
    for (place, name) in places {
        text = text.replace(place, name);
    }
    text
}

/// Whether a line belongs to the log: it begins with its time.
fn is_logged(line: &str) -> bool {
    line.starts_with("20") && line.contains("Z ")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}
