//! What a catalogue entry may say.

use super::*;
use crate::domain::rewards::{
    calendar::MOST_DAYS,
    limits::{Limit, Window},
    reasons,
    redemption::MOST_UNITS,
    terms::{
        LONGEST_ELIGIBILITY, LONGEST_RESERVATION_MINUTES, LONGEST_TITLE, LONGEST_WORD, MOST_PRICES, MOST_TAGS,
    },
};

/// The fields that are wrong after terms without fault were changed.
fn wrong(kind: Kind, change: impl FnOnce(&mut Terms)) -> Vec<String> {
    let mut terms = terms(kind);
    assert_eq!(terms.check(), []);
    change(&mut terms);
    terms
        .check()
        .into_iter()
        .map(|violation| violation.field)
        .collect()
}

const FINE: [&str; 0] = [];

#[test]
fn all_that_is_wrong_is_reported_at_once() {
    let fields = wrong(codes(), |terms| {
        terms.title = Translations::only("en", " ");
        terms.description = Some(Translations::only("en", ""));
        terms.category = " ".to_owned();
        terms.tags = vec!["new".to_owned(), "new".to_owned()];
        terms.kind = Kind::DigitalCode { pool: String::new() };
        terms.prices[0].id = String::new();
        terms.limits = vec![Limit {
            window: Window::Day,
            most: 0,
        }];
        terms.most_units = 0;
        terms.eligibility = "x".repeat(LONGEST_ELIGIBILITY + 1);
        let early = Some(Timestamp::UNIX_EPOCH);
        terms.published = Period {
            from: early,
            until: early,
        };
        terms.redeemable = terms.published;
        terms.received = Lifetime::Days(-1);
        terms.reservation_minutes = 0;
        terms.refund.within_days = Some(-1);
        terms.refund.restocks = true;
        terms.cost = Some(dollars(0));
    });
    assert_eq!(
        fields,
        [
            "reward.title.texts[\"en\"]",
            "reward.description.texts[\"en\"]",
            "reward.category",
            "reward.tags[1]",
            "reward.kind.pool",
            "reward.prices[0].id",
            "reward.limits[0].most",
            "reward.eligibility",
            "reward.published.until",
            "reward.redeemable.until",
            "reward.most_units",
            "reward.reservation_minutes",
            "reward.received.days",
            "reward.refund.within_days",
            "reward.cost",
            "reward.received",
            "reward.refund.restocks",
        ]
    );
}

#[test]
fn texts_and_words_have_bounds() {
    let title = |length: usize| {
        wrong(Kind::Physical, |terms| {
            terms.title = Translations::only("en", "é".repeat(length));
        })
    };
    assert_eq!(title(LONGEST_TITLE), FINE);
    assert_eq!(title(LONGEST_TITLE + 1), ["reward.title.texts[\"en\"]"]);
    let category = |length: usize| wrong(Kind::Physical, |terms| terms.category = "é".repeat(length));
    assert_eq!(category(0), FINE);
    assert_eq!(category(LONGEST_WORD), FINE);
    assert_eq!(category(LONGEST_WORD + 1), ["reward.category"]);
    let eligibility = |length: usize| wrong(Kind::Physical, |terms| terms.eligibility = "x".repeat(length));
    assert_eq!(eligibility(LONGEST_ELIGIBILITY), FINE);
    let recipient = |recipient: &str| {
        wrong(Kind::Physical, |terms| {
            terms.kind = Kind::Donation {
                recipient: recipient.to_owned(),
            };
        })
    };
    assert_eq!(recipient("Red Cross"), FINE);
    assert_eq!(recipient(""), ["reward.kind.recipient"]);
}

#[test]
fn there_are_only_so_many_tags_and_prices() {
    let tags = |count: usize| {
        wrong(Kind::Physical, |terms| {
            terms.tags = (0..count).map(|number| number.to_string()).collect();
        })
    };
    assert_eq!(tags(MOST_TAGS), FINE);
    assert_eq!(tags(MOST_TAGS + 1), ["reward.tags"]);
    let prices = |count: usize| {
        wrong(Kind::Physical, |terms| {
            let price = |number: usize| fixed(&number.to_string(), vec![points("main", 1)], None);
            terms.prices = (0..count).map(price).collect();
        })
    };
    assert_eq!(prices(0), ["reward.prices"]);
    assert_eq!(prices(MOST_PRICES), FINE);
    assert_eq!(prices(MOST_PRICES + 1), ["reward.prices"]);
    let twice = wrong(Kind::Physical, |terms| terms.prices.push(terms.prices[0].clone()));
    assert_eq!(twice, ["reward.prices[1].id"]);
}

