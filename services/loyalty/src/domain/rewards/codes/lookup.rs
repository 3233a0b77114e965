//! Codes to type, which the service looks up.
//!
//! Sixteen symbols of Crockford's base 32 in four groups: fourteen carry 70 random bits, and two are check symbols. The
//! sixteen are a word of a Reed–Solomon code over the field of 32 elements (modulo x⁵ + x² + 1): read as a polynomial
//! with the first symbol at the highest power, it is nothing at α and at α², where α = 2. Two words differ in three
//! places at least. So one or two wrong symbols are always found, and with them any two that changed places; of all other
//! errors one in 1,024 passes.

use std::fmt;

use rapport_status::Error;

use super::{base32, invalid};

/// Symbols of a code, without the hyphens between groups.
pub const LOOKUP_LENGTH: usize = 16;

const CARRYING: usize = LOOKUP_LENGTH - 2;
const GROUP: usize = 4;
const ALPHA: u8 = 2;
const ALPHA_SQUARED: u8 = 4;

/// Most characters that are looked at: twice as many as a code has, with what may stand between them.
const LONGEST_TEXT: usize = 40;

/// A code to type. Whoever knows it can use the voucher: it must come from good random bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LookupCode([u8; LOOKUP_LENGTH]);

impl LookupCode {
    /// The code of random bytes; their last two bits are not used.
    pub fn from_random(bytes: [u8; 9]) -> Self {
        let mut symbols = [0; LOOKUP_LENGTH];
        let number = bytes
            .iter()
            .fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
        for (place, symbol) in symbols.iter_mut().take(CARRYING).enumerate() {
            let shift = 72 - 5 * (place + 1);
            *symbol = (number >> shift).to_le_bytes()[0] & 31;
        }
        let (first, second) = (at(&symbols, ALPHA), at(&symbols, ALPHA_SQUARED));
        // The check symbols c and d solve c·α + d = first and c·α² + d = second.
        let check = times(first ^ second, inverse(ALPHA ^ ALPHA_SQUARED));
        symbols[CARRYING] = check;
        symbols[CARRYING + 1] = first ^ times(check, ALPHA);
        Self(symbols)
    }

    /// Reads a code as somebody types it: small letters, O for 0, I or L for 1, and hyphens or spaces anywhere.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.chars().count() > LONGEST_TEXT {
            return Err(wrong_length());
        }
        let mut symbols = [0; LOOKUP_LENGTH];
        let mut found = 0;
        for typed in text.chars().filter(|typed| !matches!(typed, '-' | ' ')) {
            let value = base32::typed_value(typed).ok_or_else(|| {
                invalid(format!(
                    "must have letters and digits without U, and {typed:?} is none of them; look at the code once more"
                ))
            })?;
            *symbols.get_mut(found).ok_or_else(wrong_length)? = value;
            found += 1;
        }
        if found < LOOKUP_LENGTH {
            return Err(wrong_length());
        }
        if at(&symbols, ALPHA) != 0 || at(&symbols, ALPHA_SQUARED) != 0 {
            return Err(invalid(
                "is mistyped: its check symbols do not fit; look at the code once more",
            ));
        }
        Ok(Self(symbols))
    }

    /// The symbols without hyphens: what is stored and looked up.
    pub fn compact(&self) -> String {
        self.0.iter().map(|value| base32::symbol(*value)).collect()
    }
}

fn wrong_length() -> Error {
    invalid(format!(
        "must have {LOOKUP_LENGTH} letters and digits; look whether one is missing or doubled"
    ))
}

impl fmt::Display for LookupCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, value) in self.0.iter().enumerate() {
            if place > 0 && place % GROUP == 0 {
                formatter.write_str("-")?;
            }
            write!(formatter, "{}", base32::symbol(*value))?;
        }
        Ok(())
    }
}

/// A code is worth money: it does not show itself in logs.
impl fmt::Debug for LookupCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LookupCode(…)")
    }
}

/// The value of a word, read as a polynomial, at an element of the field.
fn at(word: &[u8; LOOKUP_LENGTH], element: u8) -> u8 {
    word.iter()
        .fold(0, |value, symbol| times(value, element) ^ symbol)
}

/// The product of two elements of the field.
fn times(left: u8, right: u8) -> u8 {
    let mut product = 0_u16;
    for bit in 0..5 {
        if right >> bit & 1 == 1 {
            product ^= u16::from(left) << bit;
        }
    }
    for bit in (5..10).rev() {
        if product >> bit & 1 == 1 {
            product ^= 0b10_0101 << (bit - 5);
        }
    }
    product.to_le_bytes()[0]
}

