//! The bytes of a signed code.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | form of this layout: 1 |
//! | 2 | id of the key, high byte first |
//! | 1 | flags: 1 member, 2 minimum order, 4 most, 8 valid from, 16 valid until, 32 rounding half up |
//! | text | id of the program |
//! | 16 | id of the voucher |
//! | text | id of the member, if flagged |
//! | 1 | benefit: 1 percentage, 2 amount off, 3 free item |
//! | … | percentage: number of basis points; amount off: money; free item: text |
//! | money | most that the benefit gives, if flagged |
//! | money | minimum order, if flagged |
//! | 1, texts | how many categories, and each, in ascending order |
//! | number | uses |
//! | number | valid from, in seconds since 1970 (UTC), if flagged |
//! | number | valid until, likewise |
//!
//! A text is one byte of length and UTF-8. A number is seven bits a byte, the low ones first, with the high bit set in all
//! but the last byte (LEB128), without needless bytes. Money is three capitals and a number of minor units.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rapport_money::{Currency, Money};
use rapport_status::Error;
use uuid::Uuid;

use crate::domain::rewards::{
    price::is_id,
    validity::Period,
    voucher::{Benefit, MOST_CATEGORIES, Offer, Rounding, Terms},
};

use super::invalid;

const FORM: u8 = 1;

const MEMBER: u8 = 1;
const MINIMUM: u8 = 2;
const MOST: u8 = 4;
const FROM: u8 = 8;
const UNTIL: u8 = 16;
const HALF_UP: u8 = 32;
const ALL_FLAGS: u8 = 63;

/// The bytes of an offer that is to be signed with a key. Refused when the offer breaks a rule.
pub(super) fn write(offer: &Offer, key: u16) -> Result<Vec<u8>, Error> {
    let mut violations = Vec::new();
    offer.terms.check("voucher.terms", &mut violations);
    offer.valid.check("voucher.valid", &mut violations);
    if !violations.is_empty() {
        return Err(Error::invalid(
            crate::domain::rewards::reasons::INVALID_REWARD,
            violations,
        ));
    }
    let program = program_id(&offer.program)
        .ok_or_else(|| Error::internal(format!("{:?} names no program", offer.program)))?;
    let member = match &offer.member {
        None => None,
        Some(name) => Some(
            member_id(name, &offer.program)
                .ok_or_else(|| Error::internal(format!("{name:?} names no member of {}", offer.program)))?,
        ),
    };
    if member.is_some() != offer.terms.bound {
        return Err(Error::internal(format!(
            "{} must name its member if and only if it is bound to one",
            offer.name()
        )));
    }
    let mut bytes = vec![FORM];
    bytes.extend(key.to_be_bytes());
    bytes.push(flags(offer));
    text(&mut bytes, program);
    bytes.extend(offer.voucher.as_bytes());
    if let Some(member) = member {
        text(&mut bytes, member);
    }
    write_terms(&mut bytes, &offer.terms);
    for moment in [offer.valid.from, offer.valid.until].into_iter().flatten() {
        let second = u64::try_from(moment.as_second())
            .map_err(|_| Error::internal(format!("{} is valid before 1970", offer.name())))?;
        number(&mut bytes, second);
    }
    Ok(bytes)
}

fn flags(offer: &Offer) -> u8 {
    let flag = |set: bool, flag: u8| if set { flag } else { 0 };
    flag(offer.member.is_some(), MEMBER)
        | flag(offer.terms.minimum_order.is_some(), MINIMUM)
        | flag(most(&offer.terms.benefit).is_some(), MOST)
        | flag(offer.valid.from.is_some(), FROM)
        | flag(offer.valid.until.is_some(), UNTIL)
        | flag(offer.terms.rounding == Rounding::HalfUp, HALF_UP)
}

fn most(benefit: &Benefit) -> Option<Money> {
    match benefit {
        Benefit::Percentage { most, .. } | Benefit::FreeItem { most, .. } => *most,
        Benefit::AmountOff { .. } => None,
    }
}

fn write_terms(bytes: &mut Vec<u8>, terms: &Terms) {
    match &terms.benefit {
        Benefit::Percentage { basis_points, .. } => {
            bytes.push(1);
            number(bytes, basis_points.unsigned_abs());
        }
        Benefit::AmountOff { amount } => {
            bytes.push(2);
            money(bytes, *amount);
        }
        Benefit::FreeItem { item, .. } => {
            bytes.push(3);
            text(bytes, item);
        }
    }
    for amount in [most(&terms.benefit), terms.minimum_order].into_iter().flatten() {
        money(bytes, amount);
    }
    bytes.push(terms.categories.len().to_le_bytes()[0]);
    for category in &terms.categories {
        text(bytes, category);
    }
    number(bytes, terms.uses.unsigned_abs());
}

// Texts are checked to be shorter than a byte can tell, and numbers not to be negative.

fn text(bytes: &mut Vec<u8>, text: &str) {
    bytes.push(text.len().to_le_bytes()[0]);
    bytes.extend(text.as_bytes());
}

fn number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

fn money(bytes: &mut Vec<u8>, money: Money) {
    bytes.extend(money.currency.code().as_bytes());
    number(bytes, money.minor.unsigned_abs());
}

fn program_id(name: &str) -> Option<&str> {
    name.strip_prefix("programs/").filter(|id| is_id(id))
}

