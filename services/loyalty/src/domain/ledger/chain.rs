//! The chain of an account: each transaction has a hash over what is stored of it and over the hash of the one before. So
//! whoever changes, removes or adds a stored transaction changes every hash after it.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// A link of the chain: SHA-256.
pub type Link = [u8; 32];

/// What stands before the first transaction of an account.
pub const FIRST: Link = [0; 32];

/// The form of what is hashed. A change of it needs another number.
const FORM: u8 = 1;

/// The form with what points are due to.
const ATTRIBUTED: u8 = 2;

/// What is stored of a transaction for ever, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored<'s> {
    /// The account.
    pub account: Uuid,
    /// Its number within the account.
    pub number: i64,
    /// Its id.
    pub id: Uuid,
    /// The stored name of its kind.
    pub kind: &'s str,
    /// Points, pending points, points of debt, points available after it, shortfall.
    pub amounts: [i64; 5],
    /// When the ledger took it, in microseconds since the Unix epoch.
    pub post_time: i64,
    /// Why, in words.
    pub reason: &'s str,
    /// What caused it.
    pub cause: &'s str,
    /// The transaction that it reverses.
    pub reverses: Option<Uuid>,
    /// What its points are due to.
    pub attribution: Option<&'s str>,
}

/// What is stored of a movement for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredMovement<'s> {
    /// The lot.
    pub lot: Uuid,
    /// Points into the lot.
    pub points: i64,
    /// The stored name of what it does besides, if anything.
    pub effect: Option<&'s str>,
    /// The stored moment of expiry, in microseconds since the Unix epoch.
    pub expire_time: Option<i64>,
}

/// The link of a transaction that follows another one, with its movements in their order.
///
/// Every part is preceded by its length or has a fixed one, so that no two transactions are hashed as the same bytes.
pub fn link<'m>(
    before: &Link,
    stored: &Stored<'_>,
    movements: impl IntoIterator<Item = StoredMovement<'m>>,
) -> Link {
    let mut hash = Sha256::new();
    hash.update([stored.attribution.map_or(FORM, |_| ATTRIBUTED)]);
    hash.update(before);
    hash.update(stored.account.as_bytes());
    hash.update(stored.number.to_be_bytes());
    hash.update(stored.id.as_bytes());
    text(&mut hash, stored.kind);
    for amount in stored.amounts {
        hash.update(amount.to_be_bytes());
    }
    hash.update(stored.post_time.to_be_bytes());
    text(&mut hash, stored.reason);
    text(&mut hash, stored.cause);
    optional(&mut hash, stored.reverses.map(Uuid::into_bytes));
    if let Some(attribution) = stored.attribution {
        text(&mut hash, attribution);
    }
    for movement in movements {
        hash.update(movement.lot.as_bytes());
        hash.update(movement.points.to_be_bytes());
        text(&mut hash, movement.effect.unwrap_or_default());
        optional(&mut hash, movement.expire_time.map(i64::to_be_bytes));
    }
    hash.finalize().into()
}

fn text(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_be_bytes());
    hash.update(text.as_bytes());
}

fn optional<const BYTES: usize>(hash: &mut Sha256, part: Option<[u8; BYTES]>) {
    match part {
        None => hash.update([0]),
        Some(bytes) => {
            hash.update([1]);
            hash.update(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored() -> Stored<'static> {
        Stored {
            account: Uuid::from_u128(1),
            number: 2,
            id: Uuid::from_u128(3),
            kind: "EARN",
            amounts: [4, 5, 6, 7, 8],
            post_time: 9,
            reason: "a gift",
            cause: "request-1",
            reverses: None,
            attribution: None,
        }
    }

    fn movement() -> StoredMovement<'static> {
        StoredMovement {
            lot: Uuid::from_u128(3),
            points: 4,
            effect: None,
            expire_time: None,
        }
    }

    #[test]
    fn every_part_of_a_transaction_and_of_its_movements_changes_its_link() {
        let mut links = vec![
            link(&FIRST, &stored(), [movement()]),
            link(&[1; 32], &stored(), [movement()]),
            link(&FIRST, &stored(), []),
            link(&FIRST, &stored(), [movement(), movement()]),
        ];
        let with = |change: fn(&mut Stored<'static>)| {
            let mut changed = stored();
            change(&mut changed);
            link(&FIRST, &changed, [movement()])
        };
        links.extend([
            with(|stored| stored.account = Uuid::from_u128(2)),
            with(|stored| stored.number = 3),
            with(|stored| stored.id = Uuid::from_u128(4)),
            with(|stored| stored.kind = "ADJUST"),
            with(|stored| stored.post_time = 10),
            with(|stored| stored.reason = "a gif"),
            with(|stored| stored.cause = "request-2"),
            with(|stored| stored.reverses = Some(Uuid::nil())),
            with(|stored| stored.attribution = Some("")),
            with(|stored| stored.attribution = Some("a campaign")),
            // The border between two texts counts.
            with(|stored| (stored.reason, stored.cause) = ("a giftr", "equest-1")),
        ]);
        for place in 0..5 {
            let mut changed = stored();
            changed.amounts[place] += 1;
            links.push(link(&FIRST, &changed, [movement()]));
        }
        for changed in [
            StoredMovement {
                lot: Uuid::from_u128(4),
                ..movement()
            },
            StoredMovement {
                points: 5,
                ..movement()
            },
            StoredMovement {
                effect: Some("RELEASES"),
                ..movement()
            },
            StoredMovement {
                expire_time: Some(0),
                ..movement()
            },
        ] {
            links.push(link(&FIRST, &stored(), [changed]));
        }
        let count = links.len();
        links.sort_unstable();
        links.dedup();
        assert_eq!(links.len(), count, "two of the changes have the same link");
    }

    #[test]
    fn the_form_stays_as_it_is_for_what_is_stored() {
        let link = link(&FIRST, &stored(), [movement()]);
        let number = u128::from_be_bytes(link[..16].try_into().unwrap());
        assert_eq!(
            format!("{number:032x}"),
            "deae0941c5e9bca2c6a765fae1fd6df5",
            "what is stored would no longer be found to hold"
        );
    }
}
