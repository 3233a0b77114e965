//! A customer's purchases as the value models take them in.

use jiff::civil::Date;
use rapport_value::{Day, history};

use super::purchase::PurchaseKind;

/// What a customer bought, or gave back, on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DayTotal {
    /// The day (UTC).
    pub day: Date,
    /// Sales or returns.
    pub kind: PurchaseKind,
    /// The sum in minor units, not negative.
    pub amount_minor: i64,
}

/// The history that the models use. A return lowers the money and is no purchase day: models know it by its negative
/// amount, so that a return of nothing, which has none, is left out.
pub(crate) fn modelled(totals: &[DayTotal]) -> Vec<history::Purchase> {
    totals
        .iter()
        .filter(|total| total.kind == PurchaseKind::Sale || total.amount_minor != 0)
        .map(|total| history::Purchase {
            day: model_day(total.day),
            amount_minor: match total.kind {
                PurchaseKind::Sale => total.amount_minor,
                PurchaseKind::Return => -total.amount_minor,
            },
            quantity: 0,
        })
        .collect()
}

/// Purchases minus returns, in minor units.
pub(crate) fn net_minor(totals: &[DayTotal]) -> i128 {
    totals
        .iter()
        .map(|total| match total.kind {
            PurchaseKind::Sale => i128::from(total.amount_minor),
            PurchaseKind::Return => -i128::from(total.amount_minor),
        })
        .sum()
}

/// A date as the models count it.
pub(crate) fn model_day(date: Date) -> Day {
    let epoch = jiff::civil::date(1970, 1, 1);
    // Every date that jiff has is fewer than 2^31 days away.
    Day(date
        .since((jiff::Unit::Day, epoch))
        .map(|span| span.get_days())
        .unwrap_or_default())
}

/// A day of the models as a date.
pub(crate) fn date_of(day: Day) -> Date {
    let epoch = jiff::civil::date(1970, 1, 1);
    epoch.saturating_add(jiff::Span::new().days(day.0.clamp(-719_162, 2_932_896)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(day: &str, kind: PurchaseKind, amount_minor: i64) -> DayTotal {
        DayTotal {
            day: day.parse().unwrap(),
            kind,
            amount_minor,
        }
    }

    #[test]
    fn a_return_lowers_the_money_and_is_no_purchase_day() {
        let totals = [
            total("1997-01-01", PurchaseKind::Sale, 2933),
            total("1997-01-05", PurchaseKind::Return, 1000),
            total("1997-01-06", PurchaseKind::Return, 0),
        ];
        let as_of = model_day("1997-01-31".parse().unwrap());
        let figures = history::recency_frequency_monetary(&modelled(&totals), as_of).unwrap();
        assert_eq!((figures.recency_days, figures.frequency), (30, 1));
        assert_eq!(figures.monetary_minor, 1933);
        assert_eq!(net_minor(&totals), 1933);
    }

    #[test]
    fn days_of_the_models_and_dates_agree() {
        for text in ["0001-01-01", "1969-12-31", "1997-09-30", "9999-12-31"] {
            let date: Date = text.parse().unwrap();
            assert_eq!(date_of(model_day(date)), date, "{text}");
            assert_eq!(model_day(date).to_string(), text);
        }
    }
}
