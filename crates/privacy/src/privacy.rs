//! The keys of tenants, as services use them.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use aes_gcm::{Aes256Gcm, KeyInit as _};
use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use rapport_clock::Clock;
use rapport_status::{Error, Reason, Result};
use rapport_storage::{Store, Stored as _, rows};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use sha2::Sha256;

use crate::{
    MasterKeys, Personal, Place,
    master::{KEY_BYTES, mac, random},
    seal::{NONCE_BYTES, Sealed},
    tables::data_key,
};

/// Tenants whose keys are kept in memory; of more, those that were read longest ago are read again.
const MOST_TENANTS: usize = 4_096;

/// After how many seconds the keys of a tenant are read again: by then every process seals under the newest key.
const REFRESH_SECONDS: i64 = 60;

/// Purpose of the keys that seal.
pub(crate) const SEAL: &str = "SEAL";

/// Purpose of the key that hashes.
pub(crate) const HASH: &str = "HASH";

/// The keys of the tenants of one store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Privacy {
    pub(crate) store: Store,
    pub(crate) master: MasterKeys,
    pub(crate) clock: Clock,
    rings: Arc<Mutex<HashMap<String, Arc<Ring>>>>,
}

/// The keys of one tenant, unwrapped.
struct Ring {
    /// By number; the last one seals.
    sealing: BTreeMap<u32, Aes256Gcm>,
    hashing: Hmac<Sha256>,
    read_at: Timestamp,
}

impl fmt::Debug for Ring {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Ring(keys {:?})", self.sealing.keys())
    }
}

/// Seals, opens and hashes the values of one tenant. Cheap to clone; made for one call or one batch.
#[derive(Debug, Clone)]
pub struct TenantKeys {
    privacy: Privacy,
    tenant: String,
    ring: Arc<Ring>,
}

impl Privacy {
    /// The keys of a store that has the [table](crate::migrations) of them. Refused when the data are sealed under master
    /// keys that are not among these.
    pub async fn open(store: Store, master: MasterKeys, clock: Clock) -> Result<Self> {
        let used: Vec<String> = data_key::Entity::find()
            .select_only()
            .column(data_key::Column::Master)
            .distinct()
            .into_tuple()
            .all(store.read())
            .await
            .stored("read which master keys are used")?;
        for id in used {
            if master.with_id(&id).is_none() {
                return Err(no_master_key(&master, &id));
            }
        }
        Ok(Self {
            store,
            master,
            clock,
            rings: Arc::default(),
        })
    }

    /// The keys of a tenant, made on first use. Call it before a transaction, not within: making keys is a transaction of
    /// its own.
    pub async fn keys(&self, tenant: &str) -> Result<TenantKeys> {
        let ring = match self.fresh(tenant) {
            Some(ring) => ring,
            None => match self.read(tenant).await? {
                Some(ring) => ring,
                None => self.make(tenant).await?,
            },
        };
        Ok(TenantKeys {
            privacy: self.clone(),
            tenant: tenant.to_owned(),
            ring,
        })
    }

    fn fresh(&self, tenant: &str) -> Option<Arc<Ring>> {
        let rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        let ring = rings.get(tenant)?;
        let age = self.clock.now().as_second() - ring.read_at.as_second();
        // A clock that went back makes it old as well.
        (0..REFRESH_SECONDS).contains(&age).then(|| Arc::clone(ring))
    }

    /// Reads the keys of a tenant; none when there are none yet.
    async fn read(&self, tenant: &str) -> Result<Option<Arc<Ring>>> {
        let rows = data_key::Entity::find()
            .filter(data_key::Column::Tenant.eq(tenant))
            .order_by_asc(data_key::Column::Number)
            .all(self.store.read())
            .await
            .stored("read the keys of a tenant")?;
        let mut sealing = BTreeMap::new();
        let mut hashing = None;
        for row in rows {
            let key = self.unwrapped(&row)?;
            if row.purpose == HASH {
                hashing = Some(mac(&key));
            } else {
                sealing.insert(number_of(&row)?, Aes256Gcm::new(&key.into()));
            }
        }
        let Some(hashing) = hashing.filter(|_| !sealing.is_empty()) else {
            return Ok(None);
        };
        let ring = Arc::new(Ring {
            sealing,
            hashing,
            read_at: self.clock.now(),
        });
        self.keep(tenant, &ring);
        Ok(Some(ring))
    }

