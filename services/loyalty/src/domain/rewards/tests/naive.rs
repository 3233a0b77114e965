//! A naive model of redemptions: it keeps all that ever happened, and adds it up anew for every question.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{allowance::same_window, *};
use crate::domain::rewards::{
    code_pool::{Change, RunsLow},
    limits::Limit,
    redemption::{Redemption, State},
};

/// What the model expects of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    Refused,
    Same,
    Changed,
}

/// What was done with the points and money of a redemption.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Books {
    held: BTreeMap<String, i64>,
    spent: BTreeMap<String, i64>,
    back: BTreeMap<String, i64>,
    money_back: i64,
}

/// A redemption as the model knows it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) member: usize,
    pub(super) units: i64,
    pub(super) day: Date,
    pub(super) refunded: i64,
    pub(super) state: State,
    pub(super) expire_time: Timestamp,
    pub(super) points: BTreeMap<String, i64>,
    pub(super) minor: i64,
    pub(super) policy: RefundPolicy,
    pub(super) at_once: bool,
    pub(super) handover: Option<Date>,
    /// What was said with each state that it came into.
    pub(super) said: BTreeMap<State, String>,
    pub(super) refund_ids: BTreeMap<Uuid, i64>,
    books: Books,
}

/// Where a code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Free,
    Taken(Uuid),
    Shown(Uuid),
    Void,
    Expired,
}

#[derive(Default)]
pub(super) struct Naive {
    pub(super) entries: BTreeMap<Uuid, Entry>,
    pub(super) codes: BTreeMap<Uuid, (Option<Timestamp>, Place)>,
    /// Vouchers: the redemption, whether used, whether cancelled.
    pub(super) vouchers: BTreeMap<Uuid, (Uuid, bool, bool)>,
    pub(super) low_at: Option<i64>,
    pub(super) low: bool,
}

impl Entry {
    pub(super) fn new(member: usize, redemption: &Redemption, day: Date) -> Self {
        let payment = &redemption.agreed.payment;
        let points = payment
            .points
            .iter()
            .map(|paid| (paid.wallet.clone(), paid.points));
        Self {
            member,
            units: redemption.order.units,
            day,
            refunded: 0,
            state: State::Reserved,
            expire_time: redemption.expire_time,
            points: points.collect(),
            minor: payment.money.map_or(0, |money| money.minor),
            policy: redemption.agreed.refund,
            at_once: redemption.agreed.fulfils_at_once,
            handover: None,
            said: BTreeMap::from([(State::Reserved, String::new())]),
            refund_ids: BTreeMap::new(),
            books: Books::default(),
        }
    }

    fn lives(&self) -> bool {
        !matches!(self.state, State::Cancelled | State::TimedOut)
    }

    /// Units that are out of stock because of it.
    fn out_of_stock(&self) -> i64 {
        let back = if self.policy.restocks { self.refunded } else { 0 };
        if self.lives() { self.units - back } else { 0 }
    }

    /// Units that count in limits.
    pub(super) fn counted(&self) -> i64 {
        let back = if self.policy.restores_limits {
            self.refunded
        } else {
            0
        };
        if self.lives() { self.units - back } else { 0 }
    }

    fn in_time(&self, today: Date) -> bool {
        match (self.policy.within_days, self.handover) {
            (Some(days), Some(handover)) => handover.until(today).unwrap().get_days() <= days,
            _ => false,
        }
    }

    /// What the books must say, by the state alone.
    fn right_books(&self) -> Books {
        let part = |whole: i64| whole * self.refunded / self.units;
        let none = BTreeMap::new();
        let without_nothing =
            |points: BTreeMap<String, i64>| points.into_iter().filter(|(_, points)| *points > 0).collect();
        match self.state {
            State::Reserved => Books {
                held: self.points.clone(),
                ..Books::default()
            },
            State::TimedOut => Books::default(),
            State::Cancelled if !self.said.contains_key(&State::Confirmed) => Books::default(),
            State::Cancelled => Books {
                held: none,
                spent: self.points.clone(),
                back: self.points.clone(),
                money_back: self.minor,
            },
            _ => Books {
                held: none,
                spent: self.points.clone(),
                back: without_nothing(
                    self.points
                        .iter()
                        .map(|(wallet, points)| (wallet.clone(), part(*points)))
                        .collect(),
                ),
                money_back: part(self.minor),
            },
        }
    }
}

