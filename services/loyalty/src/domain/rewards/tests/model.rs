//! Random commands on random rewards, compared with the naive model after every step.

use std::collections::BTreeMap;

use super::{
    naive::{Entry, Expected, Place},
    world::{MEMBERS, World, vary},
    *,
};
use crate::domain::rewards::{code_pool::Change, limits::Limit, redemption::State};

const WORLDS: u64 = 300;
const STEPS: usize = 300;

impl World {
    fn step(&mut self) {
        match self.random.below(20) {
            0 if self.random.one_in(2) => self.wait(),
            1..=6 => self.reserve(),
            7 => self.repeat(),
            8 => self.change_stock(),
            9 => self.import(),
            10 if self.random.one_in(5) => self.change_terms(),
            11 => self.use_voucher(),
            12 => self.sweep(),
            _ => self.act(),
        }
    }

    fn wait(&mut self) {
        let most = *self.random.pick(&[60, 3_600, 86_400, 86_400, 30 * 86_400]);
        self.now += SignedDuration::from_secs(self.random.between(1, most));
    }

    fn reserve(&mut self) {
        self.now += SignedDuration::from_secs(self.random.between(0, 600));
        let (member, redemption) = (self.random.below(MEMBERS), self.id());
        let order = Order {
            units: *self.random.pick(&[0, 1, 1, 1, 2, 2, 3, 6]),
            price: "points".to_owned(),
            points: self.random.one_in(6).then(|| self.random.between(0, 400)),
        };
        let payment_reference = (*self.random.pick(&["", "card", "card"])).to_owned();
        let redeem = self.random.one_in(2);
        let action = if redeem {
            Action::Redeem {
                order: order.clone(),
                payment_reference: payment_reference.clone(),
            }
        } else {
            Action::Reserve(order.clone())
        };
        let command = Command { redemption, action };
        let payment = self.reward.terms.prices[0]
            .payment(order.units, order.points)
            .ok();
        let confirmable = payment
            .as_ref()
            .is_some_and(|payment| payment.money.is_none() || !payment_reference.is_empty());
        let expected = self.may_reserve(member, order.units) && payment.is_some() && (!redeem || confirmable);
        let decision = self.decide(member, &command);
        assert_eq!(decision.is_ok(), expected, "{command:?}: {decision:?}");
        let Ok(decision) = decision else {
            return self.note("not reserved");
        };
        self.check_price(&decision.redemption);
        let entry = Entry::new(member, &decision.redemption, self.today());
        self.naive.entries.insert(redemption, entry);
        if redeem {
            self.pass(redemption, State::Confirmed, &payment_reference);
        }
        self.carry_out(member, command, &decision);
        self.note("reserved");
    }

    fn may_reserve(&self, member: usize, units: i64) -> bool {
        let terms = &self.reward.terms;
        let until = self.now + SignedDuration::from_mins(i64::from(terms.reservation_minutes));
        let within = |limit: &Limit| self.naive.counted(member, limit, self.today()) + units <= limit.most;
        (1..=terms.most_units).contains(&units)
            && terms.limits.iter().all(within)
            && self
                .reward
                .stock
                .total()
                .is_none_or(|total| self.naive.out_of_stock() + units <= total)
            && (terms.kind.pool().is_none() || self.naive.lasting(until) >= units)
    }

    /// An action on any redemption there is, whether it can be taken or not.
    fn act(&mut self) {
        let known: Vec<Uuid> = self.redemptions.keys().copied().collect();
        let open = |id: &Uuid| !self.redemptions[id].state.is_final();
        let open: Vec<Uuid> = known.iter().copied().filter(open).collect();
        if open.is_empty() {
            return;
        }
        // Mostly one that can still go on, and of these one of the last.
        let last = &open[open.len().saturating_sub(8)..];
        let among = if self.random.one_in(6) { &known } else { last };
        let id = *self.random.pick(among);
        let text = (*self.random.pick(&["", "card", "card", "card", "card"])).to_owned();
        let action = match self.random.below(9) {
            _ if self.redemptions[&id].state.is_handed_over() && self.random.one_in(2) => {
                self.random_refund()
            }
            0 | 1 => paid(&text),
            2 => Action::Prepare { note: text },
            3 => Action::Send { note: text },
            4 | 5 => Action::Fulfil { note: text },
            6 => cancel(),
            _ => self.random_refund(),
        };
        self.act_on(id, &action);
    }

    fn random_refund(&mut self) -> Action {
        let id = 1_000_000 + u128::from(self.random.next() % 12);
        refund(id, *self.random.pick(&[0, 1, 1, 2, 4]))
    }

