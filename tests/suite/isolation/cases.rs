//! A request to every method about what the owner has.

use crate::written::Fields;

/// What another tenant gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// It is refused: there is no such thing in its tenant.
    Refused,
    /// An answer that tells nothing: its lists are empty.
    Nothing,
    /// It makes something of its own, under the same id.
    Made,
}

/// A request to a method, in the order in which all of them work for their owner.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case {
    pub(super) method: &'static str,
    pub(super) expected: Expected,
    pub(super) fields: Fields<'static>,
    /// Whether the owner has made it before: once is enough.
    pub(super) taken: bool,
}

const fn case(method: &'static str, expected: Expected, fields: Fields<'static>) -> Case {
    Case {
        method,
        expected,
        fields,
        taken: false,
    }
}

const fn taken(method: &'static str, fields: Fields<'static>) -> Case {
    Case {
        taken: true,
        ..case(method, Expected::Made, fields)
    }
}

const MEMBER: &str = "programs/harbour-club/members/li";

const MUG: &str = "programs/harbour-club/rewards/mug";
const POOL: &str = "programs/harbour-club/codePools/cinema";

/// What gives the owner rewards that were redeemed: under which word the name in the answer is known, if it is.
pub(super) const REDEEMED: &[(&str, Case)] = &[
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
pub(super) const COUPON: Case = case(
    "RewardService/RedeemReward",
    Expected::Refused,
    &[
        ("request_id", "coupon"),
        ("member", MEMBER),
        ("reward", "programs/harbour-club/rewards/coupon"),
    ],
);

/// Holds points of the guest.
pub(super) fn reserve(request_id: &'static str) -> Case {
    match request_id {
        "hold-1" => case("LoyaltyService/ReservePoints", Expected::Refused, HOLD_1),
        _ => case("LoyaltyService/ReservePoints", Expected::Refused, HOLD_2),
    }
}

const HOLD_1: Fields<'static> = &[
    ("request_id", "hold-1"),
    ("member", MEMBER),
    ("points", "5"),
    ("reason", "x"),
];
const HOLD_2: Fields<'static> = &[
    ("request_id", "hold-2"),
    ("member", MEMBER),
    ("points", "5"),
    ("reason", "x"),
];

pub(super) const EVALUATE: Case = case(
    "ProfileService/EvaluateCustomers",
    Expected::Made,
    &[
        ("as_of_date.year", "2025"),
        ("as_of_date.month", "7"),
        ("as_of_date.day", "1"),
        ("currency_code", "USD"),
    ],
);

pub(super) const LIST_RECORDS: Case = case(
    "AuditService/ListAuditRecords",
    Expected::Nothing,
    &[("filter", "target = \"customers/li\"")],
);

use Expected::{Made, Nothing, Refused};

