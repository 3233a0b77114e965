//! Requests about programs, members and points.

use super::{
    Case,
    Expected::{self, Nothing, Refused},
    MEMBER, case, taken,
};
use crate::written::Fields;

/// Holds points of the guest.
pub(in crate::isolation) fn reserve(request_id: &'static str) -> Case {
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

pub(super) const CASES: &[Case] = &[
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
];