impl Naive {
    fn codes_of(&self, id: Uuid) -> Vec<Option<Timestamp>> {
        let taken = self
            .codes
            .values()
            .filter(|(_, place)| *place == Place::Taken(id));
        taken.map(|(expire_time, _)| *expire_time).collect()
    }

    pub(super) fn free(&self) -> i64 {
        self.count(|place| place == Place::Free)
    }

    pub(super) fn count(&self, is: impl Fn(Place) -> bool) -> i64 {
        i64::try_from(self.codes.values().filter(|(_, place)| is(*place)).count()).unwrap()
    }

    pub(super) fn out_of_stock(&self) -> i64 {
        self.entries.values().map(Entry::out_of_stock).sum()
    }

    /// Units of a member that count in the window of a limit that ends with a day.
    pub(super) fn counted(&self, member: usize, limit: &Limit, today: Date) -> i64 {
        let own = self
            .entries
            .values()
            .filter(|entry| entry.member == member && entry.day <= today);
        own.filter(|entry| same_window(limit.window, entry.day, today))
            .map(Entry::counted)
            .sum()
    }

    /// Free codes that last until a moment.
    pub(super) fn lasting(&self, until: Timestamp) -> i64 {
        let lasts =
            |expire_time: Option<Timestamp>| expire_time.is_none_or(|expire_time| until < expire_time);
        let codes = self
            .codes
            .values()
            .filter(|(expire_time, place)| *place == Place::Free && lasts(*expire_time));
        i64::try_from(codes.count()).unwrap()
    }

    /// Whether an action on a known redemption changes something, by a table of its own.
    pub(super) fn expect(
        &self,
        id: Uuid,
        action: &Action,
        kind: &Kind,
        now: Timestamp,
        today: Date,
    ) -> Expected {
        let entry = &self.entries[&id];
        let late = entry.state == State::Reserved && entry.expire_time <= now;
        let worthless = self
            .codes_of(id)
            .iter()
            .flatten()
            .any(|expire_time| *expire_time <= now);
        let physical = *kind == Kind::Physical;
        let said = |state: State, text: &str| entry.said.get(&state).map(|said| said == text);
        let (before, may) = match action {
            Action::Confirm { payment_reference } => (
                said(State::Confirmed, payment_reference),
                entry.state == State::Reserved
                    && !late
                    && (entry.minor == 0 || !payment_reference.is_empty())
                    && !(entry.at_once && worthless),
            ),
            Action::Prepare { note } => (
                said(State::Preparing, note),
                physical && entry.state == State::Confirmed,
            ),
            Action::Send { note } => (
                said(State::Sent, note),
                physical && matches!(entry.state, State::Confirmed | State::Preparing),
            ),
            Action::Fulfil { note } => (
                said(State::Fulfilled, note),
                matches!(entry.state, State::Confirmed | State::Preparing | State::Sent) && !worthless,
            ),
            Action::Cancel { .. } => (
                (!entry.lives()).then_some(true),
                matches!(entry.state, State::Reserved | State::Confirmed | State::Preparing),
            ),
            Action::TimeOut => ((!late).then_some(true), true),
            Action::Refund {
                id: refund, units, ..
            } => (
                entry.refund_ids.get(refund).map(|known| known == units),
                matches!(entry.state, State::Sent | State::Fulfilled)
                    && (1..=entry.units - entry.refunded).contains(units)
                    && entry.in_time(today)
                    && self.unused_vouchers(id, kind) >= *units,
            ),
            Action::Reserve(_) | Action::Redeem { .. } => panic!("{action:?} is of no known redemption"),
        };
        match (before, may) {
            (Some(true), _) => Expected::Same,
            (Some(false), _) | (None, false) => Expected::Refused,
            (None, true) => Expected::Changed,
        }
    }

    fn unused_vouchers(&self, id: Uuid, kind: &Kind) -> i64 {
        if !matches!(kind, Kind::Voucher(_)) {
            return i64::MAX;
        }
        let unused = self
            .vouchers
            .values()
            .filter(|(of, used, cancelled)| *of == id && !used && !cancelled);
        i64::try_from(unused.count()).unwrap()
    }

