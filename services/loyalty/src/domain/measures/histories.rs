//! Random histories of lots: what finance says of them against naive counting.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rapport_money::{Currency, Money};
use uuid::Uuid;

use super::{
    Flows, Kind, Month, Movement,
    breakage::{Curve, curves, outlook},
    liability::{Question, Rate, WHOLE, liability},
    ratios::earn_burn,
    real,
    recognition::{outstanding, recognise},
    roll_forward::roll_forward,
    roll_up::{RollUp, increments},
    statement::{Language, Request, statement},
};
use rapport_testkit::Random;

const HISTORIES: usize = 20_000;

/// Hours that histories last: about five months from 1 January 2026.
const HOURS: i64 = 150 * 24;

fn at(hour: i64) -> Timestamp {
    "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hour)
}

fn hour(moment: Timestamp) -> i64 {
    moment.duration_since(at(0)).as_hours()
}

fn month(number: i64) -> Month {
    "2026-01".parse::<Month>().unwrap().plus(number)
}

/// The lots of two members in two wallets, with everything that can happen to a lot: at its very expiry, after it, and
/// known late.
fn random_movements(random: &mut Random) -> Vec<Movement> {
    let mut movements = Vec::new();
    for lot in 0..random.below(5) {
        let mut now = random.between(0, HOURS / 2);
        let mut expiry = (!random.one_in(4)).then(|| now + random.between(1, HOURS / 2));
        let mut left = random.between(1, 1_000);
        let mut next = (Kind::Earned, left);
        let (member, wallet) = (random.below(2), random.below(2));
        let vintage = Month::at(at(now), &TimeZone::UTC);
        for _ in 0..random.between(1, 6) {
            movements.push(Movement {
                member: format!("programs/p/members/{member}"),
                wallet: format!("w{wallet}"),
                lot: Uuid::from_u128(lot as u128),
                vintage,
                kind: next.0,
                points: next.1,
                post_time: at(now),
                known_time: at(now
                    + if random.one_in(3) {
                        random.between(0, 1_000)
                    } else {
                        0
                    }),
                number: i64::try_from(movements.len()).unwrap(),
                expire_time: expiry.map(at),
                cause: "a, \"cause\"".to_owned(),
            });
            now = match expiry {
                Some(expiry) if random.one_in(3) => expiry.max(now),
                _ => now + random.between(0, HOURS / 6),
            };
            let some = random.between(0, left);
            next = match random.below(8) {
                0 => (Kind::Redeemed, -some),
                1 => (Kind::TakenBack, -some),
                2 => (Kind::GivenBack, random.between(0, 50)),
                3 => (Kind::Expired, -left),
                4 => (Kind::Expired, -some),
                5 => (Kind::Transferred, -some),
                6 => (Kind::Adjusted, random.between(-some, 50)),
                _ => (Kind::Reinstated, random.between(0, 50)),
            };
            if random.one_in(4) {
                expiry = (!random.one_in(3)).then(|| now + random.between(-50, HOURS / 4));
            }
            left += next.1;
        }
    }
    movements
}

/// What each wallet and vintage has, told hour by hour; hours without a movement are left out.
fn naive_outstanding(movements: &[Movement], as_of: i64, known_by: i64) -> BTreeMap<(String, Month), i64> {
    let mut lots: BTreeMap<Uuid, (String, Month, i64, Option<i64>)> = BTreeMap::new();
    let mut in_order: Vec<&Movement> = movements.iter().collect();
    in_order.sort_by_key(|movement| movement.number);
    let hours: BTreeSet<i64> = movements
        .iter()
        .map(|movement| hour(movement.post_time))
        .collect();
    for now in hours.into_iter().filter(|now| *now < as_of) {
        for movement in &in_order {
            if hour(movement.post_time) == now && hour(movement.known_time) <= known_by {
                let lot =
                    lots.entry(movement.lot)
                        .or_insert((movement.wallet.clone(), movement.vintage, 0, None));
                lot.2 += movement.points;
                lot.3 = movement.expire_time.map(hour);
            }
        }
    }
    let mut sums = BTreeMap::new();
    for (wallet, vintage, left, expiry) in lots.into_values() {
        if expiry.is_none_or(|expiry| expiry > as_of) {
            *sums.entry((wallet, vintage)).or_default() += left;
        }
    }
    sums.retain(|_, points| *points != 0);
    sums
}

