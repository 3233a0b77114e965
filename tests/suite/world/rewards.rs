//! Rewards of every kind of life: reserved, confirmed, and vouchers that can be used.

use rapport::client::Clients;
use rapport_contract::loyalty::v1::{
    CreateRewardRequest, FreePrice, PercentageBenefit, PhysicalReward, RedeemRewardRequest, Redemption,
    RefundPolicy, ReserveRewardRequest, Reward, RewardPrice, RewardStock, Translation, Translations,
    UseVoucherRequest, VoucherOrder, VoucherOrderLine, VoucherReward, reward::Kind, reward_price::Form,
    voucher_reward::Benefit,
};

use super::PROGRAM;

/// Id of the first use of each voucher.
const USE: &str = "use-1";

/// Redemptions of each life that a member gets.
const OF_EACH: usize = 4;

/// Two rewards that cost nothing, by their ids: a mug, of which there are many, and a coupon of ten per cent.
pub(crate) fn rewards() -> [(&'static str, Reward); 2] {
    let mug = Reward {
        stock: Some(RewardStock {
            total: 10_000,
            ..RewardStock::default()
        }),
        refund: Some(RefundPolicy {
            within_days: 10,
            restocks: true,
            restores_limits: true,
        }),
        ..reward("A mug", Kind::Physical(PhysicalReward {}))
    };
    let percentage = PercentageBenefit {
        basis_points: 1_000,
        ..PercentageBenefit::default()
    };
    let voucher = VoucherReward {
        benefit: Some(Benefit::Percentage(percentage)),
        uses: 1_000,
        ..VoucherReward::default()
    };
    let coupon = Reward {
        fulfils_at_once: true,
        ..reward("A tenth off", Kind::Voucher(voucher))
    };
    [("mug", mug), ("coupon", coupon)]
}

/// Creates the rewards. Gives their names.
pub(crate) async fn create_rewards(clients: &Clients) -> [String; 2] {
    for (id, reward) in rewards() {
        let request = CreateRewardRequest {
            parent: PROGRAM.to_owned(),
            reward_id: id.to_owned(),
            reward: Some(reward),
        };
        let created = clients.rewards.clone().create_reward(request).await;
        created.expect("the reward is new");
    }
    ["mug", "coupon"].map(named)
}

/// An order of one line.
pub(crate) fn order(amount_minor: i64) -> VoucherOrder {
    VoucherOrder {
        currency_code: "USD".to_owned(),
        lines: vec![VoucherOrderLine {
            item: "tea".to_owned(),
            category: "drinks".to_owned(),
            unit_minor: amount_minor,
            units: 1,
        }],
        member: String::new(),
    }
}

/// Has a member, who must be enrolled, reserve and redeem rewards, and use the vouchers. Gives the redemptions.
pub(crate) async fn wanted_rewards(clients: &Clients, member: &str) -> Vec<Redemption> {
    let mut redemptions = Vec::new();
    for number in 0..OF_EACH {
        let reserve = ReserveRewardRequest {
            request_id: format!("keeps {number} of {member}"),
            member: member.to_owned(),
            reward: named("mug"),
            ..ReserveRewardRequest::default()
        };
        let reserved = clients.rewards.clone().reserve_reward(reserve).await;
        redemptions.push(reserved.expect("there are mugs").into_inner());
        for id in ["mug", "coupon"] {
            let redeem = RedeemRewardRequest {
                request_id: format!("takes {id} {number} of {member}"),
                member: member.to_owned(),
                reward: named(id),
                ..RedeemRewardRequest::default()
            };
            let redeemed = clients.rewards.clone().redeem_reward(redeem).await;
            redemptions.push(redeemed.expect("there are enough").into_inner());
        }
    }
    for voucher in redemptions.iter().flat_map(|redemption| &redemption.vouchers) {
        let request = UseVoucherRequest {
            parent: PROGRAM.to_owned(),
            code: voucher.code.clone(),
            use_id: USE.to_owned(),
            order: Some(order(7_000)),
            use_time: None,
        };
        let used = clients.rewards.clone().use_voucher(request).await;
        used.expect("it can be used often");
    }
    redemptions
}

fn named(id: &str) -> String {
    format!("{PROGRAM}/rewards/{id}")
}

fn reward(title: &str, kind: Kind) -> Reward {
    Reward {
        title: Some(Translations {
            default_language: "en".to_owned(),
            texts: vec![Translation {
                language: "en".to_owned(),
                text: title.to_owned(),
            }],
        }),
        kind: Some(kind),
        prices: vec![RewardPrice {
            id: "free".to_owned(),
            form: Some(Form::Free(FreePrice {})),
        }],
        ..Reward::default()
    }
}
