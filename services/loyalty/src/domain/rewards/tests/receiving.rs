//! What members receive: codes, vouchers, privileges.

use rapport_status::Reason;

use super::*;
use crate::domain::{
    calendar::end_of_days_after,
    rewards::{code_pool::Change, reasons, voucher::Offer},
};

#[test]
fn codes_go_back_when_they_were_not_shown() {
    let mut example = Example::with_codes(3);
    let before = example.reward.clone();
    let reserved = example.take(reserve(2));
    assert_eq!(reserved.redemption.codes, [code(1, None), code(2, None)]);
    let back = example.take(cancel()).effects;
    assert_eq!(
        back.last(),
        Some(&changed(Change::GivenBack(reserved.redemption.codes)))
    );
    assert_eq!(example.reward, before);
}

#[test]
fn codes_that_expire_too_early_are_not_taken() {
    let mut example = Example::with_codes(0);
    let now = example.now;
    let until = now + SignedDuration::from_mins(30);
    let gone = code(1, Some(now));
    let short = code(2, Some(until));
    let good = code(3, Some(until + SignedDuration::from_nanos(1)));
    example.reward.pool = Some(pool(None, vec![gone, short, good]));
    let effects = example.decide(reserve(1)).unwrap().effects;
    assert_eq!(
        effects[3..],
        [
            changed(Change::ExpiredFree(vec![gone.id])),
            changed(Change::Taken(vec![good]))
        ]
    );
    let error = example.refuse(reserve(2));
    assert_eq!(error.reason(), reasons::CODE_POOL_EMPTY);
    assert_eq!(
        error.message(),
        format!(
            "programs/p/codePools/cinema has 1 codes that can be used after {until}, not 2; import more with ImportCodes"
        )
    );
}

#[test]
fn a_code_that_expired_since_is_neither_handed_over_nor_free_again() {
    let mut example = Example::with_codes(0);
    let end = example.now + SignedDuration::from_hours(1);
    let (short, long) = (
        code(1, Some(end)),
        code(2, Some(end + SignedDuration::from_hours(1))),
    );
    example.reward.pool = Some(pool(None, vec![short, long]));
    example.take(reserve(2));
    example.take(confirm());
    assert_eq!(
        example.decide(fulfil()).unwrap().redemption.received_until,
        Some(end)
    );
    example.now = end;
    let error = example.refuse(fulfil());
    assert_eq!(error.reason(), reasons::REDEMPTION_STATE_CONFLICT);
    assert!(
        error
            .message()
            .contains("has expired and cannot be handed over; cancel"),
        "{error}"
    );
    let back = example.take(cancel()).effects;
    assert_eq!(
        back[3..],
        [
            changed(Change::GivenBack(vec![long])),
            changed(Change::ExpiredTaken(vec![short.id]))
        ]
    );
    let counts = example.reward.pool.unwrap().counts;
    assert_eq!((counts.free, counts.taken, counts.expired), (1, 0, 1));
}

#[test]
fn a_reward_without_its_pool_is_a_fault_of_ours() {
    let mut example = Example::with_codes(1);
    example.reward.pool.as_mut().unwrap().name = "programs/p/codePools/other".to_owned();
    assert_eq!(example.refuse(reserve(1)).reason(), Reason::InternalError);
    example.reward.pool = None;
    assert_eq!(example.refuse(reserve(1)).reason(), Reason::InternalError);

    let mut example = Example::with_codes(1);
    example.take(reserve(1));
    example.reward.pool = None;
    let redeem = Action::Redeem {
        order: order(1),
        payment_reference: String::new(),
    };
    for action in [cancel(), confirm(), redeem] {
        assert_eq!(example.refuse(action).reason(), Reason::InternalError);
    }
}

#[test]
fn a_redemption_with_another_reward_or_member_is_a_fault_of_ours() {
    let mut example = Example::new(terms(Kind::Physical));
    example.take(reserve(1));
    example.member.member.push('x');
    assert_eq!(example.refuse(cancel()).reason(), Reason::InternalError);
    example.member.member.pop();
    assert!(example.decide(cancel()).is_ok());
    example.reward.name.push('x');
    let error = example.refuse(cancel());
    assert_eq!(error.reason(), Reason::InternalError);
    assert!(
        error
            .message()
            .contains("of programs/p/rewards/r was loaded with programs/p/rewards/rx"),
        "{error}"
    );
}

#[test]
fn vouchers_are_issued_to_the_member_one_per_unit() {
    let mut terms = terms(Kind::Voucher(five_off()));
    terms.received = Lifetime::Days(10);
    let mut example = Example::new(terms);
    example.take(reserve(2));
    example.take(confirm());
    let fulfilled = example.take(fulfil());
    let until = Some(moment("2026-01-26T05:00:00Z"));
    assert_eq!(until, Some(end_of_days_after(example.now, 10, &example.zone)));
    let offer = |id| Offer {
        program: PROGRAM.to_owned(),
        voucher: Uuid::from_u128(id),
        member: None,
        terms: five_off(),
        valid: Period {
            from: Some(example.now),
            until,
        },
    };
    assert_eq!(
        fulfilled.effects,
        [Effect::IssueVouchers(vec![offer(1_001), offer(1_002)])]
    );
    let received: Vec<_> = fulfilled
        .redemption
        .vouchers
        .iter()
        .map(|voucher| voucher.id.as_u128())
        .collect();
    assert_eq!(received, [1_001, 1_002]);
    assert_eq!(fulfilled.redemption.received_until, until);
}

#[test]
fn a_privilege_is_granted_until_its_lifetime_ends() {
    let mut terms = terms(Kind::Privilege {
        privilege: "lounge".to_owned(),
    });
    terms.received = Lifetime::Days(0);
    terms.prices[0].form = PriceForm::Free;
    let mut example = Example::new(terms);
    assert_eq!(example.take(reserve(1)).effects, taken(1));
    assert_eq!(example.take(confirm()).effects, []);
    let until = Some(moment("2026-01-16T05:00:00Z"));
    let grant = Effect::GrantPrivilege {
        privilege: "lounge".to_owned(),
        until,
    };
    assert_eq!(example.take(fulfil()).effects, [grant]);
}
