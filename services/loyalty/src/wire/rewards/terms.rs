//! Terms of rewards as requests have them.

use rapport_contract::{
    google::r#type as google,
    instant,
    loyalty::v1::{self as wire, reward::Kind as WireKind, reward_price::Form, voucher_reward},
    money,
};
use rapport_money::{Currency, Money};
use rapport_status::FieldViolation;

use super::read_wallet_points;
use crate::domain::rewards::{
    limits::{Limit, Window},
    price::{Price, PriceForm, Rate},
    terms::{Kind, RefundPolicy, Terms},
    text::Translations,
    validity::{Lifetime, Period},
    voucher::{self, Benefit, Rounding},
};

/// Minutes of a reservation when the reward leaves them open.
const DEFAULT_RESERVATION_MINUTES: i32 = 15;

/// Stands for an amount that is missing or wrong, and reported.
const NO_MONEY: Money = Money {
    minor: 0,
    currency: Currency::USD,
};

/// Where a value stands in a request, and what is wrong in it.
#[derive(Debug)]
pub(crate) struct Field<'f> {
    path: &'f str,
    found: &'f mut Vec<FieldViolation>,
}

impl<'f> Field<'f> {
    /// A place of the request.
    pub(crate) fn new(path: &'f str, found: &'f mut Vec<FieldViolation>) -> Self {
        Self { path, found }
    }

    fn wrong(self, description: impl Into<String>) {
        self.found
            .push(FieldViolation::new(self.path.to_owned(), description));
    }

    /// An amount that may be absent.
    pub(crate) fn money(self, money: Option<&google::Money>) -> Option<Money> {
        match money::from_wire(money?) {
            Ok(money) => Some(money),
            Err(error) => {
                self.wrong(error.to_string());
                Some(NO_MONEY)
            }
        }
    }

    fn required_money(self, money: Option<&google::Money>) -> Money {
        if money.is_none() {
            self.wrong("must be set");
            return NO_MONEY;
        }
        self.money(money).unwrap_or(NO_MONEY)
    }

    /// A moment that may be absent.
    pub(crate) fn moment(self, moment: Option<&prost_types::Timestamp>) -> Option<jiff::Timestamp> {
        match instant::from_wire(moment?) {
            Ok(moment) => Some(moment),
            Err(wrong) => {
                self.wrong(wrong);
                None
            }
        }
    }
}

/// The terms of a reward as a request has them, with what does not exist.
pub(crate) fn read_terms(message: &wire::Reward) -> (Terms, Vec<FieldViolation>) {
    let mut found = Vec::new();
    let terms = Terms {
        title: translations(message.title.as_ref(), "reward.title", &mut found).unwrap_or_default(),
        description: translations(message.description.as_ref(), "reward.description", &mut found),
        category: message.category.clone(),
        tags: message.tags.clone(),
        kind: kind(message.kind.as_ref(), &mut found),
        prices: prices(&message.prices, &mut found),
        limits: limits(&message.limits, &mut found),
        most_units: message.most_units.max(1),
        eligibility: String::new(),
        published: period(message.published.as_ref(), "reward.published", &mut found),
        redeemable: period(message.redeemable.as_ref(), "reward.redeemable", &mut found),
        received: lifetime(message.received.as_ref(), &mut found),
        reservation_minutes: match message.reservation_minutes {
            0 => DEFAULT_RESERVATION_MINUTES,
            minutes => minutes,
        },
        fulfils_at_once: message.fulfils_at_once,
        refund: message
            .refund
            .map(|policy| RefundPolicy {
                within_days: Some(policy.within_days),
                restocks: policy.restocks,
                restores_limits: policy.restores_limits,
            })
            .unwrap_or_default(),
        cost: Field::new("reward.cost", &mut found).money(message.cost.as_ref()),
    };
    (terms, found)
}

fn translations(
    message: Option<&wire::Translations>,
    path: &str,
    found: &mut Vec<FieldViolation>,
) -> Option<Translations> {
    let message = message?;
    let mut translations = Translations {
        default_language: message.default_language.clone(),
        ..Translations::default()
    };
    for (index, translation) in message.texts.iter().enumerate() {
        let known = translations
            .texts
            .insert(translation.language.clone(), translation.text.clone());
        if known.is_some() {
            found.push(FieldViolation::new(
                format!("{path}.texts[{index}].language"),
                "has a text already; give one for each language",
            ));
        }
    }
    Some(translations)
}

fn kind(message: Option<&WireKind>, found: &mut Vec<FieldViolation>) -> Kind {
    match message {
        None => {
            Field::new("reward.kind", found).wrong("must be set: say what members receive");
            Kind::Physical
        }
        Some(WireKind::Physical(_)) => Kind::Physical,
        Some(WireKind::Code(code)) => Kind::DigitalCode {
            pool: code.code_pool.clone(),
        },
        Some(WireKind::Voucher(voucher)) => {
            read_voucher_terms(voucher, found).map_or(Kind::Physical, Kind::Voucher)
        }
        Some(WireKind::Donation(donation)) => Kind::Donation {
            recipient: donation.recipient.clone(),
        },
        Some(WireKind::Privilege(privilege)) => Kind::Privilege {
            privilege: privilege.privilege.clone(),
        },
    }
}

