//! Random uses of random vouchers, compared with a list of all that happened.

use std::collections::BTreeMap;

use super::*;
use crate::domain::rewards::voucher::{Command, Offer, Order, OrderLine, Use, Voucher, VoucherState, decide};

const VOUCHERS: usize = 500;
const STEPS: usize = 120;
const START: &str = "2026-01-15T15:00:00Z";

fn random_order(random: &mut Random) -> Order {
    let count = random.below(4);
    let lines: Vec<_> = (0..count)
        .map(|_| OrderLine {
            item: (*random.pick(&["tea", "cake"])).to_owned(),
            category: (*random.pick(&["drinks", "food"])).to_owned(),
            unit_minor: random.between(0, 2_000),
            units: random.between(0, 3),
        })
        .collect();
    Order {
        currency: random.pick(&["USD", "USD", "USD", "EUR"]).parse().unwrap(),
        lines,
        member: random
            .pick(&[None, Some(MEMBER), Some("programs/p/members/x")])
            .map(str::to_owned),
    }
}

fn random_terms(random: &mut Random) -> voucher::Terms {
    let optional = |random: &mut Random, most| random.one_in(3).then(|| dollars(random.between(1, most)));
    let benefit = match random.below(3) {
        0 => Benefit::Percentage {
            basis_points: random.between(1, 10_000),
            most: optional(random, 500),
        },
        1 => Benefit::AmountOff {
            amount: dollars(random.between(1, 900)),
        },
        _ => Benefit::FreeItem {
            item: "tea".to_owned(),
            most: optional(random, 500),
        },
    };
    voucher::Terms {
        benefit,
        minimum_order: optional(random, 3_000),
        categories: random
            .one_in(3)
            .then(|| "drinks".to_owned())
            .into_iter()
            .collect(),
        uses: random.between(1, 20),
        bound: random.one_in(4),
        rounding: *random.pick(&[Rounding::Down, Rounding::HalfUp]),
    }
}

/// What a voucher gives, by its definition and with fractions; none means nothing.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
fn discount(terms: &voucher::Terms, order: &Order) -> Option<i64> {
    let counts = |line: &&OrderLine| terms.categories.is_empty() || terms.categories.contains(&line.category);
    let lines: Vec<_> = order.lines.iter().filter(counts).collect();
    let amount: i64 = lines.iter().map(|line| line.unit_minor * line.units).sum();
    let (gives, most) = match &terms.benefit {
        Benefit::Percentage { basis_points, most } => {
            let exact = amount as f64 * *basis_points as f64 / 10_000.0;
            let whole = if terms.rounding == Rounding::Down {
                exact.floor()
            } else {
                (exact + 0.5).floor()
            };
            (whole as i64, *most)
        }
        Benefit::AmountOff { amount: off } => (off.minor.min(amount), None),
        Benefit::FreeItem { item, most } => {
            let bought = lines.iter().filter(|line| line.item == *item && line.units > 0);
            (bought.map(|line| line.unit_minor).min()?, *most)
        }
    };
    let in_dollars =
        most.is_some() || terms.minimum_order.is_some() || matches!(terms.benefit, Benefit::AmountOff { .. });
    let fits = !in_dollars || order.currency == Currency::USD;
    let enough = terms.minimum_order.is_none_or(|minimum| amount >= minimum.minor);
    let gives = most.map_or(gives, |most| gives.min(most.minor));
    (fits && enough && amount > 0 && gives > 0).then_some(gives)
}

/// A voucher beside the list of its uses.
struct Known {
    voucher: Voucher,
    /// From when on it cannot be used.
    end: Option<Timestamp>,
    uses: BTreeMap<String, Use>,
    cancelled: bool,
}

impl Known {
    fn random(random: &mut Random) -> Self {
        let (terms, start) = (random_terms(random), moment(START));
        let lifetime = *random.pick(&[Lifetime::Unlimited, Lifetime::Days(2)]);
        let offer = Offer::issue(
            Uuid::from_u128(1),
            (PROGRAM, MEMBER),
            &terms,
            lifetime,
            (start, &TimeZone::UTC),
        );
        Self {
            voucher: Voucher::new(offer),
            end: (lifetime != Lifetime::Unlimited).then(|| moment("2026-01-18T00:00:00Z")),
            uses: BTreeMap::new(),
            cancelled: false,
        }
    }

