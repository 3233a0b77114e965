//! How many of those who enrolled in a month still come.

use std::collections::{BTreeMap, BTreeSet};

use rapport_measure::{Confidence, Proportion, ProportionInterval};
use rapport_status::Error;

use super::{MOST_MONTHS, Month, fault};

/// What is known of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberMonths {
    /// The month of enrolment.
    pub enrolled: Month,
    /// The months with a purchase or a visit, in any order. Months before enrolment are ignored.
    pub active: BTreeSet<Month>,
}

/// Those who enrolled in one month.
#[derive(Debug, Clone, PartialEq)]
pub struct Cohort {
    /// The month.
    pub month: Month,
    /// How many.
    pub size: i64,
    /// How many of them were active by months since enrolment; the month of enrolment itself is 0. Each with Wilson's
    /// interval.
    pub retained: Vec<Proportion>,
}

/// The retention matrix: for each cohort and each month from enrolment to the last, the share of the cohort that was active
/// in that month (classic cohort retention: a member who pauses and returns counts again). The last month should be over.
/// Members who enrolled after it are ignored. Refused when a cohort is older than 600 months.
pub fn retention(
    members: &[MemberMonths],
    last: Month,
    confidence: Confidence,
) -> Result<Vec<Cohort>, Error> {
    let mut cohorts: BTreeMap<Month, Vec<&MemberMonths>> = BTreeMap::new();
    for member in members.iter().filter(|member| member.enrolled <= last) {
        cohorts.entry(member.enrolled).or_default().push(member);
    }
    let mut matrix = Vec::new();
    for (month, members) in cohorts {
        let oldest = last.since(month);
        if oldest >= MOST_MONTHS {
            let description = format!(
                "the cohort {month} is older than {MOST_MONTHS} months; choose an earlier last month"
            );
            return Err(Error::invalid_field("last", description));
        }
        let size = number_of(members.len());
        let mut active = vec![0; usize::try_from(oldest + 1).unwrap_or_default()];
        for member in members {
            for active_month in member.active.range(month..=last) {
                if let Some(count) = usize::try_from(active_month.since(month))
                    .ok()
                    .and_then(|age| active.get_mut(age))
                {
                    *count += 1;
                }
            }
        }
        let share = |part: i64| {
            let share = Proportion::of(part, size, confidence, ProportionInterval::Wilson).map_err(fault)?;
            share.ok_or_else(|| Error::internal(format!("the cohort {month} is empty")))
        };
        let retained = active
            .into_iter()
            .map(share)
            .collect::<Result<Vec<Proportion>, Error>>()?;
        matrix.push(Cohort {
            month,
            size,
            retained,
        });
    }
    Ok(matrix)
}

fn number_of(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapport_testkit::Random;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn member(enrolled: &str, active: &[&str]) -> MemberMonths {
        MemberMonths {
            enrolled: month(enrolled),
            active: active.iter().map(|text| month(text)).collect(),
        }
    }

    #[test]
    fn a_cohort_is_followed_from_its_month_to_the_last() {
        let members = [
            member("2026-01", &["2025-12", "2026-01", "2026-03"]),
            member("2026-01", &["2026-01", "2026-02", "2026-04"]),
            member("2026-03", &[]),
            member("2026-04", &["2026-04"]),
        ];
        let matrix = retention(&members, month("2026-03"), Confidence::default()).unwrap();
        let counts: Vec<_> = matrix
            .iter()
            .map(|cohort| {
                (
                    cohort.month.to_string(),
                    cohort.size,
                    cohort.retained.iter().map(|cell| cell.part).collect(),
                )
            })
            .collect();
        let expected: Vec<(String, i64, Vec<i64>)> = vec![
            ("2026-01".to_owned(), 2, vec![2, 1, 1]),
            ("2026-03".to_owned(), 1, vec![0]),
        ];
        assert_eq!(counts, expected);
        assert!(
            matrix[0]
                .retained
                .iter()
                .all(|cell| cell.whole == 2 && cell.interval.contains(cell.share))
        );
    }

    #[test]
    fn a_cohort_that_is_too_old_is_refused() {
        let old = [member("2026-01", &[])];
        for (months, allowed) in [(MOST_MONTHS - 1, true), (MOST_MONTHS, false)] {
            let last = month("2026-01").plus(months);
            assert_eq!(
                retention(&old, last, Confidence::default()).is_ok(),
                allowed,
                "{months} months"
            );
        }
    }

    #[test]
    fn random_cohorts_are_counted_as_by_hand() {
        let mut random = Random::announced("cohorts");
        let first = month("2026-01");
        for history in 0..20_000 {
            let members: Vec<MemberMonths> = (0..random.below(8))
                .map(|_| MemberMonths {
                    enrolled: first.plus(random.between(0, 6)),
                    active: (0..random.below(6))
                        .map(|_| first.plus(random.between(-1, 7)))
                        .collect(),
                })
                .collect();
            let last = first.plus(random.between(0, 5));
            let matrix = retention(&members, last, Confidence::default()).unwrap();
            let mut cells = 0;
            for cohort in &matrix {
                for (age, cell) in cohort.retained.iter().enumerate() {
                    let at = cohort.month.plus(i64::try_from(age).unwrap());
                    let of_cohort = || members.iter().filter(|member| member.enrolled == cohort.month);
                    let active = of_cohort().filter(|member| member.active.contains(&at)).count();
                    let counted = (number_of(active), number_of(of_cohort().count()));
                    assert_eq!(
                        (cell.part, cell.whole),
                        counted,
                        "history {history}: {cohort:?} at {age}, {members:?}"
                    );
                    cells += 1;
                }
            }
            let cohorts: BTreeSet<Month> = members
                .iter()
                .map(|member| member.enrolled)
                .filter(|at| *at <= last)
                .collect();
            let expected: i64 = cohorts.iter().map(|cohort| last.since(*cohort) + 1).sum();
            assert_eq!(cells, expected, "history {history}: {members:?}");
        }
    }
}
