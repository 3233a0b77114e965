//! The entries of a program's catalogue, and how they change.

use jiff::Timestamp;
use rapport_status::{Error, Reason};

use super::{code_pool::Pool, price::is_id, reasons, redemption::RewardState, stock::Stock, terms::Terms};

/// Type of rewards in errors.
pub const RESOURCE_TYPE: &str = "rapport.example/Reward";

/// An entry of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reward {
    /// `programs/{program}/rewards/{reward}`.
    pub name: String,
    /// What its owner decides.
    pub terms: Terms,
    /// Version of the terms, from 1: redemptions name the one that they were reserved under.
    pub version: i64,
    /// How many units there are.
    pub stock: Stock,
    /// When it was created.
    pub create_time: Timestamp,
    /// When terms or total stock last changed.
    pub update_time: Timestamp,
}

impl Reward {
    /// A new entry. Refused when its terms break a rule: all violations at once.
    pub fn new(
        (program, id): (&str, &str),
        terms: Terms,
        total_stock: Option<i64>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        if !is_id(id) {
            return Err(Error::invalid_field(
                "reward_id",
                "must be an id: 1 to 63 of a-z 0-9 - _ . beginning with a letter or digit",
            ));
        }
        require_right(&terms)?;
        Ok(Self {
            name: format!("{program}/rewards/{id}"),
            terms,
            version: 1,
            stock: Stock::unlimited().with_total(total_stock)?,
            create_time: now,
            update_time: now,
        })
    }

    /// The entry with other terms and another total stock. Terms that differ make a new version. Refused when they
    /// break a rule, when the kind would become another, or when more is taken than the total.
    pub fn changed(&self, terms: Terms, total_stock: Option<i64>, now: Timestamp) -> Result<Self, Error> {
        require_right(&terms)?;
        let violations = self.terms.check_successor(&terms);
        if !violations.is_empty() {
            return Err(Error::invalid(reasons::INVALID_REWARD, violations));
        }
        let stock = self.stock.with_total(total_stock)?;
        if terms == self.terms && stock == self.stock {
            return Ok(self.clone());
        }
        Ok(Self {
            version: self.version + i64::from(terms != self.terms),
            name: self.name.clone(),
            terms,
            stock,
            create_time: self.create_time,
            update_time: now,
        })
    }

    /// The entry with so many units more, or fewer when negative. Refused where there is no end of units, and when fewer
    /// are left than are taken away.
    pub fn restocked(&self, units: i64, now: Timestamp) -> Result<Self, Error> {
        Ok(Self {
            stock: self.stock.restocked(units, &self.name)?,
            update_time: now,
            ..self.clone()
        })
    }

    /// What a redemption is decided on, with the pool of its codes where it has one.
    pub fn state(&self, pool: Option<Pool>) -> RewardState {
        let program = self
            .name
            .split_once("/rewards/")
            .map_or("", |(program, _)| program);
        RewardState {
            program: program.to_owned(),
            name: self.name.clone(),
            terms: self.terms.clone(),
            version: self.version,
            stock: self.stock,
            pool,
        }
    }

    /// Whether members see it at a moment.
    pub fn is_published(&self, now: Timestamp) -> bool {
        self.terms.published.contains(now)
    }

    /// The etag: changes when terms or total stock change, and not with each redemption.
    pub fn etag(&self) -> String {
        match self.stock.total() {
            Some(total) => format!("{}-{total}", self.version),
            None => self.version.to_string(),
        }
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

fn require_right(terms: &Terms) -> Result<(), Error> {
    let violations = terms.check();
    if violations.is_empty() {
        return Ok(());
    }
    Err(Error::invalid(reasons::INVALID_REWARD, violations))
}

/// The error that a reward is not there.
pub fn not_found(name: &str) -> Error {
    Error::about(
        reasons::REWARD_NOT_FOUND,
        RESOURCE_TYPE,
        name,
        format!("there is no reward {name}; look for its name with ListRewards"),
    )
}

/// The error that a reward is there already, with other terms.
pub fn already_exists(name: &str) -> Error {
    Error::about(
        reasons::REWARD_ALREADY_EXISTS,
        RESOURCE_TYPE,
        name,
        format!(
            "{name} is there already with other terms; change it with UpdateReward or choose another reward_id"
        ),
    )
}
