//! The rules by example, and random histories against a naive model.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rapport_status::Error;
use uuid::Uuid;

use super::*;
use rapport_testkit::Random;

const HISTORIES: usize = 20_000;

fn level(title: &str, rule: Rule) -> Level {
    Level {
        title: title.to_owned(),
        rule,
    }
}

fn reviews(at_least: i64) -> Rule {
    Rule::Count {
        counter: "reviews".to_owned(),
        at_least,
    }
}

/// Bronze for 5 reviews, silver for 20, gold by hand.
fn critic() -> Terms {
    Terms {
        version: 1,
        title: "Critic".to_owned(),
        levels: vec![
            level("bronze", reviews(5)),
            level("silver", reviews(20)),
            level("gold", Rule::ByHand),
        ],
        revocable: true,
    }
}

fn written(count: i64) -> Command {
    Command::Evaluate(Facts {
        counters: BTreeMap::from([("reviews".to_owned(), count)]),
        ..Facts::default()
    })
}

fn award(level: usize) -> Command {
    Command::Award {
        level,
        by: "ruth".to_owned(),
        reason: "a fine text".to_owned(),
    }
}

fn revoke(level: usize) -> Command {
    Command::Revoke {
        level,
        by: "ruth".to_owned(),
        reason: "copied".to_owned(),
    }
}

struct Example {
    terms: Terms,
    cabinet: Cabinet,
    now: Timestamp,
    ids: u128,
}

impl Example {
    fn new(terms: Terms) -> Self {
        Self {
            terms,
            cabinet: Cabinet::default(),
            now: "2026-03-01T12:00:00Z".parse().unwrap(),
            ids: 0,
        }
    }

    fn decide(&mut self, command: &Command) -> Result<Decision, Error> {
        let ids = &mut self.ids;
        decide(&self.cabinet, command, &self.terms, self.now, &mut || {
            *ids += 1;
            Uuid::from_u128(*ids)
        })
    }

    /// Takes a command an hour later than the one before.
    fn take(&mut self, command: &Command) -> Decision {
        self.now += SignedDuration::from_hours(1);
        let decision = self.decide(command).unwrap();
        for change in &decision.changes {
            self.cabinet.apply(change);
        }
        decision
    }

    /// The level that is shown after a command.
    fn shown(&mut self, command: &Command) -> Option<usize> {
        self.take(command);
        self.cabinet.shown().map(|shown| shown.level)
    }
}

#[test]
fn the_highest_level_is_shown_with_its_date_and_reason() {
    let mut example = Example::new(critic());
    assert_eq!(example.shown(&written(4)), None);
    assert_eq!(example.shown(&written(5)), Some(0));
    assert_eq!(example.shown(&written(20)), Some(1));
    let shown = example.cabinet.shown().unwrap();
    assert_eq!(
        (shown.time, shown.reason.as_str()),
        (example.now, "reviews reached 20")
    );
    assert_eq!(example.take(&written(25)), Decision::default());
    assert_eq!(example.shown(&award(2)), Some(2));
    let shown = example.cabinet.shown().unwrap();
    assert_eq!((shown.time, shown.reason.as_str()), (example.now, "a fine text"));
}

#[test]
fn what_a_rule_gave_goes_and_comes_with_its_facts() {
    let mut example = Example::new(critic());
    example.take(&written(20));
    assert_eq!(example.shown(&written(19)), Some(0));
    let revoked = example.cabinet.awards[1].revocation.clone().unwrap();
    assert_eq!(
        (revoked.time, revoked.reason.as_str()),
        (example.now, "no longer: reviews reached 20")
    );
    assert_eq!(example.shown(&written(20)), Some(1));
    assert_eq!(example.cabinet.awards.len(), 3, "the revoked award is kept");
    example.terms.revocable = false;
    assert_eq!(example.shown(&written(0)), Some(1));
}

#[test]
fn what_a_hand_gave_only_a_hand_takes() {
    let mut example = Example::new(critic());
    example.take(&written(5));
    example.take(&award(0));
    assert_eq!(example.shown(&written(0)), Some(0));
    assert_eq!(example.take(&award(0)), Decision::default());
    assert_eq!(example.shown(&revoke(0)), None);
    let last = example.cabinet.awards.last().unwrap();
    assert_eq!(last.revocation.as_ref().unwrap().reason, "copied (ruth)");
    assert_eq!(example.shown(&written(5)), None, "it is barred");
    assert_eq!(example.take(&revoke(0)), Decision::default());
    assert_eq!(example.shown(&award(0)), Some(0));
    assert_eq!(
        example.take(&revoke(1)).changes,
        [Change::Barred(1)],
        "before it is held"
    );
    assert_eq!(example.shown(&written(20)), Some(0));
}

#[test]
fn new_terms_leave_what_was_awarded_under_old_ones() {
    let mut example = Example::new(critic());
    example.take(&written(5));
    example.terms.version = 2;
    example.terms.levels[0].rule = reviews(10);
    assert_eq!(example.shown(&written(5)), Some(0));
    let origin = Origin::Rule { terms_version: 1 };
    assert_eq!(example.cabinet.held(0).unwrap().origin, origin);
}

