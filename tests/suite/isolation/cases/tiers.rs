//! Requests about tiers and who has them.

use super::{
    Case,
    Expected::{self, Refused},
    MEMBER, case,
};
use crate::written::Fields;

const SET: &str = "programs/harbour-club/tierSets/spend";

const fn tier_set(id: &'static str) -> Case {
    match id.as_bytes() {
        b"spend" => case("TierService/CreateTierSet", Expected::Refused, SPEND),
        _ => case("TierService/CreateTierSet", Expected::Refused, VISITS),
    }
}

const SPEND: Fields<'static> = &[
    ("parent", "programs/harbour-club"),
    ("tier_set_id", "spend"),
    ("tier_set.tiers.id", "guest"),
    ("tier_set.tiers.titles.language", "en"),
    ("tier_set.tiers.titles.text", "Guest"),
    ("tier_set.tiers[1].id", "gold"),
    ("tier_set.tiers[1].titles.language", "en"),
    ("tier_set.tiers[1].titles.text", "Gold"),
    ("tier_set.tiers[1].rank", "1"),
    ("tier_set.window.kind", "TIER_WINDOW_KIND_CALENDAR_YEAR"),
    ("tier_set.validity.kind", "TIER_VALIDITY_KIND_END_OF_NEXT_WINDOW"),
];
const VISITS: Fields<'static> = &[
    ("parent", "programs/harbour-club"),
    ("tier_set_id", "visits"),
    ("tier_set.tiers.id", "guest"),
    ("tier_set.tiers.titles.language", "en"),
    ("tier_set.tiers.titles.text", "Guest"),
    ("tier_set.tiers[1].id", "regular"),
    ("tier_set.tiers[1].titles.language", "en"),
    ("tier_set.tiers[1].titles.text", "Regular"),
    ("tier_set.tiers[1].rank", "1"),
    ("tier_set.window.kind", "TIER_WINDOW_KIND_MEMBERSHIP_YEAR"),
    ("tier_set.validity.kind", "TIER_VALIDITY_KIND_END_OF_WINDOW"),
];

const fn grant(request_id: &'static str) -> Case {
    match request_id.as_bytes() {
        b"grant" => case("TierService/GrantTier", Expected::Refused, FIRST),
        _ => case("TierService/GrantTier", Expected::Refused, SECOND),
    }
}

const FIRST: Fields<'static> = &[
    ("request_id", "grant"),
    ("member", MEMBER),
    ("tier_set_id", "spend"),
    ("tier", "gold"),
    ("until_date.year", "2090"),
    ("until_date.month", "12"),
    ("until_date.day", "31"),
    ("reason", "x"),
];
const SECOND: Fields<'static> = &[
    ("request_id", "granttier"),
    ("member", MEMBER),
    ("tier_set_id", "spend"),
    ("tier", "gold"),
    ("until_date.year", "2091"),
    ("until_date.month", "12"),
    ("until_date.day", "31"),
    ("reason", "x"),
];

/// What gives the owner a tier that was granted: under which word the name in the answer is known, if it is.
pub(in crate::isolation) const GRANTED: &[(&str, Case)] =
    &[("", tier_set("spend")), ("tier_grant", grant("grant"))];

pub(super) const CASES: &[Case] = &[
    tier_set("visits"),
    case("TierService/GetTierSet", Refused, &[("name", SET)]),
    case(
        "TierService/UpdateTierSet",
        Refused,
        &[
            ("tier_set.name", SET),
            ("tier_set.landing", "TIER_LANDING_ONE_TIER"),
            ("update_mask.paths", "landing"),
        ],
    ),
    case(
        "TierService/ListTierSets",
        Refused,
        &[("parent", "programs/harbour-club")],
    ),
    case("TierService/GetMemberTiers", Refused, &[("name", MEMBER)]),
    case(
        "TierService/ListTierChanges",
        Refused,
        &[("parent", MEMBER), ("tier_set_id", "spend")],
    ),
    grant("granttier"),
    case("TierService/GetTierGrant", Refused, &[("name", "{tier_grant}")]),
    case(
        "TierService/RevokeTierGrant",
        Refused,
        &[("name", "{tier_grant}"), ("reason", "x")],
    ),
];
