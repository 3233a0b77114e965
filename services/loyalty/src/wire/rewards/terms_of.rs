//! Terms of rewards as messages.

use rapport_contract::{
    instant,
    loyalty::v1::{self as wire, reward::Kind as WireKind, reward_price::Form, voucher_reward},
    money,
};

use super::{moment, wallet_points};
use crate::domain::rewards::{
    limits::{Limit, Window},
    price::{Price, PriceForm},
    terms::{Kind, Terms},
    text::Translations,
    validity::{Lifetime, Period},
    voucher::{self, Benefit, Rounding},
};

/// A reward that has terms and nothing else.
pub(super) fn reward(terms: &Terms) -> wire::Reward {
    wire::Reward {
        title: Some(translations(&terms.title)),
        description: terms.description.as_ref().map(translations),
        category: terms.category.clone(),
        tags: terms.tags.clone(),
        kind: Some(kind(&terms.kind)),
        prices: terms.prices.iter().map(price).collect(),
        limits: terms.limits.iter().map(limit).collect(),
        most_units: terms.most_units,
        published: period(&terms.published),
        redeemable: period(&terms.redeemable),
        received: lifetime(terms.received),
        reservation_minutes: terms.reservation_minutes,
        fulfils_at_once: terms.fulfils_at_once,
        refund: terms.refund.within_days.map(|within_days| wire::RefundPolicy {
            within_days,
            restocks: terms.refund.restocks,
            restores_limits: terms.refund.restores_limits,
        }),
        cost: terms.cost.map(money::to_wire),
        ..wire::Reward::default()
    }
}

fn translations(texts: &Translations) -> wire::Translations {
    let translation = |(language, text): (&String, &String)| wire::Translation {
        language: language.clone(),
        text: text.clone(),
    };
    wire::Translations {
        default_language: texts.default_language.clone(),
        texts: texts.texts.iter().map(translation).collect(),
    }
}

fn kind(kind: &Kind) -> WireKind {
    match kind {
        Kind::Physical => WireKind::Physical(wire::PhysicalReward {}),
        Kind::DigitalCode { pool } => WireKind::Code(wire::CodeReward {
            code_pool: pool.clone(),
        }),
        Kind::Voucher(terms) => WireKind::Voucher(voucher(terms)),
        Kind::Donation { recipient } => WireKind::Donation(wire::DonationReward {
            recipient: recipient.clone(),
        }),
        Kind::Privilege { privilege } => WireKind::Privilege(wire::PrivilegeReward {
            privilege: privilege.clone(),
        }),
    }
}

/// What a voucher is worth.
pub(super) fn voucher(terms: &voucher::Terms) -> wire::VoucherReward {
    let benefit = match &terms.benefit {
        Benefit::Percentage { basis_points, most } => {
            voucher_reward::Benefit::Percentage(wire::PercentageBenefit {
                basis_points: *basis_points,
                most: most.map(money::to_wire),
            })
        }
        Benefit::AmountOff { amount } => voucher_reward::Benefit::AmountOff(wire::AmountBenefit {
            amount: Some(money::to_wire(*amount)),
        }),
        Benefit::FreeItem { item, most } => voucher_reward::Benefit::FreeItem(wire::FreeItemBenefit {
            item: item.clone(),
            most: most.map(money::to_wire),
        }),
    };
    let rounding = match terms.rounding {
        Rounding::Down => wire::DiscountRounding::Down,
        Rounding::HalfUp => wire::DiscountRounding::HalfUp,
    };
    wire::VoucherReward {
        benefit: Some(benefit),
        minimum_order: terms.minimum_order.map(money::to_wire),
        categories: terms.categories.iter().cloned().collect(),
        uses: terms.uses,
        bound: terms.bound,
        rounding: rounding.into(),
    }
}

fn price(price: &Price) -> wire::RewardPrice {
    let form = match &price.form {
        PriceForm::Free => Form::Free(wire::FreePrice {}),
        PriceForm::Fixed { points, money } => Form::Fixed(wire::FixedPrice {
            points: wallet_points(points),
            money: money.map(money::to_wire),
        }),
        PriceForm::Range {
            wallet,
            least_points,
            most_points,
            rate,
        } => Form::Range(wire::RangePrice {
            wallet: wallet.clone(),
            least_points: *least_points,
            most_points: *most_points,
            rate_money: Some(money::to_wire(rate.money)),
            rate_points: rate.points,
        }),
    };
    wire::RewardPrice {
        id: price.id.clone(),
        form: Some(form),
    }
}

fn limit(limit: &Limit) -> wire::RewardLimit {
    let (window, rolling_days) = match limit.window {
        Window::InAll => (wire::LimitWindow::InAll, 0),
        Window::Day => (wire::LimitWindow::Day, 0),
        Window::Week => (wire::LimitWindow::Week, 0),
        Window::Month => (wire::LimitWindow::Month, 0),
        Window::Year => (wire::LimitWindow::Year, 0),
        Window::RollingDays(days) => (wire::LimitWindow::RollingDays, days),
    };
    wire::RewardLimit {
        window: window.into(),
        rolling_days,
        most: limit.most,
    }
}

fn period(period: &Period) -> Option<wire::RewardPeriod> {
    (*period != Period::default()).then(|| wire::RewardPeriod {
        from: moment(period.from),
        until: moment(period.until),
    })
}

fn lifetime(lifetime: Lifetime) -> Option<wire::RewardLifetime> {
    let lifetime = match lifetime {
        Lifetime::Unlimited => return None,
        Lifetime::Days(days) => wire::reward_lifetime::Lifetime::Days(days),
        Lifetime::Until(until) => wire::reward_lifetime::Lifetime::Until(instant::to_wire(until)),
    };
    Some(wire::RewardLifetime {
        lifetime: Some(lifetime),
    })
}
