//! Random histories against a naive model, which reckons in whole days and looks at everything each time.

use std::collections::BTreeMap;

use super::*;
use rapport_testkit::Random;

const DAY: i64 = 86_400;
const HISTORIES: usize = 20_000;

/// News with the moment it is about, in seconds.
#[derive(Debug, Clone)]
enum News {
    Purchase {
        id: usize,
        time: i64,
        minor: i64,
    },
    Return {
        purchase: usize,
        id: usize,
        time: i64,
        minor: i64,
    },
}

/// Where the model has a referral.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Invited,
    Registered,
    Qualified,
    Rewarded,
    Expired,
    RolledBack,
}

struct Model {
    terms: Terms,
    register_time: Option<i64>,
    news: Vec<News>,
}

impl Model {
    fn random(random: &mut Random) -> Self {
        let mut terms = terms();
        terms.qualification.rule = if random.one_in(2) {
            QualifyingRule::OnePurchase
        } else {
            QualifyingRule::TotalSpend
        };
        terms.qualification.minimum = dollars(10);
        terms.qualification.within_days = random.between(1, 4);
        terms.fraud_window_days = random.between(0, 3);
        terms.invitation_days = random.between(1, 3);
        Self {
            terms,
            register_time: None,
            news: Vec::new(),
        }
    }

    fn has_qualified(&self, with_returns: bool) -> Option<i64> {
        let registered = self.register_time.unwrap();
        let mut purchases: Vec<(i64, usize, i64)> = Vec::new();
        for news in &self.news {
            if let News::Purchase { id, time, minor } = news
                && *time >= registered
                && time / DAY <= registered / DAY + i64::from(self.terms.qualification.within_days)
            {
                purchases.push((*time, *id, *minor));
            }
        }
        purchases.sort_unstable();
        let net_at = |(_, wanted, minor): (i64, usize, i64), window_of: i64| {
            let mut left = minor;
            for news in &self.news {
                if let News::Return {
                    purchase,
                    time,
                    minor,
                    ..
                } = news
                    && *purchase == wanted
                    && with_returns
                    && self.is_within_window(*time, window_of)
                {
                    left -= minor;
                }
            }
            left.max(0)
        };
        for (place, purchase) in purchases.iter().enumerate() {
            let sum = match self.terms.qualification.rule {
                QualifyingRule::OnePurchase => net_at(*purchase, purchase.0),
                QualifyingRule::TotalSpend => purchases[..=place]
                    .iter()
                    .map(|each| net_at(*each, purchase.0))
                    .sum(),
            };
            if sum >= 10 {
                return Some(purchase.0);
            }
        }
        None
    }

    fn is_within_window(&self, time: i64, qualified: i64) -> bool {
        match i64::from(self.terms.fraud_window_days) {
            0 => time < qualified,
            days => time / DAY <= qualified / DAY + days,
        }
    }

    fn place(&self, now: i64) -> Place {
        let Some(registered) = self.register_time else {
            return if now / DAY <= i64::from(self.terms.invitation_days) {
                Place::Invited
            } else {
                Place::Expired
            };
        };
        if let Some(qualified) = self.has_qualified(true) {
            let days = i64::from(self.terms.fraud_window_days);
            let open = days > 0 && now / DAY <= qualified / DAY + days;
            return if open { Place::Qualified } else { Place::Rewarded };
        }
        if self.has_qualified(false).is_some() {
            return Place::RolledBack;
        }
        let days = i64::from(self.terms.qualification.within_days);
        if now / DAY <= registered / DAY + days {
            Place::Registered
        } else {
            Place::Expired
        }
    }
}

