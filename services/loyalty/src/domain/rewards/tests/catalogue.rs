//! What a catalogue entry may say.

use super::*;
use crate::domain::rewards::{
    catalogue::{RESOURCE_TYPE, Reward, already_exists, not_found},
    limits::{Limit, Window},
    reasons,
    redemption::MOST_UNITS,
    terms::{
        LONGEST_ELIGIBILITY, LONGEST_RESERVATION_MINUTES, LONGEST_TITLE, LONGEST_WORD, MOST_PRICES, MOST_TAGS,
    },
    validity::MOST_DAYS,
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
    assert_eq!(
        cinema.check_successor(&mug)[0].description,
        "must stay a unique code, and of the same pool if it has one; create another reward instead"
    );
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

fn entry(total_stock: Option<i64>) -> Reward {
    let created = moment("2026-01-15T15:00:00Z");
    Reward::new((PROGRAM, "mug"), terms(Kind::Physical), total_stock, created).unwrap()
}

#[test]
fn an_entry_is_created_with_an_id_and_terms_without_fault() {
    let mug = entry(Some(5));
    assert_eq!((mug.name.as_str(), mug.version), ("programs/p/rewards/mug", 1));
    assert_eq!((mug.stock.left(), mug.create_time), (Some(5), mug.update_time));
    let new = |id: &str, terms, total| Reward::new((PROGRAM, id), terms, total, mug.create_time).unwrap_err();
    assert_eq!(
        fields(new("Mug", terms(Kind::Physical), None).violations()),
        ["reward_id"]
    );
    assert_eq!(
        fields(new("mug", terms(Kind::Physical), Some(-1)).violations()),
        ["stock.total"]
    );
    let mut wrong = terms(Kind::Physical);
    wrong.most_units = 0;
    let error = new("mug", wrong, None);
    assert_eq!(error.reason(), reasons::INVALID_REWARD);
    assert_eq!(fields(error.violations()), ["reward.most_units"]);
}

#[test]
fn other_terms_make_a_new_version_and_another_stock_does_not() {
    let mug = entry(Some(5));
    let later = moment("2026-02-01T00:00:00Z");
    assert_eq!(
        mug.changed(mug.terms.clone(), Some(5), later).unwrap(),
        mug,
        "nothing changed"
    );
    let more = mug.changed(mug.terms.clone(), Some(6), later).unwrap();
    assert_eq!(
        (more.version, more.stock.left(), more.update_time),
        (1, Some(6), later)
    );
    let mut terms = mug.terms.clone();
    terms.category = "kitchen".to_owned();
    let revised = mug.changed(terms.clone(), Some(5), later).unwrap();
    assert_eq!(
        (revised.version, &revised.terms, revised.create_time),
        (2, &terms, mug.create_time)
    );
    let etags: std::collections::BTreeSet<_> = [&mug, &more, &revised]
        .iter()
        .map(|reward| reward.etag())
        .collect();
    assert_eq!(etags.len(), 3, "each change changes the etag: {etags:?}");
    let mut taken = mug.clone();
    taken.stock = Stock::stored(Some(5), 3);
    assert_eq!(taken.etag(), mug.etag(), "a redemption does not");
    assert_eq!(
        fields(
            taken
                .changed(terms.clone(), Some(2), later)
                .unwrap_err()
                .violations()
        ),
        ["stock.total"]
    );
    assert_eq!(entry(None).etag(), "1");
    terms.kind = codes();
    assert_eq!(
        fields(mug.changed(terms.clone(), None, later).unwrap_err().violations()),
        ["reward.kind"]
    );
    terms.prices.clear();
    let error = mug.changed(terms, None, later).unwrap_err();
    assert_eq!(
        fields(error.violations()),
        ["reward.prices"],
        "the rules come first"
    );
}

#[test]
fn an_etag_that_is_not_the_current_one_is_refused() {
    let mug = entry(Some(5));
    assert!(mug.check_etag("").is_ok() && mug.check_etag("1-5").is_ok());
    let error = mug.check_etag("1-4").unwrap_err();
    assert_eq!(error.reason(), rapport_status::Reason::EtagMismatch);
    assert!(
        error.message().contains("its etag is \"1-5\", not \"1-4\""),
        "{error}"
    );
}

#[test]
fn redemptions_are_decided_on_what_the_entry_says() {
    let mug = entry(Some(5));
    let state = mug.state(Some(pool(None, Vec::new())));
    assert_eq!(
        (state.program.as_str(), &state.name, state.version),
        (PROGRAM, &mug.name, 1)
    );
    assert_eq!((state.stock, &state.terms), (mug.stock, &mug.terms));
    assert!(state.pool.is_some() && mug.state(None).pool.is_none());
}

#[test]
fn members_see_an_entry_while_it_is_published() {
    let mut mug = entry(None);
    let until = moment("2026-03-01T00:00:00Z");
    mug.terms.published.until = Some(until);
    assert!(mug.is_published(until - SignedDuration::from_nanos(1)));
    assert!(!mug.is_published(until));
}

#[test]
fn what_is_there_or_is_not_is_named() {
    for (error, reason) in [
        (not_found(REWARD), reasons::REWARD_NOT_FOUND),
        (already_exists(REWARD), reasons::REWARD_ALREADY_EXISTS),
    ] {
        assert_eq!(error.reason(), reason);
        assert_eq!(error.resource(), Some((RESOURCE_TYPE, REWARD)));
        assert!(error.message().contains(REWARD), "{error}");
    }
}
