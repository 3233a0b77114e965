//! Programs: how points are earned, how long they live, and what a resolved case brings.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use rapport_money::{Currency, Money};
use rapport_status::{Error, FieldViolation, Reason};

use super::{
    expiry::LONGEST_LIFETIME_MONTHS,
    ledger::{self, MOST_POINTS},
    wallet::{self, POINTS, Wallet, WalletTerms},
};

/// Type of programs in errors.
pub const RESOURCE_TYPE: &str = "rapport.example/Program";

/// The time zone of programs that name none.
pub const UNIVERSAL_TIME: &str = "UTC";

/// Most wallets of a program.
pub const MOST_WALLETS: usize = 100;

/// Most characters of a title.
const LONGEST_TITLE: usize = 200;

/// A loyalty program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// `programs/{program}`.
    pub name: String,
    /// What its owner decides.
    pub terms: Terms,
    /// All its wallets, by id. The one that every program has follows the terms of the program until it has its own.
    pub wallets: BTreeMap<String, Wallet>,
    /// The time zone whose days and months count.
    pub zone: TimeZone,
    /// When it was created.
    pub create_time: Timestamp,
    /// When it last changed.
    pub update_time: Timestamp,
    /// Counts the changes of the program and of its wallets; the etag is its text.
    pub version: i64,
}

/// What the owner of a program decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Name that members see.
    pub title: String,
    /// How purchases earn points; none means that they do not.
    pub earning_rule: Option<EarningRule>,
    /// What members get when a case of theirs is resolved, by its priority.
    pub compensation: BTreeMap<Priority, i64>,
    /// Months from earning to expiry in the wallet that every program has, as long as that has no terms of its own; 0
    /// means never.
    pub lifetime_months: i32,
    /// Whether each new customer becomes a member by itself.
    pub enrols_automatically: bool,
    /// Name of the time zone (IANA) whose days and months count.
    pub time_zone: String,
}

/// How urgent a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Can wait.
    Low,
    /// The usual order.
    Normal,
    /// Before the usual ones.
    High,
    /// At once.
    Urgent,
}

/// Points for each unit of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EarningRule {
    /// Currency of the purchases that earn.
    pub currency: Currency,
    /// Points …
    pub points: i64,
    /// … for this much money in minor units.
    pub per_amount_minor: i64,
}

impl EarningRule {
    /// The points that a purchase earns: ⌊amount · points ÷ per amount⌋. `None` when its currency is another, so that
    /// it does not count for the program. Refused when it is more than a balance can hold.
    pub fn points_for(&self, amount: Money) -> Result<Option<i64>, Error> {
        if amount.currency != self.currency {
            return Ok(None);
        }
        let exact = i128::from(amount.minor.max(0)) * i128::from(self.points)
            / i128::from(self.per_amount_minor.max(1));
        match i64::try_from(exact) {
            Ok(points) if points <= MOST_POINTS => Ok(Some(points)),
            _ => Err(ledger::out_of_range(format!(
                "a purchase of {amount} would earn {exact} points, more than a balance can hold ({MOST_POINTS})"
            ))),
        }
    }
}

impl Terms {
    /// Whether the terms keep the rules that no single field shows; all violations at once. Field paths begin with
    /// `program.`, as both methods that take a program have it.
    pub fn check(&self) -> Vec<FieldViolation> {
        let mut found = Vec::new();
        if self.title.trim().is_empty() || self.title.chars().count() > LONGEST_TITLE {
            found.push(FieldViolation::new(
                "program.title",
                format!("must have 1 to {LONGEST_TITLE} characters, not only spaces"),
            ));
        }
        if !(0..=LONGEST_LIFETIME_MONTHS).contains(&self.lifetime_months) {
            found.push(FieldViolation::new(
                "program.lifetime_months",
                format!("must be 0 (never) to {LONGEST_LIFETIME_MONTHS}"),
            ));
        }
        if TimeZone::get(&self.time_zone).is_err() {
            found.push(FieldViolation::new(
                "program.time_zone",
                "must be the name of a time zone of the IANA database, such as Europe/Berlin, Asia/Shanghai or UTC",
            ));
        }
        found
    }
}

