//! Prices and payments.

use super::*;
use crate::domain::rewards::{
    price::{MOST_PRICE_MINOR, MOST_PRICE_POINTS, MOST_WALLETS, Payment, Rate},
    redemption::MOST_UNITS,
};

fn range(least_points: i64, most_points: i64, minor: i64, per: i64) -> Price {
    Price {
        id: "mixed".to_owned(),
        form: PriceForm::Range {
            wallet: "main".to_owned(),
            least_points,
            most_points,
            rate: Rate {
                money: dollars(minor),
                points: per,
            },
        },
    }
}

fn found(price: &Price) -> Vec<String> {
    let mut found = Vec::new();
    price.check("price", &mut found);
    found.into_iter().map(|violation| violation.field).collect()
}

#[test]
fn what_is_free_costs_nothing() {
    let free = Price {
        id: "free".to_owned(),
        form: PriceForm::Free,
    };
    let payment = free.payment(3, None).unwrap();
    assert!(payment.is_nothing());
    assert_eq!(payment, Payment::default());
}

#[test]
fn a_fixed_price_is_paid_for_each_unit() {
    let price = fixed(
        "both",
        vec![points("main", 100), points("stamps", 2)],
        Some(dollars(250)),
    );
    let payment = price.payment(3, None).unwrap();
    assert_eq!(payment.points, [points("main", 300), points("stamps", 6)]);
    assert_eq!(payment.money, Some(dollars(750)));
    assert!(!payment.is_nothing());
    let money_alone = fixed("money", vec![], Some(dollars(1))).payment(1, None).unwrap();
    assert!(!money_alone.is_nothing(), "{money_alone:?}");
}

#[test]
fn points_can_be_chosen_only_from_a_range() {
    let error = fixed("points", vec![points("main", 100)], None)
        .payment(1, Some(100))
        .unwrap_err();
    assert_eq!(fields(error.violations()), ["points"]);
    let error = range(10, 20, 1, 1).payment(1, Some(9)).unwrap_err();
    assert_eq!(fields(error.violations()), ["points"]);
    assert!(error.message().contains("must be 10 to 20"), "{error}");
}

#[test]
fn money_for_points_that_are_not_paid_is_rounded_up_once() {
    // 1,000 points or a part of them, and 1 cent for every 3 points that are missing.
    let price = range(400, 1_000, 1, 3);
    for (units, chosen, paid, minor) in [
        (1, None, 1_000, 0),
        (1, Some(1_000), 1_000, 0),
        (1, Some(999), 999, 1),
        (1, Some(997), 997, 1),
        (1, Some(996), 996, 2),
        (1, Some(400), 400, 200),
        (2, None, 2_000, 0),
        (2, Some(1_997), 1_997, 1),
        (2, Some(800), 800, 400),
    ] {
        let payment = price.payment(units, chosen).unwrap();
        assert_eq!(payment.points, [points("main", paid)], "{units} {chosen:?}");
        assert_eq!(
            payment.money,
            (minor > 0).then(|| dollars(minor)),
            "{units} {chosen:?}"
        );
    }
    assert!(price.payment(1, Some(399)).is_err());
    assert!(price.payment(1, Some(1_001)).is_err());
    assert!(price.payment(2, Some(799)).is_err());
}

#[test]
fn a_range_can_begin_with_no_points() {
    let payment = range(0, 100, 50, 10).payment(1, Some(0)).unwrap();
    assert_eq!(payment.points, []);
    assert_eq!(payment.money, Some(dollars(500)));
}

#[test]
fn prices_out_of_range_are_refused_and_do_not_overflow() {
    let price = fixed("points", vec![points("main", i64::MAX)], None);
    assert_eq!(
        fields(price.payment(2, None).unwrap_err().violations()),
        ["units"]
    );
    let price = fixed("money", vec![], Some(dollars(i64::MAX)));
    assert_eq!(
        fields(price.payment(2, None).unwrap_err().violations()),
        ["units"]
    );
    let price = range(0, i64::MAX, i64::MAX, 1);
    assert_eq!(
        fields(price.payment(1, Some(0)).unwrap_err().violations()),
        ["units"]
    );
    let price = range(0, i64::MAX, 1, 1);
    assert_eq!(
        fields(price.payment(2, None).unwrap_err().violations()),
        ["units"]
    );
    let most = fixed(
        "points",
        vec![points("main", MOST_PRICE_POINTS)],
        Some(dollars(MOST_PRICE_MINOR)),
    );
    assert_eq!(found(&most), Vec::<String>::new());
    assert!(most.payment(MOST_UNITS, None).is_ok());
}

#[test]
fn shares_of_a_payment_add_up_to_the_whole_whatever_they_are() {
    let mut random = Random::announced("shares_of_a_payment");
    for _ in 0..2_000 {
        let payment = Payment {
            points: vec![
                points("main", random.between(1, 500)),
                points("stamps", random.between(1, 5)),
            ],
            money: random.one_in(2).then(|| dollars(random.between(1, 999))),
        };
        let units = random.between(1, 12);
        let (mut before, mut main, mut stamps, mut minor) = (0, 0, 0, 0);
        while before < units {
            let next = random.between(1, units - before);
            let share = payment.share(before, next, units);
            for part in &share.points {
                assert!(part.points > 0, "{part:?}");
                *(if part.wallet == "main" {
                    &mut main
                } else {
                    &mut stamps
                }) += part.points;
            }
            minor += share.money.map_or(0, |money| money.minor);
            before += next;
            assert_eq!(
                main,
                payment.points[0].points * before / units,
                "{payment:?} {before} of {units}"
            );
        }
        assert_eq!(
            vec![points("main", main), points("stamps", stamps)],
            payment.points
        );
        assert_eq!(minor, payment.money.map_or(0, |money| money.minor));
    }
}

