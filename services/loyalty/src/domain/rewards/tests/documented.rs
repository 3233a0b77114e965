//! The examples of `docs/loyalty/rewards.md`, reckoned anew.

use std::sync::LazyLock;

use super::{discounts::order_in_euros, signed_codes, *};
use crate::domain::rewards::{
    code_pool::{Change, Refusal, read_batch},
    codes::{LookupCode, PublicKeys, public_key, sign, verify},
    limits::{Limit, Use, Window},
    price::{Payment, Rate},
    redemption::State,
    voucher::{Offer, Order, OrderLine},
};

static PAGE: LazyLock<String> = LazyLock::new(|| crate::domain::page_of_documentation("rewards.md"));

/// The rows of the table with a heading, each as its cells.
fn table(heading: &str) -> Vec<Vec<&'static str>> {
    let line = format!("| {heading} |");
    let (_, after) = PAGE
        .split_once(&line)
        .unwrap_or_else(|| panic!("the page has no table {line}"));
    let rows = after.lines().skip(2).take_while(|row| row.starts_with('|'));
    let cells = |row: &'static str| row.trim_matches('|').split('|').map(str::trim).collect();
    let rows: Vec<Vec<_>> = rows.map(cells).collect();
    assert!(!rows.is_empty(), "{line} has no rows");
    rows
}

fn euros(minor: i64) -> Money {
    Money {
        minor,
        currency: "EUR".parse().unwrap(),
    }
}

/// An amount as the page writes it, such as `3.50 EUR`.
fn amount(text: &str) -> Money {
    let (number, code) = text.split_once(' ').unwrap();
    Money::parse(number, code.parse().unwrap()).unwrap()
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = (0..text.len()).step_by(2);
    pairs
        .map(|place| u8::from_str_radix(&text[place..place + 2], 16).unwrap())
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat()
}

fn code_words(text: &str) -> &str {
    text.trim_matches('`')
}

#[test]
fn what_can_be_done_in_each_state_is_documented() {
    let rows = table("state | a physical thing can be | anything else can be");
    assert_eq!(rows.len(), State::ALL.len());
    for (row, state) in rows.iter().zip(State::ALL) {
        let physical = state.possible(&Kind::Physical).join(", ");
        // Nothing else comes into the states of a thing on its way.
        let on_its_way = matches!(state, State::Sent) || state.to_string() == "being prepared";
        let others = if on_its_way {
            String::new()
        } else {
            state.possible(&codes()).join(", ")
        };
        assert_eq!(*row, [state.to_string(), physical, others]);
    }
}

#[test]
fn prices_are_documented() {
    let range = PriceForm::Range {
        wallet: "main".to_owned(),
        least_points: 5_000,
        most_points: 20_000,
        rate: Rate {
            money: euros(100),
            points: 150,
        },
    };
    let flight = Price {
        id: "flight".to_owned(),
        form: range,
    };
    let draw = Price {
        id: "draw".to_owned(),
        form: PriceForm::Free,
    };
    let prices = [
        fixed("mug", vec![points("main", 1_200)], None),
        fixed("towel", vec![points("main", 900), points("stamps", 3)], None),
        fixed("lounge", vec![points("main", 1_500)], Some(euros(1_000))),
        flight,
        draw,
    ];
    for row in table("price | units | points chosen | is paid") {
        let price = prices.iter().find(|price| price.id == row[0]).unwrap();
        let chosen = (!row[2].is_empty()).then(|| row[2].parse().unwrap());
        let paid = match price.payment(row[1].parse().unwrap(), chosen) {
            Err(_) => "refused".to_owned(),
            Ok(payment) if payment.is_nothing() => "nothing".to_owned(),
            Ok(payment) => {
                let points = payment
                    .points
                    .iter()
                    .map(|paid| format!("{} {}", paid.points, paid.wallet));
                let money = payment.money.iter().map(ToString::to_string);
                points.chain(money).collect::<Vec<_>>().join(", ")
            }
        };
        assert_eq!(paid, row[3], "{row:?}");
    }
}

