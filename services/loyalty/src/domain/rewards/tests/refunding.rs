//! Units that are given back after they were handed over.

use super::*;
use crate::domain::rewards::{
    code_pool::Change,
    limits::{Limit, Window},
    reasons,
    redemption::State,
};

/// An example whose redemption of so many units is handed over.
fn handed_over(mut example: Example, units: i64) -> Example {
    example.take(reserve(units));
    example.take(paid("card 1"));
    example.take(fulfil());
    example
}

fn back(points_back: i64) -> Effect {
    Effect::RefundPoints {
        points: vec![points("main", points_back)],
    }
}

#[test]
fn units_are_refunded_one_by_one_until_all_are() {
    let mut terms = terms(Kind::Physical);
    terms.prices = vec![fixed("points", vec![points("main", 100)], Some(dollars(50)))];
    let mut example = handed_over(Example::new(terms), 3);
    let money = |minor| Effect::PayBack {
        money: dollars(minor),
        payment_reference: "card 1".to_owned(),
    };
    let first = example.take(refund(1, 1));
    assert_eq!(first.effects, [back(100), money(50)]);
    assert_eq!(
        (first.redemption.state, first.redemption.refunded_units()),
        (State::Fulfilled, 1)
    );
    for units in [0, -1, 3] {
        let error = example.refuse(refund(2, units));
        assert_eq!(fields(error.violations()), ["units"], "{units}");
        assert!(error.message().contains("must be 1 to 2"), "{error}");
    }
    let last = example.take(refund(2, 2));
    assert_eq!(last.effects, [back(200), money(100)]);
    assert_eq!(last.redemption.state, State::Refunded);
    assert_eq!(last.redemption.timeline.last().unwrap().note, "broken");
    let refunds: Vec<_> = last
        .redemption
        .refunds
        .iter()
        .map(|refund| refund.units)
        .collect();
    assert_eq!(refunds, [1, 2]);
    let error = example.refuse(refund(3, 1));
    assert!(
        error
            .message()
            .contains("is refunded and cannot be refunded; nothing more"),
        "{error}"
    );
}

#[test]
fn a_thing_on_its_way_can_be_refunded_too() {
    let mut example = Example::new(terms(Kind::Physical));
    example.take(reserve(2));
    example.take(confirm());
    example.take(send());
    example.take(refund(1, 1));
    assert_eq!(example.take(fulfil()).redemption.state, State::Fulfilled);
    assert_eq!(example.take(refund(2, 1)).redemption.state, State::Refunded);
}

#[test]
fn stock_and_limits_get_units_back_as_the_policy_says() {
    for (restocks, restores_limits) in [(false, false), (true, false), (false, true), (true, true)] {
        let mut terms = terms(Kind::Physical);
        terms.refund.restocks = restocks;
        terms.refund.restores_limits = restores_limits;
        terms.cost = Some(dollars(30));
        terms.limits = vec![Limit {
            window: Window::InAll,
            most: 3,
        }];
        let mut example = Example::new(terms);
        example.reward.stock = Stock::of(5).unwrap();
        assert_eq!(example.take(reserve(3)).redemption.cost(), Some(dollars(0)));
        example.take(confirm());
        assert_eq!(example.take(fulfil()).redemption.cost(), Some(dollars(90)));
        let refunded = example.take(refund(1, 2));
        let [stock, limits] = taken(-2);
        let mut expected = vec![back(200)];
        expected.extend(restocks.then_some(stock));
        expected.extend(restores_limits.then_some(limits));
        assert_eq!(refunded.effects, expected);
        assert_eq!(example.reward.stock.left(), Some(if restocks { 4 } else { 2 }));
        let left = example
            .member
            .uses
            .left(&example.reward.terms.limits, example.now, &example.zone);
        assert_eq!(left, Some(if restores_limits { 2 } else { 0 }));
        assert_eq!(
            refunded.redemption.cost(),
            Some(dollars(if restocks { 30 } else { 90 }))
        );
    }
    let example = handed_over(Example::new(terms(Kind::Physical)), 1);
    assert_eq!(example.member.redemption.unwrap().cost(), None);
}

