//! Taking purchases in: each row is decided by itself, after those before it.

use std::collections::HashMap;

use jiff::Timestamp;
use rapport_status::Error;

use super::{
    customer::{self, Customer, Profile},
    identity::{Identity, IdentityKey},
    purchase::{self, Purchase, PurchaseContent, PurchaseKey},
    registry::{Creation, NewCustomer, Registry},
};

/// Whose purchase a row is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The customer with this id.
    Customer(String),
    /// The customer who has this identity.
    Identity(IdentityKey),
}

/// A purchase that somebody wants recorded.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Whose it is.
    pub owner: Owner,
    /// Its key.
    pub key: PurchaseKey,
    /// What it says.
    pub content: PurchaseContent,
    /// The id that the purchase gets when it is new.
    pub new_purchase_id: String,
    /// What to do when nobody has the identity: create the customer, or, if absent, refuse the row.
    pub missing_customer: Option<MissingCustomer>,
}

/// The ids that a missing customer can get.
#[derive(Debug, Clone)]
pub(crate) struct MissingCustomer {
    /// The id made of the identity, if the identity is a valid id. Taken when it is free.
    pub preferred_id: Option<String>,
    /// An id made by the service, taken otherwise.
    pub made_id: String,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The purchase is new, and perhaps its customer too.
    Added {
        /// The purchase.
        purchase: Purchase,
        /// The customer who was created for it.
        created: Option<Customer>,
    },
    /// The purchase was recorded before with the same content.
    Known(Purchase),
}

/// What is recorded under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    /// A purchase.
    Purchase(Box<Purchase>),
    /// There was a purchase; its customer was deleted, and it must not come back.
    OfDeletedCustomer,
}

/// The stored state that decisions on rows depend on. Decisions change it.
#[derive(Debug, Default)]
pub(crate) struct IntakeState {
    /// Customers and owners of identities.
    pub registry: Registry,
    /// What is recorded under the keys of the rows.
    pub records: HashMap<PurchaseKey, Record>,
}

impl IntakeState {
    /// Takes stored state in, without changing what earlier decisions made of it.
    pub(crate) fn learn(&mut self, stored: Self) {
        self.registry.learn(stored.registry);
        for (key, record) in stored.records {
            self.records.entry(key).or_insert(record);
        }
    }

    /// Decides on one row.
    pub(crate) fn decide(&mut self, row: &Row, now: Timestamp) -> Result<Outcome, Error> {
        let owner = self.owner(&row.owner)?;
        if let Some(record) = self.records.get(&row.key) {
            return repeated(record, owner.as_deref(), row);
        }
        let (customer, created) = if let Some(id) = owner {
            (id, None)
        } else {
            let created = self.create_customer(row, now)?;
            (created.id.clone(), Some(created))
        };
        let purchase = Purchase {
            id: row.new_purchase_id.clone(),
            customer,
            key: row.key.clone(),
            content: row.content.clone(),
            create_time: now,
        };
        self.records
            .insert(row.key.clone(), Record::Purchase(Box::new(purchase.clone())));
        Ok(Outcome::Added { purchase, created })
    }

    /// The id of the customer; none when nobody has the identity.
    fn owner(&self, owner: &Owner) -> Result<Option<String>, Error> {
        match owner {
            Owner::Customer(id) if self.registry.has(id) => Ok(Some(id.clone())),
            Owner::Customer(id) => Err(customer::not_found(id)),
            Owner::Identity(identity) => Ok(self.registry.owner(identity).map(str::to_owned)),
        }
    }

    fn create_customer(&mut self, row: &Row, now: Timestamp) -> Result<Customer, Error> {
        let Owner::Identity(identity) = &row.owner else {
            return Err(Error::internal("a row that names its customer needs no new one"));
        };
        let Some(missing) = &row.missing_customer else {
            return Err(customer::nobody_has(identity));
        };
        let id = match &missing.preferred_id {
            Some(preferred) if !self.registry.has(preferred) => preferred,
            _ => &missing.made_id,
        };
        let wish = NewCustomer {
            id: id.clone(),
            chosen: false,
            profile: Profile {
                identities: vec![Identity {
                    key: identity.clone(),
                    verified: false,
                }],
                ..Profile::default()
            },
        };
        match self.registry.create(wish, now)? {
            Creation::Created(customer) | Creation::Existing(customer) => Ok(customer),
        }
    }
}

