//! Methods of tiers.

use prost::Message as _;
use rapport_contract::{
    instant,
    loyalty::v1::{
        CreateTierSetRequest, GetMemberTiersRequest, GetTierGrantRequest, GetTierSetRequest,
        GrantTierRequest, ListTierChangesRequest, ListTierChangesResponse, ListTierSetsRequest,
        ListTierSetsResponse, MemberTiers, RevokeTierGrantRequest, TierGrant, TierMatch, TierSet,
        UpdateTierSetRequest,
    },
    name,
};
use rapport_listing::FieldMask;
use rapport_server::{Caller, listing::refused};
use rapport_status::{Error, FieldViolation, Reason, Result};
use uuid::Uuid;

use super::{Rpc, points::key};
use crate::{
    domain::tiers::{GrantKind, KnownTierSet, grant_not_found},
    usecase::{
        listing::Listing,
        tiers::{
            grants, reading,
            sets::{self, Change, Wish},
        },
    },
    wire::{
        member_tiers::tier_change,
        tiers::{read, read_qualification, tier_set},
    },
};

/// What an update of a tier set can change.
const UPDATABLE: &[&str] = &["tiers", "window", "validity", "grace", "landing", "carry_over"];

/// The language of words and titles when none is asked for.
const DEFAULT_LANGUAGE: &str = "en";

impl Rpc {
    pub(super) async fn create_tier_set(
        &self,
        tenant: &str,
        request: CreateTierSetRequest,
    ) -> Result<TierSet> {
        let [program] = name::PROGRAM.require("parent", &request.parent)?;
        let name = name::TIER_SET.format([program, &request.tier_set_id]);
        let (wish, violations) = wish(name, &request.parent, &request.tier_set.unwrap_or_default())?;
        refuse(violations)?;
        let known = sets::create(&self.store, &self.clock, tenant, &wish).await?;
        self.in_force(&known)
    }

    pub(super) async fn tier_set(&self, tenant: &str, request: GetTierSetRequest) -> Result<TierSet> {
        let [_, _] = name::TIER_SET.require("name", &request.name)?;
        let known = sets::get(&self.store, tenant, &request.name).await?;
        match u32::try_from(request.version) {
            Ok(0) | Err(_) => self.in_force(&known),
            Ok(number) => Ok(tier_set(&known, known.version(number)?)),
        }
    }

    fn in_force(&self, known: &KnownTierSet) -> Result<TierSet> {
        let version = known.in_force(self.clock.now());
        let version = version.ok_or_else(|| Error::internal("a tier set has no version"))?;
        Ok(tier_set(known, version))
    }

    pub(super) async fn update_tier_set(
        &self,
        tenant: &str,
        request: UpdateTierSetRequest,
    ) -> Result<TierSet> {
        let message = request.tier_set.unwrap_or_default();
        let [program, _] = name::TIER_SET.require("tier_set.name", &message.name)?;
        let program = name::PROGRAM.format([program]);
        let paths = request.update_mask.unwrap_or_default().paths;
        let mask =
            FieldMask::check(&paths, UPDATABLE, &populated(&message)).map_err(|error| refused(&error))?;
        let (wish, mut violations) = wish(message.name.clone(), &program, &message)?;
        // What does not change need not be there.
        for field in ["window", "validity"] {
            let path = format!("tier_set.{field}");
            violations.retain(|violation| violation.field != path || mask.contains(field));
        }
        refuse(violations)?;
        let change = Change {
            wish,
            etag: message.etag,
            mask,
        };
        let known = sets::update(&self.store, &self.clock, tenant, &change).await?;
        latest(&known)
    }

    pub(super) async fn tier_sets(
        &self,
        tenant: &str,
        request: ListTierSetsRequest,
    ) -> Result<ListTierSetsResponse> {
        let [_] = name::PROGRAM.require("parent", &request.parent)?;
        let listing = Listing {
            page_size: request.page_size,
            page_token: request.page_token,
            filter: request.filter,
            order_by: request.order_by,
        };
        let (known, next_page_token) =
            sets::list(&self.store, tenant, &request.parent, &listing, &self.token_key).await?;
        Ok(ListTierSetsResponse {
            tier_sets: known.iter().map(latest).collect::<Result<_>>()?,
            next_page_token,
        })
    }

    pub(super) async fn member_tiers(
        &self,
        tenant: &str,
        request: GetMemberTiersRequest,
    ) -> Result<MemberTiers> {
        let [_, _] = name::MEMBER.require("name", &request.name)?;
        let language = match request.language.as_str() {
            "" => DEFAULT_LANGUAGE,
            language => language,
        };
        reading::member_tiers(&self.store, &self.clock, tenant, &request.name, language).await
    }

