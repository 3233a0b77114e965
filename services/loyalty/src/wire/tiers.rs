//! Tier sets in the messages of the contract, and back.

use std::collections::BTreeMap;

use jiff::Timestamp;
use prost::Message as _;
use rapport_contract::{
    instant,
    loyalty::v1::{self as wire, tier_grace::Length, tier_measure},
    r#type::v1::LocalizedText,
};
use rapport_status::{Error, FieldViolation, Result};

use crate::domain::tiers::{
    Benefit, BenefitKind, Combination, Grace, KnownTierSet, Landing, Measure, Qualification, Threshold, Tier,
    TierSet, Titles, Validity, Window,
};

/// A tier set in one of its versions.
pub(crate) fn tier_set(known: &KnownTierSet, version: &TierSet) -> wire::TierSet {
    let versions = known.versions.iter().map(|version| wire::TierSetVersion {
        version: number(version.version),
        effective_time: Some(instant::to_wire(version.effective)),
    });
    wire::TierSet {
        name: known.name.clone(),
        effective_time: Some(instant::to_wire(version.effective)),
        version: number(version.version),
        versions: versions.collect(),
        create_time: Some(instant::to_wire(known.create_time)),
        update_time: Some(instant::to_wire(known.update_time)),
        etag: known.etag(),
        ..content(version)
    }
}

/// A number that counts up from 1.
pub(super) fn number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// What the owner of a tier set decides, as bytes to store.
pub(crate) fn encode(version: &TierSet) -> Vec<u8> {
    content(version).encode_to_vec()
}

/// A version of a tier set from its stored bytes.
pub(crate) fn decode(bytes: &[u8], id: &str, version: u32, effective: Timestamp) -> Result<TierSet> {
    let message = wire::TierSet::decode(bytes)
        .map_err(|error| Error::internal("a stored tier set is no message").because(error))?;
    match read(&message, id, version, effective) {
        (set, violations) if violations.is_empty() => Ok(set),
        (_, violations) => Err(Error::internal(format!(
            "a stored tier set cannot be read: {violations:?}"
        ))),
    }
}

/// A challenge as bytes to store.
pub(crate) fn encode_challenge(challenge: &Qualification) -> Vec<u8> {
    qualification(challenge).encode_to_vec()
}

/// A challenge from its stored bytes.
pub(crate) fn decode_challenge(bytes: &[u8]) -> Result<Qualification> {
    let message = wire::TierQualification::decode(bytes)
        .map_err(|error| Error::internal("a stored challenge is no message").because(error))?;
    let mut violations = Vec::new();
    let challenge = read_qualification(&message, "challenge", &mut violations);
    if violations.is_empty() {
        return Ok(challenge);
    }
    Err(Error::internal(format!(
        "a stored challenge cannot be read: {violations:?}"
    )))
}

fn content(set: &TierSet) -> wire::TierSet {
    use wire::{TierValidityKind, TierWindowKind};
    let window = |kind: TierWindowKind| wire::TierWindow {
        kind: kind.into(),
        ..wire::TierWindow::default()
    };
    let validity = |kind: TierValidityKind, months| wire::TierValidity {
        kind: kind.into(),
        months,
    };
    wire::TierSet {
        tiers: set.tiers.iter().map(tier).collect(),
        window: Some(match set.window {
            Window::CalendarYear { first_month } => wire::TierWindow {
                first_month: first_month.into(),
                ..window(TierWindowKind::CalendarYear)
            },
            Window::MembershipYear => window(TierWindowKind::MembershipYear),
            Window::RollingMonths(months) => wire::TierWindow {
                months,
                ..window(TierWindowKind::RollingMonths)
            },
            Window::RollingDays(days) => wire::TierWindow {
                days,
                ..window(TierWindowKind::RollingDays)
            },
        }),
        validity: Some(match set.validity {
            Validity::EndOfWindow => validity(TierValidityKind::EndOfWindow, 0),
            Validity::EndOfNextWindow => validity(TierValidityKind::EndOfNextWindow, 0),
            Validity::Months(months) => validity(TierValidityKind::Months, months),
        }),
        grace: match set.grace {
            Grace::None => None,
            Grace::Days(days) => Some(Length::Days(days)),
            Grace::Months(months) => Some(Length::Months(months)),
        }
        .map(|length| wire::TierGrace { length: Some(length) }),
        landing: match set.landing {
            Landing::Qualified => wire::TierLanding::Qualified,
            Landing::OneTier => wire::TierLanding::OneTier,
        }
        .into(),
        carry_over: set.carry_over,
        ..wire::TierSet::default()
    }
}