#[test]
fn shares_are_never_more_than_the_whole() {
    let payment = Payment {
        points: vec![points("main", i64::MAX)],
        money: None,
    };
    assert_eq!(payment.share(0, 100, 100), payment);
    assert_eq!(payment.share(0, 101, 100), payment);
    assert_eq!(payment.share(100, 1, 100), Payment::default());
    assert_eq!(payment.share(-1, 2, 2).points, [points("main", i64::MAX / 2)]);
}

#[test]
fn a_price_has_an_id_and_something_to_pay() {
    assert_eq!(found(&fixed("", vec![points("main", 1)], None)), ["price.id"]);
    assert_eq!(found(&fixed("a", vec![], None)), ["price"]);
    assert_eq!(found(&fixed("a", vec![], Some(dollars(1)))), Vec::<String>::new());
    assert_eq!(
        found(&fixed("a", vec![points("main", 1)], None)),
        Vec::<String>::new()
    );
}

#[test]
fn ids_are_small_letters_digits_and_three_signs() {
    let longest = "a".repeat(63);
    for (id, fine) in [
        ("a", true),
        ("0-_.z9", true),
        (longest.as_str(), true),
        (&format!("{longest}a"), false),
        ("-a", false),
        (".a", false),
        ("A", false),
        ("a b", false),
        ("ä", false),
    ] {
        assert_eq!(
            found(&fixed(id, vec![points("main", 1)], None)).is_empty(),
            fine,
            "{id:?}"
        );
        assert_eq!(
            found(&fixed("a", vec![points(id, 1)], None)).is_empty(),
            fine,
            "{id:?}"
        );
    }
}

#[test]
fn points_and_money_of_a_price_have_bounds() {
    for (amount, most, fine) in [
        (0, MOST_PRICE_POINTS, false),
        (-1, MOST_PRICE_POINTS, false),
        (1, MOST_PRICE_POINTS, true),
        (MOST_PRICE_POINTS, MOST_PRICE_POINTS, true),
        (MOST_PRICE_POINTS + 1, MOST_PRICE_POINTS, false),
    ] {
        assert_eq!(
            most, MOST_PRICE_MINOR,
            "points and money are tried with the same numbers"
        );
        let price = found(&fixed("a", vec![points("main", amount)], Some(dollars(amount))));
        if fine {
            assert_eq!(price, Vec::<String>::new(), "{amount}");
        } else {
            assert_eq!(price, ["price.points[0].points", "price.money"], "{amount}");
        }
    }
}

#[test]
fn a_wallet_stands_in_a_price_once_and_there_are_only_so_many() {
    let twice = fixed("a", vec![points("main", 1), points("main", 2)], None);
    assert_eq!(found(&twice), ["price.points[1].wallet"]);
    let wallets = |count: usize| {
        (0..count)
            .map(|number| points(&format!("w{number}"), 1))
            .collect()
    };
    assert_eq!(
        found(&fixed("a", wallets(MOST_WALLETS), None)),
        Vec::<String>::new()
    );
    assert_eq!(
        found(&fixed("a", wallets(MOST_WALLETS + 1), None)),
        ["price.points"]
    );
}

#[test]
fn a_range_goes_from_fewer_points_to_more_and_has_a_rate() {
    let most = MOST_PRICE_POINTS;
    for (least, most, minor, per, wrong) in [
        (0, 1, 1, 1, vec![]),
        (-1, 1, 1, 1, vec!["price.least_points"]),
        (1, 1, 1, 1, vec!["price.least_points"]),
        (0, most, 1, 1, vec![]),
        (0, most + 1, 1, 2, vec!["price.most_points"]),
        (-1, 0, 1, 1, vec!["price.most_points", "price.least_points"]),
        (0, 10, 0, 1, vec!["price.rate.money"]),
        (0, 10, 1, 0, vec!["price.rate.points"]),
        (0, 10, 1, most, vec![]),
        (0, 10, 1, most + 1, vec!["price.rate.points"]),
        (0, 10, MOST_PRICE_MINOR / 10, 1, vec![]),
        (0, 10, MOST_PRICE_MINOR / 10 + 1, 1, vec!["price.rate"]),
        (0, most, MOST_PRICE_MINOR, 1, vec!["price.rate"]),
        (
            0,
            i64::MAX,
            MOST_PRICE_MINOR,
            1,
            vec!["price.most_points", "price.rate"],
        ),
    ] {
        assert_eq!(
            found(&range(least, most, minor, per)),
            wrong,
            "{least} {most} {minor} {per}"
        );
    }
    let mut price = range(0, 10, 1, 1);
    if let PriceForm::Range { wallet, .. } = &mut price.form {
        *wallet = "Main".to_owned();
    }
    assert_eq!(found(&price), ["price.wallet"]);
}
