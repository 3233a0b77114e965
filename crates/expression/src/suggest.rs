//! "Did you mean": the nearest of the names that there are.

/// The nearest of the candidates, if one is near enough to be meant: one letter of it may differ, and one more for every
/// four that it has.
pub(crate) fn nearest<'n>(name: &str, candidates: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    candidates
        .into_iter()
        .map(|candidate| {
            (
                distance(&name.to_lowercase(), &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|&(distance, candidate)| {
            let letters = candidate.chars().count();
            distance < letters && distance <= 1 + letters / 4
        })
        .min_by_key(|&(distance, candidate)| (distance, candidate.len()))
        .map(|(_, candidate)| candidate)
}

/// How many letters have to be put in, taken out, replaced or swapped with their neighbour.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    let mut previous = None;
    for (row, letter) in left.chars().enumerate() {
        let mut current = vec![row + 1];
        for (column, &other) in right.iter().enumerate() {
            let replaced = last[column] + usize::from(letter != other);
            let mut best = replaced.min(last[column + 1] + 1).min(current[column] + 1);
            if column > 0 && previous == Some(other) && right[column - 1] == letter {
                best = best.min(before_last[column - 1] + 1);
            }
            current.push(best);
        }
        before_last = std::mem::replace(&mut last, current);
        previous = Some(letter);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_single_changes() {
        for (left, right, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("order", "ordr", 1),
            ("order", "oredr", 1),
            ("total", "totals", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(left, right), expected, "{left} → {right}");
        }
    }

    #[test]
    fn only_a_name_that_is_near_is_suggested() {
        let names = ["order.total", "order.lines", "customer", "now"];
        assert_eq!(nearest("order.totl", names), Some("order.total"));
        assert_eq!(nearest("Customer", names), Some("customer"), "whatever the case");
        assert_eq!(nearest("nwo", names), Some("now"));
        assert_eq!(nearest("weather", names), None);
        assert_eq!(nearest("x", names), None);
    }
}