/// A key that has a record already: the same content is the same purchase, anything else a conflict.
fn repeated(record: &Record, owner: Option<&str>, row: &Row) -> Result<Outcome, Error> {
    match record {
        Record::Purchase(purchase) if owner != Some(&purchase.customer) => {
            Err(purchase::conflict(&row.key, "for another customer"))
        }
        Record::Purchase(purchase) if purchase.content != row.content => {
            Err(purchase::conflict(&row.key, "with other content"))
        }
        Record::Purchase(purchase) => Ok(Outcome::Known(purchase.as_ref().clone())),
        Record::OfDeletedCustomer => Err(purchase::conflict(
            &row.key,
            "for a customer who has been deleted since",
        )),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rapport_money::{Currency, Money};
    use rapport_status::Reason;

    use super::*;
    use crate::domain::{identity::IdentityKind, purchase::PurchaseKind};

    fn identity(value: &str) -> IdentityKey {
        IdentityKey::new(IdentityKind::External, "pos", value, "identity").unwrap()
    }

    fn row(owner: Owner, id: &str, minor: i64) -> Row {
        Row {
            owner,
            key: PurchaseKey {
                source: "shop".into(),
                id: id.into(),
            },
            content: PurchaseContent {
                kind: PurchaseKind::Sale,
                original_source_id: String::new(),
                time: Timestamp::UNIX_EPOCH,
                amount: Money {
                    minor,
                    currency: Currency::USD,
                },
                quantity: 1,
                location: String::new(),
                channel: String::new(),
                lines: Vec::new(),
            },
            new_purchase_id: format!("p-{id}"),
            missing_customer: None,
        }
    }

    fn creating(value: &str, preferred: Option<&str>, id: &str) -> Row {
        Row {
            missing_customer: Some(MissingCustomer {
                preferred_id: preferred.map(Into::into),
                made_id: format!("made-{id}"),
            }),
            ..row(Owner::Identity(identity(value)), id, 100)
        }
    }

    fn state(ids: &[&str]) -> IntakeState {
        IntakeState {
            registry: Registry::of_ids(ids.iter().map(|id| (*id).to_owned()), []),
            records: HashMap::new(),
        }
    }

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn the_same_purchase_again_is_known_and_other_content_is_a_conflict() {
        let mut state = state(&["ada", "bob"]);
        let sale = row(Owner::Customer("ada".into()), "1", 100);
        assert!(matches!(state.decide(&sale, NOW), Ok(Outcome::Added { .. })));
        assert!(matches!(state.decide(&sale, NOW), Ok(Outcome::Known(_))));
        let other_amount = row(Owner::Customer("ada".into()), "1", 101);
        let other_customer = row(Owner::Customer("bob".into()), "1", 100);
        for conflicting in [other_amount, other_customer] {
            let refused = state.decide(&conflicting, NOW).unwrap_err();
            assert_eq!(refused.reason(), Reason::PurchaseConflict);
        }
    }

    #[test]
    fn a_row_without_a_customer_is_refused_unless_the_customer_is_to_be_created() {
        let mut state = state(&[]);
        let by_name = row(Owner::Customer("ada".into()), "1", 100);
        let by_identity = row(Owner::Identity(identity("17")), "1", 100);
        for refused in [by_name, by_identity] {
            assert_eq!(
                state.decide(&refused, NOW).unwrap_err().reason(),
                Reason::CustomerNotFound
            );
        }
        let created = state.decide(&creating("17", Some("17"), "1"), NOW).unwrap();
        let Outcome::Added {
            purchase,
            created: Some(customer),
        } = created
        else {
            panic!("the customer should have been created: {created:?}")
        };
        assert_eq!((purchase.customer.as_str(), customer.id.as_str()), ("17", "17"));
        let second = state.decide(&creating("17", Some("17"), "2"), NOW).unwrap();
        assert!(
            matches!(second, Outcome::Added { created: None, .. }),
            "{second:?}"
        );
    }

    #[test]
    fn a_created_customer_gets_a_made_id_when_the_preferred_one_is_taken_or_no_id() {
        let mut state = state(&["17"]);
        for (row, expected) in [
            (creating("17", Some("17"), "1"), "made-1"),
            (creating("A B", None, "2"), "made-2"),
        ] {
            match state.decide(&row, NOW).unwrap() {
                Outcome::Added { purchase, .. } => assert_eq!(purchase.customer, expected),
                Outcome::Known(_) => panic!("{row:?} is new"),
            }
        }
    }

    #[test]
    fn a_purchase_of_a_deleted_customer_does_not_come_back() {
        let mut state = state(&[]);
        let row = creating("17", Some("17"), "1");
        state.records.insert(row.key.clone(), Record::OfDeletedCustomer);
        assert_eq!(
            state.decide(&row, NOW).unwrap_err().reason(),
            Reason::PurchaseConflict
        );
        assert!(!state.registry.has("17"), "a refused row creates no customer");
    }

    proptest! {
        /// The first row under a key wins for ever; after that, sending any rows again adds nothing.
        #[test]
        fn rows_sent_again_in_any_cutting_add_nothing(
            sent in proptest::collection::vec((0_u8..6, 0_u8..8, 0_i64..3), 0..60),
        ) {
            let mut state = state(&["0", "1", "2"]);
            let mut first = HashMap::new();
            for round in 0..2 {
                for (customer, id, minor) in &sent {
                    let owner = if *customer < 3 {
                        Owner::Customer(customer.to_string())
                    } else {
                        Owner::Identity(identity(&customer.to_string()))
                    };
                    let mut row = row(owner, &id.to_string(), *minor);
                    row.missing_customer = Some(MissingCustomer {
                        preferred_id: Some(customer.to_string()),
                        made_id: "unused".into(),
                    });
                    let expected = first.get(id).copied();
                    match state.decide(&row, NOW) {
                        Ok(Outcome::Added { .. }) => {
                            prop_assert!(expected.is_none() && round == 0);
                            first.insert(*id, (*customer, *minor));
                        }
                        Ok(Outcome::Known(_)) => prop_assert_eq!(expected, Some((*customer, *minor))),
                        Err(error) => {
                            prop_assert_eq!(error.reason(), Reason::PurchaseConflict);
                            prop_assert_ne!(expected, Some((*customer, *minor)));
                        }
                    }
                }
            }
        }
    }
}
