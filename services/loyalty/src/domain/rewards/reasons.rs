//! Why something of rewards is refused.
//!
//! The closed set of reasons has none for rewards yet: each constant is the nearest of the same kind, under the name that
//! the reason of its own will have.

use rapport_status::Reason;

/// The reward breaks a rule: every violation is listed.
pub const INVALID_REWARD: Reason = Reason::InvalidFields;
/// No such reward.
pub const REWARD_NOT_FOUND: Reason = Reason::ProgramNotFound;
/// The reward id is taken.
pub const REWARD_ALREADY_EXISTS: Reason = Reason::ProgramAlreadyExists;
/// The reward cannot be redeemed at this moment.
pub const REWARD_NOT_AVAILABLE: Reason = Reason::SurveyClosed;
/// Fewer units are left than asked for.
pub const REWARD_OUT_OF_STOCK: Reason = Reason::InsufficientPoints;
/// The member has redeemed as many units as the reward allows.
pub const REWARD_LIMIT_REACHED: Reason = Reason::CaseStateConflict;
/// The reward is not for this member.
pub const MEMBER_NOT_ELIGIBLE: Reason = Reason::MemberNotActive;
/// No such redemption.
pub const REDEMPTION_NOT_FOUND: Reason = Reason::HoldNotFound;
/// The redemption id is taken by another redemption.
pub const REDEMPTION_ALREADY_EXISTS: Reason = Reason::MemberAlreadyExists;
/// The redemption's state does not allow the step.
pub const REDEMPTION_STATE_CONFLICT: Reason = Reason::HoldNotOpen;
/// The terms of the reward do not allow the refund.
pub const REFUND_NOT_ALLOWED: Reason = Reason::CaseStateConflict;
/// The pool has fewer codes than asked for.
pub const CODE_POOL_EMPTY: Reason = Reason::InsufficientPoints;
/// No such voucher.
pub const VOUCHER_NOT_FOUND: Reason = Reason::HoldNotFound;
/// The voucher cannot be used: not yet, no more, or not by this member.
pub const VOUCHER_NOT_USABLE: Reason = Reason::HoldNotOpen;
/// The voucher gives nothing for this order.
pub const VOUCHER_NOT_APPLICABLE: Reason = Reason::CaseStateConflict;
/// The text is no code, was mistyped, or was not signed by the program.
pub const INVALID_CODE: Reason = Reason::InvalidFields;
