//! What a voucher promises: the part that a till can check by itself.

use jiff::{Timestamp, tz::TimeZone};
use rapport_money::Money;
use rapport_status::Error;
use uuid::Uuid;

use crate::domain::rewards::{
    reasons,
    validity::{Lifetime, Period},
};

use super::{RESOURCE_TYPE, order::Order, terms::Terms};

/// What a voucher promises. It never changes after the voucher was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// `programs/{program}` whose voucher it is.
    pub program: String,
    /// Id of the voucher.
    pub voucher: Uuid,
    /// `programs/{program}/members/{member}` of the only member who can use it; none means whoever bears it.
    pub member: Option<String>,
    /// What it is worth.
    pub terms: Terms,
    /// When it can be used, in whole seconds.
    pub valid: Period,
}

impl Offer {
    /// The offer of a voucher that a member receives at a moment. It is valid at once, and its ends are whole seconds,
    /// as they stand in signed codes.
    pub fn issue(
        voucher: Uuid,
        (program, member): (&str, &str),
        terms: &Terms,
        lifetime: Lifetime,
        (now, time_zone): (Timestamp, &TimeZone),
    ) -> Self {
        Self {
            program: program.to_owned(),
            voucher,
            member: terms.bound.then(|| member.to_owned()),
            terms: terms.clone(),
            valid: Period {
                from: Some(whole_second(now)),
                until: lifetime.end(now, time_zone).map(whole_second),
            },
        }
    }

    /// `programs/{program}/vouchers/{voucher}`.
    pub fn name(&self) -> String {
        format!("{}/vouchers/{}", self.program, self.voucher)
    }

    /// What is taken off an order when the voucher is used at a moment. Says nothing about how often it was used
    /// before.
    pub fn check(&self, order: &Order, moment: Timestamp) -> Result<Money, Error> {
        let name = self.name();
        if let Some(from) = self.valid.from.filter(|from| moment < *from) {
            return Err(self.not_usable(format!("{name} is valid from {from}; try again then")));
        }
        if let Some(until) = self.valid.until.filter(|until| *until <= moment) {
            return Err(self.not_usable(format!("{name} was valid until {until}; use another voucher")));
        }
        if let Some(owner) = self.member.as_ref()
            && order.member.as_ref() != Some(owner)
        {
            let shown = match &order.member {
                Some(other) => format!("the order is of {other}"),
                None => "the order names no member".to_owned(),
            };
            return Err(self.not_usable(format!(
                "{name} is for one member only, and {shown}; let its owner show the membership"
            )));
        }
        self.terms.discount(order)
    }

    pub(super) fn not_usable(&self, message: String) -> Error {
        Error::about(reasons::VOUCHER_NOT_USABLE, RESOURCE_TYPE, self.name(), message)
    }
}

/// The beginning of the second that a moment lies in.
fn whole_second(moment: Timestamp) -> Timestamp {
    let nanoseconds = moment.as_nanosecond();
    let second = i64::try_from(nanoseconds.div_euclid(1_000_000_000)).unwrap_or_default();
    Timestamp::from_second(second).unwrap_or(moment)
}