#[test]
fn rules_hold_from_the_number_that_they_ask_for() {
    let facts = Facts {
        challenges: BTreeMap::from([("streak".to_owned(), 2)]),
        tiers: BTreeMap::from([("status".to_owned(), 3)]),
        counters: BTreeMap::from([("reviews".to_owned(), 4)]),
    };
    let challenge = |challenge: &str, levels| Rule::Challenge {
        challenge: challenge.to_owned(),
        levels,
    };
    let tier = |tier_set: &str, rank| Rule::Tier {
        tier_set: tier_set.to_owned(),
        rank,
    };
    for (rule, why) in [
        (
            challenge("streak", 2),
            Some("reached level 2 of the challenge streak"),
        ),
        (challenge("streak", 3), None),
        (challenge("reviews", 1), None),
        (tier("status", 2), Some("reached rank 2 of the tiers status")),
        (tier("status", 4), None),
        (reviews(4), Some("reviews reached 4")),
        (reviews(5), None),
        (Rule::ByHand, None),
    ] {
        assert_eq!(rule.holds(&facts).as_deref(), why, "{rule:?}");
    }
}

#[test]
fn wrong_terms_and_commands_are_refused_with_their_fields() {
    let mut wrong = critic();
    wrong.title = String::new();
    wrong.levels = vec![level(" ", reviews(0))];
    wrong.levels.push(level(
        "x",
        Rule::Challenge {
            challenge: String::new(),
            levels: LARGEST_COUNT + 1,
        },
    ));
    wrong.levels.push(level(
        "x",
        Rule::Tier {
            tier_set: String::new(),
            rank: 0,
        },
    ));
    let fields = |terms: &Terms| -> Vec<String> {
        terms
            .check()
            .into_iter()
            .map(|violation| violation.field)
            .collect()
    };
    assert_eq!(
        fields(&wrong),
        [
            "badge.title",
            "badge.levels[0].title",
            "badge.levels[0].rule.at_least",
            "badge.levels[1].rule.challenge",
            "badge.levels[1].rule.levels",
            "badge.levels[2].rule.tier_set",
            "badge.levels[2].rule.rank",
        ]
    );
    for (count, expected) in [
        (0, vec!["badge.levels"]),
        (1, vec![]),
        (10, vec![]),
        (11, vec!["badge.levels"]),
    ] {
        let mut terms = critic();
        terms.levels = vec![level("x", reviews(LARGEST_COUNT)); count];
        assert_eq!(fields(&terms), expected, "{count} levels");
    }
    let mut example = Example::new(critic());
    let refused = example.decide(&award(3)).unwrap_err();
    assert!(refused.message().contains("0 to 2"), "{refused}");
    let nobody = Command::Revoke {
        level: 0,
        by: String::new(),
        reason: "copied".to_owned(),
    };
    assert_eq!(example.decide(&nobody).unwrap_err().violations()[0].field, "by");
}

#[test]
fn a_cabinet_keeps_so_many_awards_and_no_more() {
    let mut example = Example::new(critic());
    for _ in 0..MOST_AWARDS {
        example.take(&written(5));
        example.take(&written(0));
    }
    assert!(
        example
            .decide(&written(5))
            .unwrap_err()
            .message()
            .contains("1000 times")
    );
    assert_eq!(example.shown(&written(0)), None);
}

/// What the model knows of a level.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Held {
    by_rule: bool,
    by_hand: bool,
    barred: bool,
}

#[test]
fn random_histories_hold_what_a_naive_model_holds() {
    let mut random = Random::announced("badges");
    for history in 0..HISTORIES {
        let mut example = Example::new(critic());
        example.terms.revocable = random.one_in(2);
        let mut model = [Held::default(); 3];
        let mut log = Vec::new();
        for _ in 0..random.below(12) {
            let level = random.below(3);
            let command = match random.below(4) {
                0 => award(level),
                1 => revoke(level),
                _ => written([0, 4, 5, 19, 20, 21][random.below(6)]),
            };
            match &command {
                Command::Award { .. } => {
                    model[level] = Held {
                        by_hand: true,
                        ..Held::default()
                    }
                }
                Command::Revoke { .. } => {
                    model[level] = Held {
                        barred: true,
                        ..Held::default()
                    }
                }
                Command::Evaluate(facts) => {
                    let count = facts.counters["reviews"];
                    for (held, needed) in model.iter_mut().zip([5, 20]) {
                        if !held.by_hand && !held.barred {
                            held.by_rule = count >= needed || (held.by_rule && !example.terms.revocable);
                        }
                    }
                }
            }
            example.take(&command);
            log.push(command);
            for (level, held) in model.iter().enumerate() {
                let awards = example
                    .cabinet
                    .awards
                    .iter()
                    .filter(|award| award.level == level && award.stands());
                let origins: Vec<bool> = awards
                    .map(|award| matches!(award.origin, Origin::Hand { .. }))
                    .collect();
                let expected = match (held.by_hand, held.by_rule) {
                    (true, _) => vec![true],
                    (false, true) => vec![false],
                    (false, false) => vec![],
                };
                assert_eq!(origins, expected, "history {history}, level {level}, {log:#?}");
            }
            let ids: std::collections::BTreeSet<Uuid> =
                example.cabinet.awards.iter().map(|award| award.id).collect();
            assert_eq!(
                ids.len(),
                example.cabinet.awards.len(),
                "history {history}: an id came twice"
            );
        }
    }
}
