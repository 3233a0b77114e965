//! Terms of campaigns as requests have them.

use jiff::civil::DateTime;
use rapport_contract::{
    loyalty::v1::{self as wire, campaign_award::Kind},
    money,
};
use rapport_money::Currency;
use rapport_status::FieldViolation;

use crate::domain::{
    activity::Trigger,
    campaigns::{Award, Budget, Caps, Rounding, Stacking, Terms, WhenExhausted, Window},
    wallet::POINTS,
};

/// The terms of a campaign as a request has them, with what cannot be read.
pub(crate) fn read_terms(message: &wire::Campaign) -> (Terms, Vec<FieldViolation>) {
    let mut found = Vec::new();
    let terms = Terms {
        title: message.title.clone(),
        trigger: Trigger::named(&message.trigger),
        window: window(message.window.as_ref(), &mut found),
        condition: message.condition.clone(),
        line_condition: message.line_condition.clone(),
        award: award(message.award.as_ref(), &mut found),
        rounding: match message.rounding() {
            wire::PointsRounding::Unspecified | wire::PointsRounding::Down => Rounding::Down,
            wire::PointsRounding::HalfUp => Rounding::HalfUp,
            wire::PointsRounding::Up => Rounding::Up,
        },
        wallet: match message.wallet.as_str() {
            "" => POINTS.to_owned(),
            wallet => wallet.to_owned(),
        },
        stacking: message.stacking.as_ref().map(stacking).unwrap_or_default(),
        minimum: message.minimum.as_ref().and_then(|minimum| {
            let read = money::from_wire(minimum);
            read.map_err(|error| found.push(FieldViolation::new("campaign.minimum", error.to_string())))
                .ok()
        }),
        caps: message.caps.as_ref().map(caps).unwrap_or_default(),
        budget: message.budget.as_ref().map(budget),
        pending_days: message.pending_days,
        expiry_months: message.expiry_months,
    };
    (terms, found)
}

fn window(message: Option<&wire::CampaignWindow>, found: &mut Vec<FieldViolation>) -> Window {
    let mut time = |field: &str, text: &str| match text.parse::<DateTime>() {
        _ if text.is_empty() => None,
        Ok(time) => Some(time),
        Err(_) => {
            found.push(FieldViolation::new(
                format!("campaign.window.{field}"),
                format!(
                    "must be a time as the clocks of the program show it, such as 2026-08-01T00:00:00, not {text:?}"
                ),
            ));
            None
        }
    };
    message.map_or_else(Window::default, |message| Window {
        from: time("from", &message.from),
        until: time("until", &message.until),
    })
}

fn award(message: Option<&wire::CampaignAward>, found: &mut Vec<FieldViolation>) -> Award {
    let mut currency = |field: &str, code: &str| {
        code.parse::<Currency>().unwrap_or_else(|error| {
            found.push(FieldViolation::new(
                format!("campaign.award.{field}.currency_code"),
                error.to_string(),
            ));
            Currency::USD
        })
    };
    match message.and_then(|message| message.kind.as_ref()) {
        None => {
            found.push(FieldViolation::new(
                "campaign.award",
                "must be set: say how many points it gives",
            ));
            Award::Fixed { points: 1 }
        }
        Some(Kind::Fixed(fixed)) => Award::Fixed { points: fixed.points },
        Some(Kind::Rate(rate)) => Award::Rate {
            currency: currency("rate", &rate.currency_code),
            points: rate.points,
            per_amount_minor: rate.per_amount_minor,
        },
        Some(Kind::Multiplier(multiplier)) => Award::Multiplier {
            thousandths: multiplier.thousandths,
        },
        Some(Kind::Amount(amount)) => Award::Amount {
            expression: amount.expression.clone(),
        },
        Some(Kind::Table(table)) => Award::Table {
            currency: currency("table", &table.currency_code),
            points: table.points.clone(),
            default_points: table.default_points,
            per_amount_minor: table.per_amount_minor,
        },
    }
}

fn stacking(message: &wire::CampaignStacking) -> Stacking {
    Stacking {
        group: message.group.clone(),
        priority: message.priority,
    }
}

fn caps(message: &wire::CampaignCaps) -> Caps {
    let bound = |most: i64| (most != 0).then_some(most);
    Caps {
        order_points: bound(message.order_points),
        member_points: bound(message.member_points),
        member_day_points: bound(message.member_day_points),
        member_month_points: bound(message.member_month_points),
        member_awards: bound(message.member_awards),
    }
}

fn budget(message: &wire::CampaignBudget) -> Budget {
    Budget {
        points: message.points,
        when_exhausted: match message.when_exhausted() {
            wire::BudgetExhaustion::Unspecified | wire::BudgetExhaustion::Cut => WhenExhausted::Cut,
            wire::BudgetExhaustion::Skip => WhenExhausted::Skip,
        },
    }
}
