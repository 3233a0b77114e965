//! What was recorded of purchases and points, and the facts that it makes.
//!
//! A purchase adds to several measures and is recorded once; a return names the purchase. Records are a set, as facts are:
//! the same records make the same facts in whatever order they came.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use rapport_money::{Currency, Money};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    MOST_AMOUNT,
    history::{Event, Fact, Return},
    measure::Measure,
};

/// Name of the count that the quantities of purchases add to.
pub const ITEMS: &str = "items";

/// The events of a purchase: their ids are that of the record with one of these added.
const SPEND: u128 = 1;
const PURCHASE: u128 = 2;
const QUANTITY: u128 = 3;

/// Something that was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Identifies it for ever among what was recorded of the same member or customer.
    pub id: Uuid,
    /// When it happened.
    pub time: Timestamp,
    /// What it is.
    pub content: Recorded,
}

/// What can be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// A purchase.
    Sale(Extent),
    /// Part or all of a purchase was given back.
    Return {
        /// The record of the purchase, which may come later.
        sale: Uuid,
        /// How much of it.
        extent: Extent,
    },
    /// Points were earned in a wallet, or corrected when negative.
    Points {
        /// Id of the wallet.
        wallet: String,
        /// How many.
        points: i64,
    },
    /// Points that were earned were taken back.
    TakenBack {
        /// The record of the points.
        earned: Uuid,
        /// How many.
        points: i64,
    },
}

/// How much a purchase or return was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The money.
    pub amount: Money,
    /// The number of items.
    pub quantity: i64,
}

impl Extent {
    /// How much it was, within what can be counted: nothing instead of less, and at most [`MOST_AMOUNT`].
    pub fn new(currency: Currency, minor: i64, quantity: i64) -> Self {
        let minor = minor.clamp(0, MOST_AMOUNT);
        Self {
            amount: Money { currency, minor },
            quantity: quantity.clamp(0, MOST_AMOUNT),
        }
    }
}

impl Record {
    /// What the record reduces.
    pub fn reduces(&self) -> Option<Uuid> {
        match self.content {
            Recorded::Return { sale, .. } => Some(sale),
            Recorded::TakenBack { earned, .. } => Some(earned),
            Recorded::Sale(_) | Recorded::Points { .. } => None,
        }
    }
}

/// What came back of a purchase.
#[derive(Default)]
struct GivenBack {
    minor: i128,
    quantity: i128,
    last: Option<(Timestamp, Uuid)>,
}

/// The facts that records make: all that were recorded of a member and the customer. Of those that nothing reduces, any
/// number may be taken by themselves.
pub fn facts(records: &[Record]) -> Vec<Fact> {
    let sales: HashMap<Uuid, &Extent> = records
        .iter()
        .filter_map(|record| match &record.content {
            Recorded::Sale(extent) => Some((record.id, extent)),
            _ => None,
        })
        .collect();
    let mut given_back: BTreeMap<Uuid, GivenBack> = BTreeMap::new();
    let mut found = Vec::new();
    for record in records {
        match &record.content {
            Recorded::Sale(extent) => add_sale(record, extent, &mut found),
            Recorded::Return { sale, extent } => {
                // What is returned before the purchase is known waits for it.
                let Some(sold) = sales.get(sale) else { continue };
                let of_sale = given_back.entry(*sale).or_default();
                add_return(record, *sale, sold, extent, of_sale, &mut found);
            }
            Recorded::Points { wallet, points } => {
                let measure = Measure::Points(wallet.clone());
                found.extend(event(record.id, record.time, measure, *points));
            }
            Recorded::TakenBack { earned, points } => {
                found.extend(reduction(record.id, record.time, *earned, *points));
            }
        }
    }
    for (sale, of_sale) in given_back {
        let whole = sales.get(&sale).is_some_and(|sold| of_sale.is_all_of(sold));
        if let Some((time, id)) = of_sale.last.filter(|_| whole) {
            found.extend(reduction(part(id, PURCHASE), time, part(sale, PURCHASE), 1));
        }
    }
    found
}

impl GivenBack {
    /// Whether a purchase came back as a whole: all of its money, or of what cost nothing all items.
    fn is_all_of(&self, sold: &Extent) -> bool {
        if sold.amount.minor > 0 {
            self.minor >= i128::from(sold.amount.minor)
        } else {
            self.quantity >= i128::from(sold.quantity.max(1))
        }
    }
}

fn add_sale(record: &Record, extent: &Extent, found: &mut Vec<Fact>) {
    let (id, time) = (record.id, record.time);
    let spend = Measure::Spend(extent.amount.currency);
    found.extend(event(part(id, SPEND), time, spend, extent.amount.minor));
    found.extend(event(part(id, PURCHASE), time, Measure::Purchases, 1));
    let items = Measure::Count(ITEMS.to_owned());
    found.extend(event(part(id, QUANTITY), time, items, extent.quantity));
}

fn add_return(
    record: &Record,
    sale: Uuid,
    sold: &Extent,
    extent: &Extent,
    of_sale: &mut GivenBack,
    found: &mut Vec<Fact>,
) {
    let (id, time) = (record.id, record.time);
    if extent.amount.currency == sold.amount.currency {
        let minor = extent.amount.minor;
        of_sale.minor += i128::from(minor);
        found.extend(reduction(part(id, SPEND), time, part(sale, SPEND), minor));
    }
    of_sale.quantity += i128::from(extent.quantity);
    of_sale.last = of_sale.last.max(Some((time, id)));
    let quantity = extent.quantity;
    found.extend(reduction(
        part(id, QUANTITY),
        time,
        part(sale, QUANTITY),
        quantity,
    ));
}

fn event(id: Uuid, time: Timestamp, measure: Measure, amount: i64) -> Option<Fact> {
    (amount != 0).then_some(Fact::Event(Event {
        id,
        time,
        measure,
        amount,
    }))
}

fn reduction(id: Uuid, time: Timestamp, event: Uuid, amount: i64) -> Option<Fact> {
    (amount > 0).then_some(Fact::Return(Return {
        id,
        time,
        event,
        amount,
    }))
}

/// The id of the record of a purchase, by the system that it comes from and its id there: a return names its sale so,
/// whichever of them comes first.
pub fn purchase_id(source: &str, source_id: &str) -> Uuid {
    // The length tells where the source ends.
    let named = format!("{}:{source}{source_id}", source.len());
    let digest = Sha256::digest(named.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Uuid::from_bytes(bytes)
}

/// The id of a part of what a record says.
fn part(id: Uuid, number: u128) -> Uuid {
    Uuid::from_u128(id.as_u128() ^ number)
}
