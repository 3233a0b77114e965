//! How many points a campaign gives for what counts, before caps and budget, and how they fall to the lines.

use rapport_expression::Outcome;

use super::{
    compiled::{Compiled, Script},
    evaluate::{Subject, faulty},
    evaluation::{Ground, Reckoning, Verdict},
    reckon::{quotient, whole},
    terms::Award,
};

impl Subject<'_> {
    /// The points of an award before caps and budget, rounded once.
    pub(super) fn reckon(
        &self,
        campaign: &Compiled,
        counting: Option<&[usize]>,
    ) -> Result<Reckoning, Verdict> {
        let rounding = campaign.terms.rounding;
        let amount = self.activity.amount.map_or(0, |amount| amount.minor);
        let (points, of) = match &campaign.terms.award {
            Award::Fixed { points } => (i128::from(*points), Ground::Fixed),
            Award::Rate {
                points,
                per_amount_minor,
                ..
            } => {
                let amount_minor = of_counting(self.paid, amount, counting);
                let product = i128::from(amount_minor) * i128::from(*points);
                let ground = Ground::Rate {
                    amount_minor,
                    points: *points,
                    per_amount_minor: *per_amount_minor,
                };
                (quotient(product, i128::from(*per_amount_minor), rounding), ground)
            }
            Award::Multiplier { thousandths } => {
                let base_points = of_counting(&self.base_by_line, self.base_points, counting);
                let product = i128::from(base_points) * i128::from(*thousandths - 1000).max(0);
                let ground = Ground::Multiplier {
                    base_points,
                    thousandths: *thousandths,
                };
                (quotient(product, 1000, rounding), ground)
            }
            Award::Amount { .. } => self.reckon_amount(campaign, counting)?,
            Award::Table {
                default_points,
                per_amount_minor,
                ..
            } => {
                let places = self.places(counting);
                let (product, amount_minor) = if self.paid.is_empty() {
                    (i128::from(amount) * i128::from(*default_points), amount)
                } else {
                    let weights = places
                        .iter()
                        .map(|place| self.weight(&campaign.terms.award, *place));
                    let paid = self
                        .paid
                        .iter()
                        .fold(0, |sum: i64, paid| sum.saturating_add(*paid));
                    (weights.sum(), of_counting(self.paid, paid, counting))
                };
                let points = quotient(product, i128::from(*per_amount_minor), rounding);
                (points, Ground::Table { amount_minor })
            }
        };
        let points = i64::try_from(points).unwrap_or(i64::MAX);
        let reckoning = Reckoning { points, of };
        if points == 0 {
            return Err(Verdict::Nothing { reckoning });
        }
        Ok(reckoning)
    }

    fn reckon_amount(
        &self,
        campaign: &Compiled,
        counting: Option<&[usize]>,
    ) -> Result<(i128, Ground), Verdict> {
        const FIELD: &str = "campaign.award.amount.expression";
        let program = match &campaign.amount {
            Script::None => return Err(faulty(FIELD, &"there is no expression")),
            Script::Broken(fault) => return Err(faulty(FIELD, fault)),
            Script::Ready(program) => program,
        };
        let context = self.contexts(FIELD)?.amount(counting, self.arena);
        let context = context.map_err(|error| faulty(FIELD, &error))?;
        let outcome = program
            .evaluate(&context)
            .map_err(|error| faulty(FIELD, &error))?;
        let points = match outcome {
            Outcome::Int(points) if points >= 0 => Some(i128::from(points)),
            Outcome::Double(points) => whole(points, campaign.terms.rounding),
            _ => None,
        };
        let value = outcome.to_string();
        match points {
            Some(points) => Ok((points, Ground::Amount { value })),
            None => Err(faulty(
                FIELD,
                &format!("the expression gave {value}, which is no number of points"),
            )),
        }
    }

    /// In proportion to what the points of an award fall to lines.
    pub(super) fn weight(&self, award: &Award, place: usize) -> i128 {
        let paid = i128::from(self.paid[place]);
        match award {
            Award::Multiplier { .. } => i128::from(self.base_by_line[place]),
            Award::Table {
                points,
                default_points,
                ..
            } => {
                let category = &self.activity.lines[place].category;
                paid * i128::from(*points.get(category).unwrap_or(default_points))
            }
            Award::Fixed { .. } | Award::Rate { .. } | Award::Amount { .. } => paid,
        }
    }
}

/// The sum of what falls to the lines that count; of everything when there is no condition on lines.
fn of_counting(by_line: &[i64], whole: i64, counting: Option<&[usize]>) -> i64 {
    counting.map_or(whole, |places| {
        places
            .iter()
            .fold(0, |sum: i64, place| sum.saturating_add(by_line[*place]))
    })
}
