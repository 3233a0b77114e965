//! Rewards: the catalogue, redemptions, code pools, vouchers, through the real store.

mod codes;
mod life;
mod many;

use rapport_contract::{
    google::r#type::Money,
    loyalty::v1::{
        AdvanceRedemptionRequest, CancelRedemptionRequest, CodePool, ConfirmRedemptionRequest,
        CreateRewardRequest, FixedPrice, GetCodePoolRequest, GetRedemptionRequest, GetRewardRequest,
        ImportCodesRequest, ImportCodesResponse, PhysicalReward, RedeemRewardRequest, Redemption,
        RedemptionStep, RefundPolicy, RefundRedemptionRequest, ReserveRewardRequest, Reward, RewardPrice,
        RewardStock, Translation, Translations, UpdateCodePoolRequest, WalletPoints, reward::Kind,
        reward_price::Form,
    },
};
use tonic::Status;

use crate::fixture::{Fixture, PROGRAM};

/// A text in English.
pub(crate) fn english(text: &str) -> Translations {
    Translations {
        default_language: "en".to_owned(),
        texts: vec![Translation {
            language: "en".to_owned(),
            text: text.to_owned(),
        }],
    }
}

/// A price of points in the first wallet and of euros.
pub(crate) fn price(id: &str, points: i64, euro_cents: i64) -> RewardPrice {
    let points = (points > 0).then(|| WalletPoints {
        wallet: "points".to_owned(),
        points,
    });
    RewardPrice {
        id: id.to_owned(),
        form: Some(Form::Fixed(FixedPrice {
            points: points.into_iter().collect(),
            money: (euro_cents > 0).then(|| euros(euro_cents)),
        })),
    }
}

pub(crate) fn euros(cents: i64) -> Money {
    Money {
        currency_code: "EUR".to_owned(),
        units: cents / 100,
        nanos: i32::try_from(cents % 100).unwrap() * 10_000_000,
    }
}

/// A physical thing for some points, with a stock, which can be refunded for ten days.
pub(crate) fn mug(points: i64, stock: i64) -> Reward {
    Reward {
        title: Some(english("A mug")),
        kind: Some(Kind::Physical(PhysicalReward {})),
        prices: vec![price("full", points, 0)],
        most_units: 10,
        refund: Some(RefundPolicy {
            within_days: 10,
            restocks: true,
            restores_limits: true,
        }),
        stock: Some(RewardStock {
            total: stock,
            ..RewardStock::default()
        }),
        ..Reward::default()
    }
}

/// The name of a reward of the program.
pub(crate) fn named(id: &str) -> String {
    format!("{PROGRAM}/rewards/{id}")
}

impl Fixture {
    /// A service with the program, a member who has points, and a reward under the id `it`.
    pub(crate) async fn with_reward(reward: Reward, points: i64) -> (Self, String) {
        let mut fixture = Self::with_program().await;
        let member = fixture.enrol("ann").await;
        fixture.earn("welcome", &member, points).await.unwrap();
        fixture.create_reward("it", reward).await.unwrap();
        (fixture, member)
    }

    pub(crate) async fn create_reward(&self, id: &str, reward: Reward) -> Result<Reward, Status> {
        let request = CreateRewardRequest {
            parent: PROGRAM.to_owned(),
            reward_id: id.to_owned(),
            reward: Some(reward),
        };
        Ok(self.rewards.clone().create_reward(request).await?.into_inner())
    }

    pub(crate) async fn reward(&self, id: &str) -> Reward {
        let request = GetRewardRequest {
            name: named(id),
            version: 0,
        };
        self.rewards
            .clone()
            .get_reward(request)
            .await
            .unwrap()
            .into_inner()
    }

    /// Units of the reward `it` that are left.
    pub(crate) async fn left(&self) -> i64 {
        self.reward("it").await.stock.unwrap().left
    }

    pub(crate) async fn reserve_units(
        &self,
        request_id: &str,
        member: &str,
        units: i64,
    ) -> Result<Redemption, Status> {
        let request = ReserveRewardRequest {
            units,
            ..reservation(request_id, member)
        };
        Ok(self.rewards.clone().reserve_reward(request).await?.into_inner())
    }

