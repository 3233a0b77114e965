//! From reserving to handing over, and calling off.

use rapport_status::Reason;

use super::*;
use crate::domain::rewards::{
    code_pool::{Change, RunsLow},
    price::Rate,
    reasons,
    redemption::{LONGEST_NOTE, Passage, State},
};

fn held(points_held: i64, example: &Example) -> Effect {
    Effect::HoldPoints {
        points: vec![points("main", points_held)],
        expire_time: example.now + SignedDuration::from_mins(30),
    }
}

fn states(decision: &Decision) -> Vec<State> {
    decision
        .redemption
        .timeline
        .iter()
        .map(|passage| passage.state)
        .collect()
}

#[test]
fn a_physical_reward_goes_its_way_step_by_step() {
    let mut example = Example::new(terms(Kind::Physical));
    let reserved = example.take(reserve(2));
    let [stock, limits] = taken(2);
    assert_eq!(reserved.effects, [held(200, &example), stock, limits]);
    assert_eq!(reserved.redemption.agreed.version, 1);
    assert_eq!(
        reserved.redemption.name(),
        "programs/p/members/m/redemptions/00000000-0000-0000-0000-000000000007"
    );
    example.wait(5);
    assert_eq!(example.take(confirm()).effects, [Effect::CapturePoints]);
    assert_eq!(example.take(prepare()).effects, []);
    example.wait(5);
    let sent = example.take(send());
    assert_eq!(sent.effects, []);
    assert_eq!(sent.redemption.handover_time, Some(example.now));
    example.wait(5);
    let fulfilled = example.take(fulfil());
    assert_eq!(fulfilled.effects, []);
    assert_eq!(
        fulfilled.redemption.handover_time, sent.redemption.handover_time,
        "it was handed over when sent"
    );
    assert_eq!(
        states(&fulfilled),
        [
            State::Reserved,
            State::Confirmed,
            State::Preparing,
            State::Sent,
            State::Fulfilled
        ]
    );
    let parcel = Passage {
        state: State::Sent,
        time: sent.redemption.handover_time.unwrap(),
        note: "parcel 1".to_owned(),
    };
    assert_eq!(fulfilled.redemption.timeline[3], parcel);
    assert_eq!(example.reward.stock.taken(), 2);
}

#[test]
fn the_same_command_again_is_told_the_same_and_changes_nothing() {
    let mut example = Example::new(terms(Kind::Physical));
    for action in [
        reserve(2),
        confirm(),
        prepare(),
        send(),
        fulfil(),
        refund(1, 1),
        refund(2, 1),
    ] {
        let first = example.take(action.clone());
        assert!(!first.unchanged, "{action:?}");
        let (reward, member) = (example.reward.clone(), example.member.clone());
        example.wait(1);
        let again = example.take(action.clone());
        assert_eq!(again.redemption, first.redemption, "{action:?}");
        assert_eq!((again.effects.len(), again.unchanged), (0, true), "{action:?}");
        assert_eq!(
            (&example.reward, &example.member),
            (&reward, &member),
            "{action:?}"
        );
    }
    // Also when the redemption has gone on since.
    for action in [reserve(2), confirm(), prepare(), send(), fulfil(), refund(1, 1)] {
        assert!(example.take(action.clone()).unchanged, "{action:?}");
    }
    let mut example = Example::new(terms(Kind::Physical));
    example.take(reserve(1));
    example.take(cancel());
    assert!(example.take(cancel()).unchanged);
    assert!(example.take(Action::TimeOut).unchanged);
}

