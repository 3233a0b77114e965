//! The data folder: one process at a time, one file a service, and the master key.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

use crate::Failure;

const LOCK: &str = "rapport.lock";

/// A data folder that this process alone uses.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    /// Held as long as the process runs; the system gives it back even after a kill.
    _lock: File,
}

impl DataFolder {
    /// Takes a folder, which is made when it is not there.
    pub fn take(path: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(path).map_err(|error| unusable(path, &error))?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join(LOCK))
            .map_err(|error| unusable(path, &error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_path_buf(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(Failure::new(format!(
                "another process uses the data folder {}",
                path.display()
            ))
            .mend("stop it, or give another folder with --data")),
            Err(TryLockError::Error(error)) => Err(unusable(path, &error)),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// What is said of a folder that cannot be used.
pub fn unusable(path: &Path, error: &io::Error) -> Failure {
    let mend = match error.kind() {
        io::ErrorKind::StorageFull => "free space on its disk, or give another folder with --data",
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
            "make it writable for this user, or give another folder with --data"
        }
        _ => "give another folder with --data",
    };
    Failure::new(format!(
        "the data folder {} cannot be used: {error}",
        path.display()
    ))
    .mend(mend)
}
