//! News that comes twice or cannot be.

use super::*;

#[test]
fn the_same_news_twice_changes_nothing_and_other_news_of_the_same_id_is_refused() {
    let mut example = Example::new();
    let registration = example.registration();
    example.register();
    assert_eq!(example.register(), Decision::default());
    let other = Registration {
        friend: party("eve"),
        ..registration
    };
    let facts = Facts::default();
    let refused = example.decide(&Command::Register {
        registration: other,
        facts,
    });
    assert_eq!(refused.unwrap_err().reason(), Reason::MemberAlreadyExists);

    let now = "2026-03-01T17:00:00Z";
    example.buy("a", now, 5_000);
    assert_eq!(example.buy("a", now, 5_000), Decision::default());
    let purchase = Purchase {
        id: "a".to_owned(),
        time: example.now,
        amount: dollars(5_001),
    };
    let others = Others::default();
    let refused = example.decide(&Command::Purchase { purchase, others });
    assert_eq!(refused.unwrap_err().reason(), Reason::PurchaseConflict);

    example.give_back("r", "a", now, 1);
    assert_eq!(example.give_back("r", "a", now, 1), Decision::default());
    let changed = Return {
        id: "r".to_owned(),
        purchase: "a".to_owned(),
        time: example.now,
        amount: dollars(2),
    };
    let refused = example.decide(&Command::Return(changed));
    assert_eq!(refused.unwrap_err().reason(), Reason::PurchaseConflict);
}

#[test]
fn news_that_cannot_be_is_refused() {
    let mut example = Example::new();
    let mut registration = example.registration();
    registration.time = moment("2026-03-01T16:59:59Z");
    registration.ancestors = vec!["programs/p/members/x".to_owned(); MOST_ANCESTORS + 1];
    let facts = Facts::default();
    let refused = example
        .decide(&Command::Register { registration, facts })
        .unwrap_err();
    let fields: Vec<_> = refused
        .violations()
        .iter()
        .map(|violation| violation.field.as_str())
        .collect();
    assert_eq!(fields, ["registration.ancestors", "registration.time"]);

    example.register();
    let purchase = Purchase {
        id: "a".to_owned(),
        time: moment("2026-03-01T17:00:00.000000001Z"),
        amount: dollars(5_000),
    };
    let others = Others::default();
    let refused = example
        .decide(&Command::Purchase { purchase, others })
        .unwrap_err();
    assert!(refused.message().contains("future"), "{refused}");
    let negative = Return {
        id: "r".to_owned(),
        purchase: "a".to_owned(),
        time: example.now,
        amount: dollars(-1),
    };
    let refused = example.decide(&Command::Return(negative)).unwrap_err();
    assert_eq!(refused.violations()[0].field, "return.amount");
    example.terms.version = 2;
    assert_eq!(
        example.decide(&Command::Settle).unwrap_err().reason(),
        Reason::InternalError
    );
}

#[test]
fn a_referral_keeps_so_many_purchases_and_returns_and_no_more() {
    let mut example = Example::new();
    example.register();
    let now = example.now.to_string();
    for number in 0..MOST_PURCHASES {
        example.buy(&number.to_string(), &now, 5_000);
    }
    for number in 0..MOST_RETURNS {
        example.give_back(&number.to_string(), "none", &now, 1);
    }
    let purchase = Purchase {
        id: "more".to_owned(),
        time: example.now,
        amount: dollars(5_000),
    };
    let others = Others::default();
    let refused = example
        .decide(&Command::Purchase { purchase, others })
        .unwrap_err();
    assert!(refused.message().contains("200"), "{refused}");
    let more = Return {
        id: "more".to_owned(),
        purchase: "none".to_owned(),
        time: example.now,
        amount: dollars(1),
    };
    assert!(example.decide(&Command::Return(more)).is_err());
}

#[test]
fn what_comes_before_registering_or_at_the_very_limits_is_taken() {
    let mut example = Example::new();
    assert_eq!(
        example.buy("early", "2026-03-01T17:00:00Z", 5_000),
        Decision::default()
    );
    let mut registration = example.registration();
    registration.ancestors = vec![party("zoe").member; MOST_ANCESTORS];
    let facts = Facts::default();
    example.take(&Command::Register { registration, facts });
    assert_eq!(example.state(), State::Registered);
    assert_eq!(
        example
            .give_back("nothing", "none", "2026-03-01T17:00:00Z", 0)
            .changes
            .len(),
        1
    );
}
