//! How vouchers are issued and used.

use std::collections::BTreeSet;

use super::{discounts::amounting, *};
use crate::domain::rewards::{
    reasons,
    voucher::{Change, Command, Offer, Order, Use, Voucher, VoucherState, decide, not_found},
};

fn issued(terms: &voucher::Terms, lifetime: Lifetime) -> Voucher {
    let now = moment("2026-01-15T15:00:00.999999Z");
    let id = Uuid::from_u128(1);
    Voucher::new(Offer::issue(
        id,
        (PROGRAM, MEMBER),
        terms,
        lifetime,
        (now, &new_york()),
    ))
}

#[test]
fn an_issued_voucher_is_valid_at_once_in_whole_seconds() {
    let voucher = issued(&five_off(), Lifetime::Days(1));
    assert_eq!(
        voucher.offer.name(),
        "programs/p/vouchers/00000000-0000-0000-0000-000000000001"
    );
    assert_eq!(
        voucher.offer.valid,
        Period {
            from: Some(moment("2026-01-15T15:00:00Z")),
            until: Some(moment("2026-01-17T05:00:00Z")),
        }
    );
    assert_eq!(voucher.offer.member, None);
    let early = Offer::issue(
        Uuid::nil(),
        (PROGRAM, MEMBER),
        &five_off(),
        Lifetime::Until(moment("2027-01-01T00:00:00.5Z")),
        (moment("1969-12-31T23:59:59.5Z"), &new_york()),
    );
    assert_eq!(early.valid.from, Some(moment("1969-12-31T23:59:59Z")));
    assert_eq!(early.valid.until, Some(moment("2027-01-01T00:00:00Z")));
}

#[test]
fn a_voucher_is_used_within_its_time() {
    let voucher = issued(&five_off(), Lifetime::Days(1));
    for (at, problem, state) in [
        (
            "2026-01-15T14:59:59.999999Z",
            Some("is valid from 2026-01-15T15:00:00Z"),
            VoucherState::Waiting,
        ),
        ("2026-01-15T15:00:00Z", None, VoucherState::Usable),
        ("2026-01-17T04:59:59.999999Z", None, VoucherState::Usable),
        (
            "2026-01-17T05:00:00Z",
            Some("was valid until 2026-01-17T05:00:00Z"),
            VoucherState::Expired,
        ),
    ] {
        let result = voucher.check(&amounting(900), moment(at));
        assert_eq!(voucher.state(moment(at)), state, "{at}");
        match problem {
            None => assert_eq!(result.unwrap(), dollars(500), "{at}"),
            Some(problem) => {
                let error = result.unwrap_err();
                assert_eq!(error.reason(), reasons::VOUCHER_NOT_USABLE);
                assert!(error.message().contains(problem), "{at}: {error}");
            }
        }
    }
}

#[test]
fn a_bound_voucher_is_for_its_owner_alone() {
    let mut terms = five_off();
    terms.bound = true;
    let voucher = issued(&terms, Lifetime::Unlimited);
    assert_eq!(voucher.offer.member.as_deref(), Some(MEMBER));
    let now = moment("2026-01-16T00:00:00Z");
    let mut order = amounting(900);
    for (member, problem) in [
        (None, Some("the order names no member")),
        (
            Some("programs/p/members/x"),
            Some("the order is of programs/p/members/x"),
        ),
        (Some(MEMBER), None),
    ] {
        order.member = member.map(str::to_owned);
        match (voucher.check(&order, now), problem) {
            (Ok(discount), None) => assert_eq!(discount, dollars(500)),
            (Err(error), Some(problem)) => assert!(error.message().contains(problem), "{error}"),
            (result, _) => panic!("{member:?}: {result:?}"),
        }
    }
    // Whoever bears a voucher that is not bound can use it, and a member may say so.
    assert!(
        issued(&five_off(), Lifetime::Unlimited)
            .check(&order, now)
            .is_ok()
    );
}

fn use_as(id: &str, order: &Order) -> Command {
    Command::Use {
        id: id.to_owned(),
        order: order.clone(),
        use_time: None,
    }
}

fn undo(id: &str) -> Command {
    Command::Undo { id: id.to_owned() }
}