    pub(crate) async fn redeem_units(
        &self,
        request_id: &str,
        member: &str,
        units: i64,
    ) -> Result<Redemption, Status> {
        let request = RedeemRewardRequest {
            request_id: request_id.to_owned(),
            member: member.to_owned(),
            reward: named("it"),
            units,
            ..RedeemRewardRequest::default()
        };
        Ok(self.rewards.clone().redeem_reward(request).await?.into_inner())
    }

    pub(crate) async fn confirm(
        &self,
        request_id: &str,
        redemption: &Redemption,
        payment_reference: &str,
    ) -> Result<Redemption, Status> {
        let request = ConfirmRedemptionRequest {
            request_id: request_id.to_owned(),
            name: redemption.name.clone(),
            payment_reference: payment_reference.to_owned(),
        };
        Ok(self
            .rewards
            .clone()
            .confirm_redemption(request)
            .await?
            .into_inner())
    }

    pub(crate) async fn advance(
        &self,
        request_id: &str,
        redemption: &Redemption,
        step: RedemptionStep,
    ) -> Result<Redemption, Status> {
        let request = AdvanceRedemptionRequest {
            request_id: request_id.to_owned(),
            name: redemption.name.clone(),
            step: step.into(),
            note: String::new(),
        };
        Ok(self
            .rewards
            .clone()
            .advance_redemption(request)
            .await?
            .into_inner())
    }

    pub(crate) async fn cancel(
        &self,
        request_id: &str,
        redemption: &Redemption,
    ) -> Result<Redemption, Status> {
        let request = CancelRedemptionRequest {
            request_id: request_id.to_owned(),
            name: redemption.name.clone(),
            reason: "changed my mind".to_owned(),
        };
        Ok(self
            .rewards
            .clone()
            .cancel_redemption(request)
            .await?
            .into_inner())
    }

    pub(crate) async fn refund(
        &self,
        request_id: &str,
        redemption: &Redemption,
        units: i64,
    ) -> Result<Redemption, Status> {
        let request = RefundRedemptionRequest {
            request_id: request_id.to_owned(),
            name: redemption.name.clone(),
            units,
            reason: "broken".to_owned(),
        };
        Ok(self
            .rewards
            .clone()
            .refund_redemption(request)
            .await?
            .into_inner())
    }

    pub(crate) async fn redemption(&self, name: &str) -> Result<Redemption, Status> {
        let request = GetRedemptionRequest {
            name: name.to_owned(),
        };
        Ok(self.rewards.clone().get_redemption(request).await?.into_inner())
    }

    pub(crate) async fn import(&self, pool: &str, codes: &str) -> Result<ImportCodesResponse, Status> {
        let request = ImportCodesRequest {
            name: format!("{PROGRAM}/codePools/{pool}"),
            codes: codes.to_owned(),
            expire_time: None,
        };
        Ok(self.rewards.clone().import_codes(request).await?.into_inner())
    }

    pub(crate) async fn pool(&self, pool: &str) -> CodePool {
        let request = GetCodePoolRequest {
            name: format!("{PROGRAM}/codePools/{pool}"),
        };
        self.rewards
            .clone()
            .get_code_pool(request)
            .await
            .unwrap()
            .into_inner()
    }

    pub(crate) async fn set_low_at(&self, pool: &str, low_at: i64) -> CodePool {
        let request = UpdateCodePoolRequest {
            code_pool: Some(CodePool {
                name: format!("{PROGRAM}/codePools/{pool}"),
                low_at: Some(low_at),
                ..CodePool::default()
            }),
        };
        self.rewards
            .clone()
            .update_code_pool(request)
            .await
            .unwrap()
            .into_inner()
    }
}

/// A wish for one unit of the reward `it`.
pub(crate) fn reservation(request_id: &str, member: &str) -> ReserveRewardRequest {
    ReserveRewardRequest {
        request_id: request_id.to_owned(),
        member: member.to_owned(),
        reward: named("it"),
        ..ReserveRewardRequest::default()
    }
}
