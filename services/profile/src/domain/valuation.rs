//! Computing values: of all customers as of a date, or of some of them under the latest evaluation.

use std::collections::{BTreeMap, HashMap};

use jiff::{Timestamp, civil::Date};
use rapport_money::{Currency, Money};
use rapport_value::{
    history::{
        Purchase, RecencyFrequencyMonetary, calibration_summary, purchase_days, recency_frequency_monetary,
    },
    lifecycle::{self, LifecycleConfig, Stage},
    lifetime_value::{LifetimeValueConfig, lifetime_value},
    purchase_model::PurchaseModel,
    rfm::{Bands, EffectiveThresholds, RfmScore, score_by_rank},
    spend_model::SpendModel,
};

use super::{
    amount::narrowed,
    evaluation::{Evaluation, Models, fit, spend_history},
    history::{DayTotal, date_of, model_day, modelled, net_minor},
    stage::{StageChange, changes},
    value::{CustomerValue, Forecast},
};

/// The horizon of forecasts in weeks: 365 days.
const HORIZON_WEEKS: f64 = 365.0 / 7.0;

/// A customer to be valued.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// The id.
    pub id: String,
    /// The day on which the record was made.
    pub create_date: Date,
    /// What was bought and given back, in any order.
    pub totals: Vec<DayTotal>,
}

/// A value with the moves between stages that led to its stage.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Valued {
    /// The value.
    pub value: CustomerValue,
    /// The moves, in order.
    pub changes: Vec<StageChange>,
}

/// The frame of a computation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    /// The date as of which it holds.
    pub as_of: Date,
    /// The currency of the purchases that count.
    pub currency: Currency,
    /// The purchases stored up to this number are in.
    pub sequence: i64,
}

/// Values all customers: fits the models, scores everybody against everybody, replays every lifecycle.
pub(crate) fn evaluate(known: &[Known], frame: Frame, now: Timestamp) -> (Evaluation, Vec<Valued>) {
    let as_of = model_day(frame.as_of);
    let histories: Vec<Vec<Purchase>> = known.iter().map(|customer| modelled(&customer.totals)).collect();
    let models = fit(&histories, as_of, frame.currency);
    let figures: Vec<Option<RecencyFrequencyMonetary>> = histories
        .iter()
        .map(|history| recency_frequency_monetary(history, as_of))
        .collect();
    let buyers: Vec<RecencyFrequencyMonetary> = figures.iter().copied().flatten().collect();
    let table = score_by_rank(&buyers);
    let mut scores = table.scores.iter().copied();
    let valued = known
        .iter()
        .zip(&histories)
        .zip(&figures)
        .map(|((customer, history), figures)| {
            // The table has one score for each buyer, in the same order.
            let score = figures.as_ref().and_then(|_| scores.next());
            value(customer, history, figures.as_ref(), score, &models, frame)
        })
        .collect();
    let evaluation = Evaluation {
        as_of: frame.as_of,
        create_time: now,
        currency: frame.currency,
        customer_count: count(known.len()),
        buyer_count: count(buyers.len()),
        models,
        thresholds: table.thresholds,
    };
    (evaluation, valued)
}

/// Values one customer again under the models and thresholds of an evaluation.
pub(crate) fn revalue(customer: &Known, evaluation: &Evaluation, frame: Frame) -> Valued {
    let history = modelled(&customer.totals);
    let figures = recency_frequency_monetary(&history, model_day(frame.as_of));
    let score = figures.and_then(|figures| score_within(&figures, &evaluation.thresholds));
    value(
        customer,
        &history,
        figures.as_ref(),
        score,
        &evaluation.models,
        frame,
    )
}

fn value(
    customer: &Known,
    history: &[Purchase],
    figures: Option<&RecencyFrequencyMonetary>,
    score: Option<RfmScore>,
    models: &Models,
    frame: Frame,
) -> Valued {
    let as_of = model_day(frame.as_of);
    let days = purchase_days(history, as_of);
    let created = model_day(customer.create_date).min(as_of);
    let known_since = days.first().map_or(created, |first| created.min(*first));
    let usable = models.usable();
    let purchase_model = usable.map(|(purchase, _)| purchase);
    let lifecycle = lifecycle::evaluate(
        known_since,
        &days,
        &LifecycleConfig::default(),
        purchase_model,
        as_of,
    );
    let changes = changes(&customer.id, &lifecycle);
    let until: Vec<DayTotal> = customer
        .totals
        .iter()
        .copied()
        .filter(|total| total.day <= frame.as_of)
        .collect();
    let money = |minor| Money {
        minor,
        currency: frame.currency,
    };
    let value = CustomerValue {
        customer: customer.id.clone(),
        as_of: frame.as_of,
        sequence: frame.sequence,
        recency_days: figures.map(|figures| figures.recency_days),
        frequency: figures.map_or(0, |figures| i32::try_from(figures.frequency).unwrap_or(i32::MAX)),
        monetary: money(narrowed(net_minor(&until))),
        score,
        stage: lifecycle.stage,
        stage_since: date_of(lifecycle.since),
        stage_reason: changes.last().map_or_else(
            || "known, has not bought yet".to_owned(),
            |change| change.reason.clone(),
        ),
        forecast: usable.and_then(|(purchase, spend)| forecast(history, purchase, spend, frame)),
    };
    Valued { value, changes }
}

