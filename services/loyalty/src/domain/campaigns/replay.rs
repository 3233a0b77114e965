//! History under the rules as they are and under others: what would have been different.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::Hash,
};

use jiff::{Timestamp, civil::Date};
use rapport_status::Error;

use super::{
    compiled::Rules,
    evaluate::evaluate,
    evaluation::{Evaluation, Origin, Verdict},
    usage::{Usage, Usages},
};
use crate::domain::{activity::Activity, calendar::day_of, facts::MemberFacts};

/// Points of the awards of one kind, and how many there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Activities that got points.
    pub awards: i64,
    /// The points.
    pub points: i128,
    /// Activities for which something in the campaign went wrong.
    pub faults: i64,
}

impl Tally {
    fn add(&mut self, points: i64) {
        self.awards += 1;
        self.points += i128::from(points);
    }
}

/// What rules give in all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals {
    /// Of all rules together, by the id of the wallet.
    pub by_wallet: BTreeMap<String, Tally>,
    /// Of the base rule.
    pub base: Tally,
}

/// What history comes to under both rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// Activities that were looked at.
    pub activities: u64,
    /// What the rules as they are give.
    pub now: Totals,
    /// What the draft gives.
    pub draft: Totals,
    /// What each campaign gives, in the order of their ids.
    pub campaigns: Vec<CampaignComparison>,
    /// Members who get more or less.
    pub members_affected: u64,
    /// The most affected members: first those with the greatest difference, then by name.
    pub members: Vec<MemberComparison>,
}

/// What a campaign gives under both rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignComparison {
    /// Its id.
    pub campaign: String,
    /// Under the rules as they are.
    pub now: Tally,
    /// Under the draft.
    pub draft: Tally,
}

/// What a member gets under both rules, of all wallets together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberComparison {
    /// `programs/{program}/members/{member}`.
    pub member: String,
    /// Under the rules as they are.
    pub now: i128,
    /// Under the draft.
    pub draft: i128,
}

/// Goes through history, activity by activity, under two rules. What campaigns have given is counted for each of both as
/// it goes, beginning with nothing. It holds a few numbers for each member and for each campaign that gave them
/// something, and none of the activities.
#[derive(Debug)]
pub struct Replay<'r> {
    now: Side<'r>,
    draft: Side<'r>,
    members: HashMap<String, (i128, i128)>,
    latest: Option<Timestamp>,
    activities: u64,
}

impl<'r> Replay<'r> {
    /// A replay under the rules as they are and under a draft.
    pub fn new(now: &'r Rules, draft: &'r Rules) -> Self {
        Self {
            now: Side::new(now),
            draft: Side::new(draft),
            members: HashMap::new(),
            latest: None,
            activities: 0,
        }
    }

    /// Takes the next activity, which is evaluated at its own time, with the facts as they were then.
    ///
    /// Errors: one that happened before the last one, and those of [`evaluate`]; nothing is counted then.
    pub fn feed(&mut self, activity: &Activity, facts: &MemberFacts) -> Result<(), Error> {
        if self.latest.is_some_and(|latest| activity.time < latest) {
            let message =
                "must not be before that of the activity before: history is replayed in the order of time";
            return Err(Error::invalid_field("activity.time", message));
        }
        let now = self.now.evaluate(activity, facts)?;
        let draft = self.draft.evaluate(activity, facts)?;
        let points = self.members.entry(facts.name.clone()).or_default();
        points.0 += self.now.count(&now, activity, facts);
        points.1 += self.draft.count(&draft, activity, facts);
        self.latest = Some(activity.time);
        self.activities += 1;
        Ok(())
    }

    /// What came out, with at most so many of the most affected members.
    pub fn comparison(&self, most_members: usize) -> Comparison {
        let affected = self.members.iter().filter(|(_, (now, draft))| now != draft);
        let mut members: Vec<_> = affected
            .map(|(member, (now, draft))| (Reverse(now.abs_diff(*draft)), member, *now, *draft))
            .collect();
        let members_affected = u64::try_from(members.len()).unwrap_or(u64::MAX);
        members.sort_unstable();
        members.truncate(most_members);
        let ids: BTreeSet<&String> = self.now.ids().chain(self.draft.ids()).collect();
        let compared = |id: &String| CampaignComparison {
            campaign: id.clone(),
            now: self.now.campaigns.get(id).copied().unwrap_or_default(),
            draft: self.draft.campaigns.get(id).copied().unwrap_or_default(),
        };
        Comparison {
            activities: self.activities,
            now: self.now.totals.clone(),
            draft: self.draft.totals.clone(),
            campaigns: ids.into_iter().map(compared).collect(),
            members_affected,
            members: members
                .into_iter()
                .map(|(_, member, now, draft)| MemberComparison {
                    member: member.clone(),
                    now,
                    draft,
                })
                .collect(),
        }
    }
}

