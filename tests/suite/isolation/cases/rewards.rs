//! Requests about rewards and what was redeemed.

use super::{
    Case,
    Expected::{self, Refused},
    MEMBER, case,
};
use crate::written::Fields;

const MUG: &str = "programs/harbour-club/rewards/mug";
const POOL: &str = "programs/harbour-club/codePools/cinema";

/// What gives the owner rewards that were redeemed: under which word the name in the answer is known, if it is.
pub(in crate::isolation) const REDEEMED: &[(&str, Case)] = &[
    (
        "",
        case(
            "RewardService/CreateReward",
            Expected::Refused,
            &[
                ("parent", "programs/harbour-club"),
                ("reward_id", "mug"),
                ("reward.title.default_language", "en"),
                ("reward.title.texts.language", "en"),
                ("reward.title.texts.text", "A mug"),
                ("reward.physical", ""),
                ("reward.prices.id", "free"),
                ("reward.prices.free", ""),
                ("reward.refund.within_days", "10"),
                ("reward.stock.total", "10"),
            ],
        ),
    ),
    (
        "",
        case(
            "RewardService/CreateReward",
            Expected::Refused,
            &[
                ("parent", "programs/harbour-club"),
                ("reward_id", "coupon"),
                ("reward.title.default_language", "en"),
                ("reward.title.texts.language", "en"),
                ("reward.title.texts.text", "A tenth off"),
                ("reward.voucher.percentage.basis_points", "1000"),
                ("reward.prices.id", "free"),
                ("reward.prices.free", ""),
                ("reward.fulfils_at_once", "true"),
            ],
        ),
    ),
    ("reserved", redemption("ReserveReward", FIRST)),
    ("second_reserved", redemption("ReserveReward", SECOND)),
    ("confirmed", redemption("RedeemReward", FIRST)),
    ("received", redemption("RedeemReward", SECOND)),
    (
        "",
        case(
            "RewardService/AdvanceRedemption",
            Expected::Refused,
            &[
                ("request_id", "receive"),
                ("name", "{received}"),
                ("step", "REDEMPTION_STEP_FULFIL"),
            ],
        ),
    ),
];

const FIRST: Fields<'static> = &[("request_id", "first"), ("member", MEMBER), ("reward", MUG)];
const SECOND: Fields<'static> = &[("request_id", "second"), ("member", MEMBER), ("reward", MUG)];

const fn redemption(method: &'static str, fields: Fields<'static>) -> Case {
    // Names of methods are constants, and cannot be put together here.
    match method.as_bytes() {
        b"ReserveReward" => case("RewardService/ReserveReward", Expected::Refused, fields),
        _ => case("RewardService/RedeemReward", Expected::Refused, fields),
    }
}

/// Gives the owner a voucher.
pub(in crate::isolation) const COUPON: Case = case(
    "RewardService/RedeemReward",
    Expected::Refused,
    &[
        ("request_id", "coupon"),
        ("member", MEMBER),
        ("reward", "programs/harbour-club/rewards/coupon"),
    ],
);

pub(super) const CASES: &[Case] = &[
    case(
        "RewardService/CreateReward",
        Refused,
        &[
            ("parent", "programs/harbour-club"),
            ("reward_id", "towel"),
            ("reward.title.default_language", "en"),
            ("reward.title.texts.language", "en"),
            ("reward.title.texts.text", "A towel"),
            ("reward.physical", ""),
            ("reward.prices.id", "free"),
            ("reward.prices.free", ""),
        ],
    ),
    case("RewardService/GetReward", Refused, &[("name", MUG)]),
    case(
        "RewardService/ListRewards",
        Refused,
        &[("parent", "programs/harbour-club")],
    ),
    case(
        "RewardService/UpdateReward",
        Refused,
        &[
            ("reward.name", MUG),
            ("reward.category", "kitchen"),
            ("update_mask.paths", "category"),
        ],
    ),
    case(
        "RewardService/RestockReward",
        Refused,
        &[("request_id", "restockreward"), ("name", MUG), ("units", "5")],
    ),
    case(
        "RewardService/UpdateCodePool",
        Refused,
        &[("code_pool.name", POOL), ("code_pool.low_at", "1")],
    ),
    case(
        "RewardService/ImportCodes",
        Refused,
        &[("name", POOL), ("codes", "AB-1")],
    ),
    case("RewardService/GetCodePool", Refused, &[("name", POOL)]),
    case(
        "RewardService/ReserveReward",
        Refused,
        &[
            ("request_id", "reservereward"),
            ("member", MEMBER),
            ("reward", MUG),
        ],
    ),
    case(
        "RewardService/RedeemReward",
        Refused,
        &[
            ("request_id", "redeemreward"),
            ("member", MEMBER),
            ("reward", MUG),
        ],
    ),
    case(
        "RewardService/ConfirmRedemption",
        Refused,
        &[("request_id", "confirmredemption"), ("name", "{reserved}")],
    ),
    case(
        "RewardService/AdvanceRedemption",
        Refused,
        &[
            ("request_id", "advanceredemption"),
            ("name", "{confirmed}"),
            ("step", "REDEMPTION_STEP_SEND"),
        ],
    ),
    case(
        "RewardService/CancelRedemption",
        Refused,
        &[
            ("request_id", "cancelredemption"),
            ("name", "{second_reserved}"),
            ("reason", "x"),
        ],
    ),
    case(
        "RewardService/RefundRedemption",
        Refused,
        &[
            ("request_id", "refundredemption"),
            ("name", "{received}"),
            ("reason", "x"),
        ],
    ),
    case("RewardService/GetRedemption", Refused, &[("name", "{reserved}")]),
    case("RewardService/ListRedemptions", Refused, &[("parent", MEMBER)]),
    case(
        "RewardService/CheckVoucher",
        Refused,
        &[("parent", "programs/harbour-club"), ("code", "{voucher_code}")],
    ),
    case(
        "RewardService/UseVoucher",
        Refused,
        &[
            ("parent", "programs/harbour-club"),
            ("code", "{voucher_code}"),
            ("use_id", "order-1"),
            ("order.currency_code", "EUR"),
            ("order.lines.item", "tea"),
            ("order.lines.unit_minor", "350"),
            ("order.lines.units", "2"),
        ],
    ),
    case(
        "RewardService/UndoVoucherUse",
        Refused,
        &[("name", "{voucher}"), ("use_id", "order-1")],
    ),
];