    fn keep(&self, tenant: &str, ring: &Arc<Ring>) {
        let mut rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        if rings.len() >= MOST_TENANTS && !rings.contains_key(tenant) {
            let oldest = rings
                .iter()
                .min_by_key(|(_, ring)| ring.read_at)
                .map(|(tenant, _)| tenant.clone());
            if let Some(oldest) = oldest {
                rings.remove(&oldest);
            }
        }
        rings.insert(tenant.to_owned(), Arc::clone(ring));
    }

    /// Makes the first keys of a tenant. Of several processes that do, the first one's keys count for all.
    async fn make(&self, tenant: &str) -> Result<Arc<Ring>> {
        let keys = &[self.new_key(tenant, SEAL, 1)?, self.new_key(tenant, HASH, 1)?];
        self.add(keys).await?;
        self.read(tenant)
            .await?
            .ok_or_else(|| Error::internal("the keys that were made for a tenant are not there"))
    }

    /// Adds keys, unless there are keys of these numbers.
    pub(crate) async fn add(&self, keys: &[data_key::Model]) -> Result<()> {
        self.store
            .write("make_data_keys", |transaction| async move {
                rows::upsert::<data_key::Entity>(
                    transaction.connection(),
                    "make keys",
                    keys.to_vec(),
                    "ON CONFLICT (tenant, purpose, number) DO NOTHING",
                )
                .await?;
                transaction.commit(()).await
            })
            .await
    }

    /// A new random key, wrapped.
    pub(crate) fn new_key(&self, tenant: &str, purpose: &str, number: i32) -> Result<data_key::Model> {
        let row = data_key::Model {
            tenant: tenant.to_owned(),
            purpose: purpose.to_owned(),
            number,
            master: String::new(),
            wrapped: Vec::new(),
            created_at: self.clock.now().as_microsecond(),
            retired_at: None,
        };
        self.wrapped(&row, &random::<KEY_BYTES>().map_err(no_randomness)?)
    }

    /// The row of a key, wrapped under the newest master key.
    pub(crate) fn wrapped(&self, row: &data_key::Model, key: &[u8; KEY_BYTES]) -> Result<data_key::Model> {
        let master = self.master.newest();
        let nonce = random().map_err(no_randomness)?;
        let place = place_of(row);
        let place = place.each_ref().map(String::as_str);
        let sealed = Sealed::make(0, &master.wrapping, nonce, &row.tenant, &wrapping(&place), key)
            .ok_or_else(|| Error::internal("a key of a tenant cannot be wrapped"))?;
        Ok(data_key::Model {
            master: master.id.clone(),
            wrapped: sealed.content,
            ..row.clone()
        })
    }

    /// The key of a row.
    pub(crate) fn unwrapped(&self, row: &data_key::Model) -> Result<[u8; KEY_BYTES]> {
        let Some(master) = self.master.with_id(&row.master) else {
            return Err(no_master_key(&self.master, &row.master));
        };
        let sealed = Sealed {
            key: 0,
            content: row.wrapped.clone(),
        };
        let place = place_of(row);
        let place = place.each_ref().map(String::as_str);
        sealed
            .open(&master.wrapping, &row.tenant, &wrapping(&place))
            .and_then(|key| key.try_into().ok())
            .ok_or_else(|| {
                Error::internal(format!(
                    "key {} ({}) of the tenant {} cannot be unwrapped: its row was changed or belongs to another tenant",
                    row.number, row.purpose, row.tenant
                ))
            })
    }
}

impl TenantKeys {
    /// Seals a text for its place. An empty text stays empty.
    pub fn seal(&self, place: &Place<'_>, text: &str) -> Result<String> {
        if text.is_empty() {
            return Ok(String::new());
        }
        Ok(self.sealed(place, text.as_bytes())?.to_text())
    }