#[test]
fn a_known_id_with_something_else_is_refused() {
    let mut example = Example::new(terms(Kind::Physical));
    example.take(reserve(2));
    for other in [
        order(3),
        Order {
            price: "other".to_owned(),
            ..order(2)
        },
        Order {
            points: Some(200),
            ..order(2)
        },
    ] {
        let error = example.refuse(Action::Reserve(other.clone()));
        assert_eq!(error.reason(), reasons::REDEMPTION_ALREADY_EXISTS, "{other:?}");
        let redeem = Action::Redeem {
            order: other.clone(),
            payment_reference: String::new(),
        };
        assert_eq!(
            example.refuse(redeem).reason(),
            reasons::REDEMPTION_ALREADY_EXISTS,
            "{other:?}"
        );
    }
    let mut elsewhere = example.reward.clone();
    elsewhere.name = "programs/p/rewards/other".to_owned();
    std::mem::swap(&mut example.reward, &mut elsewhere);
    let error = example.refuse(reserve(2));
    assert_eq!(
        error.message(),
        "programs/p/members/m/redemptions/00000000-0000-0000-0000-000000000007 was reserved with 2 units of \
         programs/p/rewards/r at the price \"points\"; choose another id for another order"
    );
    std::mem::swap(&mut example.reward, &mut elsewhere);
    example.take(paid("card 1"));
    let error = example.refuse(paid("card 2"));
    assert_eq!(error.reason(), reasons::REDEMPTION_STATE_CONFLICT);
    assert!(
        error
            .message()
            .contains("with another payment reference, \"card 1\"; it is confirmed now"),
        "{error}"
    );
    example.take(prepare());
    let other = Action::Prepare { note: String::new() };
    let error = example.refuse(other);
    assert!(error.message().contains("was prepared at"), "{error}");
    assert!(error.message().contains("another note, \"shelf 3\""), "{error}");
    example.take(send());
    example.take(refund(1, 1));
    let error = example.refuse(refund(1, 2));
    assert_eq!(error.reason(), reasons::REDEMPTION_STATE_CONFLICT);
    assert!(error.message().contains("was of 1 units, not 2"), "{error}");
}

#[test]
fn cancelling_gives_everything_back() {
    let mut example = Example::new(terms(Kind::Physical));
    example.reward.stock = Stock::of(2).unwrap();
    let before = (example.reward.clone(), example.member.uses.clone());
    let [stock, limits] = taken(-2);
    example.take(reserve(2));
    assert_eq!(
        example.take(cancel()).effects,
        [Effect::ReleasePoints, stock, limits]
    );
    assert_eq!((example.reward.clone(), example.member.uses.clone()), before);

    example.member.redemption = None;
    example.take(reserve(2));
    example.take(confirm());
    example.take(prepare());
    let cancelled = example.take(cancel());
    let back = Effect::RefundPoints {
        points: vec![points("main", 200)],
    };
    let [stock, limits] = taken(-2);
    assert_eq!(cancelled.effects, [back, stock, limits]);
    assert_eq!(
        cancelled.redemption.timeline.last().unwrap().note,
        "changed my mind"
    );
    assert_eq!((example.reward, example.member.uses), before);
}

#[test]
fn who_may_not_redeem_is_told_why() {
    let mut example = Example::new(terms(Kind::Physical));
    example.reward.stock = Stock::of(2).unwrap();
    for units in [0, -1, 11] {
        assert_eq!(
            fields(example.refuse(reserve(units)).violations()),
            ["units"],
            "{units}"
        );
    }
    assert_eq!(example.refuse(reserve(10)).reason(), reasons::REWARD_OUT_OF_STOCK);
    assert_eq!(example.refuse(reserve(3)).reason(), reasons::REWARD_OUT_OF_STOCK);
    assert!(example.decide(reserve(2)).is_ok());
    let unknown = Action::Reserve(Order {
        price: "gold".to_owned(),
        ..order(1)
    });
    let error = example.refuse(unknown);
    assert_eq!(
        error.message(),
        "price: must be one of the reward's prices: points"
    );
    example.member.eligible = false;
    let error = example.refuse(reserve(1));
    assert_eq!(error.reason(), reasons::MEMBER_NOT_ELIGIBLE);
    assert!(error.message().contains("condition of eligibility"), "{error}");
    example.member.active = false;
    let error = example.refuse(reserve(1));
    assert_eq!(error.reason(), Reason::MemberNotActive);
    assert!(error.message().contains("is not active"), "{error}");
}

