//! A random reward with its members, beside the naive model of it.

use std::collections::BTreeMap;

use super::{
    naive::{Entry, Naive, Place},
    *,
};
use crate::domain::rewards::{
    limits::{Limit, Use, Window, needed_since},
    price::Rate,
    redemption::{Redemption, State},
};

/// How many members there are.
pub(super) const MEMBERS: usize = 3;

/// A reward, its members, and all redemptions, beside the model of them.
pub(super) struct World {
    pub(super) random: Random,
    pub(super) reward: RewardState,
    pub(super) uses: Vec<Uses>,
    pub(super) redemptions: BTreeMap<Uuid, Redemption>,
    pub(super) commands: Vec<(usize, Command)>,
    pub(super) naive: Naive,
    pub(super) now: Timestamp,
    pub(super) zone: TimeZone,
    pub(super) ids: u128,
    pub(super) counts: BTreeMap<&'static str, usize>,
}

fn random_price(random: &mut Random) -> Price {
    let form = match random.below(4) {
        0 => PriceForm::Free,
        1 => PriceForm::Range {
            wallet: "main".to_owned(),
            least_points: random.between(0, 50),
            most_points: random.between(51, 200),
            rate: Rate {
                money: dollars(random.between(1, 20)),
                points: random.between(1, 7),
            },
        },
        _ => PriceForm::Fixed {
            points: [
                points("main", random.between(1, 100)),
                points("stamps", random.between(1, 9)),
            ][..=random.below(2)]
                .to_vec(),
            money: random.one_in(3).then(|| dollars(random.between(1, 999))),
        },
    };
    Price {
        id: "points".to_owned(),
        form,
    }
}

fn random_terms(random: &mut Random) -> Terms {
    let kind = match random.below(6) {
        0 | 1 => codes(),
        2 => Kind::Voucher(five_off()),
        3 => Kind::Donation {
            recipient: "Red Cross".to_owned(),
        },
        _ => Kind::Physical,
    };
    let windows = [
        Window::InAll,
        Window::Day,
        Window::Week,
        Window::Month,
        Window::Year,
        Window::RollingDays(1 + i32::try_from(random.below(9)).unwrap()),
    ];
    let limits = windows.into_iter().filter(|_| random.one_in(4));
    let limits: Vec<_> = limits.collect();
    let limits = limits.into_iter().map(|window| Limit {
        window,
        most: random.between(2, 60),
    });
    let mut terms = Terms {
        limits: limits.collect(),
        prices: vec![random_price(random)],
        fulfils_at_once: kind != Kind::Physical && random.one_in(2),
        ..terms(kind)
    };
    vary(random, &mut terms);
    assert_eq!(terms.check(), [], "{terms:?}");
    terms
}

