//! Codes that a till checks without a network.

use std::collections::BTreeSet;

use super::*;
use crate::domain::rewards::{
    codes::{LONGEST_TEXT, PublicKeys, public_key, sign, verify},
    reasons,
    voucher::{LONGEST_ITEM, MOST_CATEGORIES, MOST_USES, Offer},
};

const SECRET: [u8; 32] = [7; 32];
const KEY: u16 = 0x0102;
const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

fn keys() -> PublicKeys {
    PublicKeys::from([(KEY, public_key(&SECRET)), (9, public_key(&[9; 32]))])
}

fn offer(terms: voucher::Terms) -> Offer {
    Offer {
        program: PROGRAM.to_owned(),
        voucher: Uuid::from_u128(0x0123_4567_89ab_cdef_0011_2233_4455_6677),
        member: terms.bound.then(|| MEMBER.to_owned()),
        terms,
        valid: Period {
            from: Some(moment("2026-01-15T15:00:00Z")),
            until: Some(moment("2026-07-01T04:00:00Z")),
        },
    }
}

fn small() -> Offer {
    offer(five_off())
}

/// An offer with everything that one can have, as long as it can be.
fn largest() -> Offer {
    let long = |number: usize| format!("{number}{}", "x".repeat(LONGEST_ITEM - 1));
    let terms = voucher::Terms {
        benefit: Benefit::FreeItem {
            item: long(0),
            most: Some(dollars(1_000_000_000_000)),
        },
        minimum_order: Some(dollars(1_000_000_000_000)),
        categories: (0..MOST_CATEGORIES).map(long).collect(),
        uses: MOST_USES,
        bound: true,
        rounding: Rounding::HalfUp,
    };
    let program = format!("programs/{}", "p".repeat(63));
    Offer {
        member: Some(format!("{program}/members/{}", "m".repeat(63))),
        program,
        valid: Period {
            from: Some(Timestamp::from_second(0).unwrap()),
            until: Some(moment("9999-12-30T00:00:00Z")),
        },
        ..offer(terms)
    }
}

/// Reads what `verify` refuses to tell whole numbers from: bits of base 32, the first first.
fn bits(text: &str) -> Vec<bool> {
    let value = |symbol| ALPHABET.find(symbol).unwrap();
    text.chars()
        .flat_map(|symbol| (0..5).rev().map(move |bit| value(symbol) >> bit & 1 == 1))
        .collect()
}

fn text(bits: &[bool]) -> String {
    bits.chunks(5)
        .map(|five| {
            let value = five.iter().fold(0, |value, bit| value << 1 | usize::from(*bit));
            ALPHABET.as_bytes()[value << (5 - five.len())] as char
        })
        .collect()
}

fn bytes(bits: &[bool]) -> Vec<u8> {
    let whole = bits.chunks_exact(8);
    whole
        .map(|eight| eight.iter().fold(0, |value, bit| value << 1 | u8::from(*bit)))
        .collect()
}

pub(super) fn text_of(bytes: &[u8]) -> String {
    let bits: Vec<bool> = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
        .collect();
    text(&bits)
}

/// Signs bytes as `sign` does, whatever they are.
fn signed(layout: &[u8]) -> String {
    use ed25519_dalek::Signer as _;
    let message = [b"rapport voucher\0", layout].concat();
    let signature = ed25519_dalek::SigningKey::from_bytes(&SECRET).sign(&message);
    text_of(&[layout, &signature.to_bytes()].concat())
}

/// The bytes of an offer without its signature.
fn layout(offer: &Offer) -> Vec<u8> {
    let mut bytes = bytes(&bits(&sign(offer, KEY, &SECRET).unwrap()));
    bytes.truncate(bytes.len() - 64);
    bytes
}

fn refusal(text: &str) -> String {
    let error = verify(text, PROGRAM, &keys()).unwrap_err();
    assert_eq!(error.reason(), reasons::INVALID_CODE);
    assert_eq!(fields(error.violations()), ["code"]);
    error.message().to_owned()
}