/// What gives 1 when multiplied with an element: its 30th power, because the 31st is 1.
fn inverse(element: u8) -> u8 {
    (0..30).fold(1, |power, _| times(power, element))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes() -> impl Iterator<Item = LookupCode> {
        let bytes = |seed: u64| {
            let mut bytes = [0; 9];
            for (place, byte) in bytes.iter_mut().enumerate() {
                *byte = (seed
                    .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                    .rotate_left(u32::try_from(place).unwrap() * 7)
                    >> 24)
                    .to_le_bytes()[0];
            }
            bytes
        };
        (0..4).map(move |seed| LookupCode::from_random(bytes(seed)))
    }

    fn text(symbols: [u8; LOOKUP_LENGTH]) -> String {
        LookupCode(symbols).compact()
    }

    #[test]
    fn the_field_has_an_inverse_for_each_element_but_nothing() {
        for element in 1..32 {
            assert_eq!(times(element, inverse(element)), 1, "{element}");
            assert_eq!(times(element, 0), 0);
            assert_eq!(times(element, 1), element);
        }
        let powers: std::collections::BTreeSet<u8> = (0..31)
            .scan(1, |power, _| Some(std::mem::replace(power, times(*power, ALPHA))))
            .collect();
        assert_eq!(powers.len(), 31, "α must make every element");
        assert_eq!(times(ALPHA, ALPHA), ALPHA_SQUARED);
    }

    #[test]
    fn codes_are_written_in_groups_and_read_in_any_manner() {
        let code = LookupCode::from_random([0xff, 0, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde]);
        let written = code.to_string();
        assert_eq!(written.len(), LOOKUP_LENGTH + 3);
        assert_eq!(written.replace('-', ""), code.compact());
        assert!(written.split('-').all(|group| group.len() == GROUP), "{written}");
        assert!(written.starts_with("ZW01-"), "{written}");
        for typed in [
            written.clone(),
            written.to_lowercase(),
            code.compact(),
            written.replace('-', " "),
            written.replace('0', "O").replace('1', "l"),
        ] {
            assert_eq!(LookupCode::parse(&typed).unwrap(), code, "{typed}");
        }
        assert_eq!(format!("{code:?}"), "LookupCode(…)");
    }

    #[test]
    fn every_bit_but_the_last_two_makes_another_code() {
        let zero = LookupCode::from_random([0; 9]);
        for bit in 0..72 {
            let mut bytes = [0_u8; 9];
            bytes[bit / 8] = 0x80 >> (bit % 8);
            assert_eq!(LookupCode::from_random(bytes) != zero, bit < 70, "bit {bit}");
        }
    }

    #[test]
    fn any_one_or_two_wrong_symbols_are_found() {
        for code in codes() {
            assert!(LookupCode::parse(&code.compact()).is_ok());
            for first in 0..LOOKUP_LENGTH {
                for change in 1..32 {
                    let mut wrong = code.0;
                    wrong[first] ^= change;
                    assert!(
                        LookupCode::parse(&text(wrong)).is_err(),
                        "{code}: {first} by {change}"
                    );
                    for second in first + 1..LOOKUP_LENGTH {
                        for also in 1..32 {
                            wrong[second] = code.0[second] ^ also;
                            let value = (at(&wrong, ALPHA), at(&wrong, ALPHA_SQUARED));
                            assert_ne!(value, (0, 0), "{code}: {first} by {change}, {second} by {also}");
                            // Each of the two alone must make it be refused.
                            if value.0 == 0 || value.1 == 0 {
                                assert!(LookupCode::parse(&text(wrong)).is_err(), "{code}: {value:?}");
                            }
                        }
                        wrong[second] = code.0[second];
                    }
                }
            }
        }
    }

    #[test]
    fn symbols_that_changed_places_are_found() {
        for code in codes() {
            for first in 0..LOOKUP_LENGTH {
                for second in first + 1..LOOKUP_LENGTH {
                    let mut wrong = code.0;
                    wrong.swap(first, second);
                    assert_eq!(
                        LookupCode::parse(&text(wrong)).is_ok(),
                        wrong == code.0,
                        "{code}: {first}, {second}"
                    );
                }
            }
        }
    }

    #[test]
    fn texts_of_another_form_are_refused_with_what_is_wrong() {
        let code = codes().last().unwrap().compact();
        let doubled = format!("{code}0");
        let long = "-".repeat(LONGEST_TEXT - LOOKUP_LENGTH);
        assert!(LookupCode::parse(&format!("{long}{code}")).is_ok());
        for (wrong, what) in [
            ("", "16 letters and digits"),
            (&code[1..], "16 letters and digits"),
            (&doubled, "16 letters and digits"),
            (&format!("{long}-{code}"), "16 letters and digits"),
            ("U000000000000000", "'U' is none of them"),
            ("0000-0000-0000-0001", "mistyped"),
        ] {
            let error = LookupCode::parse(wrong).unwrap_err();
            assert!(error.message().contains(what), "{wrong:?}: {error}");
            assert_eq!(error.violations()[0].field, "code");
        }
    }
}