/// Changes what a new version may change.
pub(super) fn vary(random: &mut Random, terms: &mut Terms) {
    terms.prices = vec![random_price(random)];
    terms.most_units = random.between(1, 6);
    terms.reservation_minutes = *random.pick(&[1, 30, 1_440]);
    terms.refund = RefundPolicy {
        within_days: *random.pick(&[None, Some(0), Some(3), Some(60), Some(60)]),
        restocks: terms.kind.pool().is_none() && random.one_in(2),
        restores_limits: random.one_in(2),
    };
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let terms = random_terms(&mut random);
        let low_at = random.one_in(2).then(|| random.between(0, 6));
        let total = random.one_in(2).then(|| random.between(1, 90));
        let pool = terms.kind.pool().map(|_| pool(low_at, Vec::new()));
        let mut naive = Naive::default();
        let mut reward = RewardState {
            program: PROGRAM.to_owned(),
            name: REWARD.to_owned(),
            terms,
            version: 1,
            stock: total.map_or(Stock::unlimited(), |total| Stock::of(total).unwrap()),
            pool,
        };
        if let Some(pool) = &mut reward.pool {
            naive.low_at = low_at;
            pool.set_low_at(low_at);
            naive.low = low_at.is_some();
        }
        let start = moment("2026-02-24T12:00:00Z") + SignedDuration::from_hours(random.between(0, 300 * 24));
        Self {
            random,
            reward,
            uses: vec![Uses::default(); MEMBERS],
            redemptions: BTreeMap::new(),
            commands: Vec::new(),
            naive,
            now: start,
            zone: new_york(),
            ids: 0,
            counts: BTreeMap::new(),
        }
    }

    pub(super) fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    pub(super) fn today(&self) -> jiff::civil::Date {
        self.zone.to_datetime(self.now).date()
    }

    /// What is known of a member, as a store gives it: only what limits need is listed.
    pub(super) fn member(&self, member: usize, redemption: Uuid) -> MemberUse {
        let since = needed_since(&self.reward.terms.limits, self.now, &self.zone).unwrap_or(Timestamp::MAX);
        let (listed, before): (Vec<Use>, Vec<Use>) = self.uses[member]
            .listed
            .iter()
            .partition(|counted| counted.time >= since);
        let used = self.naive.vouchers.iter().filter(|(_, (_, used, _))| *used);
        MemberUse {
            member: format!("{PROGRAM}/members/m{member}"),
            active: true,
            eligible: true,
            uses: Uses {
                units_before: before.iter().map(|counted| counted.units).sum(),
                listed,
            },
            redemption: self.redemptions.get(&redemption).cloned(),
            used_vouchers: used.map(|(id, _)| *id).collect(),
        }
    }

    pub(super) fn decide(&mut self, member: usize, command: &Command) -> Result<Decision, Error> {
        let known = self.member(member, command.redemption);
        let ids = &mut self.ids;
        decide(&self.reward, &known, command, self.now, &self.zone, &mut || {
            *ids += 1;
            Uuid::from_u128(*ids)
        })
    }

    /// The model takes note of a new state.
    pub(super) fn pass(&mut self, id: Uuid, state: State, said: &str) {
        let today = self.today();
        let entry = self.naive.entries.get_mut(&id).unwrap();
        entry.state = state;
        entry.said.insert(state, said.to_owned());
        if state == State::Confirmed && entry.at_once {
            entry.state = State::Fulfilled;
            entry.said.insert(State::Fulfilled, String::new());
        }
        if entry.state.is_handed_over() {
            entry.handover.get_or_insert(today);
        }
    }

    pub(super) fn carry_out(&mut self, member: usize, command: Command, decision: &Decision) {
        let id = command.redemption;
        for (place, effect) in decision.effects.iter().enumerate() {
            self.naive.carry_out(id, effect, decision.effects.get(place + 1));
        }
        let mut known = self.member(member, id);
        known.uses = self.uses[member].clone();
        known.apply(decision);
        self.uses[member] = known.uses;
        self.reward.apply(decision);
        self.redemptions.insert(id, decision.redemption.clone());
        self.commands.push((member, command));
        self.naive.check_entry(id, &decision.redemption);
    }

    pub(super) fn note(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Points and money are the price: what is not paid in points is paid in money.
    pub(super) fn check_price(&self, redemption: &Redemption) {
        let (units, payment) = (redemption.order.units, &redemption.agreed.payment);
        let minor = payment.money.map_or(0, |money| money.minor);
        match &self.reward.terms.prices[0].form {
            PriceForm::Free => assert!(payment.is_nothing()),
            PriceForm::Fixed { points: each, money } => {
                let all: Vec<_> = each
                    .iter()
                    .map(|price| points(&price.wallet, price.points * units))
                    .collect();
                assert_eq!(
                    (&payment.points, minor),
                    (&all, money.map_or(0, |money| money.minor * units))
                );
            }
            PriceForm::Range {
                least_points,
                most_points,
                rate,
                ..
            } => {
                let paid: i64 = payment.points.iter().map(|paid| paid.points).sum();
                let missing = most_points * units - paid;
                assert!(paid >= least_points * units && missing >= 0, "{payment:?}");
                // The least whole number of minor units that is worth the missing points.
                let worth = |minor: i64| minor * rate.points >= missing * rate.money.minor;
                assert!(
                    worth(minor) && (minor == 0 || !worth(minor - 1)),
                    "{payment:?} {rate:?}"
                );
            }
        }
    }

    /// All that must hold between steps.
    pub(super) fn check(&self) {
        assert_eq!(self.reward.stock.taken(), self.naive.out_of_stock());
        assert!(self.reward.stock.left().is_none_or(|left| left >= 0));
        if let Some(pool) = &self.reward.pool {
            let counts = pool.counts;
            let placed = [
                self.naive.free(),
                self.naive.count(|place| matches!(place, Place::Taken(_))),
                self.naive.count(|place| matches!(place, Place::Shown(_))),
                self.naive.count(|place| place == Place::Void),
                self.naive.count(|place| place == Place::Expired),
            ];
            assert_eq!(
                [
                    counts.free,
                    counts.taken,
                    counts.shown,
                    counts.void,
                    counts.expired
                ],
                placed
            );
            let mut next: Vec<Uuid> = pool.next.iter().map(|code| code.id).collect();
            next.sort_unstable();
            let free = self
                .naive
                .codes
                .iter()
                .filter(|(_, (_, place))| *place == Place::Free);
            assert_eq!(next, free.map(|(id, _)| *id).collect::<Vec<_>>());
            assert_eq!(pool.low, self.naive.low);
        }
    }

    /// No limit is exceeded in any window that ends with a day on which something was redeemed.
    pub(super) fn check_windows(&self) {
        for (id, entry) in &self.naive.entries {
            self.naive.check_entry(*id, &self.redemptions[id]);
            for limit in &self.reward.terms.limits {
                let counted = self.naive.counted(entry.member, limit, entry.day);
                assert!(
                    counted <= limit.most,
                    "{counted} of {limit:?} until {}",
                    entry.day
                );
            }
        }
        for (member, uses) in self.uses.iter().enumerate() {
            let own = self.naive.entries.values().filter(|entry| entry.member == member);
            let counted: i64 = own.map(Entry::counted).sum();
            assert_eq!(
                uses.listed.iter().map(|counted| counted.units).sum::<i64>(),
                counted,
                "{member}"
            );
        }
    }
}
