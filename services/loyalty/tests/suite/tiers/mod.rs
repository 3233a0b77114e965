//! Tiers through the real store: how they are reached, kept, granted and lost.

mod agreement;
mod grants;
mod life;
mod refusals;

use rapport_contract::{
    google::r#type::Date,
    instant,
    loyalty::v1::{
        CreateTierSetRequest, GetMemberTiersRequest, GrantTierRequest, ListTierChangesRequest, MemberTier,
        Tier, TierBenefit, TierBenefitKind, TierChange, TierGrant, TierMeasure, TierQualification, TierSet,
        TierThreshold, TierValidity, TierValidityKind, TierWindow, TierWindowKind, tier_measure::Measure,
    },
    profile::v1::PurchaseRecorded,
    r#type::v1::LocalizedText,
};
use rapport_events::Event;
use tonic::Status;

use crate::fixture::{Fixture, PROGRAM, moment, sale};

/// The tier set of the tests.
pub(crate) const SET: &str = "programs/stars/tierSets/status";

/// A tier with points of the first wallet as its threshold; none for the base tier.
pub(crate) fn tier(id: &str, rank: i32, points: i64) -> Tier {
    Tier {
        id: id.to_owned(),
        titles: vec![english(id)],
        rank,
        qualification: (points > 0).then(|| asks(Measure::Wallet("points".to_owned()), points)),
        ..Tier::default()
    }
}

fn english(text: &str) -> LocalizedText {
    LocalizedText {
        language: "en".to_owned(),
        text: text.to_owned(),
    }
}

/// A qualification with one threshold.
pub(crate) fn asks(measure: Measure, at_least: i64) -> TierQualification {
    TierQualification {
        thresholds: vec![TierThreshold {
            measure: Some(TierMeasure {
                measure: Some(measure),
            }),
            at_least,
        }],
        ..TierQualification::default()
    }
}

/// Silver for 100 points in a calendar year and Gold for 300, each kept to the end of the year in which it was reached.
pub(crate) fn status() -> TierSet {
    let mut set = TierSet {
        tiers: vec![tier("basic", 0, 0), tier("silver", 1, 100), tier("gold", 2, 300)],
        window: Some(TierWindow {
            kind: TierWindowKind::CalendarYear.into(),
            ..TierWindow::default()
        }),
        validity: Some(TierValidity {
            kind: TierValidityKind::EndOfWindow.into(),
            months: 0,
        }),
        ..TierSet::default()
    };
    set.tiers[1].benefits = vec![
        benefit("late-checkout", TierBenefitKind::Privilege, 0),
        benefit("more-points", TierBenefitKind::Multiplier, 125),
    ];
    set.tiers[2].inherits = true;
    set.tiers[2].benefits = vec![benefit("more-points", TierBenefitKind::Multiplier, 150)];
    set
}

fn benefit(id: &str, kind: TierBenefitKind, percent: i32) -> TierBenefit {
    TierBenefit {
        id: id.to_owned(),
        kind: kind.into(),
        titles: vec![english(id)],
        percent,
        text: String::new(),
    }
}

/// A last day.
pub(crate) fn day(year: i32, month: i32, day: i32) -> Date {
    Date { year, month, day }
}

/// A sale at a moment.
pub(crate) fn sale_at(time: &str, source_id: &str, cents: i64) -> PurchaseRecorded {
    PurchaseRecorded {
        purchase_time: Some(instant::to_wire(moment(time))),
        ..sale("ann", source_id, cents)
    }
}

impl Fixture {
    /// A service with the program, a tier set and a member.
    pub(crate) async fn with_tiers(set: TierSet) -> (Self, String) {
        let mut fixture = Self::with_program().await;
        fixture.create_tier_set("status", set).await.unwrap();
        let member = fixture.enrol("ann").await;
        (fixture, member)
    }

    pub(crate) async fn create_tier_set(&self, id: &str, set: TierSet) -> Result<TierSet, Status> {
        let request = CreateTierSetRequest {
            parent: PROGRAM.to_owned(),
            tier_set_id: id.to_owned(),
            tier_set: Some(set),
        };
        Ok(self.tiers.clone().create_tier_set(request).await?.into_inner())
    }

    /// Where a member stands in the only tier set.
    pub(crate) async fn standing(&self, member: &str) -> MemberTier {
        let request = GetMemberTiersRequest {
            name: member.to_owned(),
            language: String::new(),
        };
        let read = self.tiers.clone().get_member_tiers(request).await.unwrap();
        let mut tiers = read.into_inner().tiers;
        assert_eq!(tiers.len(), 1, "the program has one tier set");
        tiers.remove(0)
    }

    pub(crate) async fn tier_of(&self, member: &str) -> String {
        self.standing(member).await.tier
    }

    /// The changes of a member's tier, the latest first.
    pub(crate) async fn tier_changes(&self, member: &str) -> Vec<TierChange> {
        let request = ListTierChangesRequest {
            parent: member.to_owned(),
            tier_set_id: "status".to_owned(),
            page_size: 1_000,
            page_token: String::new(),
        };
        let page = self.tiers.clone().list_tier_changes(request).await.unwrap();
        page.into_inner().changes
    }

    pub(crate) async fn grant(&self, request: GrantTierRequest) -> Result<TierGrant, Status> {
        Ok(self.tiers.clone().grant_tier(request).await?.into_inner())
    }

    /// Has the service take a purchase.
    pub(crate) async fn take(&self, purchase: &PurchaseRecorded) {
        let event: Event = self.event(&purchase.customer, purchase);
        self.deliver(&[event]).await;
    }

    /// The changes of tiers that were told, as events from which to which.
    pub(crate) async fn told(&self) -> Vec<(String, String)> {
        use prost::Message as _;
        let told = self.outbox("rapport.loyalty.v1.MemberTierChanged").await;
        let changes = told.iter().map(|payload| {
            rapport_contract::loyalty::v1::MemberTierChanged::decode(payload.as_slice()).unwrap()
        });
        changes.map(|change| (change.from_tier, change.to_tier)).collect()
    }
}

/// A gift of Gold.
pub(crate) fn gift(request_id: &str, member: &str, until: Date) -> GrantTierRequest {
    GrantTierRequest {
        request_id: request_id.to_owned(),
        member: member.to_owned(),
        tier_set_id: "status".to_owned(),
        tier: "gold".to_owned(),
        until_date: Some(until),
        status_match: None,
        reason: "an apology".to_owned(),
    }
}