fn place(state: State) -> Place {
    match state {
        State::Invited => Place::Invited,
        State::Registered => Place::Registered,
        State::Qualified { .. } => Place::Qualified,
        State::Rewarded { .. } => Place::Rewarded,
        State::Expired => Place::Expired,
        State::RolledBack => Place::RolledBack,
        State::Rejected => panic!("nothing speaks against it"),
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

/// The referral under test, with a log of what became of each grant.
struct Subject {
    referral: Referral,
    fates: BTreeMap<Uuid, Vec<&'static str>>,
    ids: u128,
}

impl Subject {
    fn new() -> Self {
        Self {
            referral: Referral::invite(Uuid::nil(), 1, party("ann"), at(0)),
            fates: BTreeMap::new(),
            ids: 0,
        }
    }

    fn take(&mut self, command: &Command, terms: &Terms, now: i64) {
        let rules = Rules {
            terms,
            zone: &TimeZone::UTC,
        };
        let ids = &mut self.ids;
        let decision = decide(&self.referral, command, &rules, at(now), &mut || {
            *ids += 1;
            Uuid::from_u128(*ids)
        })
        .unwrap();
        for effect in decision.effects() {
            self.fates
                .entry(effect.grant().id)
                .or_default()
                .push(match effect {
                    Effect::Promise(_) => "promise",
                    Effect::Give(_) => "give",
                    Effect::Withdraw(_) => "withdraw",
                    Effect::TakeBack(_) => "take back",
                });
        }
        for change in &decision.changes {
            self.referral.apply(change);
        }
    }

    fn register(&mut self, terms: &Terms, time: i64, now: i64) {
        let registration = Registration {
            friend: party("bob"),
            time: at(time),
            ancestors: vec![party("zoe").member],
        };
        let facts = Facts::default();
        self.take(&Command::Register { registration, facts }, terms, now);
    }

    fn hear(&mut self, news: &News, terms: &Terms, now: i64) {
        let command = match news {
            News::Purchase { id, time, minor } => Command::Purchase {
                purchase: Purchase {
                    id: id.to_string(),
                    time: at(*time),
                    amount: dollars(*minor),
                },
                others: Others::default(),
            },
            News::Return {
                purchase,
                id,
                time,
                minor,
            } => Command::Return(Return {
                id: id.to_string(),
                purchase: purchase.to_string(),
                time: at(*time),
                amount: dollars(*minor),
            }),
        };
        self.take(&command, terms, now);
    }

    /// Who has what: role, reward, given or only promised.
    fn live(&self) -> Vec<(Role, Reward, bool)> {
        let live = self.referral.live.iter();
        let mut live: Vec<_> = live
            .map(|live| (live.role, live.grant.reward.clone(), live.given))
            .collect();
        live.sort();
        live
    }

    fn check_fates(&self, context: &dyn Fn() -> String) {
        let allowed = [
            "promise",
            "promise give",
            "promise give take back",
            "promise withdraw",
            "give",
            "give take back",
        ];
        for (grant, fates) in &self.fates {
            let fates = fates.join(" ");
            assert!(
                allowed.contains(&fates.as_str()),
                "{}: grant {grant} had the fates {fates}",
                context()
            );
        }
    }
}

fn expected_live(terms: &Terms, place: Place) -> Vec<(Role, Reward, bool)> {
    let given = match place {
        Place::Qualified => false,
        Place::Rewarded => true,
        _ => return Vec::new(),
    };
    let mut live = vec![(Role::Friend, terms.friend_rewards[0].clone(), given)];
    for (level, rewards) in terms.referrer_rewards.iter().enumerate() {
        live.push((Role::Referrer(level + 1), rewards[0].clone(), given));
    }
    live
}

fn random_news(random: &mut Random, model: &Model, id: usize, now: i64) -> News {
    // Often at the very limits of days.
    let mut time = random.between(0, now);
    match random.below(3) {
        0 => time = time / DAY * DAY,
        1 => time = (time / DAY * DAY + DAY - 1).min(now),
        _ => {}
    }
    if model.news.is_empty() || random.one_in(2) {
        let minor = random.between(1, 14);
        return News::Purchase { id, time, minor };
    }
    News::Return {
        id,
        purchase: random.below(id + 2),
        time,
        minor: random.between(1, 8),
    }
}

#[test]
fn random_histories_stand_where_a_naive_model_has_them_in_any_order_of_the_news() {
    let mut random = Random::announced("referrals");
    let mut seen = BTreeMap::new();
    for history in 0..HISTORIES {
        let mut model = Model::random(&mut random);
        let mut subject = Subject::new();
        let mut now = 0;
        let mut log = Vec::new();
        for step in 0..random.between(2, 12) {
            now += random.between(0, DAY);
            if step >= 1
                && model.register_time.is_none()
                && now / DAY <= i64::from(model.terms.invitation_days)
            {
                let time = random.between(0, now);
                model.register_time = Some(time);
                subject.register(&model.terms, time, now);
            } else if model.register_time.is_some() && !random.one_in(4) {
                let id = usize::try_from(step).unwrap();
                let news = random_news(&mut random, &model, id, now);
                subject.hear(&news, &model.terms, now);
                model.news.push(news);
            } else {
                subject.take(&Command::Settle, &model.terms, now);
            }
            log.push(format!("{now}: {:?}", subject.referral.state));
            let expected = model.place(now);
            let context = || format!("history {history}, {log:#?}, {:?}, {:?}", model.terms, model.news);
            assert_eq!(place(subject.referral.state), expected, "{}", context());
            assert_eq!(
                subject.live(),
                expected_live(&model.terms, expected),
                "{}",
                context()
            );
            subject.check_fates(&context);
            *seen.entry(format!("{expected:?}")).or_insert(0) += 1;
        }
        if let Some(time) = model.register_time {
            let mut shuffled = model.news.clone();
            random.shuffle(&mut shuffled);
            let mut other = Subject::new();
            other.register(&model.terms, time, now);
            for news in &shuffled {
                other.hear(news, &model.terms, now);
            }
            let context = || format!("history {history}, in the order {shuffled:?}, {:?}", model.terms);
            assert_eq!(other.referral.state, subject.referral.state, "{}", context());
            assert_eq!(other.live(), subject.live(), "{}", context());
        }
    }
    println!("places: {seen:?}");
    assert_eq!(seen.len(), 6, "not every place was visited: {seen:?}");
    assert!(
        seen.values().all(|count| *count > 1_000),
        "some place was hardly visited: {seen:?}"
    );
}
