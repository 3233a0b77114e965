//! What news of a referral changes.

use jiff::Timestamp;
use rapport_status::{Error, FieldViolation, Reason};
use uuid::Uuid;

use super::{
    checks::{Facts, Others, Rejection, against_registration, against_reward},
    record::{
        Change, MOST_ANCESTORS, MOST_PURCHASES, MOST_RETURNS, Purchase, Referral, Registration, Return, Role,
    },
    standing::{Returns, State, is_candidate, qualify_time, standing},
    terms::Rules,
};
use crate::domain::engagement::{
    Effect, Reward, contradiction, require_past, require_text, reward::grants_of,
};

/// The reason when an invitation was used by somebody else.
const INVITATION_USED: Reason = Reason::MemberAlreadyExists;

/// News of a referral.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// The friend became a member.
    Register {
        /// Who, when, and who brought the referrer.
        registration: Registration,
        /// What the profiles know.
        facts: Facts,
    },
    /// The friend bought.
    Purchase {
        /// What.
        purchase: Purchase,
        /// What the referrer has been rewarded for besides.
        others: Others,
    },
    /// The friend gave back.
    Return(Return),
    /// Somebody rejects it, for a reason in words.
    Reject {
        /// Why.
        reason: String,
    },
    /// Time has passed.
    Settle,
}

/// What was decided: changes in their order. None when nothing is new.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decision {
    /// The changes, in order.
    pub changes: Vec<Change>,
}

impl Decision {
    /// What is to be promised, given, withdrawn and taken back, in order.
    pub fn effects(&self) -> impl Iterator<Item = &Effect> {
        self.changes.iter().filter_map(|change| match change {
            Change::Effected(_, effect) => Some(effect),
            _ => None,
        })
    }
}

/// Decides what news of a referral changes. Pure: the referral itself is not changed; [`Referral::apply`] carries the
/// changes out. The same news twice changes nothing the second time; with the same id and other content it is refused.
/// News of purchases and returns that cannot count changes nothing.
///
/// `rules` are those of the version that the referral began under. `new_id` gives new identifiers, for grants.
pub fn decide(
    referral: &Referral,
    command: &Command,
    rules: &Rules<'_>,
    now: Timestamp,
    new_id: &mut dyn FnMut() -> Uuid,
) -> Result<Decision, Error> {
    if rules.terms.version != referral.terms_version {
        return Err(Error::internal(format!(
            "referral {} began under version {} of the terms and was to be decided under {}",
            referral.id, referral.terms_version, rules.terms.version
        )));
    }
    let mut draft = Draft {
        referral: referral.clone(),
        rules,
        now: now.max(referral.decide_time),
        changes: Vec::new(),
    };
    match command {
        Command::Register { registration, facts } => draft.register(registration, facts)?,
        Command::Purchase { purchase, others } => draft.purchase(purchase, *others)?,
        Command::Return(given_back) => draft.give_back(given_back)?,
        Command::Reject { reason } => draft.reject(reason)?,
        Command::Settle => {}
    }
    draft.settle(new_id);
    Ok(Decision {
        changes: draft.changes,
    })
}

struct Draft<'a> {
    referral: Referral,
    rules: &'a Rules<'a>,
    now: Timestamp,
    changes: Vec<Change>,
}

