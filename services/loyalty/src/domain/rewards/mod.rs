//! What members can get for their points: rewards, their redemption, code pools, and the program's own vouchers.
//!
//! | module | what it knows |
//! |---|---|
//! | [`catalogue`] | entries, and how they change |
//! | [`terms`] | what an entry says: texts, prices, limits, validity, what is received |
//! | [`text`] | texts in several languages |
//! | [`price`] | ways to pay: points of wallets, money, or a share of each |
//! | [`stock`] | how many units are left |
//! | [`limits`] | how many units a member may redeem, in all and per window |
//! | [`redemption`] | reserve → confirm → fulfil → cancel or refund, decided in one piece |
//! | [`code_pool`] | unique codes of others, imported in batches and issued once |
//! | [`voucher`] | the program's own vouchers and the discount that they give |
//! | [`codes`] | how vouchers are written: codes to type, and signed codes that a till checks without a network |
//!
//! What holds after every decision of [`redemption::decide`]:
//!
//! - the stock that is left is never negative, and what is taken is what was redeemed and not put back;
//! - no limit of a member is exceeded within any of its windows;
//! - points and money paid are the price, and those given back never more than what was paid;
//! - a code is with one redemption at most, and one that was shown never goes to another;
//! - a redemption gives back once: cancelled, timed out, or refunded unit by unit.
//!
//! And after every decision of [`voucher::decide`]: the uses that count are as many as the voucher says, and at most as
//! many as its terms allow.

pub mod catalogue;
pub mod code_pool;
pub mod codes;
pub mod limits;
pub mod price;
pub mod reasons;
pub mod redemption;
pub mod stock;
pub mod terms;
pub mod text;
pub mod validity;
pub mod voucher;

#[cfg(test)]
mod tests;
