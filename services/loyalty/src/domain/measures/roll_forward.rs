//! From the opening balance of a month to its closing one.

use jiff::{Timestamp, tz::TimeZone};
use rapport_status::Error;

use super::{
    Flows, MOST_MONTHS, Month, Movement, narrow,
    recognition::{outstanding, recognise},
};

/// One month of one wallet: opening + flows = closing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The month.
    pub month: Month,
    /// Points outstanding when it began.
    pub opening: i64,
    /// What changed them: earned, taken back, redeemed, given back, expired, reinstated, transferred, adjusted.
    pub flows: Flows,
    /// Points outstanding when it was over.
    pub closing: i64,
}

impl Row {
    /// Opening + flows − closing: nothing, or the row is wrong.
    pub fn difference(&self) -> i128 {
        i128::from(self.opening) + self.flows.net() - i128::from(self.closing)
    }
}

/// The months of a wallet from the first to the last, as known by a moment, which must not lie before the end of the last.
///
/// The balances are counted lot by lot as of the month's limits, the flows movement by movement: two ways that must agree.
/// A difference is an internal error, which names the month.
pub fn roll_forward(
    movements: &[Movement],
    wallet: &str,
    (first, last): (Month, Month),
    zone: &TimeZone,
    known_by: Timestamp,
) -> Result<Vec<Row>, Error> {
    if !(0..MOST_MONTHS).contains(&last.since(first)) {
        let description =
            format!("must be the first month, {first}, or one of the {MOST_MONTHS} from it on; it is {last}");
        return Err(Error::invalid_field("last", description));
    }
    let of_wallet: Vec<Movement> = movements
        .iter()
        .filter(|movement| movement.wallet == wallet)
        .cloned()
        .collect();
    let recognised = recognise(&of_wallet, known_by)?;
    let balance = |moment: Timestamp| {
        let lots = outstanding(&of_wallet, moment, known_by)?;
        narrow(lots.iter().map(|(_, left)| i128::from(*left)).sum())
    };
    let mut rows = Vec::new();
    let mut opening = balance(first.start(zone))?;
    for months in 0..=last.since(first) {
        let month = first.plus(months);
        let (start, end) = (month.start(zone), month.end(zone));
        let mut flows = Flows::default();
        for each in recognised
            .iter()
            .filter(|each| start <= each.time && each.time < end)
        {
            flows.add(each.kind, each.points);
        }
        let row = Row {
            month,
            opening,
            flows,
            closing: balance(end)?,
        };
        if row.difference() != 0 {
            return Err(Error::internal(format!(
                "the roll-forward of {wallet} for {month} does not close: it differs by {} points",
                row.difference()
            )));
        }
        opening = row.closing;
        rows.push(row);
    }
    Ok(rows)
}
