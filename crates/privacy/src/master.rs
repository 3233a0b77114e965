//! Master keys: the only keys that are not stored with the data.

use std::{
    fmt, fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use aes_gcm::{Aes256Gcm, KeyInit as _};
use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::PrivacyOptions;

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;

/// Most master keys at a time: the present one and those that data keys may still be wrapped under.
const MOST_KEYS: usize = 16;

/// Name of the file in a data folder.
const FILE: &str = "master.key";

/// Why there are no master keys to use.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// Nothing says where the key is.
    #[error(
        "no master key is configured; set privacy.master_key_file, or the variable RAPPORT_PRIVACY__MASTER_KEY to \
         32 random bytes in base64 (openssl rand -base64 32)"
    )]
    Missing,
    /// Two places say what it is.
    #[error("privacy.master_key and privacy.master_key_file are both set; leave one of them out")]
    Ambiguous,
    /// The file cannot be read or made.
    #[error(
        "the master key file {path} cannot be used: {cause}; check that its disk has room, and that this user may read and write it"
    )]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// What is given is no key. The message does not show it.
    #[error(
        "line {line} of {place} is no master key; a key is 32 bytes in base64 (44 characters), as openssl rand \
         -base64 32 writes it"
    )]
    Malformed {
        /// The file or variable.
        place: String,
        /// The line, from 1.
        line: usize,
    },
    /// Fewer than one key, or more than can be.
    #[error("{place} has {count} master keys; 1 to 16 are taken, the newest first")]
    Count {
        /// The file or variable.
        place: String,
        /// How many there are.
        count: usize,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes for a master key: {0}")]
    NoRandomness(getrandom::Error),
}

/// The master keys of an installation, the newest first. New keys are wrapped under the newest; the others open what
/// was wrapped before. Cheap to clone.
#[derive(Clone)]
pub struct MasterKeys(Arc<[MasterKey]>);

pub(crate) struct MasterKey {
    /// Names the key without telling it: a keyed hash of a fixed text.
    pub(crate) id: String,
    /// Wraps the keys of tenants.
    pub(crate) wrapping: Aes256Gcm,
    secret: [u8; KEY_BYTES],
}

impl MasterKeys {
    /// Keys that are known, the newest first.
    pub fn new(newest: [u8; KEY_BYTES], older: &[[u8; KEY_BYTES]]) -> Self {
        let keys = std::iter::once(&newest).chain(older).map(MasterKey::new);
        Self(keys.collect())
    }

    /// Reads the keys from where the options say. Where they say nothing, they are in `master.key` of the folder, which
    /// is made, for its owner alone, when it is not there; without a folder there are none.
    pub fn load(options: &PrivacyOptions, folder: Option<&Path>) -> Result<Self, MasterKeyError> {
        match (&options.master_key, &options.master_key_file, folder) {
            (Some(_), Some(_), _) => Err(MasterKeyError::Ambiguous),
            (Some(value), None, _) => Self::parse("privacy.master_key", value),
            (None, Some(path), _) => Self::read(path),
            (None, None, Some(folder)) => {
                let path = folder.join(FILE);
                match Self::read(&path) {
                    Err(MasterKeyError::Unusable { cause, .. })
                        if cause.kind() == io::ErrorKind::NotFound =>
                    {
                        make(&path)?;
                        Self::read(&path)
                    }
                    read => read,
                }
            }
            (None, None, None) => Err(MasterKeyError::Missing),
        }
    }

    fn read(path: &Path) -> Result<Self, MasterKeyError> {
        let text = fs::read_to_string(path).map_err(|cause| unusable(path, cause))?;
        Self::parse(&path.display().to_string(), &text)
    }

    fn parse(place: &str, text: &str) -> Result<Self, MasterKeyError> {
        let mut keys = Vec::new();
        for (line, text) in (1..).zip(text.lines()) {
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let key = BASE64
                .decode(text.as_bytes())
                .ok()
                .and_then(|bytes| <[u8; KEY_BYTES]>::try_from(bytes).ok())
                .ok_or_else(|| MasterKeyError::Malformed {
                    place: place.to_owned(),
                    line,
                })?;
            keys.push(MasterKey::new(&key));
        }
        if (1..=MOST_KEYS).contains(&keys.len()) {
            Ok(Self(keys.into()))
        } else {
            Err(MasterKeyError::Count {
                place: place.to_owned(),
                count: keys.len(),
            })
        }
    }

    /// A key for another purpose, which the label names, such as `page tokens`. It is that of the newest master key: a new
    /// master key changes it.
    pub fn derive(&self, label: &str) -> [u8; KEY_BYTES] {
        derived(&self.newest().secret, label)
    }

    /// Names of the keys, the newest first: safe to show.
    pub fn ids(&self) -> Vec<&str> {
        self.0.iter().map(|key| key.id.as_str()).collect()
    }