    fn act_on(&mut self, id: Uuid, action: &Action) {
        let (kind, today) = (self.reward.terms.kind.clone(), self.today());
        let expected = self.naive.expect(id, action, &kind, self.now, today);
        let member = self.naive.entries[&id].member;
        let command = Command {
            redemption: id,
            action: action.clone(),
        };
        let decision = self.decide(member, &command);
        let found = match &decision {
            Err(_) => Expected::Refused,
            Ok(decision) if decision.unchanged => Expected::Same,
            Ok(_) => Expected::Changed,
        };
        assert_eq!(
            found, expected,
            "{action:?} on {:#?}: {decision:?}",
            self.redemptions[&id]
        );
        let Ok(decision) = decision else {
            return self.note("refused");
        };
        if decision.unchanged {
            assert_eq!(
                (&decision.redemption, decision.effects.len()),
                (&self.redemptions[&id], 0)
            );
            return self.note("the same");
        }
        let entry = self.naive.entries.get_mut(&id).unwrap();
        let late = entry.state == State::Reserved && entry.expire_time <= self.now;
        match action {
            Action::Confirm { payment_reference } => self.pass(id, State::Confirmed, payment_reference),
            Action::Prepare { note } => self.pass(id, State::Preparing, note),
            Action::Send { note } => self.pass(id, State::Sent, note),
            Action::Fulfil { note } => self.pass(id, State::Fulfilled, note),
            Action::Cancel { .. } if !late => self.pass(id, State::Cancelled, ""),
            Action::Refund {
                id: refund, units, ..
            } => {
                entry.refund_ids.insert(*refund, *units);
                entry.refunded += units;
                if entry.refunded == entry.units {
                    entry.state = State::Refunded;
                }
            }
            _ => self.pass(id, State::TimedOut, ""),
        }
        self.carry_out(member, command, &decision);
        self.note(match decision.redemption.state {
            State::Refunded => "refunded",
            State::TimedOut => "timed out",
            State::Cancelled => "cancelled",
            _ if matches!(action, Action::Refund { .. }) => "refunded in part",
            _ => "gone on",
        });
    }

    /// A command that was carried out before changes nothing, whatever has happened since.
    fn repeat(&mut self) {
        if self.commands.is_empty() {
            return;
        }
        let (member, command) = self.random.pick(&self.commands).clone();
        let decision = self.decide(member, &command).unwrap();
        assert_eq!(decision.redemption, self.redemptions[&command.redemption]);
        let late = command.action == Action::TimeOut && !decision.unchanged;
        assert!(
            (decision.unchanged && decision.effects.is_empty()) || late,
            "{command:?}: {decision:?}"
        );
        self.note("repeated");
    }

    fn sweep(&mut self) {
        let known: Vec<Uuid> = self.redemptions.keys().copied().collect();
        for id in known {
            self.act_on(id, &Action::TimeOut);
        }
    }

    fn change_stock(&mut self) {
        let total = self.random.one_in(2).then(|| self.random.between(0, 200));
        let taken = self.naive.out_of_stock();
        let changed = self.reward.stock.with_total(total);
        assert_eq!(
            changed.is_ok(),
            total.is_none_or(|total| total >= taken),
            "{total:?} of {taken}"
        );
        self.reward.stock = changed.unwrap_or(self.reward.stock);
    }

    fn change_terms(&mut self) {
        vary(&mut self.random, &mut self.reward.terms);
        self.reward.version += 1;
    }

    fn import(&mut self) {
        let count = self.random.between(1, 12);
        let expiry = [None, Some(2 * 3_600), Some(86_400), Some(40 * 86_400)];
        let new: Vec<Code> = (0..count)
            .map(|_| Code {
                id: self.id(),
                expire_time: self
                    .random
                    .pick(&expiry)
                    .map(|seconds| self.now + SignedDuration::from_secs(seconds)),
            })
            .collect();
        let Some(pool) = &mut self.reward.pool else {
            return;
        };
        for code in &new {
            self.naive.codes.insert(code.id, (code.expire_time, Place::Free));
        }
        pool.next.extend(new);
        pool.next
            .sort_by_key(|code| (code.expire_time.is_none(), code.expire_time));
        let change = Change::Added(count);
        let notice = pool.apply(&change).map(Effect::PoolRunsLow);
        self.naive.move_codes(Uuid::nil(), &change, notice.as_ref());
    }

    fn use_voucher(&mut self) {
        let usable: Vec<Uuid> = self
            .naive
            .vouchers
            .iter()
            .filter(|(_, voucher)| !voucher.2)
            .map(|(id, _)| *id)
            .collect();
        if !usable.is_empty() {
            let id = *self.random.pick(&usable);
            let used = &mut self.naive.vouchers.get_mut(&id).unwrap().1;
            *used = !*used;
        }
    }
}

#[test]
fn random_commands_do_what_the_naive_model_says() {
    let mut random = Random::announced("random_commands");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for number in 0..WORLDS {
        let seed = random.next();
        let mut world = World::new(seed);
        for step in 0..STEPS {
            world.step();
            world.check();
            if step % 50 == 49 {
                world.check_windows();
            }
        }
        assert!(
            !world.naive.entries.is_empty() || world.reward.pool.is_some(),
            "world {number} of seed {seed}"
        );
        for (what, count) in world.counts {
            *counts.entry(what).or_default() += count;
        }
    }
    println!("{} steps: {counts:?}", usize::try_from(WORLDS).unwrap() * STEPS);
    for what in [
        "reserved",
        "not reserved",
        "gone on",
        "refunded in part",
        "refunded",
        "timed out",
        "cancelled",
        "refused",
        "the same",
        "repeated",
    ] {
        assert!(
            counts.get(what).is_some_and(|count| *count > 400),
            "{what} must happen often: {counts:?}"
        );
    }
}