fn question(as_of: Timestamp, known_by: Timestamp) -> Question {
    Question {
        as_of,
        known_by,
        rates: BTreeMap::from([(
            "w0".to_owned(),
            Rate {
                money: Money {
                    minor: 1,
                    currency: Currency::USD,
                },
                per_points: 3,
            },
        )]),
        breakage: BTreeMap::from([(("w0".to_owned(), month(0)), WHOLE / 4)]),
    }
}

#[test]
fn the_liability_is_what_naive_counting_finds_and_nothing_later_changes_it() {
    let mut random = Random::announced("liability");
    for history in 0..HISTORIES {
        let mut movements = random_movements(&mut random);
        let as_of = random.between(0, HOURS);
        let known_by = as_of
            + if random.one_in(2) {
                0
            } else {
                random.between(0, HOURS)
            };
        let question = question(at(as_of), at(known_by));
        let answer = liability(&movements, &question).unwrap();
        let points: BTreeMap<_, _> = answer
            .lines
            .iter()
            .map(|line| ((line.wallet.clone(), line.vintage), line.points))
            .collect();
        let expected = naive_outstanding(&movements, as_of, known_by);
        assert_eq!(
            points, expected,
            "history {history}, as of {as_of}, known by {known_by}, {movements:#?}"
        );
        let mut sums = (0, 0);
        for line in &answer.lines {
            let lapses = if line.wallet == "w0" && line.vintage == month(0) {
                line.points.max(0) / 4
            } else {
                0
            };
            assert_eq!(line.expected_breakage, lapses, "history {history}: {line:?}");
            assert_eq!(
                line.value.is_some(),
                line.wallet == "w0",
                "history {history}: {line:?}"
            );
            if let Some(value) = line.value {
                sums.0 += value.gross.minor;
                sums.1 += value.net.minor;
                assert!(
                    (3 * value.gross.minor - line.points).abs() <= 1,
                    "history {history}: {line:?}"
                );
                assert!(
                    (3 * value.net.minor - (line.points - lapses)).abs() <= 1,
                    "history {history}: {line:?}"
                );
            }
        }
        let totals = answer
            .totals
            .get(&Currency::USD)
            .map(|total| (total.gross.minor, total.net.minor));
        assert_eq!(totals.unwrap_or_default(), sums, "history {history}");

        for mut later in random_movements(&mut random) {
            let late = random.between(1, 500);
            if random.one_in(2) {
                later.known_time = at(known_by + late);
            } else {
                later.post_time = at(as_of + late - 1);
            }
            movements.push(later);
        }
        random.shuffle(&mut movements);
        assert_eq!(
            liability(&movements, &question).unwrap(),
            answer,
            "history {history}: it changed"
        );
    }
}

#[test]
fn what_is_recognised_adds_up_to_what_is_outstanding_at_every_moment() {
    let mut random = Random::announced("recognition");
    let mut seen: BTreeMap<Kind, usize> = BTreeMap::new();
    for history in 0..HISTORIES {
        let movements = random_movements(&mut random);
        let known_by = at(2 * HOURS);
        let recognised = recognise(&movements, known_by).unwrap();
        assert!(recognised.is_sorted_by_key(|each| each.time), "history {history}");
        for each in &recognised {
            *seen.entry(each.kind).or_default() += 1;
        }
        let mut moments: Vec<Timestamp> = (0..3).map(|_| at(random.between(0, HOURS))).collect();
        moments.extend(movements.iter().filter_map(|movement| movement.expire_time));
        moments.extend(movements.iter().map(|movement| movement.post_time));
        for moment in moments.into_iter().filter(|moment| *moment <= known_by) {
            for wallet in ["w0", "w1"] {
                let told = recognised
                    .iter()
                    .filter(|each| each.movement.wallet == wallet && each.time < moment);
                let told: i64 = told.map(|each| each.points).sum();
                let lots = outstanding(&movements, moment, known_by).unwrap();
                let left: i64 = lots
                    .iter()
                    .filter(|(lot, _)| lot.wallet == wallet)
                    .map(|(_, left)| left)
                    .sum();
                assert_eq!(
                    told, left,
                    "history {history}, {wallet} before {moment}, {movements:#?}, {recognised:#?}"
                );
            }
        }
    }
    assert_eq!(seen.len(), Kind::ALL.len(), "some kind never came: {seen:?}");
}

