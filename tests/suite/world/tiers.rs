//! Tiers: a set of two, and members to whom the higher one is given.

use rapport::client::Clients;
use rapport_contract::{
    google::r#type::Date,
    loyalty::v1::{
        CreateTierSetRequest, GrantTierRequest, Tier, TierSet, TierValidity, TierValidityKind, TierWindow,
        TierWindowKind,
    },
    r#type::v1::LocalizedText,
};

use super::PROGRAM;

/// Id of the tier set.
const SPEND: &str = "spend";

/// Tiers that are given to a member.
const GRANTS: i32 = 4;

/// A tier set of guests and gold guests, of calendar years.
pub(crate) fn tier_set() -> TierSet {
    let tier = |id: &str, rank| Tier {
        id: id.to_owned(),
        titles: vec![LocalizedText {
            language: "en".to_owned(),
            text: id.to_owned(),
        }],
        rank,
        ..Tier::default()
    };
    TierSet {
        tiers: vec![tier("guest", 0), tier("gold", 1)],
        window: Some(TierWindow {
            kind: TierWindowKind::CalendarYear.into(),
            ..TierWindow::default()
        }),
        validity: Some(TierValidity {
            kind: TierValidityKind::EndOfNextWindow.into(),
            ..TierValidity::default()
        }),
        ..TierSet::default()
    }
}

/// Creates the tier set. Gives its name.
pub(crate) async fn create_tiers(clients: &Clients) -> String {
    let request = CreateTierSetRequest {
        parent: PROGRAM.to_owned(),
        tier_set_id: SPEND.to_owned(),
        tier_set: Some(tier_set()),
    };
    let created = clients.tiers.clone().create_tier_set(request).await;
    created.expect("the tier set is new").into_inner().name
}

/// Gives a member, who must be enrolled, the higher tier, several times. Gives the names of the grants.
pub(crate) async fn granted_tiers(clients: &Clients, member: &str) -> Vec<String> {
    let mut names = Vec::new();
    for number in 0..GRANTS {
        let request = GrantTierRequest {
            request_id: format!("grants {number} to {member}"),
            member: member.to_owned(),
            tier_set_id: SPEND.to_owned(),
            tier: "gold".to_owned(),
            until_date: Some(Date {
                year: 2_090 + number,
                month: 12,
                day: 31,
            }),
            reason: "a regular guest".to_owned(),
            ..GrantTierRequest::default()
        };
        let granted = clients.tiers.clone().grant_tier(request).await;
        names.push(granted.expect("the tier can be given").into_inner().name);
    }
    names
}