#[test]
fn an_offer_is_signed_and_read_again() {
    let mut percentage = voucher_terms(Benefit::Percentage {
        basis_points: 1_250,
        most: None,
    });
    percentage.minimum_order = Some(dollars(1));
    percentage.categories = BTreeSet::from(["food".to_owned(), "drinks".to_owned()]);
    let mut endless = small();
    endless.valid = Period::default();
    let mut open = small();
    open.valid.from = None;
    let bounded = voucher_terms(Benefit::Percentage {
        basis_points: 1,
        most: Some(dollars(1)),
    });
    for offer in [small(), offer(percentage), offer(bounded), endless, open] {
        let code = sign(&offer, KEY, &SECRET).unwrap();
        assert_eq!(verify(&code, PROGRAM, &keys()).unwrap(), offer, "{code}");
        assert_eq!(sign(&offer, KEY, &SECRET).unwrap(), code, "the same code again");
        assert!(code.len() < 220, "{} characters", code.len());
    }
    let largest = largest();
    assert_eq!(largest.terms.uses, 10_000);
    let code = sign(&largest, u16::MAX, &SECRET).unwrap();
    let keys = PublicKeys::from([(u16::MAX, public_key(&SECRET))]);
    assert_eq!(verify(&code, &largest.program, &keys).unwrap(), largest);
    assert!(
        code.len() < 1_000 && code.len() < LONGEST_TEXT,
        "{} characters",
        code.len()
    );
}

#[test]
fn random_offers_are_signed_and_read_again() {
    let mut random = Random::announced("random_offers");
    for _ in 0..150 {
        let money = |random: &mut Random| {
            dollars(1 + i64::try_from(random.next() >> (25 + random.below(38))).unwrap())
        };
        let optional = |random: &mut Random| random.one_in(2).then(|| money(random));
        let benefit = match random.below(3) {
            0 => Benefit::Percentage {
                basis_points: random.between(1, 10_000),
                most: optional(&mut random),
            },
            1 => Benefit::AmountOff {
                amount: money(&mut random),
            },
            _ => Benefit::FreeItem {
                item: "é".repeat(random.below(20) + 1),
                most: optional(&mut random),
            },
        };
        let terms = voucher::Terms {
            benefit,
            minimum_order: optional(&mut random),
            categories: (0..random.below(9)).map(|number| format!("c{number}")).collect(),
            uses: random.between(1, MOST_USES),
            bound: random.one_in(2),
            rounding: *random.pick(&[Rounding::Down, Rounding::HalfUp]),
        };
        let from = random.one_in(2).then(|| random.between(0, 2_000_000_000));
        let until = random
            .one_in(2)
            .then(|| from.unwrap_or(0) + random.between(1, 1_000_000_000));
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let offer = Offer {
            voucher: Uuid::from_u64_pair(random.next(), random.next()),
            valid: Period {
                from: from.map(at),
                until: until.map(at),
            },
            ..offer(terms)
        };
        let code = sign(&offer, KEY, &SECRET).unwrap();
        assert_eq!(verify(&code, PROGRAM, &keys()).unwrap(), offer, "{code}");
    }
}

#[test]
fn a_code_with_any_bit_altered_is_refused() {
    let code = sign(&small(), KEY, &SECRET).unwrap();
    let whole = bits(&code);
    for place in 0..whole.len() {
        let mut altered = whole.clone();
        altered[place] = !altered[place];
        assert!(
            verify(&text(&altered), PROGRAM, &keys()).is_err(),
            "bit {place} of {code}"
        );
    }
}

#[test]
fn a_code_of_another_key_program_or_form_is_refused_with_what_is_wrong() {
    let code = sign(&small(), KEY, &SECRET).unwrap();
    let forged = sign(&small(), KEY, &[8; 32]).unwrap();
    assert!(
        refusal(&forged).contains("was altered or not signed by the program"),
        "{}",
        refusal(&forged)
    );
    let renamed = sign(&small(), 9, &SECRET).unwrap();
    assert!(refusal(&renamed).contains("was altered or not signed"));
    let unknown = sign(&small(), 3, &SECRET).unwrap();
    assert!(
        refusal(&unknown).contains("is signed with key 3, which is not known here"),
        "{}",
        refusal(&unknown)
    );
    let error = verify(&code, "programs/q", &keys()).unwrap_err();
    assert!(
        error
            .message()
            .contains("is a voucher of programs/p, not of programs/q"),
        "{error}"
    );
    let long = "0".repeat(LONGEST_TEXT + 1);
    for wrong in [
        "",
        "K7QX-2M9D-0000-0000",
        &code.to_lowercase(),
        &code[..100],
        &code[1..],
        &format!("{code}0"),
        &long,
        "é",
    ] {
        let refused = refusal(wrong);
        let told = refused.contains("is no signed code") || refused.contains("was altered");
        assert!(told, "{wrong:?}: {refused}");
    }
    let mut newer = layout(&small());
    newer[0] = 2;
    assert!(refusal(&signed(&newer)).contains("is no signed code"));
}

