//! Why something of rewards is refused.

use rapport_status::Reason;

/// The reward breaks a rule: every violation is listed.
pub const INVALID_REWARD: Reason = Reason::InvalidReward;
/// No such reward.
pub const REWARD_NOT_FOUND: Reason = Reason::RewardNotFound;
/// The reward id is taken.
pub const REWARD_ALREADY_EXISTS: Reason = Reason::RewardAlreadyExists;
/// The reward cannot be redeemed, or its stock cannot be changed, as it is now.
pub const REWARD_NOT_AVAILABLE: Reason = Reason::RewardNotAvailable;
/// Fewer units are left than asked for.
pub const REWARD_OUT_OF_STOCK: Reason = Reason::RewardOutOfStock;
/// The member has redeemed as many units as the reward allows.
pub const REWARD_LIMIT_REACHED: Reason = Reason::RewardLimitReached;
/// The reward is not for this member.
pub const MEMBER_NOT_ELIGIBLE: Reason = Reason::RewardNotAvailable;
/// No such redemption.
pub const REDEMPTION_NOT_FOUND: Reason = Reason::RedemptionNotFound;
/// The redemption id is taken by another redemption.
pub const REDEMPTION_ALREADY_EXISTS: Reason = Reason::RedemptionStateConflict;
/// The redemption's state does not allow the step.
pub const REDEMPTION_STATE_CONFLICT: Reason = Reason::RedemptionStateConflict;
/// The terms of the reward do not allow the refund.
pub const REFUND_NOT_ALLOWED: Reason = Reason::RefundNotAllowed;
/// No such code pool.
pub const CODE_POOL_NOT_FOUND: Reason = Reason::CodePoolNotFound;
/// The pool has fewer codes than asked for.
pub const CODE_POOL_EMPTY: Reason = Reason::CodePoolEmpty;
/// No such voucher.
pub const VOUCHER_NOT_FOUND: Reason = Reason::VoucherNotFound;
/// The voucher cannot be used: not yet, no more, or not by this member.
pub const VOUCHER_NOT_USABLE: Reason = Reason::VoucherNotUsable;
/// The voucher gives nothing for this order.
pub const VOUCHER_NOT_APPLICABLE: Reason = Reason::VoucherNotApplicable;
/// The text is no code, was mistyped, or was not signed by the program.
pub const INVALID_CODE: Reason = Reason::InvalidCode;