fn member_id<'n>(name: &'n str, program: &str) -> Option<&'n str> {
    name.strip_prefix(program)?
        .strip_prefix("/members/")
        .filter(|id| is_id(id))
}

/// The key that bytes claim to be signed with; none when they are of no form that is known.
pub(super) fn key(bytes: &[u8]) -> Option<u16> {
    match bytes {
        [FORM, high, low, ..] => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    }
}

/// Reads the offer of bytes as [`write`] writes them and in no other way.
pub(super) fn read(bytes: &[u8]) -> Result<Offer, Error> {
    let offer = Reader { rest: bytes }
        .offer()
        .map_err(|Unreadable| invalid("is no code of a voucher"))?;
    let mut violations = Vec::new();
    offer.terms.check("voucher.terms", &mut violations);
    offer.valid.check("voucher.valid", &mut violations);
    if violations.is_empty() {
        return Ok(offer);
    }
    Err(invalid(
        "is the code of a voucher that breaks the rules of vouchers",
    ))
}

/// Bytes that were not read yet.
struct Reader<'b> {
    rest: &'b [u8],
}

/// The bytes are not of this layout.
struct Unreadable;

type Read<T> = Result<T, Unreadable>;

/// Lets a condition of the layout fail.
fn require(holds: bool) -> Read<()> {
    holds.then_some(()).ok_or(Unreadable)
}

impl<'b> Reader<'b> {
    fn offer(&mut self) -> Read<Offer> {
        // The form and the key were read before.
        self.take(3)?;
        let flags = self.byte()?;
        require(flags & !ALL_FLAGS == 0)?;
        let program = format!("programs/{}", self.id()?);
        let voucher = Uuid::from_slice(self.take(16)?).map_err(|_| Unreadable)?;
        let member = match flags & MEMBER {
            0 => None,
            _ => Some(format!("{program}/members/{}", self.id()?)),
        };
        let terms = self.terms(flags)?;
        let valid = Period {
            from: self.flagged(flags & FROM, Self::moment)?,
            until: self.flagged(flags & UNTIL, Self::moment)?,
        };
        require(self.rest.is_empty())?;
        Ok(Offer {
            program,
            voucher,
            member,
            terms,
            valid,
        })
    }

    fn terms(&mut self, flags: u8) -> Read<Terms> {
        let (kind, most_flag) = (self.byte()?, flags & MOST);
        let benefit = match kind {
            1 => Benefit::Percentage {
                basis_points: self.number()?,
                most: self.flagged(most_flag, Self::money)?,
            },
            2 if most_flag == 0 => Benefit::AmountOff {
                amount: self.money()?,
            },
            3 => Benefit::FreeItem {
                item: self.text()?.to_owned(),
                most: self.flagged(most_flag, Self::money)?,
            },
            _ => return Err(Unreadable),
        };
        Ok(Terms {
            benefit,
            minimum_order: self.flagged(flags & MINIMUM, Self::money)?,
            categories: self.categories()?,
            uses: self.number()?,
            bound: flags & MEMBER != 0,
            rounding: if flags & HALF_UP == 0 {
                Rounding::Down
            } else {
                Rounding::HalfUp
            },
        })
    }

    fn categories(&mut self) -> Read<BTreeSet<String>> {
        let count = usize::from(self.byte()?);
        require(count <= MOST_CATEGORIES)?;
        let mut categories = BTreeSet::new();
        for _ in 0..count {
            let category = self.text()?.to_owned();
            require(categories.last().is_none_or(|last| *last < category))?;
            categories.insert(category);
        }
        Ok(categories)
    }

    /// What is there if a flag says so.
    fn flagged<T>(&mut self, flag: u8, read: fn(&mut Self) -> Read<T>) -> Read<Option<T>> {
        match flag {
            0 => Ok(None),
            _ => read(self).map(Some),
        }
    }

    fn take(&mut self, count: usize) -> Read<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Unreadable)?;
        self.rest = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Read<u8> {
        let (byte, rest) = self.rest.split_first().ok_or(Unreadable)?;
        self.rest = rest;
        Ok(*byte)
    }

    fn text(&mut self) -> Read<&'b str> {
        let length = self.byte()?;
        std::str::from_utf8(self.take(usize::from(length))?).map_err(|_| Unreadable)
    }

    fn id(&mut self) -> Read<&'b str> {
        self.text().and_then(|id| require(is_id(id)).map(|()| id))
    }

    fn number(&mut self) -> Read<i64> {
        let mut number = 0_i64;
        // Nine times seven bits are the 63 that a number without a sign has.
        for place in 0..9 {
            let byte = self.byte()?;
            number |= i64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                let needless = byte == 0 && place > 0;
                require(!needless)?;
                return Ok(number);
            }
        }
        Err(Unreadable)
    }

    fn money(&mut self) -> Read<Money> {
        let code = std::str::from_utf8(self.take(3)?).map_err(|_| Unreadable)?;
        let currency: Currency = code.parse().map_err(|_| Unreadable)?;
        Ok(Money {
            minor: self.number()?,
            currency,
        })
    }

    fn moment(&mut self) -> Read<Timestamp> {
        Timestamp::from_second(self.number()?).map_err(|_| Unreadable)
    }
}
