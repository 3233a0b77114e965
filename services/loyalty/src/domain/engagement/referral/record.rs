//! What is known of one referral.

use jiff::Timestamp;
use rapport_money::{Currency, Money};
use uuid::Uuid;

use super::{checks::Rejection, standing::State};
use crate::domain::engagement::{Effect, Grant};

/// Most qualifying purchases that a referral keeps.
pub const MOST_PURCHASES: usize = 200;

/// Most returns that a referral keeps.
pub const MOST_RETURNS: usize = 400;

/// Most ancestors of a referrer that a registration names.
pub const MOST_ANCESTORS: usize = 100;

/// A person in a referral.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// `programs/{program}/members/{member}`.
    pub member: String,
    /// `customers/{customer}`.
    pub customer: String,
}

/// That the friend became a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The friend.
    pub friend: Party,
    /// When.
    pub time: Timestamp,
    /// Members who brought the referrer, directly or through others, the nearest first, at most [`MOST_ANCESTORS`].
    /// A longer circle than that does no harm: rewards go up three levels only.
    pub ancestors: Vec<String>,
}

/// A purchase of the friend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// Its id.
    pub id: String,
    /// When the friend bought.
    pub time: Timestamp,
    /// For how much.
    pub amount: Money,
}

/// A return of a purchase, in whole or in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Return {
    /// Its id.
    pub id: String,
    /// The purchase.
    pub purchase: String,
    /// When the friend gave back.
    pub time: Timestamp,
    /// What was given back.
    pub amount: Money,
}

/// For what somebody is rewarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// For being brought.
    Friend,
    /// For bringing: 1 is the referrer, 2 the member who brought the referrer, 3 one more.
    Referrer(usize),
}

/// A grant that is promised or given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LiveGrant {
    /// For what.
    pub role: Role,
    /// What, to whom.
    pub grant: Grant,
    /// Whether it is given; otherwise it is promised.
    pub given: bool,
}

/// One friend brought by one member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referral {
    /// Its id.
    pub id: Uuid,
    /// Version of the terms that it began under.
    pub terms_version: i64,
    /// Who brings the friend.
    pub referrer: Party,
    /// When the friend was invited.
    pub invite_time: Timestamp,
    /// That the friend registered, once it is known.
    pub registration: Option<Registration>,
    /// Purchases that may qualify.
    pub purchases: Vec<Purchase>,
    /// Returns, also of purchases that are not known yet.
    pub returns: Vec<Return>,
    /// Why it is rejected, if it is.
    pub rejection: Option<Rejection>,
    /// Where it stands, as last decided.
    pub state: State,
    /// When that was decided. Decisions never go back in time.
    pub decide_time: Timestamp,
    /// What is promised or given.
    pub live: Vec<LiveGrant>,
}

/// One change of a referral.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The friend registered.
    Registered(Registration),
    /// The friend bought.
    Purchased(Purchase),
    /// The friend gave back.
    Returned(Return),
    /// It was rejected.
    Rejected(Rejection),
    /// It stands elsewhere.
    Moved(State),
    /// Something is promised, given, withdrawn or taken back.
    Effected(Role, Effect),
    /// It was looked at.
    Decided(Timestamp),
}

impl Referral {
    /// An invitation.
    pub fn invite(id: Uuid, terms_version: i64, referrer: Party, now: Timestamp) -> Self {
        Self {
            id,
            terms_version,
            referrer,
            invite_time: now,
            registration: None,
            purchases: Vec::new(),
            returns: Vec::new(),
            rejection: None,
            state: State::Invited,
            decide_time: now,
            live: Vec::new(),
        }
    }

    /// What of a purchase was given back before a moment, in minor units.
    pub(super) fn returned_before(&self, purchase: &str, currency: Currency, end: Timestamp) -> i128 {
        self.returns
            .iter()
            .filter(|given_back| given_back.purchase == purchase && given_back.amount.currency == currency)
            .filter(|given_back| given_back.time < end)
            .map(|given_back| i128::from(given_back.amount.minor))
            .sum()
    }

    /// Carries out a change that was decided on this referral.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Registered(registration) => self.registration = Some(registration.clone()),
            Change::Purchased(purchase) => self.purchases.push(purchase.clone()),
            Change::Returned(given_back) => self.returns.push(given_back.clone()),
            Change::Rejected(rejection) => self.rejection = Some(rejection.clone()),
            Change::Moved(state) => self.state = *state,
            Change::Decided(moment) => self.decide_time = *moment,
            Change::Effected(role, effect) => self.apply_effect(*role, effect),
        }
    }

    fn apply_effect(&mut self, role: Role, effect: &Effect) {
        let grant = effect.grant();
        self.live.retain(|live| live.grant.id != grant.id);
        let given = match effect {
            Effect::Promise(_) => false,
            Effect::Give(_) => true,
            Effect::Withdraw(_) | Effect::TakeBack(_) => return,
        };
        self.live.push(LiveGrant {
            role,
            grant: grant.clone(),
            given,
        });
    }
}
