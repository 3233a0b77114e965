//! Members: customers in a program.

use jiff::Timestamp;
use rapport_status::{Error, Reason};

/// Type of members in errors.
pub const RESOURCE_TYPE: &str = "rapport.example/Member";

/// Whether a member can earn and spend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberState {
    /// Earns and spends.
    Active,
    /// Neither earns nor spends; the ledger is kept.
    Closed,
}

/// A customer in a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// `programs/{program}/members/{member}`.
    pub name: String,
    /// `customers/{customer}`.
    pub customer: String,
    /// Whether the member can earn and spend.
    pub state: MemberState,
    /// When the customer was enrolled.
    pub enrol_time: Timestamp,
    /// Points that could be spent after the last movement.
    pub available_points: i64,
    /// Points that were held after the last movement.
    pub reserved_points: i64,
}

/// A wish to enrol a customer under a member name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// `programs/{program}/members/{member}`.
    pub name: String,
    /// `customers/{customer}`.
    pub customer: String,
}

impl Enrolment {
    /// Decides what a wish means beside the members that are there already: `None` when the customer is to be
    /// enrolled, the member when the same enrolment was done before. Refused when the customer is enrolled under
    /// another name, or the name belongs to another customer.
    pub fn decide<'m>(
        &self,
        of_customer: Option<&'m Member>,
        of_name: Option<&Member>,
    ) -> Result<Option<&'m Member>, Error> {
        match (of_customer, of_name) {
            (Some(member), _) if member.name == self.name => Ok(Some(member)),
            (Some(member), _) => Err(self.taken(
                &member.name,
                format!("{} is enrolled already, as {}", self.customer, member.name),
            )),
            (None, Some(_)) => Err(self.taken(
                &self.name,
                format!(
                    "{} belongs to another customer; choose another member_id",
                    self.name
                ),
            )),
            (None, None) => Ok(None),
        }
    }

    fn taken(&self, name: &str, message: String) -> Error {
        Error::about(Reason::MemberAlreadyExists, RESOURCE_TYPE, name, message)
            .with("customer", &self.customer)
    }
}

/// The error that a member is not there.
pub fn not_found(name: &str) -> Error {
    Error::about(
        Reason::MemberNotFound,
        RESOURCE_TYPE,
        name,
        format!("there is no member {name}; enrol the customer first"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, customer: &str) -> Member {
        Member {
            name: name.to_owned(),
            customer: customer.to_owned(),
            state: MemberState::Active,
            enrol_time: Timestamp::UNIX_EPOCH,
            available_points: 0,
            reserved_points: 0,
        }
    }

    #[test]
    fn a_customer_is_enrolled_once_and_a_name_belongs_to_one_customer() {
        let wish = Enrolment {
            name: "programs/p/members/a".to_owned(),
            customer: "customers/a".to_owned(),
        };
        let same = member("programs/p/members/a", "customers/a");
        let elsewhere = member("programs/p/members/x", "customers/a");
        let stranger = member("programs/p/members/a", "customers/b");
        assert_eq!(wish.decide(None, None).unwrap(), None);
        assert_eq!(wish.decide(Some(&same), Some(&same)).unwrap(), Some(&same));
        for (of_customer, of_name) in [
            (Some(&elsewhere), None),
            (None, Some(&stranger)),
            (Some(&elsewhere), Some(&stranger)),
        ] {
            let error = wish.decide(of_customer, of_name).unwrap_err();
            assert_eq!(error.reason(), Reason::MemberAlreadyExists, "{error}");
        }
    }
}
