//! Wallets: the kinds of points of a program, each with rules of its own.

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use rapport_status::{Error, FieldViolation, Reason};
use uuid::Uuid;

use super::{
    expiry::Expiry,
    ledger::{self, BurnOrder, DebtPolicy, Pending, Rules, Slide},
};

/// Type of wallets in errors.
pub const RESOURCE_TYPE: &str = "rapport.example/Wallet";

/// Id of the wallet that every program has from its beginning.
pub const POINTS: &str = "points";

/// Most days that points stay pending.
pub const MOST_PENDING_DAYS: i32 = 730;

const LONGEST_TITLE: usize = 200;

/// What the points of a wallet are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum WalletKind {
    /// Members spend them.
    #[default]
    Spendable,
    /// They count towards a tier, and are never spent.
    Qualifying,
    /// They fill a card that is exchanged when it is full.
    Stamps,
    /// The currency of a partner.
    Partner,
}

/// What members do that can move the expiry of their points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Activities {
    /// They get points.
    pub earning: bool,
    /// They spend points.
    pub redeeming: bool,
}

/// A wallet of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wallet {
    /// Its id within the program, such as `miles`.
    pub id: String,
    /// How it works.
    pub terms: WalletTerms,
    /// When it was created.
    pub create_time: Timestamp,
    /// When it last changed.
    pub update_time: Timestamp,
    /// Counts its changes.
    pub version: i64,
}

impl Wallet {
    /// The etag: changes with every change.
    pub fn etag(&self) -> String {
        self.version.to_string()
    }

    /// Refuses an etag that is set and not the current one.
    pub fn check_etag(&self, program: &str, etag: &str) -> Result<(), Error> {
        if etag.is_empty() || etag == self.etag() {
            return Ok(());
        }
        let name = format!("{program}/wallets/{}", self.id);
        let message = format!(
            "{name} was changed by somebody else (its etag is {:?}, not {etag:?}); read it again and repeat the change",
            self.etag()
        );
        Err(Error::about(Reason::EtagMismatch, RESOURCE_TYPE, name, message))
    }
}

/// How a wallet works. A change holds for what is posted from then on: points that were given keep their expiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalletTerms {
    /// Name that members see.
    pub title: String,
    /// What its points are for.
    pub kind: WalletKind,
    /// When its points expire.
    pub expiry: Expiry,
    /// Which points are spent first.
    pub burn_order: BurnOrder,
    /// What is taken back when what gave points is reversed.
    pub debt: DebtPolicy,
    /// Days for which earned points stay pending; 0 means that they can be spent at once.
    pub pending_days: i32,
}

impl WalletTerms {
    /// The terms of the wallet that a program has from its beginning.
    pub fn of_points(lifetime_months: i32) -> Self {
        Self {
            title: "Points".to_owned(),
            kind: WalletKind::Spendable,
            expiry: Expiry::after_months(lifetime_months),
            burn_order: BurnOrder::default(),
            debt: DebtPolicy::default(),
            pending_days: 0,
        }
    }

    /// Everything that breaks a rule.
    pub fn check(&self) -> Vec<FieldViolation> {
        let mut found = Vec::new();
        if self.title.trim().is_empty() || self.title.chars().count() > LONGEST_TITLE {
            found.push(FieldViolation::new(
                "wallet.title",
                format!("must have 1 to {LONGEST_TITLE} characters, not only spaces"),
            ));
        }
        if !(0..=MOST_PENDING_DAYS).contains(&self.pending_days) {
            found.push(FieldViolation::new(
                "wallet.pending_days",
                format!("must be 0 (spendable at once) to {MOST_PENDING_DAYS}"),
            ));
        }
        found.extend(self.expiry.check("wallet.expiry"));
        found
    }

    /// What points that are earned at a moment wait for: none when they can be spent at once. A day is one of the
    /// program's time zone, which can have 23 or 25 hours.
    pub fn pending(&self, now: Timestamp, zone: &TimeZone) -> Option<Pending> {
        if self.pending_days == 0 {
            return None;
        }
        let local = zone.to_datetime(now);
        let release_time = zone.to_timestamp(local.saturating_add(i64::from(self.pending_days).days()));
        Some(Pending {
            release_time: Some(release_time.unwrap_or(Timestamp::MAX)),
            release_key: String::new(),
        })
    }

