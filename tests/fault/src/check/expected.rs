//! What must be there: the sums of what was acknowledged, made the simplest way.

use std::collections::{BTreeMap, BTreeSet};

use crate::work::{CUSTOMERS, LOW, Operation, Work, customer};

/// What must be there of one customer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OfCustomer {
    /// Movements of points, by what caused them: each must stand in the statement once.
    pub(crate) movements: BTreeMap<String, i64>,
    /// Points that can be spent.
    pub(crate) available: i64,
    /// Points that are held.
    pub(crate) reserved: i64,
    /// Names of purchases.
    pub(crate) purchases: BTreeSet<String>,
    /// Number of answer sets.
    pub(crate) answer_sets: i64,
    /// The last number in the profile, which is also the number of its changes.
    pub(crate) number: u64,
}

/// What must be there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) customers: BTreeMap<String, OfCustomer>,
    /// Names of answer sets.
    pub(crate) answer_sets: BTreeSet<String>,
    /// Recommendations by score, 0 first.
    pub(crate) recommendations: [i64; 11],
    /// Answers of satisfaction by score, 0 first.
    pub(crate) satisfaction: [i64; 11],
    /// Answers of ease by score, 0 first.
    pub(crate) ease: [i64; 11],
    /// Cases that low recommendations opened.
    pub(crate) cases: i64,
    /// Points earned by calls and purchases, and points spent.
    pub(crate) earned: i64,
    pub(crate) redeemed: i64,
}

impl Expected {
    /// What must be there when these operations are all that happened.
    pub(crate) fn of(operations: &[Operation]) -> Self {
        let mut expected = Self::default();
        for place in 0..CUSTOMERS {
            expected.customers.entry(customer(place)).or_default();
        }
        for operation in operations.iter().filter(|operation| operation.is_acknowledged()) {
            expected.take(operation);
        }
        expected
    }

    fn take(&mut self, operation: &Operation) {
        let id = operation.id.clone();
        match &operation.work {
            Work::Earn { member, points } => self.earn(*member, id, *points),
            Work::Purchase {
                customer: place,
                dollars,
            } => {
                let name = operation.made().to_owned();
                self.customer(*place).purchases.insert(name.clone());
                // A point for each dollar.
                self.earn(*place, name, *dollars);
            }
            Work::Redeem { member, points } => {
                self.redeemed += points;
                let of = self.customer(*member);
                of.movements.insert(id, -points);
                of.available -= points;
            }
            Work::Reserve { member, points } => {
                let of = self.customer(*member);
                of.available -= points;
                of.reserved += points;
            }
            Work::Capture {
                member,
                hold,
                held,
                points,
            } => {
                self.redeemed += points;
                let of = self.customer(*member);
                of.movements.insert(hold.clone(), -points);
                of.reserved -= held;
                of.available += held - points;
            }
            Work::Release { member, points, .. } => {
                let of = self.customer(*member);
                of.reserved -= points;
                of.available += points;
            }
            Work::Answer {
                customer: place,
                scores: [recommend, stay, ease],
            } => {
                self.answer_sets.insert(operation.made().to_owned());
                self.customer(*place).answer_sets += 1;
                self.recommendations[score(*recommend)] += 1;
                self.satisfaction[score(*stay)] += 1;
                self.ease[score(*ease)] += 1;
                self.cases += i64::from(*recommend <= LOW);
            }
            Work::Update {
                customer: place,
                number,
            } => {
                let of = self.customer(*place);
                of.number = of.number.max(*number);
            }
        }
    }

    fn earn(&mut self, place: usize, cause: String, points: i64) {
        self.earned += points;
        let of = self.customer(place);
        of.movements.insert(cause, points);
        of.available += points;
    }

    fn customer(&mut self, place: usize) -> &mut OfCustomer {
        self.customers.entry(customer(place)).or_default()
    }
}

fn score(score: i32) -> usize {
    usize::try_from(score).expect("scores are not negative")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::Outcome;

    fn done(id: &str, work: Work, made: &str) -> Operation {
        Operation {
            id: id.to_owned(),
            work,
            outcome: Outcome::Acknowledged(made.to_owned()),
        }
    }

    #[test]
    fn points_that_were_held_and_captured_in_part_come_back_for_the_rest() {
        let hold = "the hold".to_owned();
        let expected = Expected::of(&[
            done(
                "1",
                Work::Earn {
                    member: 3,
                    points: 50,
                },
                "",
            ),
            done(
                "2",
                Work::Purchase {
                    customer: 3,
                    dollars: 7,
                },
                "the purchase",
            ),
            done(
                "3",
                Work::Reserve {
                    member: 3,
                    points: 20,
                },
                &hold,
            ),
            done(
                "4",
                Work::Capture {
                    member: 3,
                    hold: hold.clone(),
                    held: 20,
                    points: 15,
                },
                "",
            ),
            done("5", Work::Reserve { member: 3, points: 4 }, "another"),
            done("6", Work::Redeem { member: 3, points: 2 }, ""),
        ]);
        let of = &expected.customers[&customer(3)];
        assert_eq!((of.available, of.reserved), (50 + 7 - 15 - 4 - 2, 4));
        assert_eq!((expected.earned, expected.redeemed), (57, 17));
        let causes: Vec<_> = of.movements.keys().map(String::as_str).collect();
        assert_eq!(causes, ["1", "6", "the hold", "the purchase"]);
    }

    #[test]
    fn what_was_not_acknowledged_counts_for_nothing() {
        let mut operation = done("1", Work::Earn { member: 0, points: 5 }, "");
        for outcome in [
            Outcome::Refused("no".to_owned()),
            Outcome::Unknown("perhaps".to_owned()),
        ] {
            operation.outcome = outcome;
            assert_eq!(Expected::of(&[operation.clone()]), Expected::of(&[]));
        }
    }
}
