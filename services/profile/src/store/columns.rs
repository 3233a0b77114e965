//! How values of the domain are written in columns: moments as microseconds and dates as days since 1970-01-01,
//! kinds as words.

use jiff::{Timestamp, civil::Date};
use rapport_money::{Currency, Money};
use rapport_status::Error;
use rapport_value::{Day, lifecycle::Stage};

use crate::domain::{history, identity::IdentityKind, purchase::PurchaseKind, stage::STAGES};

/// A moment that was stored.
pub(crate) fn moment(micros: i64) -> Result<Timestamp, Error> {
    Timestamp::from_microsecond(micros).map_err(|error| unreadable("moment").because(error))
}

/// A date as days since 1970-01-01.
pub(crate) fn days(date: Date) -> i32 {
    history::model_day(date).0
}

/// A date that was stored.
pub(crate) fn date(days: i32) -> Date {
    history::date_of(Day(days))
}

/// A currency that was stored.
pub(crate) fn currency(code: &str) -> Result<Currency, Error> {
    code.parse()
        .map_err(|error| unreadable("currency").because(error))
}

/// An amount that was stored.
pub(crate) fn money(minor: i64, code: &str) -> Result<Money, Error> {
    Ok(Money {
        minor,
        currency: currency(code)?,
    })
}

/// The word for a kind of identity.
pub(crate) const fn identity_kind_word(kind: IdentityKind) -> &'static str {
    match kind {
        IdentityKind::Phone => "PHONE",
        IdentityKind::Email => "EMAIL",
        IdentityKind::External => "EXTERNAL",
    }
}

/// A kind of identity that was stored.
pub(crate) fn identity_kind(word: &str) -> Result<IdentityKind, Error> {
    IdentityKind::ALL
        .into_iter()
        .find(|kind| identity_kind_word(*kind) == word)
        .ok_or_else(|| unreadable("kind of identity"))
}

/// The word for a kind of purchase.
pub(crate) const fn purchase_kind_word(kind: PurchaseKind) -> &'static str {
    match kind {
        PurchaseKind::Sale => "SALE",
        PurchaseKind::Return => "RETURN",
    }
}

/// A kind of purchase that was stored.
pub(crate) fn purchase_kind(word: &str) -> Result<PurchaseKind, Error> {
    match word {
        "SALE" => Ok(PurchaseKind::Sale),
        "RETURN" => Ok(PurchaseKind::Return),
        _ => Err(unreadable("kind of purchase")),
    }
}

/// The word for a lifecycle stage, as filters have it.
pub(crate) const fn stage_word(stage: Stage) -> &'static str {
    match stage {
        Stage::Potential => "POTENTIAL",
        Stage::New => "NEW",
        Stage::Growth => "GROWTH",
        Stage::Mature => "MATURE",
        Stage::Declining => "DECLINING",
        Stage::Churned => "CHURNED",
        Stage::WonBack => "WON_BACK",
    }
}

/// A lifecycle stage that was stored.
pub(crate) fn stage(word: &str) -> Result<Stage, Error> {
    STAGES
        .into_iter()
        .find(|stage| stage_word(*stage) == word)
        .ok_or_else(|| unreadable("lifecycle stage"))
}

/// Something in the store is not what this program writes.
pub(crate) fn unreadable(what: &str) -> Error {
    Error::internal(format!("a stored {what} cannot be read"))
}
