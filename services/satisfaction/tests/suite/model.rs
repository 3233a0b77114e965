//! A naive and obviously right model of the roll-ups: it keeps every answer set whole and counts anew.

use std::collections::BTreeMap;

use rapport_contract::feedback::v1::{AnswerSetScored, ScoreKind};
use rapport_storage::Store;
use sea_orm::{ConnectionTrait as _, Statement};

/// Metric, day, survey, question, touchpoint and location of a roll-up.
pub(crate) type Key = (i16, i32, String, String, String, String);

/// Observed values, in order.
pub(crate) type Observations = BTreeMap<Key, Vec<i64>>;

/// What happens to an answer set.
#[derive(Debug, Clone)]
pub(crate) enum State {
    /// It was scored or corrected.
    Scored(AnswerSetScored),
    /// It was deleted in this revision.
    Deleted {
        /// Id of the answer set.
        id: String,
        /// Number of the revision.
        revision: i32,
    },
}

impl State {
    fn id(&self) -> String {
        match self {
            Self::Scored(message) => message.answer_set.replace("answerSets/", ""),
            Self::Deleted { id, .. } => id.clone(),
        }
    }

    fn revision(&self) -> i32 {
        match self {
            Self::Scored(message) => message.revision,
            Self::Deleted { revision, .. } => *revision,
        }
    }
}

/// What the roll-ups must be made of, in the end, whatever the order of the states was.
pub(crate) fn expected(states: &[State]) -> Observations {
    let mut latest: BTreeMap<String, &State> = BTreeMap::new();
    for state in states {
        let present = latest.entry(state.id()).or_insert(state);
        if state.revision() > present.revision() {
            *present = state;
        }
    }
    let mut observations = Observations::new();
    for state in latest.into_values() {
        if let State::Scored(message) = state {
            observe(message, &mut observations);
        }
    }
    for values in observations.values_mut() {
        values.sort_unstable();
    }
    observations
}

fn observe(message: &AnswerSetScored, observations: &mut Observations) {
    let seconds = message.answer_time.as_ref().unwrap().seconds;
    let day = i32::try_from(seconds.div_euclid(86_400)).unwrap();
    let survey = message.survey.replace("surveys/", "");
    let mut shares = Vec::new();
    for answer in &message.answers {
        let metric = match answer.kind() {
            ScoreKind::Satisfaction => 1,
            ScoreKind::Recommendation => 2,
            ScoreKind::Effort => 3,
            ScoreKind::Likert => 4,
            ScoreKind::Unspecified => unreachable!("the generator states the kind"),
        };
        if metric == 4 && answer.dimension == "satisfaction" {
            shares.push(f64::from(answer.score - 1) / f64::from(answer.scale_maximum - 1));
        }
        let key = (
            metric,
            day,
            survey.clone(),
            answer.question.clone(),
            answer.touchpoint.clone(),
            message.location.clone(),
        );
        observations.entry(key).or_default().push(i64::from(answer.score));
    }
    if !shares.is_empty() {
        let index = index(&shares);
        let key = (
            5,
            day,
            survey,
            String::new(),
            String::new(),
            message.location.clone(),
        );
        observations.entry(key).or_default().push(index);
    }
}

/// The mean of shares, in thousandths of a percent.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "the numbers are small"
)]
fn index(shares: &[f64]) -> i64 {
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    // The small addition brings halves, which binary fractions may miss, up as the rule says.
    (mean * 100_000.0 + 1e-6).round() as i64
}

/// What a roll-up of observations holds: number, sum, sum of squares, and the number of each score 0 to 10.
pub(crate) fn sums(key: &Key, values: &[i64]) -> Vec<i64> {
    let mut sums = vec![
        i64::try_from(values.len()).unwrap(),
        values.iter().sum(),
        values.iter().map(|value| value * value).sum(),
    ];
    let by_score = |score: i64| {
        values
            .iter()
            .filter(|value| **value == score && key.0 != 5)
            .count()
    };
    sums.extend((0..=10).map(|score| i64::try_from(by_score(score)).unwrap()));
    sums
}

/// The roll-ups of a tenant as they are stored.
pub(crate) async fn stored(store: &Store, tenant: &str) -> BTreeMap<Key, Vec<i64>> {
    let select = Statement::from_sql_and_values(
        store.backend(),
        "SELECT * FROM metric_rollup WHERE tenant = $1",
        [tenant.into()],
    );
    let rows = store.read().query_all_raw(select).await.unwrap();
    rows.into_iter()
        .map(|row| {
            let text = |column: &str| row.try_get::<String>("", column).unwrap();
            let key = (
                row.try_get("", "metric").unwrap(),
                row.try_get("", "day").unwrap(),
                text("survey"),
                text("question"),
                text("touchpoint"),
                text("location"),
            );
            let mut columns: Vec<String> = ["answers", "total", "squares"].map(str::to_owned).to_vec();
            columns.extend((0..=10).map(|score| format!("score_{score}")));
            (
                key,
                columns
                    .iter()
                    .map(|column| row.try_get("", column).unwrap())
                    .collect(),
            )
        })
        .collect()
}
