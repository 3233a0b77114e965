//! Disks of a test's own: small ones in memory, full or read-only.

use std::{path::Path, process::Command};

use crate::suite_process::run;

/// A disk in memory, gone when it is dropped.
#[derive(Debug)]
pub(crate) struct SmallDisk<'f> {
    folder: &'f Path,
}

impl<'f> SmallDisk<'f> {
    /// A disk with some MiB of room at a folder that is there.
    pub(crate) fn new(folder: &'f Path, mebibytes: u32) -> Self {
        let size = format!("size={mebibytes}m");
        mount(&["-t", "tmpfs", "-o", &size, "rapport-test"], folder);
        Self { folder }
    }

    /// From now on it can only be read.
    pub(crate) fn make_read_only(&self) {
        mount(&["-o", "remount,ro"], self.folder);
    }

    /// From now on it can be written again.
    pub(crate) fn make_writable(&self) {
        mount(&["-o", "remount,rw"], self.folder);
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        // A process that is just ending may hold it for a moment: lazily, it goes when the last one is gone.
        let _ = Command::new("umount").arg("--lazy").arg(self.folder).status();
    }
}

fn mount(arguments: &[&str], folder: &Path) {
    let ended = run(Command::new("mount").args(arguments).arg(folder));
    assert!(
        ended.status.success(),
        "this test needs a disk that is small, full or read-only, and may not mount one: {}\nRun the tests as root, or \
         in a namespace of your own: unshare --map-root-user --mount tests/run",
        ended.stderr
    );
}
