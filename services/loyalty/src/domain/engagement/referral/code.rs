//! The codes that members give to friends.

use std::{fmt, str::FromStr};

use rapport_status::Error;

/// Digits and letters that nobody takes for one another: without 0 and O, 1, I and L. Their number is prime, which is
/// what the check character rests on.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";

/// Characters of a code, the check character included.
const LENGTH: usize = 10;

/// A member's referral code, such as `7KQ2M-XW9RD`: nine random characters (44 bits) and a check character. The sum of
/// the characters' places in the alphabet, each times its position from 1 to 10, is a multiple of 31; so each single
/// wrong character and each exchange of two characters is noticed, as with the check digit of ISBN-10.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code([u8; LENGTH]);

impl Code {
    /// The code that random bits make. Whoever stores it sees to it that no other member has it.
    pub fn from_random(mut bits: u64) -> Self {
        let mut characters = [0; LENGTH];
        let mut sum = 0;
        for (place, character) in characters.iter_mut().take(LENGTH - 1).enumerate() {
            let value = usize::try_from(bits % 31).unwrap_or_default();
            bits /= 31;
            *character = ALPHABET[value];
            sum += value * (place + 1);
        }
        // The check character counts ten times, and 28 · 10 = 280 = 9 · 31 + 1: so 28 takes the ten away again.
        characters[LENGTH - 1] = ALPHABET[(31 - sum % 31) % 31 * 28 % 31];
        Self(characters)
    }
}

impl FromStr for Code {
    type Err = Error;

    /// Reads a code as people write it: in small letters too, and with spaces and hyphens anywhere.
    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = |what: &str| {
            let description =
                format!("is no referral code: {what}; copy it as the member shows it, such as 7KQ2M-XW9RD");
            Error::invalid_field("code", description)
        };
        let mut characters = [0; LENGTH];
        let mut count = 0;
        let mut sum = 0;
        for character in text.chars().filter(|character| !matches!(character, ' ' | '-')) {
            let capital = character.to_ascii_uppercase();
            let value = ALPHABET
                .iter()
                .position(|known| char::from(*known) == capital)
                .ok_or_else(|| refused("it has a character that no code has"))?;
            let place = characters
                .get_mut(count)
                .ok_or_else(|| refused("it is too long"))?;
            *place = ALPHABET[value];
            count += 1;
            sum += value * count;
        }
        if count < LENGTH {
            return Err(refused("it is too short"));
        }
        if sum % 31 != 0 {
            return Err(refused("its check character does not fit"));
        }
        Ok(Self(characters))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, character) in self.0.iter().enumerate() {
            if place == LENGTH / 2 {
                formatter.write_str("-")?;
            }
            write!(formatter, "{}", char::from(*character))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapport_testkit::Random;

    #[test]
    fn codes_are_read_as_people_write_them() {
        let code = Code::from_random(0x0123_4567_89ab_cdef);
        let shown = code.to_string();
        assert_eq!((shown.len(), &shown[5..6]), (11, "-"), "{shown}");
        for written in [
            shown.clone(),
            shown.to_lowercase(),
            shown.replace('-', " "),
            format!(" {shown} "),
        ] {
            assert_eq!(written.parse::<Code>().unwrap(), code, "{written:?}");
        }
    }

    #[test]
    fn what_is_no_code_is_refused_with_what_is_wrong() {
        for (text, what) in [
            ("", "too short"),
            ("22222-2222", "too short"),
            ("22222-22222-2", "too long"),
            ("22222-2222O", "a character that no code has"),
            ("22222-22223", "check character"),
        ] {
            let error = text.parse::<Code>().unwrap_err();
            assert!(error.message().contains(what), "{text:?}: {error}");
        }
        assert_eq!("22222-22222".parse::<Code>().unwrap(), Code::from_random(0));
    }

    #[test]
    fn each_wrong_character_and_each_exchange_of_two_is_noticed() {
        let mut random = Random::announced("codes");
        for _ in 0..200 {
            let code = Code::from_random(random.next());
            for place in 0..LENGTH {
                for other in ALPHABET {
                    let mut wrong = code;
                    wrong.0[place] = *other;
                    let accepted = wrong.to_string().parse::<Code>().is_ok();
                    assert_eq!(accepted, wrong == code, "{wrong} instead of {code}");
                }
                for second in 0..place {
                    let mut wrong = code;
                    wrong.0.swap(place, second);
                    let accepted = wrong.to_string().parse::<Code>().is_ok();
                    assert_eq!(accepted, wrong == code, "{wrong} instead of {code}");
                }
            }
        }
    }

    #[test]
    fn different_bits_make_different_codes() {
        let codes: std::collections::BTreeSet<_> = (0..31 * 31 * 31).map(Code::from_random).collect();
        assert_eq!(codes.len(), 31 * 31 * 31);
        assert_ne!(Code::from_random(31_u64.pow(8)), Code::from_random(0));
    }
}