    /// Seals bytes for their place. No bytes stay none.
    pub fn seal_bytes(&self, place: &Place<'_>, bytes: &[u8]) -> Result<Vec<u8>> {
        if bytes.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.sealed(place, bytes)?.to_bytes())
    }

    fn sealed(&self, place: &Place<'_>, value: &[u8]) -> Result<Sealed> {
        let nonce: [u8; NONCE_BYTES] = random().map_err(no_randomness)?;
        self.ring
            .sealing
            .last_key_value()
            .and_then(|(number, key)| Sealed::make(*number, key, nonce, &self.tenant, place, value))
            .ok_or_else(|| Error::internal(format!("{}.{} cannot be sealed", place.table, place.column)))
    }

    /// Opens a text from its place. One that was stored before values were sealed is given as it is.
    pub async fn open(&self, place: &Place<'_>, stored: &str) -> Result<Personal<String>> {
        let Some(sealed) = Sealed::of_text(stored) else {
            return Ok(Personal::new(stored.to_owned()));
        };
        let bytes = self.opened(place, &sealed).await?;
        String::from_utf8(bytes)
            .map(Personal::new)
            .map_err(|_| unopened(place, &sealed))
    }

    /// Opens bytes from their place. Those that were stored before values were sealed are given as they are.
    pub async fn open_bytes(&self, place: &Place<'_>, stored: &[u8]) -> Result<Vec<u8>> {
        match Sealed::of_bytes(stored) {
            Some(sealed) => self.opened(place, &sealed).await,
            None => Ok(stored.to_vec()),
        }
    }

    async fn opened(&self, place: &Place<'_>, sealed: &Sealed) -> Result<Vec<u8>> {
        let open = |ring: &Ring| {
            let key = ring.sealing.get(&sealed.key)?;
            Some(sealed.open(key, &self.tenant, place))
        };
        let opened = match open(&self.ring) {
            Some(opened) => opened,
            // Another process has made the key since these were read.
            None => match self.privacy.read(&self.tenant).await? {
                Some(ring) => open(&ring).flatten(),
                None => None,
            },
        };
        opened.ok_or_else(|| unopened(place, sealed))
    }

    /// What equal values of one kind are found by: a keyed hash of the value in its normal form. `kind` keeps values of
    /// different meaning apart.
    pub fn hash(&self, kind: &str, value: &str) -> String {
        data_encoding::BASE64URL_NOPAD.encode(&self.hash_bytes(kind, value.as_bytes()))
    }

    /// As [`TenantKeys::hash`], of bytes and as bytes.
    pub fn hash_bytes(&self, kind: &str, value: &[u8]) -> [u8; 32] {
        let mut mac = self.ring.hashing.clone();
        mac.update(&(kind.len() as u64).to_be_bytes());
        mac.update(kind.as_bytes());
        mac.update(value);
        mac.finalize().into_bytes().into()
    }

    /// The tenant.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// Whether a stored text is empty or sealed under the newest key.
    pub fn is_current(&self, stored: &str) -> bool {
        stored.is_empty() || Sealed::of_text(stored).is_some_and(|sealed| self.is_newest(sealed.key))
    }

    /// Whether stored bytes are none or sealed under the newest key.
    pub fn are_current(&self, stored: &[u8]) -> bool {
        stored.is_empty() || Sealed::of_bytes(stored).is_some_and(|sealed| self.is_newest(sealed.key))
    }

    fn is_newest(&self, number: u32) -> bool {
        self.ring.sealing.last_key_value().map(|(newest, _)| *newest) == Some(number)
    }

    /// The keys as they are stored now.
    pub(crate) async fn read_again(&self) -> Result<Self> {
        self.privacy.read(&self.tenant).await?;
        self.privacy.keys(&self.tenant).await
    }
}

pub(crate) fn number_of(row: &data_key::Model) -> Result<u32> {
    u32::try_from(row.number)
        .map_err(|error| Error::internal("the number of a key is negative").because(error))
}

fn place_of(row: &data_key::Model) -> [String; 2] {
    [row.purpose.clone(), row.number.to_string()]
}

fn wrapping<'p>(row: &'p [&'p str]) -> Place<'p> {
    Place {
        table: "data_key",
        column: "wrapped",
        row,
    }
}

fn no_randomness(error: getrandom::Error) -> Error {
    Error::internal("the system gives no random bytes").because(error)
}

/// The value is not told: whoever reads the log need not know it.
fn unopened(place: &Place<'_>, sealed: &Sealed) -> Error {
    Error::internal(format!(
        "a value of {}.{} that is sealed under key {} cannot be opened: it was changed, moved, or its key is gone",
        place.table, place.column, sealed.key
    ))
}

fn no_master_key(master: &MasterKeys, id: &str) -> Error {
    Error::new(
        Reason::StorageUnavailable,
        format!(
            "the personal data are sealed under the master key {id}, which is not configured (configured: {}); put it \
             back as a further line of the master key file. Nothing was changed",
            master.ids().join(", ")
        ),
    )
}
