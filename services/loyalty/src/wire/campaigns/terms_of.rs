//! Campaigns as messages.

use rapport_contract::{
    instant,
    loyalty::v1::{self as wire, campaign_award::Kind},
    money,
};

use super::name;
use crate::domain::campaigns::{
    Award, Budget, Campaign, Caps, Rounding, State, Terms, WhenExhausted, Window,
};

/// A campaign of a program, with its state as of some moment.
pub(crate) fn campaign(program: &str, campaign: &Campaign, state: State) -> wire::Campaign {
    wire::Campaign {
        name: name(program, &campaign.id),
        state: self::state(state).into(),
        version: campaign.version,
        create_time: Some(instant::to_wire(campaign.create_time)),
        update_time: Some(instant::to_wire(campaign.update_time)),
        etag: campaign.etag(),
        ..terms(&campaign.terms)
    }
}

/// A state of a campaign.
fn state(state: State) -> wire::CampaignState {
    match state {
        State::Draft => wire::CampaignState::Draft,
        State::Scheduled => wire::CampaignState::Scheduled,
        State::Live => wire::CampaignState::Live,
        State::Paused => wire::CampaignState::Paused,
        State::Ended => wire::CampaignState::Ended,
    }
}

/// A campaign that has terms and nothing else.
pub(super) fn terms(terms: &Terms) -> wire::Campaign {
    let rounding = match terms.rounding {
        Rounding::Down => wire::PointsRounding::Down,
        Rounding::HalfUp => wire::PointsRounding::HalfUp,
        Rounding::Up => wire::PointsRounding::Up,
    };
    wire::Campaign {
        title: terms.title.clone(),
        trigger: terms.trigger.name().to_owned(),
        window: window(&terms.window),
        condition: terms.condition.clone(),
        line_condition: terms.line_condition.clone(),
        award: Some(wire::CampaignAward {
            kind: Some(award(&terms.award)),
        }),
        rounding: rounding.into(),
        wallet: terms.wallet.clone(),
        stacking: Some(wire::CampaignStacking {
            group: terms.stacking.group.clone(),
            priority: terms.stacking.priority,
        }),
        minimum: terms.minimum.map(money::to_wire),
        caps: caps(&terms.caps),
        budget: terms.budget.map(budget),
        pending_days: terms.pending_days,
        expiry_months: terms.expiry_months,
        ..wire::Campaign::default()
    }
}

fn window(window: &Window) -> Option<wire::CampaignWindow> {
    let text = |time: Option<jiff::civil::DateTime>| time.map(|time| time.to_string()).unwrap_or_default();
    (*window != Window::default()).then(|| wire::CampaignWindow {
        from: text(window.from),
        until: text(window.until),
    })
}

fn award(award: &Award) -> Kind {
    match award {
        Award::Fixed { points } => Kind::Fixed(wire::FixedAward { points: *points }),
        Award::Rate {
            currency,
            points,
            per_amount_minor,
        } => Kind::Rate(wire::RateAward {
            currency_code: currency.code().to_owned(),
            points: *points,
            per_amount_minor: *per_amount_minor,
        }),
        Award::Multiplier { thousandths } => Kind::Multiplier(wire::MultiplierAward {
            thousandths: *thousandths,
        }),
        Award::Amount { expression } => Kind::Amount(wire::AmountAward {
            expression: expression.clone(),
        }),
        Award::Table {
            currency,
            points,
            default_points,
            per_amount_minor,
        } => Kind::Table(wire::TableAward {
            currency_code: currency.code().to_owned(),
            points: points.clone(),
            default_points: *default_points,
            per_amount_minor: *per_amount_minor,
        }),
    }
}

fn caps(caps: &Caps) -> Option<wire::CampaignCaps> {
    (*caps != Caps::default()).then(|| wire::CampaignCaps {
        order_points: caps.order_points.unwrap_or_default(),
        member_points: caps.member_points.unwrap_or_default(),
        member_day_points: caps.member_day_points.unwrap_or_default(),
        member_month_points: caps.member_month_points.unwrap_or_default(),
        member_awards: caps.member_awards.unwrap_or_default(),
    })
}

fn budget(budget: Budget) -> wire::CampaignBudget {
    let when_exhausted = match budget.when_exhausted {
        WhenExhausted::Cut => wire::BudgetExhaustion::Cut,
        WhenExhausted::Skip => wire::BudgetExhaustion::Skip,
    };
    wire::CampaignBudget {
        points: budget.points,
        when_exhausted: when_exhausted.into(),
    }
}
