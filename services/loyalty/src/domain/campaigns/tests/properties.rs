//! The function against the naive model, and what must hold for any history.

use std::collections::HashSet;

use rapport_status::Reason;
use rapport_testkit::Random;

use super::{
    generator::World,
    model::{self, Given, Log, Why},
    *,
};

/// Runs a test on random worlds; a failure tells the seed of its world.
fn on_worlds(name: &str, worlds: usize, activities: usize, mut test: impl FnMut(&World, &mut Random)) {
    let mut random = Random::announced(name);
    for number in 0..worlds {
        let seed = random.next();
        let mut own = Random::new(seed);
        let world = World::new(&mut own, activities);
        let run = std::panic::AssertUnwindSafe(|| test(&world, &mut own));
        if let Err(panic) = std::panic::catch_unwind(run) {
            eprintln!("world {number} of seed {seed}: {:#?}", world.campaigns);
            std::panic::resume_unwind(panic);
        }
    }
}

fn word(verdict: &Verdict) -> Why {
    match verdict {
        Verdict::Applied { points, .. } => ("applied", *points),
        Verdict::OtherTrigger => ("trigger", 0),
        Verdict::NotLive(_) => ("state", 0),
        Verdict::OutsideWindow { .. } => ("window", 0),
        Verdict::OtherCurrency { .. } => ("currency", 0),
        Verdict::BelowMinimum { .. } => ("minimum", 0),
        Verdict::ConditionNotMet => ("condition", 0),
        Verdict::NoLineCounts => ("lines", 0),
        Verdict::Nothing { .. } => ("nothing", 0),
        Verdict::Superseded { .. } => ("superseded", 0),
        Verdict::CapReached { .. } => ("capped", 0),
        Verdict::BudgetExhausted { .. } => ("exhausted", 0),
        Verdict::Faulty { .. } => ("faulty", 0),
    }
}

fn given(evaluation: &Evaluation, activity: &Activity, facts: &MemberFacts) -> Vec<Given> {
    let awards = evaluation.awards.iter().map(|award| Given {
        campaign: match &award.origin {
            Origin::Base => None,
            Origin::Campaign { id, .. } => Some(id.clone()),
        },
        member: facts.name.clone(),
        day: model::day(activity),
        wallet: award.wallet.clone(),
        points: award.points,
        by_line: award
            .by_line
            .iter()
            .map(|(line, points)| (line.to_string(), *points))
            .collect(),
    });
    awards.collect()
}

fn usages(world: &World, activity: &Activity, facts: &MemberFacts, log: &Log) -> Usages {
    let campaigns = world.campaigns.iter().map(|meant| &meant.campaign.id);
    let usage = |id: &String| (id.clone(), log.usage(id, &facts.name, model::day(activity)));
    campaigns.map(usage).collect()
}

fn evaluated_after(
    rules: &Rules,
    world: &World,
    (activity, facts): &(Activity, MemberFacts),
    log: &Log,
) -> Option<Evaluation> {
    let usages = usages(world, activity, facts, log);
    match evaluate(rules, activity, facts, &usages, activity.time) {
        Ok(evaluation) => Some(evaluation),
        Err(error) => {
            assert_eq!(error.reason(), Reason::PointsOutOfRange, "{error}");
            None
        }
    }
}

/// The parts by lines, and the campaigns of a group.
fn check(evaluation: &Evaluation, world: &World, activity: &Activity) {
    let mut groups = HashSet::new();
    for award in &evaluation.awards {
        let of_lines: i64 = award.by_line.iter().map(|(_, points)| points).sum();
        assert!(activity.lines.is_empty() || of_lines == award.points, "{award:?}");
        assert!(
            award.points > 0 && award.by_line.iter().all(|(_, points)| *points > 0),
            "{award:?}"
        );
        if let Origin::Campaign { id, .. } = &award.origin {
            let meant = world
                .campaigns
                .iter()
                .find(|meant| meant.campaign.id == *id)
                .unwrap();
            let terms = &meant.campaign.terms;
            assert_eq!(
                (award.pending_days, award.expiry_months),
                (terms.pending_days, terms.expiry_months)
            );
            let group = &terms.stacking.group;
            assert!(group.is_empty() || groups.insert(group.clone()), "two of {group}");
        }
    }
    let explained: Vec<_> = evaluation
        .explanations
        .iter()
        .map(|of| of.campaign.as_str())
        .collect();
    assert!(explained.is_sorted() && explained.len() == world.campaigns.len());
}