impl Draft<'_> {
    fn record(&mut self, change: Change) {
        self.referral.apply(&change);
        self.changes.push(change);
    }

    fn register(&mut self, registration: &Registration, facts: &Facts) -> Result<(), Error> {
        let mut found = Vec::new();
        if registration.ancestors.len() > MOST_ANCESTORS {
            let description = format!("must be the nearest {MOST_ANCESTORS} at most");
            found.push(FieldViolation::new("registration.ancestors", description));
        }
        if registration.time < self.referral.invite_time {
            let description = format!(
                "must not lie before the invitation of {}",
                self.referral.invite_time
            );
            found.push(FieldViolation::new("registration.time", description));
        }
        if !found.is_empty() {
            return Err(Error::invalid(Reason::InvalidFields, found));
        }
        require_past("registration.time", registration.time, self.now)?;
        if let Some(known) = &self.referral.registration {
            if known.friend == registration.friend {
                return Ok(());
            }
            let message = format!(
                "the invitation was used by {} already; invite {} anew",
                known.friend.member, registration.friend.member
            );
            return Err(Error::new(INVITATION_USED, message).with("referral", self.referral.id));
        }
        let in_time = registration.time < self.rules.invitation_end(self.referral.invite_time);
        let rejection = if in_time {
            against_registration(self.rules.terms, &self.referral.referrer, registration, facts)
        } else {
            Some(Rejection::InvitationEnded)
        };
        self.record(Change::Registered(registration.clone()));
        if self.referral.rejection.is_none()
            && let Some(rejection) = rejection
        {
            self.record(Change::Rejected(rejection));
        }
        Ok(())
    }

    fn purchase(&mut self, purchase: &Purchase, others: Others) -> Result<(), Error> {
        require_text("purchase.id", &purchase.id)?;
        require_past("purchase.time", purchase.time, self.now)?;
        let known = self
            .referral
            .purchases
            .iter()
            .find(|known| known.id == purchase.id);
        if let Some(known) = known {
            return if known == purchase {
                Ok(())
            } else {
                Err(contradiction("purchase", &purchase.id))
            };
        }
        if !is_candidate(&self.referral, self.rules, purchase) {
            return Ok(());
        }
        require_room("purchase", self.referral.purchases.len(), MOST_PURCHASES)?;
        let had_qualified = has_qualified(&self.referral, self.rules);
        self.record(Change::Purchased(purchase.clone()));
        if !had_qualified
            && has_qualified(&self.referral, self.rules)
            && self.referral.rejection.is_none()
            && let Some(rejection) = against_reward(self.rules.terms, others)
        {
            self.record(Change::Rejected(rejection));
        }
        Ok(())
    }

    fn give_back(&mut self, given_back: &Return) -> Result<(), Error> {
        require_text("return.id", &given_back.id)?;
        require_text("return.purchase", &given_back.purchase)?;
        require_past("return.time", given_back.time, self.now)?;
        if given_back.amount.minor < 0 {
            return Err(Error::invalid_field("return.amount", "must not be negative"));
        }
        let known = self
            .referral
            .returns
            .iter()
            .find(|known| known.id == given_back.id);
        if let Some(known) = known {
            return if known == given_back {
                Ok(())
            } else {
                Err(contradiction("return", &given_back.id))
            };
        }
        require_room("return", self.referral.returns.len(), MOST_RETURNS)?;
        self.record(Change::Returned(given_back.clone()));
        Ok(())
    }

    fn reject(&mut self, reason: &str) -> Result<(), Error> {
        require_text("reason", reason)?;
        if self.referral.rejection.is_none() {
            self.record(Change::Rejected(Rejection::ByHand(reason.to_owned())));
        }
        Ok(())
    }

    /// Brings the state and the grants to where what is known puts them.
    fn settle(&mut self, new_id: &mut dyn FnMut() -> Uuid) {
        let state = standing(&self.referral, self.rules, self.now).state;
        if state != self.referral.state {
            self.record(Change::Moved(state));
        }
        let wanted = match state {
            State::Qualified { .. } => Wanted::Promised,
            State::Rewarded { .. } => Wanted::Given,
            _ => Wanted::Nothing,
        };
        self.undo_what_is_not(wanted);
        match wanted {
            Wanted::Nothing => {}
            _ if self.referral.live.is_empty() => self.grant(wanted, new_id),
            Wanted::Given => self.release(),
            Wanted::Promised => {}
        }
        if !self.changes.is_empty() && self.referral.decide_time != self.now {
            self.record(Change::Decided(self.now));
        }
    }

    /// Withdraws or takes back what is live and not wanted any more, the last first.
    fn undo_what_is_not(&mut self, wanted: Wanted) {
        for live in self.referral.live.clone().into_iter().rev() {
            let effect = match (live.given, wanted) {
                (true, Wanted::Given) | (false, Wanted::Promised | Wanted::Given) => continue,
                (true, _) => Effect::TakeBack(live.grant),
                (false, Wanted::Nothing) => Effect::Withdraw(live.grant),
            };
            self.record(Change::Effected(live.role, effect));
        }
    }

    fn grant(&mut self, wanted: Wanted, new_id: &mut dyn FnMut() -> Uuid) {
        for (role, member, rewards) in self.beneficiaries() {
            for grant in grants_of(&rewards, &member, new_id) {
                let effect = match wanted {
                    Wanted::Given => Effect::Give(grant),
                    _ => Effect::Promise(grant),
                };
                self.record(Change::Effected(role, effect));
            }
        }
    }

    /// Gives what was promised.
    fn release(&mut self) {
        for live in self.referral.live.clone() {
            if !live.given {
                self.record(Change::Effected(live.role, Effect::Give(live.grant)));
            }
        }
    }

    /// Who is rewarded: the friend, the referrer, and the members above as far as there are levels.
    fn beneficiaries(&self) -> Vec<(Role, String, Vec<Reward>)> {
        let Some(registration) = &self.referral.registration else {
            return Vec::new();
        };
        let terms = self.rules.terms;
        let friend = (
            Role::Friend,
            registration.friend.member.clone(),
            terms.friend_rewards.clone(),
        );
        let referrers = std::iter::once(&self.referral.referrer.member).chain(&registration.ancestors);
        let levels = referrers.zip(&terms.referrer_rewards).enumerate();
        let above = levels
            .map(|(place, (member, rewards))| (Role::Referrer(place + 1), member.clone(), rewards.clone()));
        std::iter::once(friend).chain(above).collect()
    }
}

fn has_qualified(referral: &Referral, rules: &Rules<'_>) -> bool {
    qualify_time(referral, rules, Returns::Within).is_some()
}

/// What should be live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Nothing,
    Promised,
    Given,
}

fn require_room(what: &str, count: usize, most: usize) -> Result<(), Error> {
    if count < most {
        return Ok(());
    }
    let description =
        format!("the referral keeps {most} already, which is the most; reject it by hand if this is abuse");
    Err(Error::invalid_field(what, description))
}