#[test]
fn roll_forwards_close_month_by_month() {
    let mut random = Random::announced("roll-forward");
    for history in 0..HISTORIES {
        let movements = random_movements(&mut random);
        let known_by = at(2 * HOURS);
        let rows = roll_forward(&movements, "w0", (month(-1), month(6)), &TimeZone::UTC, known_by).unwrap();
        let context = || format!("history {history}, {movements:#?}, {rows:#?}");
        assert_eq!(rows.len(), 8);
        assert_eq!(rows[0].opening, 0, "{}", context());
        assert!(
            rows.windows(2).all(|pair| pair[0].closing == pair[1].opening),
            "{}",
            context()
        );
        assert!(rows.iter().all(|row| row.difference() == 0), "{}", context());
        let mut flows = Flows::default();
        for row in &rows {
            flows += row.flows;
        }
        assert_eq!(flows.net(), i128::from(rows[7].closing), "{}", context());
        // What does not depend on when lots lapse is as it was posted.
        for kind in [
            Kind::Earned,
            Kind::Redeemed,
            Kind::TakenBack,
            Kind::GivenBack,
            Kind::Transferred,
            Kind::Adjusted,
        ] {
            let end = month(6).end(&TimeZone::UTC);
            let posted = movements
                .iter()
                .filter(|movement| movement.wallet == "w0" && movement.kind == kind);
            let posted: i64 = posted
                .filter(|movement| movement.post_time < end)
                .map(|movement| movement.points)
                .sum();
            assert_eq!(flows.of(kind), i128::from(posted), "{kind:?}: {}", context());
        }
        let range = (month(-1).start(&TimeZone::UTC), month(6).end(&TimeZone::UTC));
        let recognised = recognise(&movements, known_by).unwrap();
        let ratios = earn_burn(&recognised, "w0", range).unwrap();
        assert_eq!(i128::from(ratios.earned), flows.issued(), "{}", context());
        assert_eq!(i128::from(ratios.burned), flows.redeemed(), "{}", context());
        assert_eq!(
            ratios.earn_burn_ratio.is_some(),
            ratios.burned > 0,
            "{}",
            context()
        );
        assert_eq!(
            ratios.redemption_rate.is_some(),
            ratios.earned > 0,
            "{}",
            context()
        );
    }
}

#[test]
fn roll_ups_that_are_kept_up_to_date_are_those_that_are_counted_anew() {
    let mut random = Random::announced("roll-ups");
    for history in 0..HISTORIES {
        let movements = random_movements(&mut random);
        let mut shuffled = movements.clone();
        random.shuffle(&mut shuffled);
        let mut kept = RollUp::default();
        let mut rest = shuffled.as_slice();
        while !rest.is_empty() {
            let (some, others) = rest.split_at(random.below(rest.len()) + 1);
            kept.add_all(increments("programs/p", some, &TimeZone::UTC));
            rest = others;
        }
        let anew = increments("programs/p", &movements, &TimeZone::UTC);
        assert_eq!(kept, anew, "history {history}");
        let counted: i64 = anew.cells().map(|(_, cell)| cell.movements).sum();
        assert_eq!(
            counted,
            i64::try_from(movements.len()).unwrap(),
            "history {history}"
        );
        let (first, last) = ("2026-01-20".parse().unwrap(), "2026-02-10".parse().unwrap());
        for wallet in ["w0", "w1"] {
            let sum = anew.sum("programs/p", wallet, (first, last));
            let within = movements.iter().filter(|movement| {
                let day = TimeZone::UTC.to_datetime(movement.post_time).date();
                movement.wallet == wallet && first <= day && day <= last
            });
            let (count, points) = within.fold((0, 0), |sum, movement| {
                (sum.0 + 1, sum.1 + i128::from(movement.points))
            });
            assert_eq!(
                (sum.movements, sum.flows.net()),
                (count, points),
                "history {history}, {wallet}"
            );
        }
        assert_eq!(anew.sum("programs/other", "w0", (first, last)).movements, 0);
    }
}