#[test]
fn evaluations_are_those_of_the_model() {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    on_worlds("evaluations_are_those_of_the_model", 2_000, 40, |world, _| {
        let (rules, mut log) = (world.rules(), Log::default());
        for pair in &world.history {
            let (activity, facts) = pair;
            let evaluation = evaluated_after(&rules, world, pair, &log);
            let expected = model::decide(world, activity, facts, &log);
            let found = evaluation.as_ref().map(|evaluation| {
                let whys: BTreeMap<_, _> = evaluation
                    .explanations
                    .iter()
                    .map(|explanation| (explanation.campaign.clone(), word(&explanation.verdict)))
                    .collect();
                (given(evaluation, activity, facts), whys)
            });
            assert_eq!(found, expected, "{activity:#?}\n{facts:#?}");
            let Some((awards, whys)) = expected else {
                continue;
            };
            check(&evaluation.unwrap(), world, activity);
            for (why, _) in whys.into_values() {
                *seen.entry(why).or_default() += 1;
            }
            log.0.extend(awards);
        }
    });
    let all = [
        "applied",
        "capped",
        "condition",
        "currency",
        "exhausted",
        "faulty",
        "lines",
        "minimum",
        "nothing",
        "state",
        "superseded",
        "trigger",
        "window",
    ];
    println!("{seen:?}");
    for word in all {
        assert!(
            seen.get(word).is_some_and(|count| *count > 100),
            "{word} is hardly tested: {seen:?}"
        );
    }
}

#[test]
fn no_cap_and_no_budget_is_ever_exceeded() {
    on_worlds("no_cap_and_no_budget_is_ever_exceeded", 600, 60, |world, _| {
        let (rules, mut log) = (world.rules(), Log::default());
        for pair in &world.history {
            if let Some(evaluation) = evaluated_after(&rules, world, pair, &log) {
                log.0.extend(given(&evaluation, &pair.0, &pair.1));
            }
        }
        for meant in &world.campaigns {
            let (caps, budget) = (&meant.campaign.terms.caps, meant.campaign.terms.budget);
            let own = |given: &&Given| given.campaign.as_ref() == Some(&meant.campaign.id);
            for given in log.0.iter().filter(own) {
                let usage = log.usage(&meant.campaign.id, &given.member, given.day);
                for (most, used) in [
                    (budget.map(|budget| budget.points), usage.budget_points),
                    (caps.order_points, given.points),
                    (caps.member_points, usage.member_points),
                    (caps.member_day_points, usage.member_day_points),
                    (caps.member_month_points, usage.member_month_points),
                    (caps.member_awards, usage.member_awards),
                ] {
                    assert!(most.is_none_or(|most| used <= most), "{usage:?} {given:?}");
                }
            }
        }
    });
}

#[test]
fn the_order_of_campaigns_does_not_matter_and_trying_out_is_as_doing() {
    let name = "the_order_of_campaigns_does_not_matter_and_trying_out_is_as_doing";
    on_worlds(name, 400, 40, |world, random| {
        let (rules, shuffled, mut log) = (world.rules(), world.shuffled_rules(random), Log::default());
        let tried = world.campaigns.iter().map(|meant| {
            let campaign = &meant.campaign;
            Arc::new(if matches!(campaign.state, State::Live | State::Scheduled) {
                Compiled::as_if_live(campaign, &berlin())
            } else {
                Compiled::new(campaign, &berlin())
            })
        });
        let tried = Rules::new(world.base, tried.collect(), &berlin());
        for pair in &world.history {
            let evaluation = evaluated_after(&rules, world, pair, &log);
            assert_eq!(evaluated_after(&shuffled, world, pair, &log), evaluation);
            let dry = evaluated_after(&tried, world, pair, &log);
            let awards = |of: &Option<Evaluation>| of.as_ref().map(|of| of.awards.clone());
            assert_eq!(awards(&dry), awards(&evaluation));
            if let Some(evaluation) = evaluation {
                log.0.extend(given(&evaluation, &pair.0, &pair.1));
            }
        }
    });
}

