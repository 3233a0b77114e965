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

    #[test]
    fn one_letter_may_differ_and_one_more_for_every_four_but_not_all() {
        for (name, candidate, is_near) in [
            ("abcdeXYZ", "abcdefgh", true),
            ("abcdWXYZ", "abcdefgh", false),
            ("aXYZ", "abcd", false),
            ("abXY", "abcd", true),
            ("aXY", "abc", false),
            ("abX", "abc", true),
            ("aX", "ab", true),
            ("X", "a", false),
            ("", "a", false),
        ] {
            assert_eq!(
                nearest(name, [candidate]).is_some(),
                is_near,
                "{name} → {candidate}"
            );
        }
    }

    #[test]
    fn the_nearest_is_suggested_and_of_equally_near_ones_the_shortest() {
        assert_eq!(nearest("totals", ["totalled", "total", "totally"]), Some("total"));
        assert_eq!(nearest("tota", ["totale", "total"]), Some("total"));
        assert_eq!(
            nearest("tot", ["tots", "tota"]),
            Some("tots"),
            "of equally long ones the first"
        );
    }
}