impl Program {
    /// A program with its wallets that have terms of their own.
    pub fn new(
        name: String,
        terms: Terms,
        mut wallets: BTreeMap<String, Wallet>,
        (create_time, update_time): (Timestamp, Timestamp),
        version: i64,
    ) -> Self {
        wallets.entry(POINTS.to_owned()).or_insert_with(|| Wallet {
            id: POINTS.to_owned(),
            terms: WalletTerms::of_points(terms.lifetime_months),
            create_time,
            update_time,
            // It counts from the first terms of its own.
            version: 0,
        });
        Self {
            name,
            // A name that was known when it was stored, and is no more, is universal time.
            zone: TimeZone::get(&terms.time_zone).unwrap_or(TimeZone::UTC),
            terms,
            wallets,
            create_time,
            update_time,
            version,
        }
    }

    /// The program with other terms, changed at a moment.
    #[must_use]
    pub fn changed(mut self, terms: Terms, now: Timestamp) -> Self {
        self.wallets.retain(|_, wallet| wallet.version > 0);
        let times = (self.create_time, now);
        Self::new(self.name, terms, self.wallets, times, self.version + 1)
    }

    /// A wallet; refused when the program has no such wallet.
    pub fn wallet(&self, id: &str) -> Result<&Wallet, Error> {
        let known = self.wallets.get(id);
        known.ok_or_else(|| wallet::not_found(&self.name, id))
    }

    /// The etag: changes with every change.
    pub fn etag(&self) -> String {
        self.version.to_string()
    }

    /// Refuses an etag that is set and not the current one.
    pub fn check_etag(&self, etag: &str) -> Result<(), Error> {
        if etag.is_empty() || etag == self.etag() {
            return Ok(());
        }
        Err(Error::about(
            Reason::EtagMismatch,
            RESOURCE_TYPE,
            &self.name,
            format!(
                "{} was changed by somebody else (its etag is {:?}, not {etag:?}); read it again and repeat the change",
                self.name,
                self.etag()
            ),
        ))
    }
}

/// The error that a program is not there.
pub fn not_found(name: &str) -> Error {
    Error::about(
        Reason::ProgramNotFound,
        RESOURCE_TYPE,
        name,
        format!("there is no program {name}; create it first, or look for its name with ListPrograms"),
    )
}

/// The error that a program is there already, with other terms.
pub fn already_exists(name: &str) -> Error {
    Error::about(
        Reason::ProgramAlreadyExists,
        RESOURCE_TYPE,
        name,
        format!(
            "{name} is there already with other terms; change it with UpdateProgram or choose another program_id"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(points: i64, per_amount_minor: i64) -> EarningRule {
        EarningRule {
            currency: Currency::USD,
            points,
            per_amount_minor,
        }
    }

    fn dollars(minor: i64) -> Money {
        Money {
            minor,
            currency: Currency::USD,
        }
    }

    #[test]
    fn purchases_earn_whole_points_rounded_down() {
        assert_eq!(rule(1, 100).points_for(dollars(2_999)).unwrap(), Some(29));
        assert_eq!(rule(3, 200).points_for(dollars(199)).unwrap(), Some(2));
        assert_eq!(rule(1, 100).points_for(dollars(0)).unwrap(), Some(0));
    }

    #[test]
    fn purchases_in_another_currency_do_not_count() {
        let yen = Money {
            minor: 500,
            currency: "JPY".parse().unwrap(),
        };
        assert_eq!(rule(1, 100).points_for(yen).unwrap(), None);
    }

    #[test]
    fn more_points_than_a_balance_holds_are_refused_without_overflow() {
        let error = rule(1_000_000, 1).points_for(dollars(i64::MAX)).unwrap_err();
        assert_eq!(error.reason(), Reason::PointsOutOfRange);
    }

    #[test]
    fn terms_report_all_violations_at_once() {
        let terms = Terms {
            title: "  ".to_owned(),
            earning_rule: None,
            compensation: BTreeMap::new(),
            lifetime_months: 121,
            enrols_automatically: false,
            time_zone: "Europe/Atlantis".to_owned(),
        };
        let fields: Vec<String> = terms
            .check()
            .into_iter()
            .map(|violation| violation.field)
            .collect();
        assert_eq!(
            fields,
            ["program.title", "program.lifetime_months", "program.time_zone"]
        );
    }
}
