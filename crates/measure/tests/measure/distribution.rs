//! Quantiles, against values computed with 30 digits (mpmath) and closed forms.

use rapport_measure::distribution::{beta_probability, beta_quantile, normal_quantile, student_quantile};

use crate::assert_close;

const TOLERANCE: f64 = 1e-12;

/// Probability and quantile.
const NORMAL: [(f64, f64); 8] = [
    (0.975, 1.959_963_984_540_053_8),
    (0.025, -1.959_963_984_540_054_3),
    (0.5, 0.0),
    (0.6, 0.253_347_103_135_799_7),
    (1e-3, -3.090_232_306_167_813_6),
    (1e-10, -6.361_340_902_404_057),
    (1e-100, -21.273_453_560_965_326),
    (0.999_999, 4.753_424_308_817_088),
];

/// Probability, degrees of freedom and quantile.
const STUDENT: [(f64, f64, f64); 25] = [
    (0.975, 1.0, 12.706_204_736_174_692),
    (0.975, 2.0, 4.302_652_729_749_462),
    (0.975, 3.0, 3.182_446_305_283_708),
    (0.975, 4.5, 2.658_912_347_204_403),
    (0.975, 10.0, 2.228_138_851_986_274_4),
    (0.975, 30.0, 2.042_272_456_301_237_8),
    (0.975, 159.0, 1.974_996_212_767_476),
    (0.975, 10_000.0, 1.960_201_239_890_626),
    (0.975, 1_000_000.0, 1.959_966_356_814_106_8),
    (0.75, 1.0, 1.0),
    (0.75, 3.0, 0.764_892_328_404_345_3),
    (0.75, 4.5, 0.732_866_686_235_994_5),
    (0.75, 159.0, 0.676_035_880_068_106_4),
    (0.75, 1_000_000.0, 0.674_489_995_531_087_3),
    (0.995, 1.0, 63.656_741_162_871_526),
    (0.995, 2.0, 9.924_843_200_918_29),
    (0.995, 4.5, 4.272_823_993_011_292),
    (0.995, 159.0, 2.607_103_489_238_464_4),
    (0.995, 10_000.0, 2.576_321_046_668_528_7),
    (0.999_999_5, 2.0, 999.999_250_040_977_1),
    (0.999_999_5, 3.0, 130.154_589_561_927_6),
    (0.999_999_5, 4.5, 36.276_235_946_105_07),
    (0.999_999_5, 10.0, 10.516_489_957_008_545),
    (0.999_999_5, 159.0, 5.090_083_877_746_094),
    (0.999_999_5, 1_000_000.0, 4.891_668_960_726_574),
];

/// Probability, both shapes and quantile.
const BETA: [(f64, f64, f64, f64); 9] = [
    (0.025, 0.5, 12.5, 4.007_531_007_659_882e-5),
    (0.975, 0.5, 12.5, 0.185_305_938_312_485_1),
    (0.025, 412.0, 89.0, 0.787_732_429_653_234_4),
    (0.975, 413.0, 88.0, 0.856_381_405_077_338_7),
    (0.001, 3.0, 2_000.0, 9.521_455_435_573_074e-5),
    (0.25, 0.5, 0.5, 0.146_446_609_406_726_24),
    (0.025, 60_000.0, 40_000.0, 0.596_961_764_557_963_3),
    (1.0e-9, 2.5, 7.0, 5.259_657_203_078_903e-5),
    (0.3, 0.1, 0.2, 0.000_259_700_094_900_934_2),
];

#[track_caller]
fn assert_relative(found: Option<f64>, expected: f64) {
    assert_close(found.unwrap(), expected, TOLERANCE * expected.abs());
}

#[test]
fn normal_quantiles_are_exact_to_twelve_digits() {
    for (probability, expected) in NORMAL {
        assert_relative(normal_quantile(probability), expected);
    }
}

#[test]
fn student_quantiles_are_exact_to_twelve_digits() {
    for (probability, degrees_of_freedom, expected) in STUDENT {
        assert_relative(student_quantile(probability, degrees_of_freedom), expected);
        // The other tail, but for the rounding of its probability.
        let other = student_quantile(1.0 - probability, degrees_of_freedom).unwrap();
        assert_close(other, -expected, 1e-9 * expected);
    }
    assert_eq!(student_quantile(0.5, 3.0), Some(0.0));
    assert_eq!(student_quantile(1e-250, 1.0), Some(f64::NEG_INFINITY));
}

#[test]
fn student_quantiles_of_one_and_two_degrees_of_freedom_have_closed_forms() {
    for tail in [1e-12, 5e-7, 1e-3, 0.05, 0.2, 0.4, 0.499] {
        assert_relative(
            student_quantile(tail, 1.0),
            -(std::f64::consts::PI * tail).tan().recip(),
        );
        let closed = (2.0 * tail - 1.0) / (2.0 * tail * (1.0 - tail)).sqrt();
        assert_relative(student_quantile(tail, 2.0), closed);
    }
}

#[test]
fn beta_quantiles_are_exact_to_twelve_digits() {
    for (probability, a, b, expected) in BETA {
        assert_relative(beta_quantile(probability, a, b), expected);
        assert_close(beta_probability(expected, a, b).unwrap(), probability, 1e-12);
    }
}

#[test]
fn beta_quantiles_of_a_shape_of_one_have_closed_forms() {
    for probability in [1e-9, 0.01, 0.3, 0.5, 0.8, 0.999] {
        for shape in [0.5, 1.0, 7.0, 300.0, 1e6] {
            assert_close(
                beta_quantile(probability, shape, 1.0).unwrap(),
                probability.powf(shape.recip()),
                TOLERANCE,
            );
            let closed = -((-probability).ln_1p() / shape).exp_m1();
            assert_relative(beta_quantile(probability, 1.0, shape), closed);
        }
    }
}

#[test]
fn beta_probabilities_reach_from_0_to_1() {
    let probability = |x| beta_probability(x, 2.0, 3.0);
    assert_eq!(
        (probability(-1.0), probability(0.0), probability(1.0)),
        (Some(0.0), Some(0.0), Some(1.0))
    );
    // 6x² − 8x³ + 3x⁴
    assert_relative(probability(0.25), 0.375 - 0.125 + 3.0 / 256.0);
}

#[test]
fn arguments_outside_the_domain_have_no_quantile() {
    for probability in [0.0, 1.0, -0.1, 1.1, f64::NAN] {
        assert_eq!(normal_quantile(probability), None);
        assert_eq!(student_quantile(probability, 3.0), None);
        assert_eq!(beta_quantile(probability, 1.0, 1.0), None);
    }
    for shape in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(student_quantile(0.9, shape), None);
        assert_eq!(beta_quantile(0.9, shape, 1.0), None);
        assert_eq!(beta_quantile(0.9, 1.0, shape), None);
        assert_eq!(beta_probability(0.9, 1.0, shape), None);
    }
    assert_eq!(beta_probability(f64::NAN, 1.0, 1.0), None);
}