#[test]
fn shares_of_refunds_are_documented() {
    let payment = Payment {
        points: vec![points("main", 100)],
        money: None,
    };
    for row in table("refund | units refunded so far | goes back") {
        let after: i64 = row[1].parse().unwrap();
        let back = payment.share(after - 1, 1, 3).points[0].points;
        assert_eq!(format!("{back} points"), row[2], "{row:?}");
    }
}

#[test]
fn limits_are_documented() {
    let windows = [
        ("per day", Window::Day),
        ("per week", Window::Week),
        ("per month", Window::Month),
        ("per year", Window::Year),
        ("within 10 days", Window::RollingDays(10)),
        ("in all", Window::InAll),
    ];
    let mut seen = std::collections::BTreeSet::new();
    for row in table("limit | reserved before (UTC) | wants one more at (UTC) | may") {
        let (most, name) = row[0].split_once(' ').unwrap();
        let (_, window) = windows.iter().find(|(known, _)| *known == name).unwrap();
        assert_eq!(window.to_string(), name);
        seen.insert(window);
        let mut terms = terms(Kind::Physical);
        terms.limits = vec![Limit {
            window: *window,
            most: most.parse().unwrap(),
        }];
        let mut example = Example::new(terms);
        example.now = moment(row[2]);
        example.member.uses.listed = vec![Use {
            redemption: Uuid::nil(),
            time: moment(row[1]),
            units: 1,
        }];
        assert_eq!(example.decide(reserve(1)).is_ok(), row[3] == "yes", "{row:?}");
    }
    assert_eq!(seen.len(), windows.len());
}

#[test]
fn refused_lines_are_documented() {
    let (_, batch) = PAGE.split_once("```batch\n").unwrap();
    let (batch, _) = batch.split_once("```").unwrap();
    let read = read_batch(batch, &|code| code == "OLD-1").unwrap();
    assert_eq!(read.codes, ["AB-1", "AB-2", "AB-3"]);
    let refused = read.refused.iter().map(|refused| match refused.why {
        Refusal::DuplicateOfLine(first) => {
            vec![refused.line.to_string(), format!("duplicate of line {first}")]
        }
        Refusal::Known => vec![refused.line.to_string(), "known".to_owned()],
        Refusal::TooLong | Refusal::Invisible => panic!("{refused:?}"),
    });
    assert_eq!(refused.collect::<Vec<_>>(), table("line | refused because"));
}

#[test]
fn notices_of_pools_are_documented() {
    let mut pool = pool(Some(2), Vec::new());
    pool.low = true;
    let codes = |count: usize| vec![code(1, None); count];
    for row in table("step | free codes | notice") {
        let (step, count) = row[0].rsplit_once(' ').unwrap();
        let count: usize = count.parse().unwrap();
        let notice = pool.apply(&match step {
            "import" => Change::Added(i64::try_from(count).unwrap()),
            "take" => Change::Taken(codes(count)),
            "give back" => Change::GivenBack(codes(count)),
            other => panic!("{other}"),
        });
        assert_eq!(pool.counts.free.to_string(), row[1], "{row:?}");
        assert_eq!(notice.is_some(), row[2] == "yes", "{row:?}");
    }
}

/// The voucher that the page describes in words.
fn described(words: &str) -> voucher::Terms {
    let (words, rounding) = match words.split_once(", rounded ") {
        Some((words, "half up")) => (words, Rounding::HalfUp),
        Some((words, "down")) => (words, Rounding::Down),
        None => (words, Rounding::Down),
        Some((_, other)) => panic!("{other}"),
    };
    let (words, minimum) = match words.split_once(" from ") {
        Some((words, minimum)) => (words, Some(amount(minimum))),
        None => (words, None),
    };
    let (words, most) = match words.split_once(", at most ") {
        Some((words, most)) => (words, Some(amount(most))),
        None => (words, None),
    };
    let (words, drinks) = match words
        .strip_suffix(" of drinks")
        .or(words.strip_suffix(" on drinks"))
    {
        Some(words) => (words, true),
        None => (words, false),
    };
    let benefit = if let Some(percent) = words.strip_suffix(" %") {
        Benefit::Percentage {
            basis_points: percent.parse::<i64>().unwrap() * 100,
            most,
        }
    } else if let Some(item) = words.strip_prefix("a free ") {
        Benefit::FreeItem {
            item: item.to_owned(),
            most,
        }
    } else {
        Benefit::AmountOff {
            amount: amount(words),
        }
    };
    voucher::Terms {
        minimum_order: minimum,
        categories: drinks.then(|| "drinks".to_owned()).into_iter().collect(),
        rounding,
        ..voucher_terms(benefit)
    }
}