/// What a voucher is worth; none when it says nothing of it, which is reported.
pub(crate) fn read_voucher_terms(
    message: &wire::VoucherReward,
    found: &mut Vec<FieldViolation>,
) -> Option<voucher::Terms> {
    const PATH: &str = "reward.kind.voucher";
    let benefit = match message.benefit.as_ref() {
        None => {
            Field::new(PATH, found).wrong("must have a benefit: a percentage, an amount, or a free item");
            return None;
        }
        Some(voucher_reward::Benefit::Percentage(percentage)) => Benefit::Percentage {
            basis_points: percentage.basis_points,
            most: Field::new("reward.kind.voucher.benefit.percentage.most", found)
                .money(percentage.most.as_ref()),
        },
        Some(voucher_reward::Benefit::AmountOff(off)) => Benefit::AmountOff {
            amount: Field::new("reward.kind.voucher.benefit.amount_off.amount", found)
                .required_money(off.amount.as_ref()),
        },
        Some(voucher_reward::Benefit::FreeItem(free)) => Benefit::FreeItem {
            item: free.item.clone(),
            most: Field::new("reward.kind.voucher.benefit.free_item.most", found).money(free.most.as_ref()),
        },
    };
    Some(voucher::Terms {
        benefit,
        minimum_order: Field::new("reward.kind.voucher.minimum_order", found)
            .money(message.minimum_order.as_ref()),
        categories: message.categories.iter().cloned().collect(),
        uses: message.uses.max(1),
        bound: message.bound,
        rounding: match message.rounding() {
            wire::DiscountRounding::Unspecified | wire::DiscountRounding::Down => Rounding::Down,
            wire::DiscountRounding::HalfUp => Rounding::HalfUp,
        },
    })
}

fn prices(messages: &[wire::RewardPrice], found: &mut Vec<FieldViolation>) -> Vec<Price> {
    let prices = messages.iter().enumerate().map(|(index, message)| {
        let path = format!("reward.prices[{index}]");
        let form = match message.form.as_ref() {
            None => {
                Field::new(&path, found).wrong("must have a form: free, fixed, or range");
                PriceForm::Free
            }
            Some(Form::Free(_)) => PriceForm::Free,
            Some(Form::Fixed(fixed)) => PriceForm::Fixed {
                points: read_wallet_points(&fixed.points),
                money: Field::new(&format!("{path}.money"), found).money(fixed.money.as_ref()),
            },
            Some(Form::Range(range)) => PriceForm::Range {
                wallet: range.wallet.clone(),
                least_points: range.least_points,
                most_points: range.most_points,
                rate: Rate {
                    money: Field::new(&format!("{path}.rate_money"), found)
                        .required_money(range.rate_money.as_ref()),
                    points: range.rate_points,
                },
            },
        };
        Price {
            id: message.id.clone(),
            form,
        }
    });
    prices.collect()
}

fn limits(messages: &[wire::RewardLimit], found: &mut Vec<FieldViolation>) -> Vec<Limit> {
    let limits = messages.iter().enumerate().map(|(index, message)| {
        let window = match message.window() {
            wire::LimitWindow::Unspecified => {
                let path = format!("reward.limits[{index}].window");
                Field::new(&path, found).wrong("must be a kind of window");
                Window::InAll
            }
            wire::LimitWindow::InAll => Window::InAll,
            wire::LimitWindow::Day => Window::Day,
            wire::LimitWindow::Week => Window::Week,
            wire::LimitWindow::Month => Window::Month,
            wire::LimitWindow::Year => Window::Year,
            wire::LimitWindow::RollingDays => Window::RollingDays(message.rolling_days),
        };
        Limit {
            window,
            most: message.most,
        }
    });
    limits.collect()
}

fn period(message: Option<&wire::RewardPeriod>, path: &str, found: &mut Vec<FieldViolation>) -> Period {
    let Some(message) = message else {
        return Period::default();
    };
    Period {
        from: Field::new(&format!("{path}.from"), found).moment(message.from.as_ref()),
        until: Field::new(&format!("{path}.until"), found).moment(message.until.as_ref()),
    }
}

fn lifetime(message: Option<&wire::RewardLifetime>, found: &mut Vec<FieldViolation>) -> Lifetime {
    match message.and_then(|message| message.lifetime.as_ref()) {
        None => Lifetime::Unlimited,
        Some(wire::reward_lifetime::Lifetime::Days(days)) => Lifetime::Days(*days),
        Some(wire::reward_lifetime::Lifetime::Until(until)) => Field::new("reward.received.until", found)
            .moment(Some(until))
            .map_or(Lifetime::Unlimited, Lifetime::Until),
    }
}
