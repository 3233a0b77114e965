//! Repeat purchase, participation, earning and burning.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use rapport_measure::{Confidence, Proportion, ProportionInterval};
use rapport_status::Error;

use super::{Flows, fault, narrow, real, recognition::Recognised};

/// How many of those who bought did so again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RepeatPurchase {
    /// Customers with at least one purchase day in the window.
    pub buyers: i64,
    /// Customers with at least two.
    pub repeat_buyers: i64,
    /// Repeat buyers ÷ buyers, with Wilson's interval; none without buyers.
    pub rate: Option<Proportion>,
}

/// The repeat-purchase rate of a window of days, its first and last included: the share of customers with purchases on two
/// days or more among those with any (P. Farris and others, "Marketing Metrics", 2010, chapter 5, "repeat rate" of buyers).
/// Several purchases on one day are one visit, and count once.
pub fn repeat_purchase<'a>(
    purchases: impl IntoIterator<Item = (&'a str, Date)>,
    (first, last): (Date, Date),
    confidence: Confidence,
) -> Result<RepeatPurchase, Error> {
    let mut days: BTreeMap<&str, BTreeSet<Date>> = BTreeMap::new();
    for (customer, day) in purchases {
        if (first..=last).contains(&day) {
            days.entry(customer).or_default().insert(day);
        }
    }
    let count = |least: usize| {
        let customers = days.values().filter(|days| days.len() >= least).count();
        i64::try_from(customers).unwrap_or(i64::MAX)
    };
    let (buyers, repeat_buyers) = (count(1), count(2));
    Ok(RepeatPurchase {
        buyers,
        repeat_buyers,
        rate: Proportion::of(repeat_buyers, buyers, confidence, ProportionInterval::Wilson).map_err(fault)?,
    })
}

/// How much of the business members are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Participation {
    /// Sales to members ÷ all sales, net of returns; none when there were no sales.
    pub sales_share: Option<f64>,
    /// Active members ÷ members, with Wilson's interval; none without members.
    pub active_share: Option<Proportion>,
}

/// Participation over a period: the share of sales, in minor units of one currency, that members made, and the share of
/// members who earned or redeemed at least once. Refused when the parts are more than their wholes or negative.
pub fn participation(
    (member_minor, all_minor): (i64, i64),
    (active_members, members): (i64, i64),
    confidence: Confidence,
) -> Result<Participation, Error> {
    if !(0..=all_minor).contains(&member_minor) {
        let description = format!("must be 0 to all sales, {all_minor}; it is {member_minor}");
        return Err(Error::invalid_field("member_sales", description));
    }
    let share = Proportion::of(active_members, members, confidence, ProportionInterval::Wilson);
    Ok(Participation {
        sales_share: (all_minor > 0).then(|| real(member_minor) / real(all_minor)),
        active_share: share.map_err(|error| Error::invalid_field("active_members", error.to_string()))?,
    })
}

/// What was earned and burned in a period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EarnBurn {
    /// Points issued, less those taken back.
    pub earned: i64,
    /// Points redeemed, less those given back.
    pub burned: i64,
    /// Earned ÷ burned: above 1, the points outstanding grow; none when nothing was burned.
    pub earn_burn_ratio: Option<f64>,
    /// Burned ÷ earned, the redemption rate of the period; none when nothing was earned. It can be above 1, as points of
    /// earlier periods are burned too; the redemption rate of what was earned is told by
    /// [`curves`](super::breakage::curves).
    pub redemption_rate: Option<f64>,
}

/// Earning and burning of a wallet from one moment to before another.
pub fn earn_burn(
    recognised: &[Recognised<'_>],
    wallet: &str,
    (from, to): (Timestamp, Timestamp),
) -> Result<EarnBurn, Error> {
    let mut flows = Flows::default();
    for each in recognised {
        if each.movement.wallet == wallet && from <= each.time && each.time < to {
            flows.add(each.kind, each.points);
        }
    }
    let (earned, burned) = (narrow(flows.issued())?, narrow(flows.redeemed())?);
    let ratio = |part: i64, whole: i64| (whole > 0).then(|| real(part) / real(whole));
    Ok(EarnBurn {
        earned,
        burned,
        earn_burn_ratio: ratio(earned, burned),
        redemption_rate: ratio(burned, earned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn a_customer_repeats_with_a_second_day_in_the_window() {
        let window = (day("2026-01-01"), day("2026-03-31"));
        let purchases = [
            ("a", "2026-01-01"),
            ("a", "2026-03-31"),
            ("b", "2026-02-01"),
            ("b", "2026-02-01"),
            ("c", "2025-12-31"),
            ("c", "2026-02-01"),
            ("d", "2026-02-01"),
            ("d", "2026-04-01"),
            ("e", "2025-12-31"),
        ];
        let purchases = purchases.map(|(customer, text)| (customer, day(text)));
        let measure = repeat_purchase(purchases, window, Confidence::default()).unwrap();
        assert_eq!((measure.buyers, measure.repeat_buyers), (4, 1));
        let rate = measure.rate.unwrap();
        assert_eq!(rate.share.to_bits(), 0.25_f64.to_bits());
        // Wilson's interval of 1 in 4 at 95 %.
        assert!(
            (rate.interval.low - 0.045_587).abs() < 1e-6 && (rate.interval.high - 0.699_358).abs() < 1e-6,
            "{rate:?}"
        );
        assert_eq!(
            repeat_purchase([], window, Confidence::default()).unwrap().rate,
            None
        );
    }

    #[test]
    fn participation_is_a_share_of_sales_and_one_of_members() {
        let measure = participation((3_000, 4_000), (1, 2), Confidence::default()).unwrap();
        assert_eq!(measure.sales_share, Some(0.75));
        assert_eq!(
            measure.active_share.map(|share| (share.part, share.whole)),
            Some((1, 2))
        );
        let nothing = participation((0, 0), (0, 0), Confidence::default()).unwrap();
        assert_eq!((nothing.sales_share, nothing.active_share), (None, None));
        let all = participation((5, 5), (2, 2), Confidence::default()).unwrap();
        assert_eq!(all.sales_share, Some(1.0));
        for (sales, members, field) in [
            ((5, 4), (0, 0), "member_sales"),
            ((-1, 4), (0, 0), "member_sales"),
            ((0, 0), (3, 2), "active_members"),
        ] {
            let error = participation(sales, members, Confidence::default()).unwrap_err();
            assert_eq!(error.violations()[0].field, field);
        }
    }
}