#[test]
fn discounts_are_documented() {
    let line = |item: &str, category: &str, unit_minor, units| OrderLine {
        item: item.to_owned(),
        category: category.to_owned(),
        unit_minor,
        units,
    };
    let order = Order {
        currency: "EUR".parse().unwrap(),
        lines: vec![line("tea", "drinks", 350, 2), line("cake", "food", 499, 1)],
        member: None,
    };
    assert_eq!(order.total().unwrap(), 1_199);
    for row in table("voucher | takes off") {
        let discount = described(row[0]).discount(&order);
        let told = discount.map_or("refused".to_owned(), |discount| discount.to_string());
        assert_eq!(told, row[1], "{row:?}");
    }
}

#[test]
fn codes_to_type_are_documented() {
    let (_, bytes) = PAGE.split_once("comes from the random bytes `").unwrap();
    let bytes = unhex(bytes.split_once('`').unwrap().0);
    let code = LookupCode::from_random(bytes.try_into().unwrap());
    let rows = table("typed | is");
    assert_eq!(code_words(rows[0][0]), code.to_string());
    for row in rows {
        let typed = code_words(row[0]);
        let told = match LookupCode::parse(typed) {
            Ok(read) => {
                assert_eq!(read, code, "{row:?}");
                "right"
            }
            Err(error) if error.message().contains("mistyped") => "mistyped",
            Err(error) if error.message().contains("must have 16") => "not sixteen",
            Err(error) => panic!("{row:?}: {error}"),
        };
        assert_eq!(told, row[1], "{row:?}");
    }
}

#[test]
fn a_signed_code_is_documented_byte_by_byte() {
    let secret: [u8; 32] = std::array::from_fn(|place| u8::try_from(place).unwrap());
    assert!(PAGE.contains(&hex(&secret)));
    let terms = voucher::Terms {
        minimum_order: Some(euros(3_000)),
        rounding: Rounding::HalfUp,
        ..voucher_terms(Benefit::Percentage {
            basis_points: 1_500,
            most: Some(euros(2_000)),
        })
    };
    let offer = Offer {
        program: "programs/harbour".to_owned(),
        voucher: "0190a5b8-7c1d-7e2f-8a3b-4c5d6e7f8091".parse().unwrap(),
        member: None,
        terms,
        valid: Period {
            from: Some(moment("2026-06-01T00:00:00Z")),
            until: Some(moment("2026-09-01T00:00:00Z")),
        },
    };
    let code = sign(&offer, 3, &secret).unwrap();
    let public = public_key(&secret);
    let rows = table("what | value");
    let value = |what: &str| code_words(rows.iter().find(|row| row[0] == what).unwrap()[1]);
    assert_eq!(value("public key"), hex(&public));
    assert_eq!(value("code"), code);
    let bytes = value("bytes").replace(' ', "");
    // The last symbol of the bytes goes on with the first bits of the signature.
    let written = signed_codes::text_of(&unhex(&bytes));
    assert!(code.starts_with(&written[..written.len() - 1]), "{bytes}");
    let keys = PublicKeys::from([(3, public)]);
    let read = verify(value("code"), "programs/harbour", &keys).unwrap();
    assert_eq!(read, offer);
    let now = moment("2026-07-01T00:00:00Z");
    for (minor, discount) in [
        (12_345, Some("18.52 EUR")),
        (20_000, Some("20.00 EUR")),
        (2_999, None),
    ] {
        let found = read
            .check(&order_in_euros(minor), now)
            .ok()
            .map(|discount| discount.to_string());
        assert_eq!(found.as_deref(), discount);
        if let Some(discount) = discount {
            let order = euros(minor);
            assert!(
                PAGE.contains(&format!("{order} it takes off {discount}"))
                    || PAGE.contains(&format!("{order}, {discount}"))
            );
        }
    }
    assert!(PAGE.contains("29.99 EUR it is refused"));
}
