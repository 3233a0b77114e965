//! Who is a customer already, and who owns which identity: the part of the stored state that creating customers
//! depends on. Decisions change it in memory, so that each of a batch is decided after those before it.

use std::collections::HashMap;

use jiff::Timestamp;
use rapport_status::{Error, Reason};

use super::{
    customer::{self, Customer, Profile},
    identity::IdentityKey,
};

/// A customer whom a caller wants created.
#[derive(Debug, Clone)]
pub(crate) struct NewCustomer {
    /// The id that the caller chose, or one made by the service.
    pub id: String,
    /// Whether the caller chose it: only then the same customer can be there already.
    pub chosen: bool,
    /// What is known.
    pub profile: Profile,
}

/// What became of a wish for a new customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Creation {
    /// Is new.
    Created(Customer),
    /// Was there with the same content.
    Existing(Customer),
}

/// The customers and owners that matter for some decisions.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    /// By id; the content only where it was read, which creating under that id needs.
    customers: HashMap<String, Option<Customer>>,
    owners: HashMap<IdentityKey, String>,
}

impl Registry {
    /// The state as stored: these customers, and the owners of these identities (perhaps of other customers).
    pub(crate) fn new(
        customers: impl IntoIterator<Item = Customer>,
        owners: impl IntoIterator<Item = (IdentityKey, String)>,
    ) -> Self {
        Self {
            customers: customers
                .into_iter()
                .map(|customer| (customer.id.clone(), Some(customer)))
                .collect(),
            owners: owners.into_iter().collect(),
        }
    }

    /// The state as stored, when only the ids of the customers matter.
    pub(crate) fn of_ids(
        ids: impl IntoIterator<Item = String>,
        owners: impl IntoIterator<Item = (IdentityKey, String)>,
    ) -> Self {
        Self {
            customers: ids.into_iter().map(|id| (id, None)).collect(),
            owners: owners.into_iter().collect(),
        }
    }

    /// Decides on one new customer. The same id with the same content is the same customer.
    pub(crate) fn create(&mut self, new: NewCustomer, now: Timestamp) -> Result<Creation, Error> {
        if let Some(existing) = self.customers.get(&new.id) {
            match existing {
                Some(existing) if new.chosen && existing.profile == new.profile => {
                    return Ok(Creation::Existing(existing.clone()));
                }
                _ => {}
            }
            return Err(Error::about(
                Reason::CustomerAlreadyExists,
                customer::RESOURCE,
                customer::name_of(&new.id),
                format!(
                    "{} is there already with other content; choose another id, or update it",
                    customer::name_of(&new.id)
                ),
            ));
        }
        self.require_free(&new.profile, &new.id)?;
        for identity in &new.profile.identities {
            self.owners.insert(identity.key.clone(), new.id.clone());
        }
        let created = Customer::new(new.id, new.profile, now);
        self.customers.insert(created.id.clone(), Some(created.clone()));
        Ok(Creation::Created(created))
    }

    /// Refuses a profile with an identity that belongs to somebody else than the customer with this id.
    pub(crate) fn require_free(&self, profile: &Profile, id: &str) -> Result<(), Error> {
        let taken = profile
            .identities
            .iter()
            .find(|identity| self.owners.get(&identity.key).is_some_and(|owner| owner != id));
        match taken {
            Some(identity) => Err(customer::identity_taken(&identity.key)),
            None => Ok(()),
        }
    }

    /// Whether there is a customer with this id.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.customers.contains_key(id)
    }

    /// The id of the customer who has an identity.
    pub(crate) fn owner(&self, identity: &IdentityKey) -> Option<&str> {
        self.owners.get(identity).map(String::as_str)
    }

    /// Takes what another registry knows into this one, without changing what is known here.
    pub(crate) fn learn(&mut self, stored: Self) {
        for (id, customer) in stored.customers {
            self.customers.entry(id).or_insert(customer);
        }
        for (identity, owner) in stored.owners {
            self.owners.entry(identity).or_insert(owner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::{Identity, IdentityKind};

    fn wish(id: &str, email: &str) -> NewCustomer {
        let key = IdentityKey::new(IdentityKind::Email, "", email, "identity").unwrap();
        NewCustomer {
            id: id.into(),
            chosen: true,
            profile: Profile {
                identities: vec![Identity { key, verified: false }],
                ..Profile::default()
            },
        }
    }

    #[test]
    fn the_same_customer_again_is_the_same_and_another_under_its_id_is_refused() {
        let mut registry = Registry::default();
        let now = Timestamp::UNIX_EPOCH;
        assert!(matches!(
            registry.create(wish("a", "a@x.y"), now),
            Ok(Creation::Created(_))
        ));
        assert!(matches!(
            registry.create(wish("a", "A@x.y"), now),
            Ok(Creation::Existing(_))
        ));
        let refused = registry.create(wish("a", "b@x.y"), now).unwrap_err();
        assert_eq!(refused.reason(), Reason::CustomerAlreadyExists);
    }

    #[test]
    fn an_identity_belongs_to_one_customer_and_the_refusal_tells_neither_value_nor_owner() {
        let mut registry = Registry::default();
        let now = Timestamp::UNIX_EPOCH;
        registry.create(wish("owner-of-it", "secret@x.y"), now).unwrap();
        let refused = registry.create(wish("b", "secret@x.y"), now).unwrap_err();
        assert_eq!(refused.reason(), Reason::IdentityTaken);
        let told = format!("{refused:?}");
        assert!(
            !told.contains("secret") && !told.contains("owner-of-it"),
            "{told}"
        );
    }

    #[test]
    fn a_made_id_never_counts_as_the_same_customer() {
        let mut registry = Registry::default();
        let mut new = wish("a", "a@x.y");
        new.chosen = false;
        registry.create(new.clone(), Timestamp::UNIX_EPOCH).unwrap();
        assert!(registry.create(new, Timestamp::UNIX_EPOCH).is_err());
    }
}
