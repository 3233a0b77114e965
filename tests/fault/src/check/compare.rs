//! Compares what must be there with what callers see.

use std::{collections::BTreeSet, fmt::Debug};

use rapport_contract::satisfaction::v1::Metric;
use tonic::Status;

use super::{
    expected::{Expected, OfCustomer},
    seen,
};
use crate::services::Clients;

/// Everything that is not as it must be.
pub(crate) async fn all(clients: &Clients, expected: &Expected) -> Vec<String> {
    let mut differences = Vec::new();
    for (customer, of) in &expected.customers {
        tell(&mut differences, customer, points(clients, customer, of).await);
        tell(&mut differences, customer, records(clients, customer, of).await);
    }
    tell(&mut differences, "feedback", feedback(clients, expected).await);
    tell(&mut differences, "ledger", sums(clients, expected).await);
    tell(&mut differences, "scores", scores(clients, expected).await);
    differences
}

fn tell(differences: &mut Vec<String>, what: &str, found: Result<Vec<String>, Status>) {
    match found {
        Ok(found) => differences.extend(found.into_iter().map(|one| format!("{what}: {one}"))),
        Err(status) => differences.push(format!("{what} cannot be read: {status}")),
    }
}

/// Says that two things differ, if they do.
fn differ<T: PartialEq + Debug>(found: &mut Vec<String>, what: &str, seen: &T, expected: &T) {
    if seen != expected {
        found.push(format!("{what}: {seen:?} in place of {expected:?}"));
    }
}

/// Says which names are missing, unexpected, or there twice.
fn once_each(found: &mut Vec<String>, what: &str, seen: &[String], expected: &BTreeSet<String>) {
    let distinct: BTreeSet<String> = seen.iter().cloned().collect();
    if distinct.len() != seen.len() {
        found.push(format!(
            "{what}: {} of {} are there twice",
            seen.len() - distinct.len(),
            seen.len()
        ));
    }
    for missing in expected.difference(&distinct) {
        found.push(format!("{what}: {missing} was acknowledged and is not there"));
    }
    for unexpected in distinct.difference(expected) {
        found.push(format!("{what}: {unexpected} is there and was not acknowledged"));
    }
}

async fn points(clients: &Clients, customer: &str, of: &OfCustomer) -> Result<Vec<String>, Status> {
    let member = customer.replace("customers/", &format!("{}/members/", crate::work::PROGRAM));
    let mut found = Vec::new();
    let movements = seen::movements(clients, &member).await?;
    for (cause, points) in &of.movements {
        let expected = vec![*points];
        let seen = movements.get(cause).cloned().unwrap_or_default();
        differ(&mut found, &format!("points moved by {cause}"), &seen, &expected);
    }
    for (cause, points) in &movements {
        if !of.movements.contains_key(cause) {
            found.push(format!(
                "{cause} moved {points:?} points and was not acknowledged"
            ));
        }
    }
    let balance = seen::balance(clients, &member).await?;
    let seen = (balance.available_points, balance.reserved_points);
    differ(
        &mut found,
        "points available and reserved",
        &seen,
        &(of.available, of.reserved),
    );
    Ok(found)
}

async fn records(clients: &Clients, customer: &str, of: &OfCustomer) -> Result<Vec<String>, Status> {
    let mut found = Vec::new();
    let purchases = seen::purchases(clients, customer).await?;
    once_each(&mut found, "purchases", &purchases, &of.purchases);
    let profile = seen::profile(clients, customer).await?;
    let number = profile
        .attributes
        .get(crate::work::NUMBER)
        .map_or("0", String::as_str);
    differ(
        &mut found,
        "the number in the profile",
        &number,
        &of.number.to_string().as_str(),
    );
    // The etag counts changes from 1: a change that was made twice would show.
    differ(
        &mut found,
        "the etag of the profile",
        &profile.etag,
        &format!("\"{}\"", of.number + 1),
    );
    let scored = seen::scored_sets(clients, customer).await?;
    differ(&mut found, "scored answer sets", &scored, &of.answer_sets);
    Ok(found)
}

async fn feedback(clients: &Clients, expected: &Expected) -> Result<Vec<String>, Status> {
    let mut found = Vec::new();
    let sets = seen::answer_sets(clients).await?;
    once_each(&mut found, "answer sets", &sets, &expected.answer_sets);
    let cases = seen::cases(clients).await?;
    differ(&mut found, "cases", &cases, &expected.cases);
    Ok(found)
}

async fn sums(clients: &Clients, expected: &Expected) -> Result<Vec<String>, Status> {
    let mut found = Vec::new();
    let summary = seen::ledger(clients).await?;
    let seen = (
        summary.earned_points,
        summary.redeemed_points,
        summary.outstanding_points,
    );
    let (earned, redeemed) = (expected.earned, expected.redeemed);
    differ(
        &mut found,
        "points earned, redeemed and outstanding",
        &seen,
        &(earned, redeemed, earned - redeemed),
    );
    Ok(found)
}

async fn scores(clients: &Clients, expected: &Expected) -> Result<Vec<String>, Status> {
    let mut found = Vec::new();
    for (metric, expected) in [
        (Metric::Nps, expected.recommendations),
        (Metric::Csat, expected.satisfaction),
        (Metric::Ces, expected.ease),
    ] {
        let mut seen = seen::scores(clients, metric).await?;
        seen.resize(expected.len(), 0);
        differ(&mut found, metric.as_str_name(), &seen, &expected.to_vec());
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(seen: &[&str], expected: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        let seen: Vec<String> = seen.iter().map(ToString::to_string).collect();
        let expected = expected.iter().map(ToString::to_string).collect();
        once_each(&mut found, "sets", &seen, &expected);
        found
    }

    #[test]
    fn what_is_missing_there_twice_or_not_acknowledged_is_told() {
        assert_eq!(found(&["a", "b"], &["b", "a"]), Vec::<String>::new());
        assert_eq!(
            found(&["a"], &["a", "b"]),
            ["sets: b was acknowledged and is not there"]
        );
        assert_eq!(found(&["a", "a"], &["a"]), ["sets: 1 of 2 are there twice"]);
        assert_eq!(
            found(&["a", "c"], &["a"]),
            ["sets: c is there and was not acknowledged"]
        );
    }

    #[test]
    fn a_movement_that_was_made_twice_differs_from_one() {
        let mut found = Vec::new();
        differ(&mut found, "points moved by x", &vec![5, 5], &vec![5]);
        assert_eq!(found, ["points moved by x: [5, 5] in place of [5]"]);
    }
}
