//! Resource names (AIP-122): how they are written and read.
//!
//! An id is 1 to 63 of `a-z 0-9 - _ .` and begins with a letter or digit.

use rapport_status::{Error, Reason};

/// The form of a resource name: its fixed segments and the places of ids, such as `customers/{customer}/value`.
#[derive(Debug, Clone, Copy)]
pub struct Pattern(&'static str);

/// `auditRecords/{audit_record}`
pub const AUDIT_RECORD: Pattern = Pattern("auditRecords/{audit_record}");
/// `customers/{customer}`
pub const CUSTOMER: Pattern = Pattern("customers/{customer}");
/// `customers/{customer}/purchases/{purchase}`
pub const PURCHASE: Pattern = Pattern("customers/{customer}/purchases/{purchase}");
/// `customers/{customer}/value`
pub const CUSTOMER_VALUE: Pattern = Pattern("customers/{customer}/value");
/// `customers/{customer}/view`
pub const CUSTOMER_VIEW: Pattern = Pattern("customers/{customer}/view");
/// `customers/{customer}/satisfaction`
pub const CUSTOMER_SATISFACTION: Pattern = Pattern("customers/{customer}/satisfaction");
/// `evaluations/{evaluation}`
pub const EVALUATION: Pattern = Pattern("evaluations/{evaluation}");
/// `surveys/{survey}`
pub const SURVEY: Pattern = Pattern("surveys/{survey}");
/// `answerSets/{answer_set}`
pub const ANSWER_SET: Pattern = Pattern("answerSets/{answer_set}");
/// `cases/{case}`
pub const CASE: Pattern = Pattern("cases/{case}");
/// `programs/{program}`
pub const PROGRAM: Pattern = Pattern("programs/{program}");
/// `programs/{program}/wallets/{wallet}`
pub const WALLET: Pattern = Pattern("programs/{program}/wallets/{wallet}");
/// `programs/{program}/members/{member}`
pub const MEMBER: Pattern = Pattern("programs/{program}/members/{member}");
/// `programs/{program}/members/{member}/balance`
pub const BALANCE: Pattern = Pattern("programs/{program}/members/{member}/balance");
/// `programs/{program}/members/{member}/transactions/{transaction}`
pub const TRANSACTION: Pattern = Pattern("programs/{program}/members/{member}/transactions/{transaction}");
/// `programs/{program}/members/{member}/holds/{hold}`
pub const HOLD: Pattern = Pattern("programs/{program}/members/{member}/holds/{hold}");
/// `programs/{program}/rewards/{reward}`
pub const REWARD: Pattern = Pattern("programs/{program}/rewards/{reward}");
/// `programs/{program}/campaigns/{campaign}`
pub const CAMPAIGN: Pattern = Pattern("programs/{program}/campaigns/{campaign}");
/// `programs/{program}/codePools/{code_pool}`
pub const CODE_POOL: Pattern = Pattern("programs/{program}/codePools/{code_pool}");
/// `programs/{program}/members/{member}/redemptions/{redemption}`
pub const REDEMPTION: Pattern = Pattern("programs/{program}/members/{member}/redemptions/{redemption}");
/// `programs/{program}/vouchers/{voucher}`
pub const VOUCHER: Pattern = Pattern("programs/{program}/vouchers/{voucher}");
/// `programs/{program}/tierSets/{tier_set}`
pub const TIER_SET: Pattern = Pattern("programs/{program}/tierSets/{tier_set}");
/// `programs/{program}/members/{member}/tierGrants/{tier_grant}`
pub const TIER_GRANT: Pattern = Pattern("programs/{program}/members/{member}/tierGrants/{tier_grant}");

/// Longest id.
const LONGEST_ID: usize = 63;

impl Pattern {
    /// The form, with braces around the places of ids.
    pub const fn as_str(&self) -> &'static str {
        self.0
    }

    /// Writes the name with these ids, in the order of the pattern.
    pub fn format<const IDS: usize>(&self, ids: [&str; IDS]) -> String {
        let mut ids = ids.iter();
        let segments = self.0.split('/').map(|segment| {
            if segment.starts_with('{') {
                ids.next().copied().unwrap_or_default()
            } else {
                segment
            }
        });
        segments.collect::<Vec<_>>().join("/")
    }

    /// Reads the ids of a name; none when it does not have this form.
    pub fn parse<'n, const IDS: usize>(&self, name: &'n str) -> Option<[&'n str; IDS]> {
        let mut ids = [""; IDS];
        let mut found = 0;
        let mut parts = name.split('/');
        for segment in self.0.split('/') {
            let part = parts.next()?;
            if segment.starts_with('{') {
                *ids.get_mut(found)? = Some(part).filter(|id| is_id(id))?;
                found += 1;
            } else if part != segment {
                return None;
            }
        }
        (parts.next().is_none() && found == IDS).then_some(ids)
    }

    /// Reads the ids of the name in a field of a request, or says what the field must look like.
    pub fn require<'n, const IDS: usize>(&self, field: &str, name: &'n str) -> Result<[&'n str; IDS], Error> {
        self.parse(name).ok_or_else(|| {
            let description = format!(
                "must have the form {}, where an id is 1 to {LONGEST_ID} of a-z 0-9 - _ . and begins with a letter or digit",
                self.0
            );
            Error::invalid(
                Reason::InvalidName,
                vec![rapport_status::FieldViolation::new(field, description)],
            )
        })
    }
}

/// Whether a text is an id: 1 to 63 of `a-z 0-9 - _ .`, beginning with a letter or digit.
pub fn is_id(text: &str) -> bool {
    let first_is_fine = text
        .bytes()
        .next()
        .is_some_and(|first| first.is_ascii_lowercase() || first.is_ascii_digit());
    first_is_fine
        && text.len() <= LONGEST_ID
        && text.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_and_read_again() {
        let name = TRANSACTION.format(["gold", "m-1", "0199"]);
        assert_eq!(name, "programs/gold/members/m-1/transactions/0199");
        assert_eq!(TRANSACTION.parse(&name), Some(["gold", "m-1", "0199"]));
        assert_eq!(CUSTOMER_VALUE.parse("customers/00004/value"), Some(["00004"]));
    }

    #[test]
    fn names_of_another_form_are_refused() {
        let long = format!("customers/{}", "a".repeat(64));
        for wrong in [
            "",
            "customers/",
            "customers/A",
            "customers/a/b",
            "customer/a",
            "customers/-a",
            "customers/ä",
            &long,
        ] {
            assert_eq!(CUSTOMER.parse::<1>(wrong), None, "{wrong:?}");
        }
    }
}