/// Replays a whole history at once.
pub fn replay<'a>(
    history: impl IntoIterator<Item = (&'a Activity, &'a MemberFacts)>,
    now: &Rules,
    draft: &Rules,
    most_members: usize,
) -> Result<Comparison, Error> {
    let mut replay = Replay::new(now, draft);
    for (activity, facts) in history {
        replay.feed(activity, facts)?;
    }
    Ok(replay.comparison(most_members))
}

/// One of the two rules, with what it has given.
#[derive(Debug)]
struct Side<'r> {
    rules: &'r Rules,
    totals: Totals,
    campaigns: BTreeMap<String, Tally>,
    budgets: HashMap<String, i64>,
    /// By the member, then by the campaign.
    of_members: HashMap<String, HashMap<String, OfMember>>,
}

/// What a member has got of a campaign.
#[derive(Debug, Clone, Copy)]
struct OfMember {
    points: i64,
    awards: i64,
    /// The last day with points, and the points of that day …
    day: Counter<Date>,
    /// … and the same of the month, named by its year and number.
    month: Counter<(i16, i8)>,
}

/// Points of the last period in which there were some: because time goes on, no earlier one is asked for.
#[derive(Debug, Clone, Copy)]
struct Counter<P>(P, i64);

impl<P: Copy + Eq + Hash> Counter<P> {
    fn of(self, period: P) -> i64 {
        if self.0 == period { self.1 } else { 0 }
    }

    fn add(&mut self, period: P, points: i64) {
        *self = Self(period, self.of(period).saturating_add(points));
    }
}

fn month_of(day: Date) -> (i16, i8) {
    (day.year(), day.month())
}

impl<'r> Side<'r> {
    fn new(rules: &'r Rules) -> Self {
        Self {
            rules,
            totals: Totals::default(),
            campaigns: BTreeMap::new(),
            budgets: HashMap::new(),
            of_members: HashMap::new(),
        }
    }

    fn ids(&self) -> impl Iterator<Item = &String> {
        let all = self.rules.campaigns().iter().map(|campaign| &campaign.id);
        all.chain(self.campaigns.keys())
    }

    fn evaluate(&self, activity: &Activity, facts: &MemberFacts) -> Result<Evaluation, Error> {
        let day = day_of(activity.time, self.rules.zone());
        let of_member = self.of_members.get(&facts.name);
        let candidates = self.rules.candidates(activity);
        let usages: Usages = candidates
            .map(|campaign| {
                let mut usage = Usage {
                    budget_points: self.budgets.get(&campaign.id).copied().unwrap_or_default(),
                    ..Usage::default()
                };
                if let Some(got) = of_member.and_then(|campaigns| campaigns.get(&campaign.id)) {
                    usage.member_points = got.points;
                    usage.member_awards = got.awards;
                    usage.member_day_points = got.day.of(day);
                    usage.member_month_points = got.month.of(month_of(day));
                }
                (campaign.id.clone(), usage)
            })
            .collect();
        evaluate(self.rules, activity, facts, &usages, activity.time)
    }

    /// Counts what an activity earned, and tells how many points that is.
    fn count(&mut self, evaluation: &Evaluation, activity: &Activity, facts: &MemberFacts) -> i128 {
        let day = day_of(activity.time, self.rules.zone());
        let mut all = 0;
        for award in &evaluation.awards {
            all += i128::from(award.points);
            self.totals
                .by_wallet
                .entry(award.wallet.clone())
                .or_default()
                .add(award.points);
            match &award.origin {
                Origin::Base => self.totals.base.add(award.points),
                Origin::Campaign { id, .. } => self.count_campaign(id, award.points, day, facts),
            }
        }
        for explanation in &evaluation.explanations {
            if let Verdict::Faulty { .. } = explanation.verdict {
                let tally = self.campaigns.entry(explanation.campaign.clone()).or_default();
                tally.faults += 1;
            }
        }
        all
    }

    fn count_campaign(&mut self, id: &str, points: i64, day: Date, facts: &MemberFacts) {
        self.campaigns.entry(id.to_owned()).or_default().add(points);
        let budget = self.budgets.entry(id.to_owned()).or_default();
        *budget = budget.saturating_add(points);
        let of_member = self.of_members.entry(facts.name.clone()).or_default();
        let got = of_member.entry(id.to_owned()).or_insert(OfMember {
            points: 0,
            awards: 0,
            day: Counter(day, 0),
            month: Counter(month_of(day), 0),
        });
        got.points = got.points.saturating_add(points);
        got.awards += 1;
        got.day.add(day, points);
        got.month.add(month_of(day), points);
    }
}
