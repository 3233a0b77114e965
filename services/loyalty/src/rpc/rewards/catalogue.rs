//! Methods of the catalogue.

use prost::Message;
use rapport_contract::{
    loyalty::v1::{
        CreateRewardRequest, GetRewardRequest, ListRewardsRequest, ListRewardsResponse, RestockRewardRequest,
        Reward, UpdateRewardRequest,
    },
    name,
};
use rapport_listing::FieldMask;
use rapport_server::listing::refused;
use rapport_status::{Error, FieldViolation, Reason, Result};

use crate::{
    rpc::{Rpc, points::key},
    usecase::{
        listing::Listing,
        rewards::catalogue::{self, Update},
    },
    wire::rewards::{self as wire, read_terms},
};

/// What an update of a reward can change.
const UPDATABLE: &[&str] = &[
    "title",
    "description",
    "category",
    "tags",
    "kind",
    "prices",
    "limits",
    "most_units",
    "published",
    "redeemable",
    "received",
    "reservation_minutes",
    "fulfils_at_once",
    "refund",
    "cost",
    "stock",
];

impl Rpc {
    pub(in crate::rpc) async fn create_reward(
        &self,
        tenant: &str,
        request: CreateRewardRequest,
    ) -> Result<Reward> {
        let [_] = name::PROGRAM.require("parent", &request.parent)?;
        let message = request.reward.unwrap_or_default();
        let (terms, mut violations) = read_terms(&message);
        violations.extend(terms.check());
        refuse(violations)?;
        let total = message.stock.map(|stock| stock.total);
        let id = (request.parent.as_str(), request.reward_id.as_str());
        let reward = Box::pin(catalogue::create(
            &self.store,
            &self.clock,
            tenant,
            id,
            (&terms, total),
        ))
        .await?;
        Ok(wire::reward(&reward))
    }

    pub(in crate::rpc) async fn reward(&self, tenant: &str, request: GetRewardRequest) -> Result<Reward> {
        let [_, _] = name::REWARD.require("name", &request.name)?;
        let reward = catalogue::get(&self.store, tenant, &request.name, request.version).await?;
        Ok(wire::reward(&reward))
    }

    pub(in crate::rpc) async fn rewards(
        &self,
        tenant: &str,
        request: ListRewardsRequest,
    ) -> Result<ListRewardsResponse> {
        let [_] = name::PROGRAM.require("parent", &request.parent)?;
        let listing = Listing {
            page_size: request.page_size,
            page_token: request.page_token,
            filter: request.filter,
            order_by: request.order_by,
        };
        let (rewards, next_page_token) = catalogue::list(
            &self.store,
            &self.clock,
            tenant,
            (&request.parent, request.only_published),
            &listing,
            &self.token_key,
        )
        .await?;
        let languages: Vec<&str> = request.languages.iter().map(String::as_str).collect();
        let rewards = rewards.iter().map(|reward| {
            if languages.is_empty() {
                wire::reward(reward)
            } else {
                wire::reward_in(reward, &languages)
            }
        });
        Ok(ListRewardsResponse {
            rewards: rewards.collect(),
            next_page_token,
        })
    }

    pub(in crate::rpc) async fn update_reward(
        &self,
        tenant: &str,
        request: UpdateRewardRequest,
    ) -> Result<Reward> {
        let message = request.reward.unwrap_or_default();
        let [program, _] = name::REWARD.require("reward.name", &message.name)?;
        let paths = request.update_mask.unwrap_or_default().paths;
        let mask =
            FieldMask::check(&paths, UPDATABLE, &populated(&message)).map_err(|error| refused(&error))?;
        let (terms, mut violations) = read_terms(&message);
        // What does not change need not be there.
        violations.retain(|violation| is_changed(&mask, &violation.field));
        refuse(violations)?;
        let change = Update {
            program: name::PROGRAM.format([program]),
            etag: message.etag,
            total: message.stock.map(|stock| stock.total),
            name: message.name,
            terms,
            mask,
        };
        let reward = catalogue::update(&self.store, &self.clock, tenant, &change).await?;
        Ok(wire::reward(&reward))
    }

    pub(in crate::rpc) async fn restock_reward(
        &self,
        tenant: &str,
        request: RestockRewardRequest,
    ) -> Result<Reward> {
        let [program, _] = name::REWARD.require("name", &request.name)?;
        if request.units == 0 {
            return Err(Error::invalid_field("units", "must not be 0"));
        }
        let program = name::PROGRAM.format([program]);
        let key = key(tenant, "restock_reward", &request.request_id, &request);
        let answer = catalogue::restock(
            &self.store,
            &self.clock,
            &key,
            (&program, &request.name),
            request.units,
            |reward| wire::reward(reward).encode_to_vec(),
        )
        .await?;
        Reward::decode(answer.as_slice())
            .map_err(|error| Error::internal("a remembered answer cannot be read").because(error))
    }
}

/// Whether a field of the terms, named by its path in the request, is among those that change.
fn is_changed(mask: &FieldMask, path: &str) -> bool {
    let field = path.strip_prefix("reward.").unwrap_or(path);
    let end = field.find(['.', '[']).unwrap_or(field.len());
    mask.contains(&field[..end])
}

/// The fields that are set: those that an update without a mask changes.
fn populated(message: &Reward) -> Vec<&'static str> {
    let set = [
        message.title.is_some(),
        message.description.is_some(),
        !message.category.is_empty(),
        !message.tags.is_empty(),
        message.kind.is_some(),
        !message.prices.is_empty(),
        !message.limits.is_empty(),
        message.most_units != 0,
        message.published.is_some(),
        message.redeemable.is_some(),
        message.received.is_some(),
        message.reservation_minutes != 0,
        message.fulfils_at_once,
        message.refund.is_some(),
        message.cost.is_some(),
        message.stock.is_some(),
    ];
    let fields = UPDATABLE.iter().zip(set);
    fields.filter(|(_, set)| *set).map(|(name, _)| *name).collect()
}

fn refuse(violations: Vec<FieldViolation>) -> Result<()> {
    if violations.is_empty() {
        return Ok(());
    }
    Err(Error::invalid(Reason::InvalidReward, violations))
}