#[test]
fn numbers_have_bounds() {
    for (units, fine) in [(0, false), (1, true), (MOST_UNITS, true), (MOST_UNITS + 1, false)] {
        assert_eq!(
            wrong(Kind::Physical, |terms| terms.most_units = units).is_empty(),
            fine,
            "{units}"
        );
    }
    for (minutes, fine) in [
        (0, false),
        (1, true),
        (LONGEST_RESERVATION_MINUTES, true),
        (LONGEST_RESERVATION_MINUTES + 1, false),
    ] {
        let wrong = wrong(Kind::Physical, |terms| terms.reservation_minutes = minutes);
        assert_eq!(wrong.is_empty(), fine, "{minutes}");
    }
    for (days, fine) in [
        (None, true),
        (Some(-1), false),
        (Some(0), true),
        (Some(MOST_DAYS), true),
        (Some(MOST_DAYS + 1), false),
    ] {
        assert_eq!(
            wrong(Kind::Physical, |terms| terms.refund.within_days = days).is_empty(),
            fine,
            "{days:?}"
        );
    }
    assert_eq!(wrong(Kind::Physical, |terms| terms.cost = Some(dollars(1))), FINE);
}

#[test]
fn what_is_handed_over_decides_what_can_be_promised() {
    let lounge = || Kind::Privilege {
        privilege: "lounge".to_owned(),
    };
    let gift = || Kind::Donation {
        recipient: "Red Cross".to_owned(),
    };
    for (kind, at_once, lasts, many, restocks) in [
        (Kind::Physical, false, false, true, true),
        (codes(), true, false, true, false),
        (Kind::Voucher(five_off()), true, true, true, true),
        (gift(), true, false, true, true),
        (lounge(), true, true, false, true),
    ] {
        let name = kind.name();
        assert_eq!(
            wrong(kind.clone(), |terms| terms.fulfils_at_once = true).is_empty(),
            at_once,
            "{name}"
        );
        assert_eq!(
            wrong(kind.clone(), |terms| terms.received = Lifetime::Days(1)).is_empty(),
            lasts,
            "{name}"
        );
        assert_eq!(
            wrong(kind.clone(), |terms| terms.most_units = 2).is_empty(),
            many,
            "{name}"
        );
        assert_eq!(
            wrong(kind, |terms| terms.refund.restocks = true).is_empty(),
            restocks,
            "{name}"
        );
    }
    let nameless = wrong(lounge(), |terms| {
        terms.kind = Kind::Privilege {
            privilege: "The Lounge".to_owned(),
        };
    });
    assert_eq!(nameless, ["reward.kind.privilege"]);
    let mut none = five_off();
    none.uses = 0;
    let voucher = wrong(Kind::Physical, |terms| terms.kind = Kind::Voucher(none));
    assert_eq!(voucher, ["reward.kind.voucher.uses"]);
}

#[test]
fn a_new_version_keeps_the_kind_and_the_pool() {
    let (mug, cinema) = (terms(Kind::Physical), terms(codes()));
    let theatre = terms(Kind::DigitalCode {
        pool: "theatre".to_owned(),
    });
    let (five, ten) = (
        terms(Kind::Voucher(five_off())),
        terms(Kind::Voucher(voucher_terms(Benefit::Percentage {
            basis_points: 1_000,
            most: None,
        }))),
    );
    assert_eq!(mug.check_successor(&mug), []);
    assert_eq!(five.check_successor(&ten), []);
    assert_eq!(cinema.check_successor(&cinema.clone()), []);
    for (before, after) in [(&mug, &cinema), (&cinema, &theatre), (&cinema, &mug)] {
        assert_eq!(fields(&before.check_successor(after)), ["reward.kind"]);
    }
}

#[test]
fn a_reward_is_redeemed_while_it_is_published_and_redeemable() {
    let (from, until) = (moment("2026-02-01T00:00:00Z"), moment("2026-03-01T00:00:00Z"));
    let period = Period {
        from: Some(from),
        until: Some(until),
    };
    for published in [true, false] {
        let mut terms = terms(Kind::Physical);
        *(if published {
            &mut terms.published
        } else {
            &mut terms.redeemable
        }) = period;
        let mut example = Example::new(terms);
        let word = if published { "published" } else { "redeemable" };
        example.now = from - SignedDuration::from_nanos(1);
        let error = example.refuse(reserve(1));
        assert_eq!(error.reason(), reasons::REWARD_NOT_AVAILABLE);
        assert!(
            error.message().contains(&format!("is not {word} before {from}")),
            "{error}"
        );
        for inside in [from, until - SignedDuration::from_nanos(1)] {
            example.now = inside;
            assert!(example.decide(reserve(1)).is_ok(), "{word} {inside}");
        }
        example.now = until;
        let error = example.refuse(reserve(1));
        assert!(
            error.message().contains(&format!("was {word} until {until}")),
            "{error}"
        );
    }
}

#[test]
fn a_reward_that_is_not_there_is_named() {
    let error = crate::domain::rewards::not_found(REWARD);
    assert_eq!(error.reason(), reasons::REWARD_NOT_FOUND);
    assert!(error.message().contains(REWARD), "{error}");
}