fn forecast(
    history: &[Purchase],
    purchase_model: &PurchaseModel,
    spend_model: &SpendModel,
    frame: Frame,
) -> Option<Forecast> {
    let summary = calibration_summary(history, model_day(frame.as_of))?;
    let spend = spend_model.expected_spend(&spend_history(&summary));
    let worth = lifetime_value(
        purchase_model,
        &summary.repeat,
        spend,
        &LifetimeValueConfig::default(),
    );
    let money = |minor: f64| Money {
        minor: whole(minor),
        currency: frame.currency,
    };
    Some(Forecast {
        repurchase_probability: purchase_model.probability_of_purchase_within(&summary.repeat, HORIZON_WEEKS),
        expected_purchases: purchase_model.expected_purchases(&summary.repeat, HORIZON_WEEKS),
        expected_spend: money(spend),
        lifetime_value: money(worth),
    })
}

/// The scores that the values have under thresholds: a value between two bands belongs to the lower one, a value
/// beyond all of them to the outermost. None when nobody was scored yet.
fn score_within(figures: &RecencyFrequencyMonetary, thresholds: &EffectiveThresholds) -> Option<RfmScore> {
    let recency = best(&thresholds.recency_days, |band| {
        i64::from(figures.recency_days) <= band.1
    })?;
    let frequency = best(&thresholds.frequency, |band| {
        i64::from(figures.frequency) >= band.0
    })?;
    let monetary = best(&thresholds.monetary_minor, |band| {
        figures.monetary_minor >= band.0
    })?;
    RfmScore::new(recency, frequency, monetary)
}

/// The best score whose band, smallest and largest value, is reached; the worst that somebody has if none is.
fn best(bands: &Bands, reached: impl Fn((i64, i64)) -> bool) -> Option<u8> {
    let mut given = (1_u8..)
        .zip(bands)
        .filter_map(|(score, band)| band.map(|band| (score, (band.smallest, band.largest))));
    let worst = given.clone().next()?;
    let best = given.by_ref().filter(|(_, band)| reached(*band)).last();
    Some(best.unwrap_or(worst).0)
}

/// A purchase as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    /// The id of the customer.
    pub customer: String,
    /// The number in the order of storing.
    pub sequence: i64,
    /// The day on which it happened.
    pub day: Date,
}

/// Which customers are to be valued again after purchases came in, and as of when: the later of the date of their value
/// (of the latest evaluation, if they have none) and the day of the purchase. A purchase that was stored before the
/// value was computed is in it, or was left out of it on purpose, and changes nothing.
pub(crate) fn due(
    arrivals: &[Arrival],
    stored: &HashMap<String, CustomerValue>,
    evaluated_as_of: Date,
) -> BTreeMap<String, Date> {
    let mut dates = BTreeMap::new();
    for arrival in arrivals {
        let value = stored.get(&arrival.customer);
        if value.is_some_and(|value| arrival.sequence <= value.sequence) {
            continue;
        }
        let earliest = value.map_or(evaluated_as_of, |value| value.as_of);
        let date = dates.entry(arrival.customer.clone()).or_insert(earliest);
        *date = arrival.day.max(*date);
    }
    dates
}

