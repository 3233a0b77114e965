//! Members bring friends, and both are rewarded once it is sure that the friend's purchase stands.
//!
//! A [`Referral`] is one friend brought by one member, the referrer. Its [`State`] is a pure function of what happened
//! (see [`standing`]):
//!
//! | state | when |
//! |---|---|
//! | invited | the friend has not registered, and the invitation still holds |
//! | registered | the friend has registered, and may still buy enough in time |
//! | qualified | the friend has bought enough; the fraud window is open, and the rewards are promised |
//! | rewarded | the fraud window is over and the purchase stood; the rewards are given |
//! | rejected | a check failed, by a rule ([`Rejection`]) or by hand; nothing is given |
//! | expired | the friend did not register, or did not buy enough, in time |
//! | rolled back | the friend had bought enough, and returned it within the fraud window |
//!
//! A purchase counts at the moment of the purchase, and a return at that of the return, however late they become
//! known: a return within the fraud window that is reported after it still takes the rewards back, and a purchase in
//! time that is reported late still brings them. After a roll-back, another purchase in time qualifies again. Rejected
//! is for ever: the check looked at others (how many, who else), and is not repeated.
//!
//! Invariants: [`live`](Referral::live) grants are promised in state qualified, given in state rewarded, and there are
//! none in any other; the effects of a grant come in the order that [`Effect`](super::Effect) tells. Referrals that
//! are rejected, expired or rolled back count for no cap.

mod checks;
mod code;
mod decide;
mod record;
mod standing;
mod terms;
#[cfg(test)]
mod tests;

pub use checks::{Facts, Others, Rejection, Tie};
pub use code::Code;
pub use decide::{Command, Decision, decide};
pub use record::{
    Change, LiveGrant, MOST_ANCESTORS, MOST_PURCHASES, MOST_RETURNS, Party, Purchase, Referral, Registration,
    Return, Role,
};
pub use standing::{Standing, State, standing};
pub use terms::{
    Caps, LONGEST_DAYS, LONGEST_HOURS, MOST_LEVELS, Qualification, QualifyingRule, Rules, Terms, Velocity,
};