    pub(super) async fn tier_changes(
        &self,
        tenant: &str,
        request: ListTierChangesRequest,
    ) -> Result<ListTierChangesResponse> {
        let [program, _] = name::MEMBER.require("parent", &request.parent)?;
        let tier_set = name::TIER_SET.format([program, &request.tier_set_id]);
        let listing = Listing {
            page_size: request.page_size,
            page_token: request.page_token,
            filter: String::new(),
            order_by: String::new(),
        };
        let whose = (request.parent.as_str(), tier_set.as_str());
        let page =
            reading::changes(&self.store, &self.clock, tenant, whose, &listing, &self.token_key).await?;
        let changes = page.listed.iter();
        Ok(ListTierChangesResponse {
            changes: changes
                .map(|change| tier_change(&request.parent, change))
                .collect(),
            next_page_token: page.next,
            earlier_change_count: i32::try_from(page.earlier).unwrap_or(i32::MAX),
        })
    }

    pub(super) async fn grant_tier(&self, caller: &Caller, request: GrantTierRequest) -> Result<TierGrant> {
        let key = key(&caller.tenant, "grant_tier", &request.request_id, &request);
        let [program, _] = name::MEMBER.require("member", &request.member)?;
        let tier_set = name::TIER_SET.format([program, &request.tier_set_id]);
        let until = instant::date_from_wire(request.until_date.unwrap_or_default());
        let wish = grants::Wish {
            tier_set,
            until: until.map_err(|wrong| Error::invalid_field("until_date", wrong))?,
            kind: grant_kind(request.status_match)?,
            member: request.member,
            tier: request.tier,
            reason: request.reason,
            by: caller.subject.clone(),
        };
        let answer = grants::grant(&self.store, &self.clock, &caller.tenant, &key, &wish).await?;
        TierGrant::decode(answer.as_slice())
            .map_err(|error| Error::internal("a remembered answer is no message").because(error))
    }

    pub(super) async fn tier_grant(&self, tenant: &str, request: GetTierGrantRequest) -> Result<TierGrant> {
        let (member, id) = grant(&request.name)?;
        grants::get(&self.store, tenant, &request.name, &member, id).await
    }

    pub(super) async fn revoke_tier_grant(
        &self,
        caller: &Caller,
        request: RevokeTierGrantRequest,
    ) -> Result<TierGrant> {
        let (member, id) = grant(&request.name)?;
        let wish = grants::Revocation {
            name: request.name,
            member,
            id,
            reason: request.reason,
            by: caller.subject.clone(),
        };
        grants::revoke(&self.store, &self.clock, &caller.tenant, &wish).await
    }
}

/// The latest version of a tier set.
fn latest(known: &KnownTierSet) -> Result<TierSet> {
    let version = known.versions.last();
    let version = version.ok_or_else(|| Error::internal("a tier set has no version"))?;
    Ok(tier_set(known, version))
}

/// A tier set as a request has it, with what cannot be read.
fn wish(name: String, program: &str, message: &TierSet) -> Result<(Wish, Vec<FieldViolation>)> {
    let effective = message
        .effective_time
        .as_ref()
        .map(instant::from_wire)
        .transpose();
    let effective = effective.map_err(|wrong| {
        let violation = FieldViolation::new("tier_set.effective_time", wrong);
        Error::invalid(Reason::InvalidTierSet, vec![violation])
    })?;
    let id = name.rsplit('/').next().unwrap_or_default();
    // The number and the moment are decided when it is added.
    let (content, violations) = read(message, id, 1, effective.unwrap_or_default());
    let wish = Wish {
        program: program.to_owned(),
        name,
        content,
        effective,
    };
    Ok((wish, violations))
}

fn grant_kind(status_match: Option<TierMatch>) -> Result<GrantKind> {
    let Some(status_match) = status_match else {
        return Ok(GrantKind::Gift);
    };
    let mut violations = Vec::new();
    let challenge = status_match.challenge.unwrap_or_default();
    let challenge = read_qualification(&challenge, "status_match.challenge", &mut violations);
    if violations.is_empty() {
        return Ok(GrantKind::Match {
            evidence: status_match.evidence,
            challenge,
        });
    }
    Err(Error::invalid(Reason::InvalidFields, violations))
}

/// The member and the id of a grant. An id that no grant can have is that of no grant.
fn grant(name: &str) -> Result<(String, Uuid)> {
    let [program, member, id] = name::TIER_GRANT.require("name", name)?;
    let member = name::MEMBER.format([program, member]);
    let known = id.parse::<Uuid>().ok().filter(|known| known.to_string() == id);
    let known = known.ok_or_else(|| grant_not_found(name))?;
    Ok((member, known))
}

/// The fields that are set: those that an update without a mask changes.
fn populated(message: &TierSet) -> Vec<&'static str> {
    let set = [
        !message.tiers.is_empty(),
        message.window.is_some(),
        message.validity.is_some(),
        message.grace.is_some(),
        message.landing != 0,
        message.carry_over,
    ];
    let fields = UPDATABLE.iter().zip(set);
    fields.filter(|(_, set)| *set).map(|(name, _)| *name).collect()
}

fn refuse(violations: Vec<FieldViolation>) -> Result<()> {
    if violations.is_empty() {
        return Ok(());
    }
    Err(Error::invalid(Reason::InvalidTierSet, violations))
}
