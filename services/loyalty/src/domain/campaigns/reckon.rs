//! Exact shares and rounding. Whole numbers only, of 128 bits, so that nothing overflows and nothing drifts.

use std::cmp::Reverse;

use super::terms::Rounding;

/// A quotient of two numbers that are not negative, rounded. Nothing divided by nothing is nothing.
pub fn quotient(dividend: i128, divisor: i128, rounding: Rounding) -> i128 {
    let divisor = divisor.max(1);
    let (whole, rest) = (dividend / divisor, dividend % divisor);
    let adds = match rounding {
        Rounding::Down => false,
        // Without doubling, which could overflow.
        Rounding::HalfUp => rest >= divisor - rest,
        Rounding::Up => rest > 0,
    };
    whole + i128::from(adds)
}

/// A double that is not negative as a whole number; none when it is no number, negative, or beyond 2^62.
pub(super) fn whole(value: f64, rounding: Rounding) -> Option<i128> {
    const MOST: f64 = 4_611_686_018_427_387_904.0;
    let rounded = match rounding {
        Rounding::Down => value.floor(),
        // Not `(value + 0.5).floor()`: the sum is itself rounded.
        Rounding::HalfUp => value.round(),
        Rounding::Up => value.ceil(),
    };
    #[allow(clippy::cast_possible_truncation, reason = "it is whole and below 2^62")]
    (0.0..=MOST).contains(&rounded).then_some(rounded as i128)
}

/// Spreads a number over parts in proportion to their weights, which are not negative: each part gets its share rounded
/// down, and what is left goes in ones to the parts with the largest remainders, of equal ones to the earlier. The
/// parts add up to the number; equal parts when all weights are 0.
///
/// Weights are taken coarser where their products with the number would not fit into 127 bits.
pub fn spread(number: i64, weights: &[i128]) -> Vec<i64> {
    let total: i128 = weights
        .iter()
        .fold(0, |total: i128, weight| total.saturating_add(*weight));
    let bits = |value: i128| 128 - value.leading_zeros();
    let parts = i128::try_from(weights.len()).unwrap_or(i128::MAX);
    let excess = (bits(total) + bits(number.into()).max(bits(parts))).saturating_sub(127);
    let weight_of = |weight: i128| if total == 0 { 1 } else { weight >> excess };
    let total: i128 = weights
        .iter()
        .map(|weight| weight_of(*weight))
        .sum::<i128>()
        .max(1);
    let mut remainders = Vec::with_capacity(weights.len());
    let mut parts = Vec::with_capacity(weights.len());
    let mut left = number;
    for (place, weight) in weights.iter().enumerate() {
        let (part, remainder) = divided(i128::from(number) * weight_of(*weight), total);
        // At most the number itself.
        let part = i64::try_from(part).unwrap_or(number);
        left -= part;
        parts.push(part);
        remainders.push((Reverse(remainder), place));
    }
    // Fewer are left than there are parts.
    let left = usize::try_from(left).unwrap_or_default().min(remainders.len());
    if left > 0 {
        remainders.select_nth_unstable(left - 1);
        for (_, place) in &remainders[..left] {
            parts[*place] += 1;
        }
    }
    parts
}

/// Quotient and remainder of numbers that are not negative. Most fit into 64 bits, of which a division takes a fraction of
/// the time.
fn divided(dividend: i128, divisor: i128) -> (i128, i128) {
    match (u64::try_from(dividend), u64::try_from(divisor)) {
        (Ok(dividend), Ok(divisor)) => ((dividend / divisor).into(), (dividend % divisor).into()),
        _ => (dividend / divisor, dividend % divisor),
    }
}

/// Spreads points over lines in proportion to their weights: nothing without lines.
pub(super) fn spread_over(points: i64, weights: impl Iterator<Item = i128>) -> Vec<i64> {
    spread(points, &weights.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use rapport_testkit::Random;

    use super::*;

    #[test]
    fn quotients_are_rounded_as_asked() {
        for (dividend, divisor, down, half, up) in [
            (0, 3, 0, 0, 0),
            (1, 3, 0, 0, 1),
            (2, 3, 0, 1, 1),
            (3, 3, 1, 1, 1),
            (1, 2, 0, 1, 1),
            (3, 2, 1, 2, 2),
            (5, 0, 5, 5, 5),
            (i128::MAX, i128::MAX, 1, 1, 1),
            (i128::MAX - 1, i128::MAX, 0, 1, 1),
        ] {
            for (rounding, expected) in [
                (Rounding::Down, down),
                (Rounding::HalfUp, half),
                (Rounding::Up, up),
            ] {
                assert_eq!(
                    quotient(dividend, divisor, rounding),
                    expected,
                    "{dividend} / {divisor} {rounding:?}"
                );
            }
        }
    }

    #[test]
    fn doubles_become_whole_points_or_nothing() {
        for (value, down, half, up) in [
            (0.0, Some(0), Some(0), Some(0)),
            (2.5, Some(2), Some(3), Some(3)),
            (0.499_999_999_999_999_94, Some(0), Some(0), Some(1)),
            (-0.4, None, Some(0), Some(0)),
            (-1.0, None, None, None),
            (f64::NAN, None, None, None),
            (f64::INFINITY, None, None, None),
            (1e19, None, None, None),
        ] {
            assert_eq!(whole(value, Rounding::Down), down, "{value}");
            assert_eq!(whole(value, Rounding::HalfUp), half, "{value}");
            assert_eq!(whole(value, Rounding::Up), up, "{value}");
        }
    }

    #[test]
    fn shares_go_to_the_largest_remainders_and_of_equal_ones_to_the_earlier() {
        for (number, weights, parts) in [
            (10, vec![1, 1, 1], vec![4, 3, 3]),
            (10, vec![0, 0], vec![5, 5]),
            (3, vec![0, 0], vec![2, 1]),
            (7, vec![50, 30, 20], vec![4, 2, 1]),
            (1, vec![2, 3], vec![0, 1]),
            (0, vec![2, 3], vec![0, 0]),
            (i64::MAX, vec![i128::from(i64::MAX), 0], vec![i64::MAX, 0]),
            (
                9,
                vec![i128::MAX / 2, i128::MAX / 4, i128::MAX / 4],
                vec![5, 2, 2],
            ),
            (9, vec![], vec![]),
        ] {
            assert_eq!(spread(number, &weights), parts, "{number} over {weights:?}");
        }
    }

    #[test]
    fn parts_always_add_up() {
        let mut random = Random::announced("parts_always_add_up");
        for _ in 0..20_000 {
            let shift = random.below(63);
            let weights: Vec<i128> = (0..=random.below(100))
                .map(|_| i128::from(random.next() >> 1) << shift >> random.below(100))
                .map(|weight| weight / 100)
                .collect();
            let number = i64::try_from(random.next() >> (1 + random.below(63))).unwrap();
            let parts = spread(number, &weights);
            assert_eq!(parts.iter().sum::<i64>(), number, "{number} over {weights:?}");
            assert!(parts.iter().all(|part| *part >= 0), "{number} over {weights:?}");
        }
    }
}