#[test]
fn only_the_usages_of_candidates_are_needed() {
    on_worlds("only_the_usages_of_candidates_are_needed", 200, 30, |world, _| {
        let (rules, mut log) = (world.rules(), Log::default());
        for pair in &world.history {
            let (activity, facts) = pair;
            let Some(evaluation) = evaluated_after(&rules, world, pair, &log) else {
                continue;
            };
            let mut usages = usages(world, activity, facts, &log);
            let candidates: HashSet<_> = rules
                .candidates(activity)
                .map(|campaign| campaign.id.clone())
                .collect();
            usages.retain(|id, _| candidates.contains(id));
            let found = evaluate(&rules, activity, facts, &usages, activity.time).unwrap();
            assert_eq!(found, evaluation);
            log.0.extend(given(&evaluation, activity, facts));
        }
    });
}

#[test]
fn a_replay_comes_to_what_the_activities_gave_one_by_one() {
    let name = "a_replay_comes_to_what_the_activities_gave_one_by_one";
    on_worlds(name, 250, 40, |world, random| {
        let mut draft = World::new(random, 0);
        draft.base = world.base;
        let (now_rules, draft_rules) = (world.rules(), draft.rules());
        let (mut now, mut then, mut replay) = (
            Log::default(),
            Log::default(),
            Replay::new(&now_rules, &draft_rules),
        );
        let mut fed = 0;
        for (activity, facts) in &world.history {
            let before = model::decide(world, activity, facts, &now);
            let after = model::decide(&draft, activity, facts, &then);
            let (Some((before, _)), Some((after, _))) = (before, after) else {
                assert!(replay.feed(activity, facts).is_err());
                continue;
            };
            replay.feed(activity, facts).unwrap();
            now.0.extend(before);
            then.0.extend(after);
            fed += 1;
        }
        let comparison = replay.comparison(usize::MAX);
        assert_eq!(comparison.activities, fed);
        let sum = |log: &Log, test: &dyn Fn(&Given) -> bool| {
            let points = log
                .0
                .iter()
                .filter(|given| test(given))
                .map(|given| i128::from(given.points));
            points.sum::<i128>()
        };
        for (totals, log) in [(&comparison.now, &now), (&comparison.draft, &then)] {
            for wallet in ["points", "miles"] {
                let found = totals.by_wallet.get(wallet).map_or(0, |tally| tally.points);
                assert_eq!(found, sum(log, &|given| given.wallet == wallet));
            }
            assert_eq!(totals.base.points, sum(log, &|given| given.campaign.is_none()));
        }
        for compared in &comparison.campaigns {
            let own = |given: &Given| given.campaign.as_ref() == Some(&compared.campaign);
            assert_eq!(compared.now.points, sum(&now, &own));
            assert_eq!(compared.draft.points, sum(&then, &own));
        }
        let members: HashSet<_> = world.history.iter().map(|(_, facts)| &facts.name).collect();
        let affected = members.into_iter().filter(|member| {
            let own = |given: &Given| given.member == **member;
            sum(&now, &own) != sum(&then, &own)
        });
        assert_eq!(comparison.members_affected, affected.count() as u64);
        let difference = |of: &MemberComparison| of.now.abs_diff(of.draft);
        assert!(
            comparison
                .members
                .is_sorted_by_key(|of| std::cmp::Reverse(difference(of)))
        );
    });
}