#[test]
fn units_are_taken_back_until_the_deadline_after_they_were_handed_over() {
    let mut example = handed_over(Example::new(terms(Kind::Physical)), 1);
    // Handed over on 15 January in New York; 30 days later is 14 February.
    let deadline = moment("2026-02-15T05:00:00Z");
    let redemption = example.member.redemption.clone().unwrap();
    assert_eq!(redemption.refund_deadline(&example.zone), Some(deadline));
    example.now = deadline - SignedDuration::from_nanos(1);
    assert!(example.decide(refund(1, 1)).is_ok());
    example.now = deadline;
    let error = example.refuse(refund(1, 1));
    assert_eq!(error.reason(), reasons::REFUND_NOT_ALLOWED);
    assert!(
        error
            .message()
            .contains("could be refunded until 2026-02-15T05:00:00Z"),
        "{error}"
    );
    assert!(
        example.refuse(refund(1, 0)).violations().is_empty(),
        "the deadline is told first"
    );
}

#[test]
fn what_is_never_refunded_is_not() {
    let mut terms = terms(Kind::Physical);
    terms.refund.within_days = None;
    let mut example = handed_over(Example::new(terms), 1);
    let error = example.refuse(refund(1, 1));
    assert_eq!(error.reason(), reasons::REFUND_NOT_ALLOWED);
    assert!(
        error.message().contains("is never refunded by its terms"),
        "{error}"
    );
    // Before it is handed over it can be called off.
    example.member.redemption = None;
    example.take(reserve(1));
    assert_eq!(
        example
            .member
            .redemption
            .clone()
            .unwrap()
            .refund_deadline(&example.zone),
        None
    );
    assert!(example.decide(cancel()).is_ok());
}

#[test]
fn codes_of_refunded_units_become_void_the_last_first() {
    let mut example = handed_over(Example::with_codes(4), 3);
    let ids: Vec<_> = (1..=3).map(Uuid::from_u128).collect();
    let first = example.take(refund(1, 1));
    assert_eq!(
        first.effects,
        [changed(Change::Voided(ids[2..].to_vec())), back(100)]
    );
    let rest = example.take(refund(2, 2));
    assert_eq!(
        rest.effects,
        [changed(Change::Voided(ids[..2].to_vec())), back(200)]
    );
    let counts = example.reward.pool.unwrap().counts;
    assert_eq!((counts.free, counts.shown, counts.void), (1, 0, 3));
}

#[test]
fn vouchers_of_refunded_units_are_cancelled_unless_they_were_used() {
    let mut example = handed_over(Example::new(terms(Kind::Voucher(five_off()))), 3);
    let ids: Vec<_> = (1_001..=1_003).map(Uuid::from_u128).collect();
    example.member.used_vouchers.insert(ids[2]);
    let error = example.refuse(refund(1, 3));
    assert_eq!(error.reason(), reasons::REFUND_NOT_ALLOWED);
    assert!(
        error
            .message()
            .contains("has 2 vouchers that were not used, not 3"),
        "{error}"
    );
    let first = example.take(refund(1, 1));
    assert_eq!(first.effects, [Effect::CancelVouchers(vec![ids[1]]), back(100)]);
    let cancelled: Vec<_> = first
        .redemption
        .vouchers
        .iter()
        .map(|voucher| voucher.cancelled)
        .collect();
    assert_eq!(cancelled, [false, true, false]);
    assert_eq!(
        example.take(refund(2, 1)).effects,
        [Effect::CancelVouchers(vec![ids[0]]), back(100)]
    );
    let error = example.refuse(refund(3, 1));
    assert!(
        error.message().contains("has 0 vouchers that were not used"),
        "{error}"
    );
    example.member.used_vouchers.clear();
    assert_eq!(example.take(refund(3, 1)).redemption.state, State::Refunded);
}

#[test]
fn a_refunded_privilege_is_withdrawn() {
    let kind = Kind::Privilege {
        privilege: "lounge".to_owned(),
    };
    let mut example = handed_over(Example::new(terms(kind)), 1);
    let withdrawn = Effect::WithdrawPrivilege {
        privilege: "lounge".to_owned(),
    };
    assert_eq!(example.take(refund(1, 1)).effects, [withdrawn, back(100)]);
}

#[test]
fn a_donation_is_refunded_in_points_alone() {
    let kind = Kind::Donation {
        recipient: "Red Cross".to_owned(),
    };
    let mut example = handed_over(Example::new(terms(kind)), 2);
    assert_eq!(example.take(refund(1, 2)).effects, [back(200)]);
}