#[test]
fn a_text_that_is_too_long_is_not_even_read() {
    // 1,200 symbols are 750 bytes: enough for a code, so that only the length can be why it is refused.
    let fits = format!("04{}", "0".repeat(LONGEST_TEXT - 2));
    assert!(
        refusal(&fits).contains("is signed with key"),
        "{}",
        refusal(&fits)
    );
    let long = format!("04{}", "0".repeat(LONGEST_TEXT + 6));
    assert!(refusal(&long).contains("is no signed code"), "{}", refusal(&long));
}

#[test]
fn a_signature_for_another_purpose_is_none_of_a_voucher() {
    use ed25519_dalek::Signer as _;
    let layout = layout(&small());
    let bare = ed25519_dalek::SigningKey::from_bytes(&SECRET).sign(&layout);
    let code = text_of(&[&layout[..], &bare.to_bytes()].concat());
    assert!(refusal(&code).contains("was altered or not signed"));
    assert!(
        verify(&signed(&layout), PROGRAM, &keys()).is_ok(),
        "with its purpose it is one"
    );
}

#[test]
fn a_public_key_that_is_none_is_a_fault_of_ours() {
    let code = sign(&small(), KEY, &SECRET).unwrap();
    // No point of the curve has this coordinate.
    let keys = PublicKeys::from([(KEY, [2; 32])]);
    let error = verify(&code, PROGRAM, &keys).unwrap_err();
    assert_eq!(error.reason(), rapport_status::Reason::InternalError, "{error}");
}

#[test]
fn signed_bytes_of_another_layout_are_refused_although_the_key_has_signed_them() {
    let fine = layout(&small());
    assert!(verify(&signed(&fine), PROGRAM, &keys()).is_ok());
    for length in 3..fine.len() {
        assert!(
            verify(&signed(&fine[..length]), PROGRAM, &keys()).is_err(),
            "{length} bytes"
        );
    }
    let mut longer = fine.clone();
    longer.push(0);
    assert!(refusal(&signed(&longer)).contains("is no code of a voucher"));
    // Form, key, flags, program, voucher, benefit (amount off: USD and two bytes), categories, uses, times.
    assert_eq!(fine[..6], [1, 1, 2, 8 | 16, 1, b'p']);
    assert_eq!(fine[22..30], [2, b'U', b'S', b'D', 0xf4, 3, 0, 1]);
    for (place, byte, why) in [
        (3, 64 | 8 | 16, "an unknown flag"),
        (3, 4 | 8 | 16, "an amount off has no bound of its own"),
        (5, b'P', "the program's id has a capital"),
        (22, 0, "an unknown benefit"),
        (22, 4, "an unknown benefit"),
        (23, b'u', "the currency has a small letter"),
        (25, 0xff, "the currency is no text"),
        (27, 0, "a number has a needless byte"),
        (28, 200, "more categories than there are bytes"),
        (29, 0, "no use is allowed"),
    ] {
        let mut wrong = fine.clone();
        wrong[place] = byte;
        let refused = refusal(&signed(&wrong));
        assert!(refused.contains("code of a voucher"), "{why}: {refused}");
    }
}

