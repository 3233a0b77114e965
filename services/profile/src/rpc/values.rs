//! Values and evaluations on the wire.

use jiff::civil::Date;
use rapport_contract::{instant, money, name, profile::v1 as wire};
use rapport_money::{Currency, Money};
use rapport_status::Error;
use rapport_value::rfm::Band;

use crate::{
    domain::{
        amount::narrowed,
        evaluation::{Evaluation, in_major_units},
        stage::StageChange,
        summary::{Share, Summary},
        value::CustomerValue,
    },
    words,
};

/// Reads the wish for an evaluation: its date and currency, where stated.
pub(crate) fn evaluate_request(
    request: &wire::EvaluateCustomersRequest,
) -> Result<(Option<Date>, Option<Currency>), Error> {
    let as_of = request
        .as_of_date
        .map(instant::date_from_wire)
        .transpose()
        .map_err(|wrong| Error::invalid_field("as_of_date", wrong))?;
    let code = request.currency_code.as_str();
    let currency = Some(code)
        .filter(|code| !code.is_empty())
        .map(str::parse)
        .transpose()
        .map_err(|wrong: rapport_money::InvalidMoney| {
            Error::invalid_field("currency_code", wrong.to_string())
        })?;
    Ok((as_of, currency))
}

/// Writes a value.
pub(crate) fn customer_value(value: CustomerValue) -> wire::CustomerValue {
    let rfm_group = value.rfm_group();
    let forecast = value.forecast;
    wire::CustomerValue {
        name: name::CUSTOMER_VALUE.format([&value.customer]),
        as_of_date: Some(instant::date_to_wire(value.as_of)),
        recency_days: value.recency_days,
        frequency: value.frequency,
        monetary: Some(money::to_wire(value.monetary)),
        rfm_score: value.score.map(|score| wire::RfmScore {
            recency: i32::from(score.recency()),
            frequency: i32::from(score.frequency()),
            monetary: i32::from(score.monetary()),
        }),
        rfm_group,
        stage: words::stage(value.stage).into(),
        stage_since_date: Some(instant::date_to_wire(value.stage_since)),
        stage_reason: value.stage_reason,
        repurchase_probability: forecast.map(|forecast| forecast.repurchase_probability),
        expected_purchases: forecast.map(|forecast| forecast.expected_purchases),
        expected_spend: forecast.map(|forecast| money::to_wire(forecast.expected_spend)),
        lifetime_value: forecast.map(|forecast| money::to_wire(forecast.lifetime_value)),
    }
}

/// Writes a move between stages.
pub(crate) fn stage_change(change: StageChange) -> wire::StageChange {
    wire::StageChange {
        from_stage: words::stage(change.from).into(),
        to_stage: words::stage(change.to).into(),
        change_date: Some(instant::date_to_wire(change.date)),
        reason: change.reason,
        rules_version: change.rules_version,
    }
}

/// Writes an evaluation.
pub(crate) fn evaluation(evaluation: Evaluation) -> wire::Evaluation {
    let name = name::EVALUATION.format([&evaluation.id()]);
    let rfm_thresholds = rfm_thresholds(&evaluation);
    let models = evaluation.models;
    let purchase_model = models.purchase.map(|(model, log_likelihood)| {
        let parameters = model.parameters();
        wire::PurchaseModel {
            r: parameters.r,
            alpha: parameters.alpha,
            a: parameters.a,
            b: parameters.b,
            log_likelihood,
        }
    });
    let spend_model = models.spend.map(|(model, log_likelihood)| {
        let parameters = in_major_units(&model, evaluation.currency);
        wire::SpendModel {
            p: parameters.p,
            q: parameters.q,
            v: parameters.gamma,
            log_likelihood,
        }
    });
    wire::Evaluation {
        name,
        as_of_date: Some(instant::date_to_wire(evaluation.as_of)),
        create_time: Some(instant::to_wire(evaluation.create_time)),
        customer_count: evaluation.customer_count,
        buyer_count: evaluation.buyer_count,
        model_accepted: models.accepted,
        model_finding: models.finding,
        purchase_model,
        spend_model,
        currency_code: evaluation.currency.code().to_owned(),
        rfm_thresholds,
    }
}

fn rfm_thresholds(evaluation: &Evaluation) -> Vec<wire::RfmThreshold> {
    let thresholds = &evaluation.thresholds;
    let narrow = |value: i64| i32::try_from(value).unwrap_or(i32::MAX);
    let money = |minor| {
        money::to_wire(Money {
            minor,
            currency: evaluation.currency,
        })
    };
    let low = |band: Option<Band>| band.map(|band| narrow(band.smallest));
    let high = |band: Option<Band>| band.map(|band| narrow(band.largest));
    let bands = thresholds
        .recency_days
        .into_iter()
        .zip(thresholds.frequency)
        .zip(thresholds.monetary_minor);
    (1..)
        .zip(bands)
        .map(|(score, ((recency, frequency), monetary))| wire::RfmThreshold {
            score,
            recency_days_low: low(recency),
            recency_days_high: high(recency),
            frequency_low: low(frequency),
            frequency_high: high(frequency),
            monetary_low: monetary.map(|band| money(band.smallest)),
            monetary_high: monetary.map(|band| money(band.largest)),
        })
        .collect()
}

/// Writes a summary. Without an evaluation there is neither a date nor money.
pub(crate) fn summary(summary: Summary, latest: Option<(Date, Currency)>) -> wire::CustomerSummary {
    let money = |minor: i128| {
        latest.map(|(_, currency)| {
            money::to_wire(Money {
                minor: narrowed(minor),
                currency,
            })
        })
    };
    let stage_count = |(stage, share): (Option<_>, Share)| wire::StageCount {
        stage: stage.map(|stage| words::stage(stage).into()).unwrap_or_default(),
        customer_count: share.customers,
        monetary: money(share.monetary_minor),
        lifetime_value: share.lifetime_value_minor.and_then(money),
    };
    let group_count = |(rfm_group, share): (String, Share)| wire::GroupCount {
        rfm_group,
        customer_count: share.customers,
        monetary: money(share.monetary_minor),
    };
    let [recency, frequency, monetary] = summary.histograms;
    let gini = summary
        .concentration
        .as_ref()
        .map_or(0.0, |concentration| concentration.gini);
    let points = summary
        .concentration
        .map(|concentration| concentration.points)
        .unwrap_or_default();
    wire::CustomerSummary {
        as_of_date: latest.map(|(date, _)| instant::date_to_wire(date)),
        stages: summary.stages.into_iter().map(stage_count).collect(),
        rfm_groups: summary.groups.into_iter().map(group_count).collect(),
        recency_histogram: recency.to_vec(),
        frequency_histogram: frequency.to_vec(),
        monetary_histogram: monetary.to_vec(),
        concentration: points
            .into_iter()
            .map(|point| wire::ConcentrationPoint {
                customer_share: f64::from(point.customers_basis_points) / 10_000.0,
                value_share: point.value_share,
            })
            .collect(),
        gini,
        total_monetary: money(summary.all.monetary_minor),
        customer_count: summary.all.customers,
    }
}

/// Reads the name of an evaluation: its id, or none for the latest.
pub(crate) fn evaluation_id(name: &str) -> Result<Option<&str>, Error> {
    if name.is_empty() {
        return Ok(None);
    }
    let [id] = name::EVALUATION.require("name", name)?;
    Ok(Some(id).filter(|id| *id != "latest"))
}