fn tier(tier: &Tier) -> wire::Tier {
    wire::Tier {
        id: tier.id.clone(),
        titles: titles(&tier.titles),
        rank: tier.rank,
        qualification: tier.qualification.as_ref().map(qualification),
        lifetime: tier.lifetime.as_ref().map(qualification),
        inherits: tier.inherits,
        benefits: tier.benefits.iter().map(benefit).collect(),
    }
}

fn titles(titles: &Titles) -> Vec<LocalizedText> {
    let texts = titles.0.iter().map(|(language, text)| LocalizedText {
        language: language.clone(),
        text: text.clone(),
    });
    texts.collect()
}

/// A qualification.
pub(super) fn qualification(asked: &Qualification) -> wire::TierQualification {
    let thresholds = asked.thresholds.iter().map(|threshold| wire::TierThreshold {
        measure: Some(measure(&threshold.measure)),
        at_least: threshold.at_least,
    });
    wire::TierQualification {
        combination: combination(asked.combination).into(),
        thresholds: thresholds.collect(),
    }
}

/// How thresholds go together.
pub(super) fn combination(combination: Combination) -> wire::TierCombination {
    match combination {
        Combination::All => wire::TierCombination::All,
        Combination::Any => wire::TierCombination::Any,
    }
}

/// A measure.
pub(super) fn measure(measure: &Measure) -> wire::TierMeasure {
    wire::TierMeasure {
        measure: Some(match measure {
            Measure::Points(wallet) => tier_measure::Measure::Wallet(wallet.clone()),
            Measure::Spend(currency) => tier_measure::Measure::CurrencyCode(currency.code().to_owned()),
            Measure::Purchases => tier_measure::Measure::Purchases(true),
            Measure::Count(name) => tier_measure::Measure::Count(name.clone()),
        }),
    }
}

/// A benefit.
pub(super) fn benefit(benefit: &Benefit) -> wire::TierBenefit {
    let (kind, percent, text) = match &benefit.kind {
        BenefitKind::Multiplier { percent } => {
            let percent = i32::try_from(*percent).unwrap_or(i32::MAX);
            (wire::TierBenefitKind::Multiplier, percent, "")
        }
        BenefitKind::Privilege => (wire::TierBenefitKind::Privilege, 0, ""),
        BenefitKind::ServiceLevel(text) => (wire::TierBenefitKind::ServiceLevel, 0, text.as_str()),
        BenefitKind::Text(text) => (wire::TierBenefitKind::Text, 0, text.as_str()),
    };
    wire::TierBenefit {
        id: benefit.id.clone(),
        kind: kind.into(),
        titles: titles(&benefit.titles),
        percent,
        text: text.to_owned(),
    }
}

/// A version of a tier set as a request has it, with what cannot be read. Field paths begin with `tier_set`.
pub(crate) fn read(
    message: &wire::TierSet,
    id: &str,
    version: u32,
    effective: Timestamp,
) -> (TierSet, Vec<FieldViolation>) {
    let mut violations = Vec::new();
    let tiers = message.tiers.iter().enumerate();
    let tiers = tiers
        .map(|(place, tier)| read_tier(tier, &format!("tier_set.tiers[{place}]"), &mut violations))
        .collect();
    let set = TierSet {
        id: id.to_owned(),
        version,
        effective,
        tiers,
        window: read_window(message.window, &mut violations),
        validity: read_validity(message.validity, &mut violations),
        grace: match message.grace.and_then(|grace| grace.length) {
            None => Grace::None,
            Some(Length::Days(days)) => Grace::Days(days),
            Some(Length::Months(months)) => Grace::Months(months),
        },
        landing: match message.landing() {
            wire::TierLanding::Unspecified | wire::TierLanding::Qualified => Landing::Qualified,
            wire::TierLanding::OneTier => Landing::OneTier,
        },
        carry_over: message.carry_over,
    };
    (set, violations)
}

fn read_window(window: Option<wire::TierWindow>, violations: &mut Vec<FieldViolation>) -> Window {
    let window = window.unwrap_or_default();
    match window.kind() {
        wire::TierWindowKind::CalendarYear => Window::CalendarYear {
            // Too large for a month is no month either.
            first_month: i8::try_from(window.first_month.max(1)).unwrap_or(0),
        },
        wire::TierWindowKind::MembershipYear => Window::MembershipYear,
        wire::TierWindowKind::RollingMonths => Window::RollingMonths(window.months),
        wire::TierWindowKind::RollingDays => Window::RollingDays(window.days),
        wire::TierWindowKind::Unspecified => {
            violations.push(FieldViolation::new(
                "tier_set.window",
                "must say over which time is counted",
            ));
            Window::MembershipYear
        }
    }
}