    /// Does what an effect asks for; what cannot be done is a fault of whoever decided it.
    pub(super) fn carry_out(&mut self, id: Uuid, effect: &Effect, next: Option<&Effect>) {
        let entry = self.entries.get_mut(&id).unwrap();
        let books = &mut entry.books;
        match effect {
            Effect::HoldPoints { points, .. } => {
                assert!(
                    books.held.is_empty() && books.spent.is_empty(),
                    "held once: {books:?}"
                );
                books.held = points
                    .iter()
                    .map(|held| (held.wallet.clone(), held.points))
                    .collect();
            }
            Effect::CapturePoints => {
                assert!(!books.held.is_empty(), "something is held: {books:?}");
                books.spent = std::mem::take(&mut books.held);
            }
            Effect::ReleasePoints => {
                assert!(!books.held.is_empty(), "something is held: {books:?}");
                books.held.clear();
            }
            Effect::RefundPoints { points } => {
                for back in points {
                    assert!(back.points > 0, "{effect:?}");
                    *books.back.entry(back.wallet.clone()).or_default() += back.points;
                    assert!(books.back[&back.wallet] <= books.spent[&back.wallet], "{books:?}");
                }
            }
            Effect::PayBack {
                money,
                payment_reference,
            } => {
                assert_eq!(entry.said.get(&State::Confirmed), Some(payment_reference));
                books.money_back += money.minor;
            }
            Effect::Codes(change) => self.move_codes(id, change, next),
            Effect::IssueVouchers(offers) => {
                for offer in offers {
                    let before = self.vouchers.insert(offer.voucher, (id, false, false));
                    assert_eq!(before, None, "a voucher is issued once");
                }
            }
            Effect::CancelVouchers(vouchers) => {
                for voucher in vouchers {
                    let known = self.vouchers.get_mut(voucher).unwrap();
                    assert_eq!(
                        *known,
                        (id, false, false),
                        "one that was neither used nor cancelled"
                    );
                    known.2 = true;
                }
            }
            Effect::TakeStock { .. }
            | Effect::CountUnits { .. }
            | Effect::PoolRunsLow(_)
            | Effect::GrantPrivilege { .. }
            | Effect::WithdrawPrivilege { .. } => {}
        }
    }

    /// Moves codes, and requires the notice that is due to follow at once, and no other.
    pub(super) fn move_codes(&mut self, id: Uuid, change: &Change, next: Option<&Effect>) {
        let taken = |codes: &[Code]| codes.iter().map(|code| code.id).collect::<Vec<_>>();
        let (codes, from, to) = match change {
            Change::Taken(codes) => (taken(codes), Place::Free, Place::Taken(id)),
            Change::GivenBack(codes) => (taken(codes), Place::Taken(id), Place::Free),
            Change::Shown(codes) => (codes.clone(), Place::Taken(id), Place::Shown(id)),
            Change::Voided(codes) => (codes.clone(), Place::Shown(id), Place::Void),
            Change::ExpiredFree(codes) => (codes.clone(), Place::Free, Place::Expired),
            Change::ExpiredTaken(codes) => (codes.clone(), Place::Taken(id), Place::Expired),
            Change::Added(_) => (Vec::new(), Place::Free, Place::Free),
        };
        for code in codes {
            let place = &mut self.codes.get_mut(&code).unwrap().1;
            assert_eq!(*place, from, "{code} by {change:?}");
            *place = to;
        }
        let was_low = self.low;
        self.low = self.low_at.is_some_and(|low_at| self.free() <= low_at);
        let notice = next.and_then(|next| match next {
            Effect::PoolRunsLow(RunsLow { free, .. }) => Some(*free),
            _ => None,
        });
        assert_eq!(
            notice,
            (self.low && !was_low).then(|| self.free()),
            "notice after {change:?}"
        );
    }

    /// All that must hold of one redemption.
    pub(super) fn check_entry(&self, id: Uuid, redemption: &Redemption) {
        let entry = &self.entries[&id];
        assert_eq!(redemption.state, entry.state);
        assert_eq!(redemption.refunded_units(), entry.refunded);
        assert_eq!(entry.books, entry.right_books(), "{redemption:#?}");
        let shown = self.count(|place| place == Place::Shown(id));
        let taken = self.count(|place| place == Place::Taken(id));
        if !redemption.codes.is_empty() {
            let handed_over = redemption.handover_time.is_some();
            let (still, waiting) = match (entry.lives(), handed_over) {
                (false, _) => (0, 0),
                (true, true) => (entry.units - entry.refunded, 0),
                (true, false) => (0, entry.units),
            };
            assert_eq!((shown, taken), (still, waiting), "{redemption:#?}");
        }
        let last = redemption.timeline.last().unwrap();
        assert_eq!(
            last.state, redemption.state,
            "the timeline ends with the present state"
        );
    }
}
