//! The rules by example, and against naive models.

mod allowance;
mod catalogue;
mod discounts;
mod documented;
mod model;
mod naive;
mod paying;
mod receiving;
mod redeeming;
mod refunding;
mod signed_codes;
mod states;
mod voucher_model;
mod vouchers;
mod world;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rapport_money::{Currency, Money};
use rapport_status::{Error, FieldViolation};
use rapport_testkit::Random;
use uuid::Uuid;

use super::{
    code_pool::{self, Code, Counts, Pool},
    limits::Uses,
    price::{Price, PriceForm, WalletPoints},
    redemption::{Action, Command, Decision, Effect, MemberUse, Order, RewardState, decide},
    stock::Stock,
    terms::{Kind, RefundPolicy, Terms},
    text::Translations,
    validity::{Lifetime, Period},
    voucher::{self, Benefit, Rounding},
};

const PROGRAM: &str = "programs/p";
const MEMBER: &str = "programs/p/members/m";
const REWARD: &str = "programs/p/rewards/r";

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn new_york() -> TimeZone {
    TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap()
}

fn dollars(minor: i64) -> Money {
    Money {
        minor,
        currency: Currency::USD,
    }
}

fn points(wallet: &str, points: i64) -> WalletPoints {
    WalletPoints {
        wallet: wallet.to_owned(),
        points,
    }
}

fn fixed(id: &str, points: Vec<WalletPoints>, money: Option<Money>) -> Price {
    Price {
        id: id.to_owned(),
        form: PriceForm::Fixed { points, money },
    }
}

/// Terms that keep all rules: 100 points, no limits, confirmed by hand, refunded within 30 days.
fn terms(kind: Kind) -> Terms {
    Terms {
        title: Translations::only("en", "Mug"),
        description: None,
        category: String::new(),
        tags: Vec::new(),
        most_units: if matches!(kind, Kind::Privilege { .. }) {
            1
        } else {
            10
        },
        kind,
        prices: vec![fixed("points", vec![points("main", 100)], None)],
        limits: Vec::new(),
        eligibility: String::new(),
        published: Period::default(),
        redeemable: Period::default(),
        received: Lifetime::Unlimited,
        reservation_minutes: 30,
        fulfils_at_once: false,
        refund: RefundPolicy {
            within_days: Some(30),
            restocks: false,
            restores_limits: false,
        },
        cost: None,
    }
}

fn voucher_terms(benefit: Benefit) -> voucher::Terms {
    voucher::Terms {
        benefit,
        minimum_order: None,
        categories: std::collections::BTreeSet::new(),
        uses: 1,
        bound: false,
        rounding: Rounding::Down,
    }
}

fn five_off() -> voucher::Terms {
    voucher_terms(Benefit::AmountOff { amount: dollars(500) })
}

fn codes() -> Kind {
    Kind::DigitalCode {
        pool: "cinema".to_owned(),
    }
}

fn code(id: u128, expire_time: Option<Timestamp>) -> Code {
    Code {
        id: Uuid::from_u128(id),
        expire_time,
    }
}

fn pool(low_at: Option<i64>, next: Vec<Code>) -> Pool {
    Pool {
        name: "programs/p/codePools/cinema".to_owned(),
        low_at,
        counts: Counts {
            free: i64::try_from(next.len()).unwrap(),
            ..Counts::default()
        },
        low: false,
        next,
    }
}

/// One reward and one member, with a clock and a source of identifiers.
struct Example {
    reward: RewardState,
    member: MemberUse,
    now: Timestamp,
    zone: TimeZone,
    ids: u128,
}

impl Example {
    fn new(terms: Terms) -> Self {
        assert_eq!(terms.check(), []);
        Self {
            reward: RewardState {
                program: PROGRAM.to_owned(),
                name: REWARD.to_owned(),
                terms,
                version: 1,
                stock: Stock::unlimited(),
                pool: None,
            },
            member: MemberUse {
                member: MEMBER.to_owned(),
                active: true,
                eligible: true,
                uses: Uses::default(),
                redemption: None,
                used_vouchers: std::collections::BTreeSet::new(),
            },
            now: moment("2026-01-15T15:00:00Z"),
            zone: new_york(),
            ids: 1_000,
        }
    }

    /// An example of codes, of which so many are there.
    fn with_codes(count: u128) -> Self {
        let mut example = Self::new(terms(codes()));
        example.reward.pool = Some(pool(None, (1..=count).map(|id| code(id, None)).collect()));
        example
    }

    fn wait(&mut self, minutes: i64) {
        self.now += SignedDuration::from_mins(minutes);
    }

    fn decide(&mut self, action: Action) -> Result<Decision, Error> {
        let command = Command {
            redemption: Uuid::from_u128(7),
            action,
        };
        let ids = &mut self.ids;
        decide(
            &self.reward,
            &self.member,
            &command,
            self.now,
            &self.zone,
            &mut || {
                *ids += 1;
                Uuid::from_u128(*ids)
            },
        )
    }

    /// Decides an action and carries it out.
    fn take(&mut self, action: Action) -> Decision {
        let decision = self.decide(action).unwrap();
        self.reward.apply(&decision);
        self.member.apply(&decision);
        decision
    }

    fn refuse(&mut self, action: Action) -> Error {
        self.decide(action).unwrap_err()
    }
}

fn order(units: i64) -> Order {
    Order {
        units,
        price: "points".to_owned(),
        points: None,
    }
}

fn reserve(units: i64) -> Action {
    Action::Reserve(order(units))
}

fn confirm() -> Action {
    Action::Confirm {
        payment_reference: String::new(),
    }
}

fn paid(payment_reference: &str) -> Action {
    Action::Confirm {
        payment_reference: payment_reference.to_owned(),
    }
}

fn prepare() -> Action {
    Action::Prepare {
        note: "shelf 3".to_owned(),
    }
}

fn send() -> Action {
    Action::Send {
        note: "parcel 1".to_owned(),
    }
}

fn fulfil() -> Action {
    Action::Fulfil {
        note: "signed for".to_owned(),
    }
}

fn cancel() -> Action {
    Action::Cancel {
        reason: "changed my mind".to_owned(),
    }
}

fn refund(id: u128, units: i64) -> Action {
    Action::Refund {
        id: Uuid::from_u128(id),
        units,
        reason: "broken".to_owned(),
    }
}

/// The effects of taking units: stock, then limits.
fn taken(units: i64) -> [Effect; 2] {
    [Effect::TakeStock { units }, Effect::CountUnits { units }]
}

fn changed(change: code_pool::Change) -> Effect {
    Effect::Codes(change)
}

fn fields(violations: &[FieldViolation]) -> Vec<&str> {
    violations
        .iter()
        .map(|violation| violation.field.as_str())
        .collect()
}
