//! What speaks against a referral.

use super::*;

#[test]
fn each_check_rejects_with_its_reason() {
    let tied = |tie| Facts {
        ties: BTreeSet::from([tie]),
        ..Facts::default()
    };
    let known = Facts {
        known_before: true,
        ..Facts::default()
    };
    let many = |recent_registrations| Facts {
        recent_registrations,
        ..Facts::default()
    };
    for (facts, rejection) in [
        (tied(Tie::Household), Some(Rejection::Tied(Tie::Household))),
        (tied(Tie::Device), Some(Rejection::Tied(Tie::Device))),
        (tied(Tie::Identity), None),
        (known.clone(), Some(Rejection::KnownCustomer)),
        (many(2), Some(Rejection::TooFast)),
        (many(1), None),
    ] {
        let mut example = Example::new();
        example.register_with(facts.clone());
        assert_eq!(example.referral.rejection, rejection, "{facts:?}");
        assert_eq!(
            example.state() == State::Rejected,
            rejection.is_some(),
            "{facts:?}"
        );
        let effects = example.buy("a", "2026-03-01T17:00:00Z", 5_000);
        assert_eq!(told(&effects).is_empty(), rejection.is_some(), "{facts:?}");
    }
    let mut lenient = Example::new();
    lenient.terms.accepts_known_customers = true;
    lenient.terms.velocity = None;
    lenient.register_with(Facts {
        recent_registrations: 1_000,
        ..known
    });
    assert_eq!(lenient.state(), State::Registered);
}

#[test]
fn nobody_brings_themselves_or_those_who_brought_them() {
    for (member, customer, rejection) in [
        ("ann", "bob", Rejection::SelfReferral),
        ("bob", "ann", Rejection::SelfReferral),
        ("zoe", "bob", Rejection::CircularReferral),
        ("old", "bob", Rejection::CircularReferral),
    ] {
        let mut example = Example::new();
        let mut registration = example.registration();
        registration.friend.member = party(member).member;
        registration.friend.customer = party(customer).customer;
        let facts = Facts::default();
        example.take(&Command::Register { registration, facts });
        assert_eq!(
            example.referral.rejection,
            Some(rejection),
            "{member}, {customer}"
        );
    }
}

#[test]
fn an_invitation_holds_to_the_end_of_its_last_day_however_late_the_news() {
    for (time, state) in [
        ("2026-05-01T03:59:59Z", State::Registered),
        ("2026-05-01T04:00:00Z", State::Rejected),
    ] {
        let mut example = Example::new();
        example.at("2026-05-02T00:00:00Z").take(&Command::Settle);
        assert_eq!(example.state(), State::Expired);
        let mut registration = example.registration();
        registration.time = moment(time);
        let facts = Facts::default();
        example.take(&Command::Register { registration, facts });
        assert_eq!(example.state(), state, "{time}");
    }
}

#[test]
fn caps_reject_the_friend_who_would_exceed_them() {
    for (others, rejection) in [
        ((2, 4), None),
        ((3, 4), Some(Rejection::CapInWindow)),
        ((2, 5), Some(Rejection::CapInTotal)),
    ] {
        let mut example = Example::new();
        example.register();
        let others = Others {
            in_window: others.0,
            in_total: others.1,
        };
        let decision = example.buy_beside("a", "2026-03-01T17:00:00Z", 5_000, others);
        assert_eq!(example.referral.rejection, rejection, "{others:?}");
        assert_eq!(told(&decision).is_empty(), rejection.is_some(), "{others:?}");
    }
    let mut without_caps = Example::new();
    without_caps.terms.caps = Caps::default();
    without_caps.register();
    let many = Others {
        in_window: 1_000,
        in_total: 1_000,
    };
    without_caps.buy_beside("a", "2026-03-01T17:00:00Z", 5_000, many);
    assert_eq!(without_caps.referral.rejection, None);
    let terms = terms();
    let at = moment("2026-03-31T10:00:00Z");
    assert_eq!(terms.cap_window_start(at), moment("2026-03-01T10:00:00Z"));
    assert_eq!(terms.velocity_window_start(at), moment("2026-03-30T10:00:00Z"));
}

#[test]
fn the_cap_is_asked_once_for_each_qualification() {
    let mut example = Example::new();
    example.register();
    example.buy("a", "2026-03-01T17:00:00Z", 5_000);
    let full = Others {
        in_window: 3,
        in_total: 5,
    };
    example.buy_beside("b", "2026-03-01T17:00:00Z", 5_000, full);
    assert_eq!(example.referral.rejection, None, "it counts already");
}

#[test]
fn qualified_and_rewarded_friends_count_for_caps_and_no_others() {
    let (qualify_time, release_time) = (moment("2026-03-01T00:00:00Z"), moment("2026-03-15T00:00:00Z"));
    for (state, counts) in [
        (State::Invited, false),
        (State::Registered, false),
        (
            State::Qualified {
                qualify_time,
                release_time,
            },
            true,
        ),
        (
            State::Rewarded {
                qualify_time,
                release_time,
            },
            true,
        ),
        (State::Rejected, false),
        (State::Expired, false),
        (State::RolledBack, false),
    ] {
        assert_eq!(state.counts_for_caps(), counts, "{state:?}");
    }
}