    pub(crate) fn newest(&self) -> &MasterKey {
        &self.0[0]
    }

    pub(crate) fn with_id(&self, id: &str) -> Option<&MasterKey> {
        self.0.iter().find(|key| key.id == id)
    }
}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("MasterKeys").field(&self.ids()).finish()
    }
}

impl MasterKey {
    fn new(secret: &[u8; KEY_BYTES]) -> Self {
        let id = derived(secret, "name of the master key");
        Self {
            id: HEXLOWER.encode(&id[..8]),
            wrapping: Aes256Gcm::new(&derived(secret, "wrapping of data keys").into()),
            secret: *secret,
        }
    }
}

fn derived(secret: &[u8; KEY_BYTES], label: &str) -> [u8; KEY_BYTES] {
    mac(secret).chain_update(label).finalize().into_bytes().into()
}

/// A keyed hash to begin with.
pub(crate) fn mac(key: &[u8; KEY_BYTES]) -> Hmac<Sha256> {
    match <Hmac<Sha256> as Mac>::new_from_slice(key) {
        Ok(mac) => mac,
        Err(_) => unreachable!("HMAC takes keys of any length"),
    }
}

/// Random bytes for keys and nonces: the one place that asks the system for them.
pub(crate) fn random<const BYTES: usize>() -> Result<[u8; BYTES], getrandom::Error> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

fn make(path: &Path) -> Result<(), MasterKeyError> {
    let key: [u8; KEY_BYTES] = random().map_err(MasterKeyError::NoRandomness)?;
    let mut options = fs::OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        writeln!(
            file,
            "# The master key of this folder. Without it the personal data here cannot be read: keep a copy elsewhere."
        )?;
        writeln!(file, "{}", BASE64.encode(&key))?;
        file.sync_all()
    });
    written.map_err(|cause| unusable(path, cause))
}

fn unusable(path: &Path, cause: io::Error) -> MasterKeyError {
    MasterKeyError::Unusable {
        path: path.to_path_buf(),
        cause,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    fn options(value: Option<&str>, file: Option<&Path>) -> PrivacyOptions {
        PrivacyOptions {
            master_key: value.map(str::to_owned),
            master_key_file: file.map(Path::to_path_buf),
        }
    }

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let none = options(None, None);
        let made = MasterKeys::load(&none, Some(folder.path())).unwrap();
        let again = MasterKeys::load(&none, Some(folder.path())).unwrap();
        assert_eq!(made.ids(), again.ids());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let permissions = fs::metadata(folder.path().join(FILE)).unwrap().permissions();
            assert_eq!(permissions.mode() & 0o777, 0o600);
        }
        let other = tempfile::tempdir().unwrap();
        assert_ne!(
            made.ids(),
            MasterKeys::load(&none, Some(other.path())).unwrap().ids()
        );
    }

    #[test]
    fn a_file_has_one_key_a_line_the_newest_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let (newest, older) = (BASE64.encode(&[1; 32]), BASE64.encode(&[2; 32]));
        fs::write(&path, format!("# two keys\n{newest}\n\n{older}\n")).unwrap();
        let keys = MasterKeys::load(&options(None, Some(&path)), None).unwrap();
        assert_eq!(keys.ids(), MasterKeys::new([1; 32], &[[2; 32]]).ids());
        let value = MasterKeys::load(&options(Some(&newest), None), None).unwrap();
        assert_eq!(value.ids(), MasterKeys::new([1; 32], &[]).ids());
    }

    #[test]
    fn what_is_wrong_is_said_without_the_key() {
        let secret = "c2VjcmV0";
        for (options, expected) in [
            (options(None, None), "no master key is configured"),
            (options(Some(secret), Some(Path::new("x"))), "both set"),
            (options(Some(secret), None), "line 1 of privacy.master_key"),
            (options(Some("# nothing"), None), "0 master keys"),
            (
                options(None, Some(Path::new("/nowhere/key"))),
                "/nowhere/key cannot be used",
            ),
        ] {
            let refused = MasterKeys::load(&options, None).unwrap_err();
            let said = format!("{refused} {refused:?} {options:?}");
            assert!(said.contains(expected), "{said}");
            assert!(!said.contains(secret), "{said}");
        }
    }

    #[test]
    fn derived_keys_differ_by_label_and_master_key_and_debugging_shows_neither() {
        let (one, two) = (MasterKeys::new([1; 32], &[]), MasterKeys::new([2; 32], &[]));
        assert_ne!(one.derive("page tokens"), one.derive("other"));
        assert_ne!(one.derive("page tokens"), two.derive("page tokens"));
        assert_eq!(format!("{one:?}"), format!("MasterKeys([\"{}\"])", one.ids()[0]));
    }
}