#[test]
fn numbers_and_categories_are_written_in_one_way() {
    let mut offer = small();
    offer.valid = Period::default();
    offer.terms.categories = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
    let fine = layout(&offer);
    let end = fine.len();
    assert_eq!(fine[end - 6..], [2, 1, b'a', 1, b'b', 1]);
    let with = |tail: &[u8]| signed(&[&fine[..end - 6], tail].concat());
    assert!(verify(&with(&[2, 1, b'a', 1, b'b', 1]), PROGRAM, &keys()).is_ok());
    for (tail, why) in [
        (&[2, 1, b'b', 1, b'a', 1][..], "descending"),
        (&[2, 1, b'a', 1, b'a', 1], "twice the same"),
        (&[1, 1, b' ', 1], "a category of spaces"),
        (&[1, 1, 0xff, 1], "no text"),
        (&[0, 0x81, 0], "a needless byte"),
        (&[0, 0], "no use"),
        (
            &[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
            "a number of more than 63 bits",
        ),
        (
            &[
                9, 1, b'a', 1, b'b', 1, b'c', 1, b'd', 1, b'e', 1, b'f', 1, b'g', 1, b'h', 1, b'i', 1,
            ],
            "nine categories",
        ),
    ] {
        assert!(refusal(&with(tail)).contains("code of a voucher"), "{why}");
    }
    let eight = [
        8, 1, b'a', 1, b'b', 1, b'c', 1, b'd', 1, b'e', 1, b'f', 1, b'g', 1, b'h', 1,
    ];
    assert_eq!(
        verify(&with(&eight), PROGRAM, &keys())
            .unwrap()
            .terms
            .categories
            .len(),
        8
    );
    let many = verify(&with(&[0, 0x90, 0x4e]), PROGRAM, &keys()).unwrap();
    assert_eq!(many.terms.uses, 10_000);
}

#[test]
fn what_breaks_the_rules_is_not_signed() {
    let mut broken = small();
    broken.terms.uses = 0;
    assert_eq!(
        fields(sign(&broken, KEY, &SECRET).unwrap_err().violations()),
        ["voucher.terms.uses"]
    );
    let mut ended = small();
    ended.valid.until = ended.valid.from;
    assert_eq!(
        fields(sign(&ended, KEY, &SECRET).unwrap_err().violations()),
        ["voucher.valid.until"]
    );
    let change = |change: fn(&mut Offer)| {
        let mut offer = small();
        change(&mut offer);
        sign(&offer, KEY, &SECRET)
            .map(|code| panic!("signed as {code}"))
            .unwrap_err()
            .message()
            .to_owned()
    };
    assert!(change(|offer| offer.program = "p".to_owned()).contains("names no program"));
    assert!(change(|offer| offer.program = "programs/P".to_owned()).contains("names no program"));
    assert!(change(|offer| offer.terms.bound = true).contains("must name its member"));
    assert!(change(|offer| offer.member = Some(MEMBER.to_owned())).contains("must name its member"));
    let early = change(|offer| offer.valid.from = Some(Timestamp::from_second(-1).unwrap()));
    assert!(early.contains("before 1970"), "{early}");
    for member in [
        "programs/q/members/m",
        "programs/p/members/M",
        "programs/pp/members/m",
        "m",
    ] {
        let mut offer = small();
        offer.terms.bound = true;
        offer.member = Some(member.to_owned());
        let error = sign(&offer, KEY, &SECRET).unwrap_err();
        assert!(
            error.message().contains("names no member of programs/p"),
            "{member}: {error}"
        );
    }
}

#[test]
fn a_till_reckons_the_discount_with_the_code_alone() {
    let mut terms = voucher_terms(Benefit::Percentage {
        basis_points: 2_000,
        most: None,
    });
    terms.bound = true;
    let code = sign(&offer(terms), KEY, &SECRET).unwrap();
    let offer = verify(&code, PROGRAM, &keys()).unwrap();
    let mut order = voucher::Order {
        currency: Currency::USD,
        lines: vec![voucher::OrderLine {
            item: "tea".to_owned(),
            category: "drinks".to_owned(),
            unit_minor: 995,
            units: 1,
        }],
        member: Some(MEMBER.to_owned()),
    };
    let now = moment("2026-02-01T00:00:00Z");
    assert_eq!(offer.check(&order, now).unwrap(), dollars(199));
    assert!(offer.check(&order, moment("2026-07-01T04:00:00Z")).is_err());
    order.member = None;
    assert!(offer.check(&order, now).is_err());
}