pub(super) const CASES: &[Case] = &[
    // Audit.
    case("AuditService/GetAuditRecord", Refused, &[("name", "{record}")]),
    LIST_RECORDS,
    // Loyalty.
    taken(
        "LoyaltyService/CreateProgram",
        &[("program_id", "harbour-club"), ("program.title", "Theirs")],
    ),
    case(
        "LoyaltyService/GetProgram",
        Refused,
        &[("name", "programs/harbour-club")],
    ),
    case("LoyaltyService/ListPrograms", Nothing, &[]),
    case(
        "LoyaltyService/UpdateProgram",
        Refused,
        &[
            ("program.name", "programs/harbour-club"),
            ("program.title", "Changed"),
            ("update_mask.paths", "title"),
        ],
    ),
    case(
        "LoyaltyService/EnrolMember",
        Refused,
        &[
            ("parent", "programs/harbour-club"),
            ("customer", "customers/other-1"),
        ],
    ),
    case(
        "LoyaltyService/BatchEnrolMembers",
        Refused,
        &[
            ("parent", "programs/harbour-club"),
            ("customers", "customers/other-2"),
        ],
    ),
    case("LoyaltyService/GetMember", Refused, &[("name", MEMBER)]),
    case("LoyaltyService/ListMembers", Nothing, &[("parent", "programs/-")]),
    case(
        "LoyaltyService/EarnPoints",
        Refused,
        &[
            ("request_id", "earn"),
            ("member", MEMBER),
            ("points", "5"),
            ("reason", "x"),
        ],
    ),
    case(
        "LoyaltyService/RedeemPoints",
        Refused,
        &[
            ("request_id", "redeem"),
            ("member", MEMBER),
            ("points", "5"),
            ("reason", "x"),
        ],
    ),
    case(
        "LoyaltyService/AdjustPoints",
        Refused,
        &[
            ("request_id", "adjust"),
            ("member", MEMBER),
            ("points", "5"),
            ("reason", "x"),
        ],
    ),
    case(
        "LoyaltyService/ReservePoints",
        Refused,
        &[
            ("request_id", "reserve"),
            ("member", MEMBER),
            ("points", "5"),
            ("reason", "x"),
        ],
    ),
    case(
        "LoyaltyService/CaptureHold",
        Refused,
        &[("request_id", "capture"), ("name", "{hold}")],
    ),
    case(
        "LoyaltyService/ReleaseHold",
        Refused,
        &[("request_id", "release"), ("name", "{second_hold}")],
    ),
    case(
        "LoyaltyService/GetBalance",
        Refused,
        &[("name", "programs/harbour-club/members/li/balance")],
    ),
    case("LoyaltyService/ListTransactions", Refused, &[("parent", MEMBER)]),
    case(
        "LoyaltyService/SummarizeLedger",
        Refused,
        &[("program", "programs/harbour-club")],
    ),
    case("LoyaltyService/VerifyLedger", Nothing, &[]),
    case(
        "LedgerService/CreateWallet",
        Refused,
        &[
            ("parent", "programs/harbour-club"),
            ("wallet_id", "miles"),
            ("wallet.title", "Miles"),
        ],
    ),
    case(
        "LedgerService/GetWallet",
        Refused,
        &[("name", "programs/harbour-club/wallets/points")],
    ),
    case(
        "LedgerService/UpdateWallet",
        Refused,
        &[
            ("wallet.name", "programs/harbour-club/wallets/points"),
            ("wallet.title", "Changed"),
            ("update_mask.paths", "title"),
        ],
    ),
    case("LedgerService/GetBalances", Refused, &[("name", MEMBER)]),
    case("LedgerService/ListLots", Refused, &[("parent", MEMBER)]),
    case("LedgerService/GetHold", Refused, &[("name", "{hold}")]),
    case(
        "LedgerService/ReleasePendingPoints",
        Refused,
        &[
            ("request_id", "releasependingpoints"),
            ("member", MEMBER),
            ("release_key", "stay-1"),
            ("reason", "x"),
        ],
    ),
    case(
        "LedgerService/CancelPendingPoints",
        Refused,
        &[
            ("request_id", "cancelpendingpoints"),
            ("member", MEMBER),
            ("release_key", "stay-2"),
            ("reason", "x"),
        ],
    ),
    case(
        "LedgerService/ReverseTransaction",
        Refused,
        &[
            ("request_id", "reversetransaction"),
            ("name", "{redeemed}"),
            ("reason", "x"),
        ],
    ),
    case(
        "LedgerService/TransferPoints",
        Refused,
        &[
            ("request_id", "transferpoints"),
            ("member", MEMBER),
            ("to_member", "programs/harbour-club/members/other-1"),
            ("points", "5"),
            ("reason", "x"),
        ],
    ),
    case(
        "LedgerService/BlockPoints",
        Refused,
        &[
            ("request_id", "blockpoints"),
            ("member", MEMBER),
            ("points", "5"),
            ("reason", "x"),
        ],
    ),
    case(
        "LedgerService/ExtendPoints",
        Refused,
        &[
            ("request_id", "extendpoints"),
            ("member", MEMBER),
            ("lot", "{lot}"),
            ("reason", "x"),
        ],
    ),
    case(
        "LedgerService/ReinstatePoints",
        Refused,
        &[
            ("request_id", "reinstatepoints"),
            ("name", "{expired}"),
            ("reason", "x"),
        ],
    ),
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
    // Satisfaction, before answers are deleted.
    case(
        "SatisfactionService/QueryMetric",
        Nothing,
        &[("metric", "METRIC_NPS")],
    ),
    case(
        "SatisfactionService/GetCustomerSatisfaction",
        Refused,
        &[("name", "customers/li/satisfaction")],
    ),
    case("SatisfactionService/VerifyRollups", Nothing, &[]),
    // Feedback.
    taken(
        "FeedbackService/CreateSurvey",
        &[
            ("survey_id", "after-the-stay"),
            ("survey.title", "Theirs"),
            ("survey.questions.id", "recommend"),
            ("survey.questions.text.language", "en"),
            ("survey.questions.text.text", "Well?"),
            ("survey.questions.recommendation", ""),
        ],
    ),
    case(
        "FeedbackService/GetSurvey",
        Refused,
        &[("name", "surveys/after-the-stay")],
    ),
    case("FeedbackService/ListSurveys", Nothing, &[]),
    case(
        "FeedbackService/UpdateSurvey",
        Refused,
        &[
            ("survey.name", "surveys/after-the-stay"),
            ("survey.title", "Changed"),
            ("update_mask.paths", "title"),
        ],
    ),
    case(
        "FeedbackService/PublishSurvey",
        Refused,
        &[("name", "surveys/after-the-stay")],
    ),
    case(
        "FeedbackService/SubmitAnswerSet",
        Refused,
        &[
            ("request_id", "submit"),
            ("answer_set.survey", "surveys/after-the-stay"),
            ("answer_set.answers.question", "recommend"),
            ("answer_set.answers.score", "9"),
        ],
    ),
    case(
        "FeedbackService/GetAnswerSet",
        Refused,
        &[("name", "{answer_set}")],
    ),
    case("FeedbackService/ListAnswerSets", Nothing, &[]),
    case(
        "FeedbackService/CorrectAnswerSet",
        Refused,
        &[
            ("name", "{answer_set}"),
            ("answers.question", "recommend"),
            ("answers.score", "2"),
        ],
    ),
    case(
        "FeedbackService/DeleteAnswerSet",
        Refused,
        &[("name", "{answer_set}")],
    ),
    case("FeedbackService/GetCase", Refused, &[("name", "{case}")]),
    case("FeedbackService/ListCases", Nothing, &[]),
    case(
        "FeedbackService/AssignCase",
        Refused,
        &[("name", "{case}"), ("owner", "desk")],
    ),
    case(
        "FeedbackService/ResolveCase",
        Refused,
        &[("name", "{case}"), ("resolution", "Called")],
    ),
    case("FeedbackService/CloseCase", Refused, &[("name", "{case}")]),
    case(
        "FeedbackService/ReopenCase",
        Refused,
        &[("name", "{case}"), ("reason", "Again")],
    ),
    case("FeedbackService/SummarizeCases", Nothing, &[]),
    case(
        "FeedbackService/CreateCase",
        Made,
        &[
            ("case_id", "lost-key"),
            ("case.subject", "Lost key"),
            ("case.priority", "PRIORITY_NORMAL"),
        ],
    ),
    case(
        "FeedbackService/CloseSurvey",
        Refused,
        &[("name", "surveys/after-the-stay")],
    ),
    // Profile.
    taken(
        "ProfileService/CreateCustomer",
        &[("customer_id", "li"), ("customer.display_name", "Theirs")],
    ),
    case("ProfileService/GetCustomer", Refused, &[("name", "customers/li")]),
    case("ProfileService/ListCustomers", Nothing, &[]),
    case(
        "ProfileService/UpdateCustomer",
        Refused,
        &[
            ("customer.name", "customers/li"),
            ("customer.display_name", "Guest li again"),
            ("customer.identities.type", "IDENTITY_TYPE_EMAIL"),
            ("customer.identities.value", "li@example.com"),
            ("update_mask.paths", "*"),
        ],
    ),
    case(
        "ProfileService/RecordPurchase",
        Refused,
        &[
            ("parent", "customers/li"),
            ("purchase.source", "till"),
            ("purchase.source_id", "sale-2"),
            ("purchase.kind", "PURCHASE_KIND_SALE"),
            ("purchase.purchase_time.seconds", "1748772900"),
            ("purchase.amount.currency_code", "USD"),
            ("purchase.amount.units", "12"),
            ("purchase.quantity", "1"),
        ],
    ),
    case(
        "ProfileService/ListTimelineEntries",
        Refused,
        &[("parent", "customers/li")],
    ),
    case(
        "ProfileService/GetEvaluation",
        Refused,
        &[("name", "{evaluation}")],
    ),
    case(
        "ProfileService/GetCustomerValue",
        Refused,
        &[("name", "customers/li/value")],
    ),
    case("ProfileService/ListCustomerValues", Nothing, &[]),
    case("ProfileService/SummarizeCustomers", Nothing, &[]),
    case(
        "ProfileService/GetCustomerView",
        Refused,
        &[("name", "customers/li/view")],
    ),
    case(
        "ProfileService/LookupCustomer",
        Refused,
        &[
            ("identity.type", "IDENTITY_TYPE_EMAIL"),
            ("identity.value", "li@example.com"),
        ],
    ),
    case(
        "ProfileService/DeleteCustomer",
        Refused,
        &[("name", "customers/li")],
    ),
    case(
        "ProfileService/BatchCreateCustomers",
        Made,
        &[
            ("requests.customer_id", "kim"),
            ("requests.customer.display_name", "Kim"),
        ],
    ),
    case(
        "ProfileService/ImportPurchases",
        Made,
        &[
            ("rows.row", "1"),
            ("rows.customer", "customers/kim"),
            ("rows.purchase.source", "till"),
            ("rows.purchase.source_id", "import-1"),
            ("rows.purchase.kind", "PURCHASE_KIND_SALE"),
            ("rows.purchase.purchase_time.seconds", "1748772900"),
            ("rows.purchase.amount.currency_code", "USD"),
            ("rows.purchase.amount.units", "12"),
            ("rows.purchase.quantity", "1"),
        ],
    ),
    EVALUATE,
];