#[test]
fn uses_are_counted_and_undone_and_told_again() {
    let now = moment("2026-01-16T00:00:00Z");
    let mut terms = five_off();
    terms.uses = 2;
    let mut voucher = issued(&terms, Lifetime::Unlimited);
    let order = amounting(900);
    let first = decide(&voucher, None, &use_as("o1", &order), now).unwrap();
    let taken = Use {
        id: "o1".to_owned(),
        use_time: now,
        order_minor: 900,
        discount: dollars(500),
        undo_time: None,
    };
    assert_eq!(first.change, Some(Change::Used(taken.clone())));
    assert_eq!(first.of.as_ref(), Some(&taken));
    voucher.apply(&Change::Used(taken.clone()));
    let again = decide(&voucher, Some(&taken), &use_as("o1", &order), now).unwrap();
    assert_eq!((again.change, again.of.as_ref()), (None, Some(&taken)));
    let mut other = amounting(901);
    let error = decide(&voucher, Some(&taken), &use_as("o1", &other), now).unwrap_err();
    assert!(
        error.message().contains("for an order of another amount"),
        "{error}"
    );
    other = order.clone();
    other.currency = "EUR".parse().unwrap();
    assert!(decide(&voucher, Some(&taken), &use_as("o1", &other), now).is_err());

    let second = decide(&voucher, None, &use_as("o2", &order), now).unwrap();
    voucher.apply(&second.change.unwrap());
    assert_eq!(
        (voucher.used, voucher.uses_left(), voucher.state(now)),
        (2, 0, VoucherState::UsedUp)
    );
    let error = decide(&voucher, None, &use_as("o3", &order), now).unwrap_err();
    assert!(
        error.message().contains("is used up: 2 of 2 uses were taken"),
        "{error}"
    );
    assert!(
        decide(&voucher, Some(&taken), &use_as("o1", &order), now)
            .unwrap()
            .change
            .is_none()
    );

    let undone = decide(&voucher, Some(&taken), &undo("o1"), now).unwrap();
    let gone = Use {
        undo_time: Some(now),
        ..taken
    };
    assert_eq!(undone.change, Some(Change::Undone(gone.clone())));
    assert_eq!(undone.of.as_ref(), Some(&gone));
    voucher.apply(&undone.change.unwrap());
    assert_eq!((voucher.used, voucher.state(now)), (1, VoucherState::Usable));
    let twice = decide(&voucher, Some(&gone), &undo("o1"), now).unwrap();
    assert_eq!((twice.change, twice.of.as_ref()), (None, Some(&gone)));
    let error = decide(&voucher, Some(&gone), &use_as("o1", &order), now).unwrap_err();
    assert!(error.message().contains("was undone at"), "{error}");
    let error = decide(&voucher, None, &undo("o9"), now).unwrap_err();
    assert!(error.message().contains("was never used as \"o9\""), "{error}");
}

#[test]
fn a_cancelled_voucher_is_not_used_but_its_uses_can_be_undone() {
    let now = moment("2026-01-16T00:00:00Z");
    let mut voucher = issued(&five_off(), Lifetime::Unlimited);
    let used = decide(&voucher, None, &use_as("o1", &amounting(900)), now).unwrap();
    voucher.apply(&used.change.unwrap());
    let cancelled = decide(&voucher, None, &Command::Cancel, now).unwrap();
    assert_eq!(cancelled.change, Some(Change::Cancelled(now)));
    voucher.apply(&cancelled.change.unwrap());
    assert_eq!(voucher.state(now), VoucherState::Cancelled);
    assert_eq!(
        decide(&voucher, None, &Command::Cancel, now).unwrap().change,
        None
    );
    let error = decide(&voucher, None, &use_as("o2", &amounting(900)), now).unwrap_err();
    assert!(
        error.message().contains("was cancelled at 2026-01-16T00:00:00Z"),
        "{error}"
    );
    let undone = decide(&voucher, used.of.as_ref(), &undo("o1"), now).unwrap();
    voucher.apply(&undone.change.unwrap());
    assert_eq!((voucher.used, voucher.state(now)), (0, VoucherState::Cancelled));
    assert!(voucher.check(&amounting(900), now).is_err());
}

#[test]
fn a_use_that_a_till_took_earlier_is_judged_at_its_own_time() {
    let voucher = issued(&five_off(), Lifetime::Days(0));
    let late = moment("2026-01-20T00:00:00Z");
    let at = |use_time| Command::Use {
        id: "o1".to_owned(),
        order: amounting(900),
        use_time: Some(use_time),
    };
    let valid = moment("2026-01-15T16:00:00Z");
    let decision = decide(&voucher, None, &at(valid), late).unwrap();
    assert_eq!(decision.of.unwrap().use_time, valid);
    assert!(
        decide(&voucher, None, &at(late), late)
            .unwrap_err()
            .message()
            .contains("was valid until")
    );
    assert!(decide(&voucher, None, &at(valid), valid).is_ok());
    let error = decide(&voucher, None, &at(valid + SignedDuration::from_nanos(1)), valid).unwrap_err();
    assert_eq!(fields(error.violations()), ["use_time"]);
}

#[test]
fn a_use_has_an_id() {
    let now = moment("2026-01-16T00:00:00Z");
    let voucher = issued(&five_off(), Lifetime::Unlimited);
    for (id, fine) in [
        ("", false),
        (" ", false),
        (&"x".repeat(100), true),
        (&"x".repeat(101), false),
    ] {
        let result = decide(&voucher, None, &use_as(id, &amounting(900)), now);
        assert_eq!(result.is_ok(), fine, "{id:?}");
        if let Err(error) = result {
            assert_eq!(fields(error.violations()), ["use"]);
        }
    }
}

#[test]
fn states_and_errors_have_names() {
    let states = [
        VoucherState::Waiting,
        VoucherState::Usable,
        VoucherState::UsedUp,
        VoucherState::Expired,
        VoucherState::Cancelled,
    ];
    let names: BTreeSet<_> = states.iter().map(ToString::to_string).collect();
    assert_eq!(names.len(), states.len());
    assert_eq!(
        not_found("programs/p/vouchers/v").reason(),
        reasons::VOUCHER_NOT_FOUND
    );
}