    /// Whether getting points moves the expiry of all points.
    pub fn slides_with_earning(&self) -> bool {
        matches!(&self.expiry, Expiry::Sliding { activities, .. } if activities.earning)
    }

    /// What decisions on its points depend on.
    pub fn rules(&self, now: Timestamp, zone: &TimeZone) -> Rules {
        Rules {
            burn_order: self.burn_order,
            debt: self.debt,
            slide: self
                .expiry
                .sliding(now, zone)
                .map(|(activities, expire_time)| Slide {
                    earning: activities.earning,
                    redeeming: activities.redeeming,
                    expire_time,
                }),
        }
    }
}

/// A member's account in a wallet.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountKey {
    /// `programs/{program}/members/{member}`.
    pub member: String,
    /// Id of the wallet.
    pub wallet: String,
}

impl AccountKey {
    /// The account in the wallet that every program has.
    pub fn of_points(member: impl Into<String>) -> Self {
        Self {
            member: member.into(),
            wallet: POINTS.to_owned(),
        }
    }

    /// The name of something that belongs to the account, such as a hold.
    pub fn resource(&self, collection: &str, id: Uuid) -> String {
        ledger::resource_name(&self.member, &self.wallet, collection, id)
    }

    /// Reads what stands at the end of such a name: the wallet and the id; none when it is no such thing.
    pub fn read_resource(member: &str, text: &str) -> Option<(Self, Uuid)> {
        let (wallet, id) = text.rsplit_once('.').unwrap_or((POINTS, text));
        let known = id.parse::<Uuid>().ok()?;
        let account = Self {
            member: member.to_owned(),
            wallet: wallet.to_owned(),
        };
        // Written in one way only.
        let is_written_so = account.resource("", known).ends_with(&format!("/{text}"));
        is_written_so.then_some((account, known))
    }
}

/// The error that a program has no such wallet.
pub fn not_found(program: &str, id: &str) -> Error {
    let name = format!("{program}/wallets/{id}");
    let message = format!("there is no wallet {name}; create it, or leave the wallet empty for {POINTS:?}");
    Error::about(Reason::WalletNotFound, RESOURCE_TYPE, name, message)
}

/// The error that a wallet is there with other terms.
pub fn already_exists(program: &str, id: &str) -> Error {
    let name = format!("{program}/wallets/{id}");
    let message =
        format!("{name} is there with other terms; change it with UpdateWallet, or choose another id");
    Error::about(Reason::WalletAlreadyExists, RESOURCE_TYPE, name, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_what_belongs_to_an_account_tell_the_wallet() {
        let id = Uuid::from_u128(7);
        let points = AccountKey::of_points("programs/p/members/m");
        let miles = AccountKey {
            wallet: "miles".to_owned(),
            ..points.clone()
        };
        assert_eq!(
            points.resource("holds", id),
            format!("programs/p/members/m/holds/{id}")
        );
        assert_eq!(
            miles.resource("holds", id),
            format!("programs/p/members/m/holds/miles.{id}")
        );
        for account in [points, miles] {
            let name = account.resource("holds", id);
            let end = name.rsplit('/').next().unwrap();
            assert_eq!(
                AccountKey::read_resource(&account.member, end),
                Some((account, id))
            );
        }
        let spelt = id.simple().to_string();
        for wrong in [
            "",
            "x",
            "miles.",
            &spelt,
            &format!("points.{id}"),
            &format!("miles.{spelt}"),
        ] {
            assert_eq!(
                AccountKey::read_resource("programs/p/members/m", wrong),
                None,
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn terms_that_break_rules_are_told_all_at_once() {
        let wrong = WalletTerms {
            title: " ".to_owned(),
            expiry: Expiry::after_months(121),
            pending_days: MOST_PENDING_DAYS + 1,
            ..WalletTerms::of_points(0)
        };
        let fields: Vec<String> = wrong.check().into_iter().map(|found| found.field).collect();
        assert_eq!(
            fields,
            [
                "wallet.title",
                "wallet.pending_days",
                "wallet.expiry.rolling.months"
            ]
        );
        let longest = WalletTerms {
            title: "x".repeat(LONGEST_TITLE),
            pending_days: MOST_PENDING_DAYS,
            ..WalletTerms::of_points(120)
        };
        assert_eq!(longest.check(), []);
    }
}
