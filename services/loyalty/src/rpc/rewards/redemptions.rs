//! Methods of redemptions.

use prost::Message;
use rapport_contract::{
    loyalty::v1::{
        AdvanceRedemptionRequest, CancelRedemptionRequest, ConfirmRedemptionRequest, GetRedemptionRequest,
        ListRedemptionsRequest, ListRedemptionsResponse, RedeemRewardRequest, Redemption, RedemptionStep,
        RefundRedemptionRequest, ReserveRewardRequest,
    },
    name,
};
use rapport_status::{Error, Result};
use rapport_storage::request::RequestKey;
use uuid::Uuid;

use crate::{
    domain::{
        rewards::redemption::{Action, Command, Order, not_found},
        wallet::AccountKey,
    },
    rpc::{Rpc, points::key},
    usecase::{
        listing::Listing,
        postings::{Errand, Intent},
        rewards::redemptions,
    },
};

impl Rpc {
    pub(in crate::rpc) async fn reserve_reward<A: Message + Default>(
        &self,
        tenant: &str,
        request: ReserveRewardRequest,
    ) -> Result<A> {
        let key = key(tenant, "reserve_reward", &request.request_id, &request);
        require_one_program(&request.member, &request.reward)?;
        let order = order(request.units, request.price, request.points);
        let command = Command {
            redemption: self.clock.new_id(),
            action: Action::Reserve(order),
        };
        self.run_errand(tenant, key, request.member, (request.reward, command))
            .await
    }

    pub(in crate::rpc) async fn redeem_reward<A: Message + Default>(
        &self,
        tenant: &str,
        request: RedeemRewardRequest,
    ) -> Result<A> {
        let key = key(tenant, "redeem_reward", &request.request_id, &request);
        require_one_program(&request.member, &request.reward)?;
        let command = Command {
            redemption: self.clock.new_id(),
            action: Action::Redeem {
                order: order(request.units, request.price, request.points),
                payment_reference: request.payment_reference,
            },
        };
        self.run_errand(tenant, key, request.member, (request.reward, command))
            .await
    }

    pub(in crate::rpc) async fn confirm_redemption<A: Message + Default>(
        &self,
        tenant: &str,
        request: ConfirmRedemptionRequest,
    ) -> Result<A> {
        let key = key(tenant, "confirm_redemption", &request.request_id, &request);
        let action = Action::Confirm {
            payment_reference: request.payment_reference,
        };
        self.go_on(tenant, key, &request.name, action).await
    }

    pub(in crate::rpc) async fn advance_redemption<A: Message + Default>(
        &self,
        tenant: &str,
        request: AdvanceRedemptionRequest,
    ) -> Result<A> {
        let key = key(tenant, "advance_redemption", &request.request_id, &request);
        let step = request.step();
        let note = request.note;
        let action = match step {
            RedemptionStep::Unspecified => {
                return Err(Error::invalid_field(
                    "step",
                    "must be a step: PREPARE, SEND, or FULFIL",
                ));
            }
            RedemptionStep::Prepare => Action::Prepare { note },
            RedemptionStep::Send => Action::Send { note },
            RedemptionStep::Fulfil => Action::Fulfil { note },
        };
        self.go_on(tenant, key, &request.name, action).await
    }

    pub(in crate::rpc) async fn cancel_redemption<A: Message + Default>(
        &self,
        tenant: &str,
        request: CancelRedemptionRequest,
    ) -> Result<A> {
        let key = key(tenant, "cancel_redemption", &request.request_id, &request);
        let action = Action::Cancel {
            reason: request.reason,
        };
        self.go_on(tenant, key, &request.name, action).await
    }

    pub(in crate::rpc) async fn refund_redemption<A: Message + Default>(
        &self,
        tenant: &str,
        request: RefundRedemptionRequest,
    ) -> Result<A> {
        let key = key(tenant, "refund_redemption", &request.request_id, &request);
        let action = Action::Refund {
            id: self.clock.new_id(),
            units: request.units.max(1),
            reason: request.reason,
        };
        self.go_on(tenant, key, &request.name, action).await
    }

    async fn go_on<A: Message + Default>(
        &self,
        tenant: &str,
        key: RequestKey,
        name: &str,
        action: Action,
    ) -> Result<A> {
        let (member, redemption) = parts(name)?;
        let command = Command { redemption, action };
        self.run_errand(tenant, key, member, (String::new(), command))
            .await
    }

    async fn run_errand<A: Message + Default>(
        &self,
        tenant: &str,
        key: RequestKey,
        member: String,
        (reward, command): (String, Command),
    ) -> Result<A> {
        let intent = Intent::Redemption(Box::new(Errand { reward, command }));
        self.post(tenant, AccountKey::of_points(member), key, intent)
            .await
    }

    pub(in crate::rpc) async fn redemption(
        &self,
        tenant: &str,
        request: GetRedemptionRequest,
    ) -> Result<Redemption> {
        let (member, id) = parts(&request.name)?;
        let kept = redemptions::get(&self.store, tenant, &member, id).await?;
        kept.message(self.clock.now())
    }

    pub(in crate::rpc) async fn redemptions(
        &self,
        tenant: &str,
        request: ListRedemptionsRequest,
    ) -> Result<ListRedemptionsResponse> {
        let [_, _] = name::MEMBER.require("parent", &request.parent)?;
        let listing = Listing {
            page_size: request.page_size,
            page_token: request.page_token,
            filter: request.filter,
            order_by: request.order_by,
        };
        let (found, next_page_token) =
            redemptions::list(&self.store, tenant, &request.parent, &listing, &self.token_key).await?;
        let now = self.clock.now();
        let redemptions = found.iter().map(|kept| kept.message(now));
        Ok(ListRedemptionsResponse {
            redemptions: redemptions.collect::<Result<_>>()?,
            next_page_token,
        })
    }
}

fn order(units: i64, price: String, points: Option<i64>) -> Order {
    Order {
        units: units.max(1),
        price,
        points,
    }
}

/// Refuses a reward of another program than the member's.
fn require_one_program(member: &str, reward: &str) -> Result<()> {
    let [of_member, _] = name::MEMBER.require("member", member)?;
    let [of_reward, _] = name::REWARD.require("reward", reward)?;
    if of_member == of_reward {
        return Ok(());
    }
    Err(Error::invalid_field(
        "reward",
        format!("must be a reward of the member's program, programs/{of_member}"),
    ))
}

/// The member and the id of a redemption. An id that no redemption can have is that of no redemption.
fn parts(name: &str) -> Result<(String, Uuid)> {
    let [program, member, redemption] = name::REDEMPTION.require("name", name)?;
    let id = redemption.parse().map_err(|_| not_found(name))?;
    Ok((name::MEMBER.format([program, member]), id))
}