#[test]
fn money_of_a_price_must_be_paid_before_it_is_confirmed() {
    let mut terms = terms(Kind::Physical);
    terms.prices = vec![Price {
        id: "mixed".to_owned(),
        form: PriceForm::Range {
            wallet: "main".to_owned(),
            least_points: 0,
            most_points: 100,
            rate: Rate {
                money: dollars(5),
                points: 1,
            },
        },
    }];
    let mut example = Example::new(terms);
    let mixed = |points| {
        Action::Reserve(Order {
            units: 1,
            price: "mixed".to_owned(),
            points: Some(points),
        })
    };
    let [stock, limits] = taken(1);
    let reserved = example.take(mixed(40));
    assert_eq!(
        reserved.effects,
        [held(40, &example), stock.clone(), limits.clone()]
    );
    assert_eq!(reserved.redemption.agreed.payment.money, Some(dollars(300)));
    for nothing in ["", "  "] {
        let error = example.refuse(paid(nothing));
        assert_eq!(fields(error.violations()), ["payment_reference"]);
        assert!(error.message().contains("the payment of 3.00 USD"), "{error}");
    }
    assert_eq!(
        example.take(paid("card 1")).redemption.payment_reference,
        "card 1"
    );
    let back = example.take(cancel()).effects;
    assert_eq!(
        back[..2],
        [
            Effect::RefundPoints {
                points: vec![points("main", 40)]
            },
            Effect::PayBack {
                money: dollars(300),
                payment_reference: "card 1".to_owned()
            },
        ]
    );
    // Without points nothing is held, captured or released.
    example.member.redemption = None;
    assert_eq!(example.take(mixed(0)).effects, [stock, limits]);
    assert_eq!(example.decide(cancel()).unwrap().effects, taken(-1));
    assert_eq!(example.take(paid("card 2")).effects, []);
}

#[test]
fn redeeming_reserves_confirms_and_hands_over_at_once_in_one_decision() {
    let mut terms = terms(codes());
    terms.fulfils_at_once = true;
    let mut example = Example::new(terms);
    let codes: Vec<_> = (1..=4).map(|id| code(id, None)).collect();
    example.reward.pool = Some(pool(Some(2), codes.clone()));
    let redeem = Action::Redeem {
        order: order(2),
        payment_reference: String::new(),
    };
    let decision = example.take(redeem.clone());
    let [stock, limits] = taken(2);
    let low = RunsLow {
        pool: "programs/p/codePools/cinema".to_owned(),
        free: 2,
    };
    assert_eq!(
        decision.effects,
        [
            held(200, &example),
            stock,
            limits,
            changed(Change::Taken(codes[..2].to_vec())),
            Effect::PoolRunsLow(low),
            Effect::CapturePoints,
            changed(Change::Shown(vec![codes[0].id, codes[1].id])),
        ]
    );
    assert_eq!(
        states(&decision),
        [State::Reserved, State::Confirmed, State::Fulfilled]
    );
    assert!(example.take(redeem.clone()).unchanged);
    assert!(example.reward.pool.as_ref().unwrap().low);
    // What was reserved by itself is confirmed by it.
    example.member.redemption = None;
    example.take(reserve(2));
    let decision = example.take(redeem);
    assert_eq!(decision.effects[0], Effect::CapturePoints);
    assert_eq!(decision.redemption.state, State::Fulfilled);
}

#[test]
fn notes_have_bounds() {
    let long = "é".repeat(LONGEST_NOTE + 1);
    let mut example = Example::new(terms(Kind::Physical));
    let redeem = Action::Redeem {
        order: order(1),
        payment_reference: long.clone(),
    };
    let cancel = Action::Cancel { reason: long.clone() };
    let prepare = Action::Prepare { note: long.clone() };
    for (action, field) in [
        (redeem, "payment_reference"),
        (prepare, "note"),
        (cancel, "reason"),
    ] {
        assert_eq!(fields(example.refuse(action).violations()), [field]);
    }
    let most = Action::Redeem {
        order: order(1),
        payment_reference: "é".repeat(LONGEST_NOTE),
    };
    assert!(example.decide(most).is_ok());
}

#[test]
fn what_was_agreed_stays_when_the_terms_change() {
    let mut example = Example::new(terms(Kind::Physical));
    let agreed = example.take(reserve(1)).redemption.agreed;
    example.reward.version = 2;
    example.reward.terms.prices = vec![fixed("points", vec![points("main", 999)], None)];
    example.reward.terms.refund.within_days = None;
    example.reward.terms.most_units = 1;
    example.take(confirm());
    let fulfilled = example.take(fulfil());
    assert_eq!(fulfilled.redemption.agreed, agreed);
    assert!(
        example.take(reserve(1)).unchanged,
        "also the first command is still the same"
    );
    assert!(example.decide(refund(1, 1)).is_ok());
}
