//! The data folder: one process at a time, one file a service, and the key of page tokens.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use rapport_listing::TokenKey;

use crate::Failure;

const LOCK: &str = "rapport.lock";
const TOKEN_KEY: &str = "page-token.key";

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

    /// The key that page tokens are signed with: made once, so that tokens survive a restart.
    pub fn token_key(&self) -> Result<TokenKey, Failure> {
        let path = self.path.join(TOKEN_KEY);
        let mut secret = [0_u8; 32];
        match File::open(&path) {
            Ok(mut file) => file.read_exact(&mut secret).map_err(|error| {
                Failure::new(format!("{} cannot be read: {error}", path.display())).mend(
                    "delete the file: a new key is made, and page tokens given out before become invalid",
                )
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                getrandom::fill(&mut secret)
                    .map_err(|error| Failure::new(format!("the system gives no random bytes: {error}")))?;
                write_secret(&path, &secret).map_err(|error| unusable(&self.path, &error))?;
            }
            Err(error) => return Err(unusable(&self.path, &error)),
        }
        Ok(TokenKey::new(secret))
    }
}

fn write_secret(path: &Path, secret: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(secret)?;
    file.sync_all()
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