/// The moves that others have to be told of: of customers whose stage is not the one that was stored before. A
/// customer who was never valued counts as potential.
pub(crate) fn moved(valued: &[Valued], stored: &HashMap<String, Stage>) -> Vec<StageChange> {
    valued
        .iter()
        .filter_map(|valued| {
            let value = &valued.value;
            let before = stored.get(&value.customer).copied().unwrap_or(Stage::Potential);
            (before != value.stage).then(|| {
                let last = valued.changes.last();
                StageChange {
                    customer: value.customer.clone(),
                    number: last.map_or(0, |change| change.number),
                    from: before,
                    to: value.stage,
                    date: value.stage_since,
                    reason: value.stage_reason.clone(),
                    rules_version: last.map_or(0, |change| change.rules_version),
                }
            })
        })
        .collect()
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// An estimate in whole minor units.
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounded; a value beyond 64 bits stops at their limit"
)]
fn whole(minor: f64) -> i64 {
    minor.round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::purchase::PurchaseKind;

    const USD: Currency = Currency::USD;

    fn frame(as_of: &str) -> Frame {
        Frame {
            as_of: as_of.parse().unwrap(),
            currency: USD,
            sequence: 0,
        }
    }

    fn known(id: &str, sales: &[(&str, i64)]) -> Known {
        let total = |(day, amount_minor): &(&str, i64)| DayTotal {
            day: day.parse().unwrap(),
            kind: PurchaseKind::Sale,
            amount_minor: *amount_minor,
        };
        Known {
            id: id.into(),
            create_date: "2026-01-01".parse().unwrap(),
            totals: sales.iter().map(total).collect(),
        }
    }

    #[test]
    fn a_customer_without_a_purchase_is_potential_and_has_neither_recency_nor_scores() {
        let (evaluation, valued) = evaluate(&[known("ada", &[])], frame("1997-09-30"), Timestamp::UNIX_EPOCH);
        let value = &valued[0].value;
        assert_eq!((evaluation.customer_count, evaluation.buyer_count), (1, 0));
        assert_eq!(
            (value.stage, value.recency_days, value.score),
            (Stage::Potential, None, None)
        );
        assert_eq!(value.stage_since.to_string(), "1997-09-30");
        assert!(!evaluation.models.accepted, "{}", evaluation.models.finding);
    }

    #[test]
    fn purchases_after_the_date_are_left_out() {
        let customer = known("ada", &[("1997-01-01", 1000), ("1997-10-01", 5000)]);
        let (_, valued) = evaluate(&[customer], frame("1997-09-30"), Timestamp::UNIX_EPOCH);
        let value = &valued[0].value;
        assert_eq!((value.frequency, value.monetary.minor), (1, 1000));
        assert_eq!(value.recency_days, Some(272));
    }

    #[test]
    fn a_value_computed_again_under_the_same_evaluation_is_the_same() {
        let customers: Vec<Known> = (0..40)
            .map(|index| {
                let day = format!("1997-0{}-1{}", 1 + index % 8, index % 9);
                known(&index.to_string(), &[("1997-01-02", 100 * index), (&day, 700)])
            })
            .collect();
        let frame = frame("1997-09-30");
        let (evaluation, valued) = evaluate(&customers, frame, Timestamp::UNIX_EPOCH);
        for (customer, valued) in customers.iter().zip(&valued) {
            assert_eq!(&revalue(customer, &evaluation, frame), valued, "{}", customer.id);
        }
    }

    #[test]
    fn only_customers_whose_stage_differs_from_the_stored_one_have_moved() {
        let customers = [known("ada", &[("1997-09-01", 100)]), known("bob", &[])];
        let (_, valued) = evaluate(&customers, frame("1997-09-30"), Timestamp::UNIX_EPOCH);
        let first = moved(&valued, &HashMap::new());
        assert_eq!(first.len(), 1, "{first:?}");
        assert_eq!((first[0].from, first[0].to), (Stage::Potential, Stage::New));
        let stored = HashMap::from([
            ("ada".to_owned(), Stage::New),
            ("bob".to_owned(), Stage::Potential),
        ]);
        assert_eq!(moved(&valued, &stored), []);
    }

    #[test]
    fn purchases_move_the_date_forward_only_and_only_when_they_are_not_in_the_value() {
        let (_, valued) = evaluate(
            &[known("ada", &[])],
            Frame {
                sequence: 10,
                ..frame("1997-09-30")
            },
            Timestamp::UNIX_EPOCH,
        );
        let stored = HashMap::from([("ada".to_owned(), valued[0].value.clone())]);
        let due_after = |customer: &str, sequence: i64, day: &str| {
            let arrival = Arrival {
                customer: customer.into(),
                sequence,
                day: day.parse().unwrap(),
            };
            let dates = due(&[arrival], &stored, "1998-01-01".parse().unwrap());
            dates.get(customer).map(ToString::to_string)
        };
        assert_eq!(due_after("ada", 10, "1999-01-01"), None);
        assert_eq!(due_after("ada", 11, "1999-01-01").as_deref(), Some("1999-01-01"));
        assert_eq!(due_after("ada", 11, "1996-01-01").as_deref(), Some("1997-09-30"));
        assert_eq!(due_after("new", 1, "1996-01-01").as_deref(), Some("1998-01-01"));
    }
}