fn read_validity(validity: Option<wire::TierValidity>, violations: &mut Vec<FieldViolation>) -> Validity {
    let validity = validity.unwrap_or_default();
    match validity.kind() {
        wire::TierValidityKind::EndOfWindow => Validity::EndOfWindow,
        wire::TierValidityKind::EndOfNextWindow => Validity::EndOfNextWindow,
        wire::TierValidityKind::Months => Validity::Months(validity.months),
        wire::TierValidityKind::Unspecified => {
            violations.push(FieldViolation::new(
                "tier_set.validity",
                "must say how long a tier is kept that was reached",
            ));
            Validity::Months(1)
        }
    }
}

fn read_tier(message: &wire::Tier, path: &str, violations: &mut Vec<FieldViolation>) -> Tier {
    let mut qualification = |field: &str, asked: &Option<wire::TierQualification>| {
        let path = format!("{path}.{field}");
        asked
            .as_ref()
            .map(|asked| read_qualification(asked, &path, violations))
    };
    let (reached, lifetime) = (
        qualification("qualification", &message.qualification),
        qualification("lifetime", &message.lifetime),
    );
    let benefits = message.benefits.iter().enumerate().map(|(place, benefit)| {
        let path = format!("{path}.benefits[{place}]");
        read_benefit(benefit, &path, violations)
    });
    let benefits = benefits.collect();
    Tier {
        id: message.id.clone(),
        titles: read_titles(&message.titles, path, violations),
        rank: message.rank,
        qualification: reached,
        lifetime,
        inherits: message.inherits,
        benefits,
    }
}

fn read_titles(texts: &[LocalizedText], path: &str, violations: &mut Vec<FieldViolation>) -> Titles {
    let mut titles = BTreeMap::new();
    for (place, text) in texts.iter().enumerate() {
        if titles.insert(text.language.clone(), text.text.clone()).is_some() {
            violations.push(FieldViolation::new(
                format!("{path}.titles[{place}].language"),
                "has a title already; give one for each language",
            ));
        }
    }
    Titles(titles)
}

/// A qualification as a request has it, with what cannot be read.
pub(crate) fn read_qualification(
    message: &wire::TierQualification,
    path: &str,
    violations: &mut Vec<FieldViolation>,
) -> Qualification {
    let thresholds = message.thresholds.iter().enumerate().map(|(place, asked)| {
        let path = format!("{path}.thresholds[{place}].measure");
        let measure = asked
            .measure
            .as_ref()
            .and_then(|measure| measure.measure.as_ref());
        Threshold {
            measure: read_measure(measure, &path, violations),
            at_least: asked.at_least,
        }
    });
    Qualification {
        thresholds: thresholds.collect(),
        combination: match message.combination() {
            wire::TierCombination::Unspecified | wire::TierCombination::All => Combination::All,
            wire::TierCombination::Any => Combination::Any,
        },
    }
}

fn read_measure(
    message: Option<&tier_measure::Measure>,
    path: &str,
    violations: &mut Vec<FieldViolation>,
) -> Measure {
    match message {
        Some(tier_measure::Measure::Wallet(wallet)) => Measure::Points(wallet.clone()),
        Some(tier_measure::Measure::CurrencyCode(code)) => match code.parse() {
            Ok(currency) => Measure::Spend(currency),
            Err(error) => {
                violations.push(FieldViolation::new(
                    format!("{path}.currency_code"),
                    error.to_string(),
                ));
                Measure::Purchases
            }
        },
        Some(tier_measure::Measure::Purchases(true)) => Measure::Purchases,
        Some(tier_measure::Measure::Count(name)) => Measure::Count(name.clone()),
        Some(tier_measure::Measure::Purchases(false)) | None => {
            violations.push(FieldViolation::new(
                path,
                "must say what is counted: a wallet, a currency, purchases or a count",
            ));
            Measure::Purchases
        }
    }
}

fn read_benefit(message: &wire::TierBenefit, path: &str, violations: &mut Vec<FieldViolation>) -> Benefit {
    let titles = read_titles(&message.titles, path, violations);
    Benefit {
        id: message.id.clone(),
        titles,
        kind: match message.kind() {
            wire::TierBenefitKind::Unspecified | wire::TierBenefitKind::Privilege => BenefitKind::Privilege,
            wire::TierBenefitKind::Multiplier => BenefitKind::Multiplier {
                percent: u32::try_from(message.percent).unwrap_or(0),
            },
            wire::TierBenefitKind::ServiceLevel => BenefitKind::ServiceLevel(message.text.clone()),
            wire::TierBenefitKind::Text => BenefitKind::Text(message.text.clone()),
        },
    }
}