    /// Uses that were not undone, counted one by one.
    fn counted(&self) -> i64 {
        i64::try_from(
            self.uses
                .values()
                .filter(|taken| taken.undo_time.is_none())
                .count(),
        )
        .unwrap()
    }

    /// Whether the voucher may be used for an order under an id.
    fn may_use(&self, id: &str, order: &Order, now: Timestamp) -> bool {
        let terms = &self.voucher.offer.terms;
        if let Some(taken) = self.uses.get(id) {
            let total: i64 = order.lines.iter().map(|line| line.unit_minor * line.units).sum();
            let same = taken.order_minor == total && taken.discount.currency == order.currency;
            return taken.undo_time.is_none() && same;
        }
        !self.cancelled
            && self.end.is_none_or(|end| now < end)
            && (!terms.bound || order.member.as_deref() == Some(MEMBER))
            && self.counted() < terms.uses
            && discount(terms, order).is_some()
    }

    fn random_command(random: &mut Random) -> Command {
        let id = format!("o{}", random.below(60));
        match random.below(100) {
            0 if random.one_in(2) => Command::Cancel,
            0..=24 => Command::Undo { id },
            _ => Command::Use {
                id,
                order: random_order(random),
                use_time: None,
            },
        }
    }

    /// Takes a command, and tells what came of it.
    fn step(&mut self, command: &Command, now: Timestamp) -> &'static str {
        let (id, expected) = match command {
            Command::Use { id, order, .. } => (id.as_str(), self.may_use(id, order, now)),
            Command::Undo { id } => (id.as_str(), self.uses.contains_key(id)),
            Command::Cancel => ("", true),
        };
        let known = self.uses.get(id).cloned();
        let result = decide(&self.voucher, known.as_ref(), command, now);
        assert_eq!(
            result.is_ok(),
            expected,
            "{command:?} on {:?}: {result:?}",
            self.voucher
        );
        let Ok(decision) = result else {
            return "refused";
        };
        if let Some(change) = &decision.change {
            self.voucher.apply(change);
        }
        if let Some(taken) = decision.of {
            self.uses.insert(id.to_owned(), taken);
        }
        match command {
            Command::Cancel => {
                self.cancelled = true;
                "cancelled"
            }
            _ if decision.change.is_none() => {
                assert_eq!(
                    self.uses.get(id),
                    known.as_ref(),
                    "the same command again tells the same use"
                );
                "the same"
            }
            Command::Use { order, .. } => {
                let right = discount(&self.voucher.offer.terms, order);
                assert_eq!(
                    Some(self.uses[id].discount.minor),
                    right,
                    "{command:?} on {:?}",
                    self.voucher
                );
                "used"
            }
            Command::Undo { .. } => "undone",
        }
    }

    fn check(&self, now: Timestamp) {
        assert_eq!(self.voucher.used, self.counted());
        assert!(
            (0..=self.voucher.offer.terms.uses).contains(&self.voucher.used),
            "{:?}",
            self.voucher
        );
        assert_eq!(self.voucher.state(now) == VoucherState::Cancelled, self.cancelled);
    }
}

#[test]
fn random_uses_are_counted_as_a_list_of_them_says() {
    let mut random = Random::announced("random_uses");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..VOUCHERS {
        let (mut known, mut now) = (Known::random(&mut random), moment(START));
        for _ in 0..STEPS {
            now += SignedDuration::from_secs(random.between(0, 4_000));
            let came_of_it = known.step(&Known::random_command(&mut random), now);
            *counts.entry(came_of_it).or_default() += 1;
            known.check(now);
        }
    }
    println!("{} steps: {counts:?}", VOUCHERS * STEPS);
    for (what, least) in [
        ("used", 4_000),
        ("undone", 1_000),
        ("refused", 10_000),
        ("the same", 100),
        ("cancelled", 100),
    ] {
        assert!(
            counts.get(what).is_some_and(|count| *count >= least),
            "{what} must happen often: {counts:?}"
        );
    }
}
