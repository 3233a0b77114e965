//! Rewards, redemptions and vouchers in the messages of the contract, and back.
//!
//! The store keeps terms and redemptions as these messages, too: fields are only ever added to them, so that what was stored
//! once can always be read.

mod redemptions;
mod terms;
mod terms_of;
mod vouchers;

pub(crate) use redemptions::{record, redemption, redemption_changed, runs_low, stored_redemption};
pub(crate) use terms::{Field, read_terms, read_voucher_terms};
pub(crate) use vouchers::{voucher, voucher_use};

use jiff::Timestamp;
use prost::Message as _;
use rapport_contract::{
    instant,
    loyalty::v1::{self as wire},
};
use rapport_status::{Error, Result};

use crate::domain::rewards::{
    catalogue::Reward, code_pool::Pool, price::WalletPoints, stock::Stock, terms::Terms, voucher,
};

/// An entry of the catalogue.
pub(crate) fn reward(reward: &Reward) -> wire::Reward {
    wire::Reward {
        name: reward.name.clone(),
        stock: stock(reward.stock),
        version: reward.version,
        create_time: Some(instant::to_wire(reward.create_time)),
        update_time: Some(instant::to_wire(reward.update_time)),
        etag: reward.etag(),
        ..terms_of::reward(&reward.terms)
    }
}

/// The same with each text in the best of some languages alone.
pub(crate) fn reward_in(known: &Reward, languages: &[&str]) -> wire::Reward {
    let texts = |texts: &crate::domain::rewards::text::Translations| {
        let (language, text) = texts.best(languages)?;
        Some(wire::Translations {
            default_language: language.to_owned(),
            texts: vec![wire::Translation {
                language: language.to_owned(),
                text: text.to_owned(),
            }],
        })
    };
    wire::Reward {
        title: texts(&known.terms.title),
        description: known.terms.description.as_ref().and_then(texts),
        ..reward(known)
    }
}

fn stock(stock: Stock) -> Option<wire::RewardStock> {
    Some(wire::RewardStock {
        total: stock.total()?,
        taken: stock.taken(),
        left: stock.left()?,
    })
}

/// Terms as the store keeps them: the bytes of a message that has nothing else.
pub(crate) fn stored_terms(terms: &Terms) -> Vec<u8> {
    terms_of::reward(terms).encode_to_vec()
}

/// Stored terms.
pub(crate) fn terms(bytes: &[u8]) -> Result<Terms> {
    let message = wire::Reward::decode(bytes)
        .map_err(|error| Error::internal("stored terms of a reward cannot be read").because(error))?;
    let (terms, violations) = read_terms(&message);
    match violations.first() {
        None => Ok(terms),
        Some(violation) => Err(Error::internal(format!(
            "stored terms of a reward are wrong: {} {}",
            violation.field, violation.description
        ))),
    }
}

/// Terms of a voucher as the store keeps them.
pub(crate) fn stored_voucher_terms(terms: &voucher::Terms) -> Vec<u8> {
    terms_of::voucher(terms).encode_to_vec()
}

/// Stored terms of a voucher.
pub(crate) fn voucher_terms(bytes: &[u8]) -> Result<voucher::Terms> {
    let message = wire::VoucherReward::decode(bytes)
        .map_err(|error| Error::internal("stored terms of a voucher cannot be read").because(error))?;
    let mut violations = Vec::new();
    read_voucher_terms(&message, &mut violations)
        .filter(|_| violations.is_empty())
        .ok_or_else(|| Error::internal("stored terms of a voucher are wrong"))
}

/// A code pool.
pub(crate) fn code_pool(pool: &Pool) -> wire::CodePool {
    wire::CodePool {
        name: pool.name.clone(),
        low_at: pool.low_at,
        free_count: pool.counts.free,
        taken_count: pool.counts.taken,
        shown_count: pool.counts.shown,
        void_count: pool.counts.void,
        expired_count: pool.counts.expired,
        low: pool.low,
    }
}

fn moment(moment: Option<Timestamp>) -> Option<prost_types::Timestamp> {
    moment.map(instant::to_wire)
}

fn wallet_points(points: &[WalletPoints]) -> Vec<wire::WalletPoints> {
    let points = points.iter().map(|paid| wire::WalletPoints {
        wallet: paid.wallet.clone(),
        points: paid.points,
    });
    points.collect()
}

fn read_wallet_points(points: &[wire::WalletPoints]) -> Vec<WalletPoints> {
    let points = points.iter().map(|paid| WalletPoints {
        wallet: paid.wallet.clone(),
        points: paid.points,
    });
    points.collect()
}