#[test]
fn statements_add_up_as_they_are_read() {
    let mut random = Random::announced("statements");
    for history in 0..HISTORIES {
        let movements = random_movements(&mut random);
        let request = Request {
            member: "programs/p/members/0",
            wallet: "w0",
            month: month(random.between(0, 4)),
            zone: &TimeZone::UTC,
            known_by: at(2 * HOURS),
            language: if random.one_in(2) {
                Language::English
            } else {
                Language::Chinese
            },
        };
        let text = statement(&movements, &request).unwrap();
        let context = || format!("history {history}, {movements:#?},\n{text}");
        let sections: Vec<Vec<&str>> = text
            .split("\r\n\r\n")
            .map(|section| section.trim_end().split("\r\n").collect())
            .collect();
        assert_eq!(sections.len(), 3, "{}", context());
        assert_eq!(sections[0].len(), 3, "{}", context());
        let cells = |line: &str| -> Vec<i64> {
            line.rsplit(',')
                .take(2)
                .map(|cell| cell.parse().unwrap_or_default())
                .collect()
        };
        let lines = &sections[1][1..];
        let mut balance = cells(lines[0])[0];
        for line in &lines[1..lines.len() - 1] {
            let [after, points] = cells(line)[..] else {
                panic!("{}", context())
            };
            balance += points;
            assert_eq!(balance, after, "{line}: {}", context());
        }
        assert_eq!(cells(lines[lines.len() - 1])[0], balance, "{}", context());
        let open: i64 = sections[2][1..].iter().map(|line| cells(line)[0]).sum();
        assert_eq!(open, balance, "{}", context());
    }
}

/// A vintage's curve, counted from the recognised movements one age after the other.
fn naive_curve(movements: &[Movement], vintage: Month, last: Month) -> Vec<(i64, i64, i64)> {
    let recognised = recognise(movements, at(2 * HOURS)).unwrap();
    let ages = 0..=last.since(vintage);
    ages.map(|age| {
        let end = vintage.plus(age).end(&TimeZone::UTC);
        let sum = |kinds: &[Kind]| -> i64 {
            recognised
                .iter()
                .filter(|each| {
                    each.movement.wallet == "w0" && each.movement.vintage == vintage && each.time < end
                })
                .filter(|each| kinds.contains(&each.kind))
                .map(|each| each.points)
                .sum()
        };
        (
            sum(&[Kind::Earned, Kind::TakenBack, Kind::Transferred, Kind::Adjusted]),
            -sum(&[Kind::Redeemed, Kind::GivenBack]),
            -sum(&[Kind::Expired, Kind::Reinstated]),
        )
    })
    .collect()
}

#[test]
fn curves_are_what_naive_counting_finds_and_expectations_stay_within_what_is_open() {
    let mut random = Random::announced("curves");
    let mut estimated = 0;
    for history in 0..HISTORIES {
        let movements = random_movements(&mut random);
        let recognised = recognise(&movements, at(2 * HOURS)).unwrap();
        let last = month(random.between(2, 5));
        let curves: Vec<Curve> = curves(&recognised, "w0", last, &TimeZone::UTC).unwrap();
        let context = || format!("history {history}, {movements:#?}");
        for curve in &curves {
            let counted: Vec<_> = curve
                .points
                .iter()
                .map(|point| (point.issued, point.redeemed, point.expired))
                .collect();
            assert_eq!(
                counted,
                naive_curve(&movements, curve.vintage, last),
                "{}",
                context()
            );
            for shares in curve.points.iter().filter_map(super::breakage::Point::shares) {
                let sum = shares.redeemed + shares.expired + shares.open;
                assert!((sum - 1.0).abs() < 1e-9, "{shares:?}: {}", context());
            }
        }
        for outlook in outlook(&curves, 1) {
            let Ok(expected) = outlook.expected else { continue };
            estimated += 1;
            let latest = outlook.latest;
            assert!(
                (0..=WHOLE).contains(&expected.open_breakage),
                "{outlook:?}: {}",
                context()
            );
            let redeemable = real(latest.redeemed + latest.open().max(0));
            assert!(
                (real(latest.redeemed)..=redeemable).contains(&expected.redeemed),
                "{outlook:?}: {}",
                context()
            );
            let breakage = 1.0 - expected.redeemed / real(latest.issued);
            assert!(
                (expected.breakage - breakage).abs() < 1e-9,
                "{outlook:?}: {}",
                context()
            );
        }
    }
    assert!(estimated > 1_000, "hardly anything was estimated: {estimated}");
}
