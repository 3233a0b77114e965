//! Concentration curve, Gini coefficient, value against cost.

use proptest::prelude::*;
use rapport_value::{
    concentration::{CUSTOMARY_CUTOFFS, concentration},
    cost::{CostQuadrant, CostThresholds, ValueAndCost},
};

use crate::reference::assert_near;

#[test]
fn the_curve_takes_the_best_customers_first_and_parts_of_one_at_a_cutoff() {
    let found = concentration(&[10, 40, 20, 30], &[2_500, 5_000, 1_250, 10_000, 0]).unwrap();
    let shares: Vec<f64> = found.points.iter().map(|point| point.value_share).collect();
    for (found, expected) in shares.iter().zip([0.4, 0.7, 0.2, 1.0, 0.0]) {
        assert_near("share", *found, expected, 1e-15);
    }
    // Σ(2i − 5)·v = −3·10 − 1·20 + 1·30 + 3·40 = 100, over 4·100.
    assert_near("Gini", found.gini, 0.25, 1e-15);
    assert_eq!((found.customers, found.total_minor), (4, 100));
}

#[test]
fn negative_values_lift_the_share_of_the_best_above_one() {
    let found = concentration(&[100, 50, -50], &[10_000, 6_666, 20_000]).unwrap();
    assert_near("all", found.points[0].value_share, 1.0, 1e-15);
    assert!(found.points[1].value_share > 1.49, "{found:?}");
    assert_eq!(found.points[2].customers_basis_points, 10_000);
    assert_near("Gini", found.gini, (2.0 * 100.0 + 2.0 * 50.0) / 300.0, 1e-15);
}

#[test]
fn without_a_positive_total_there_is_no_curve() {
    for values in [&[][..], &[0, 0], &[5, -5], &[-1]] {
        assert_eq!(concentration(values, &CUSTOMARY_CUTOFFS), None, "{values:?}");
    }
}

#[test]
fn equal_values_are_not_concentrated_and_the_largest_do_not_overflow() {
    let found = concentration(&[i64::MAX; 7], &CUSTOMARY_CUTOFFS).unwrap();
    for point in &found.points {
        let share = f64::from(point.customers_basis_points) / 10_000.0;
        assert_near("share", point.value_share, share, 1e-15);
    }
    assert_near("Gini", found.gini, 0.0, 1e-15);
}

#[test]
fn quadrants_split_at_the_medians() {
    let customer = |value_minor, cost_minor| ValueAndCost {
        value_minor,
        cost_minor,
    };
    let customers = [
        customer(100, 1),
        customer(90, 50),
        customer(10, 2),
        customer(5, 60),
    ];
    let thresholds = CostThresholds::medians(&customers).unwrap();
    assert_eq!(
        thresholds,
        CostThresholds {
            value_minor: 50,
            cost_minor: 26
        }
    );
    let quadrants = customers.map(|customer| thresholds.quadrant(&customer));
    assert_eq!(
        quadrants,
        [
            CostQuadrant::HighValueLowCost,
            CostQuadrant::HighValueHighCost,
            CostQuadrant::LowValueLowCost,
            CostQuadrant::LowValueHighCost
        ]
    );
    assert_eq!(customers[3].profit_minor(), -55);
    assert_eq!(CostThresholds::medians(&[]), None);
    let extremes = [customer(i64::MIN, 0), customer(i64::MAX, 1)];
    assert_eq!(
        CostThresholds::medians(&extremes),
        Some(CostThresholds {
            value_minor: -1,
            cost_minor: 0
        })
    );
    assert_eq!(CostThresholds::medians(&customers[..1]).unwrap().value_minor, 100);
}

proptest! {
    #[test]
    fn the_curve_is_concave_and_independent_of_order(values in prop::collection::vec(0..1_000_i64, 1..50)) {
        prop_assume!(values.iter().sum::<i64>() > 0);
        let cutoffs: Vec<u32> = (0..=20).map(|step| step * 500).collect();
        let found = concentration(&values, &cutoffs).unwrap();
        let shares: Vec<f64> = found.points.iter().map(|point| point.value_share).collect();
        for three in shares.windows(3) {
            prop_assert!(three[1] - three[0] >= three[2] - three[1] - 1e-12, "{shares:?}");
        }
        prop_assert!((0.0..1.0).contains(&found.gini), "{}", found.gini);
        let reversed: Vec<i64> = values.iter().rev().copied().collect();
        prop_assert_eq!(concentration(&reversed, &cutoffs).unwrap(), found);
    }
}
