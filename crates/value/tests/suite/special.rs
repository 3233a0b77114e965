//! Special functions against known values and identities.

use std::f64::consts::{LN_2, PI};

use proptest::prelude::*;
use rapport_value::special::{digamma, hypergeometric, hypergeometric_quotient, ln_gamma};

use crate::reference::{assert_near, assert_relative};

const EULER_MASCHERONI: f64 = 0.577_215_664_901_532_9;

#[test]
fn ln_gamma_has_its_known_values() {
    let half_ln_pi = 0.5 * PI.ln();
    let known = [
        (0.5, half_ln_pi),
        (1.0, 0.0),
        (1.5, half_ln_pi - LN_2),
        (2.0, 0.0),
        (4.0, 6.0_f64.ln()),
        (11.0, 3_628_800.0_f64.ln()),
        (100.0, 359.134_205_369_575_4),
        (0.001, 6.907_178_885_383_853),
    ];
    for (x, expected) in known {
        assert_near(&format!("ln_gamma({x})"), ln_gamma(x), expected, 2e-14);
    }
    assert!(ln_gamma(0.0).is_nan() && ln_gamma(-1.5).is_nan() && ln_gamma(f64::NAN).is_nan());
}

#[test]
fn digamma_has_its_known_values() {
    let known = [
        (1.0, -EULER_MASCHERONI),
        (0.5, -EULER_MASCHERONI - 2.0 * LN_2),
        (0.25, -EULER_MASCHERONI - PI / 2.0 - 3.0 * LN_2),
        (2.0, 1.0 - EULER_MASCHERONI),
        (10.0, 2.251_752_589_066_721),
        (1e-3, -1_000.575_571_931_810_3),
    ];
    for (x, expected) in known {
        assert_near(&format!("digamma({x})"), digamma(x), expected, 2e-14);
    }
    assert!(digamma(0.0).is_nan() && digamma(-2.0).is_nan());
}

#[test]
fn the_hypergeometric_function_has_its_elementary_cases_up_to_next_to_one() {
    for z in [1e-9_f64, 0.1, 0.5, 0.75, 0.9, 0.99, 0.999_9, 0.999_999_9] {
        // The logarithm of 1 − z, where 1 − z itself is exact.
        let log = (-z).ln_1p();
        let cases = [
            ("-ln(1-z)/z", hypergeometric(1.0, 1.0, 2.0, z), -log / z),
            (
                "asin(√z)/√z",
                hypergeometric(0.5, 0.5, 1.5, z),
                z.sqrt().asin() / z.sqrt(),
            ),
            (
                "atanh(√z)/√z",
                hypergeometric(0.5, 1.0, 1.5, z),
                z.sqrt().atanh() / z.sqrt(),
            ),
            ("(1-z)^-0.3", hypergeometric(0.3, 2.5, 2.5, z), (-0.3 * log).exp()),
            ("(1-z)^-2.5", hypergeometric(2.5, 0.7, 0.7, z), (-2.5 * log).exp()),
            (
                "(1-z)^0.75",
                hypergeometric(-0.75, 4.0, 4.0, z),
                (0.75 * log).exp(),
            ),
        ];
        for (name, found, expected) in cases {
            // The functions themselves are steep near 1: √z alone loses half of the digits of 1 − z.
            assert_relative(
                &format!("{name} at z = {z}"),
                found,
                expected,
                2e-13 / (1.0 - z).sqrt(),
            );
        }
    }
}

#[test]
fn the_hypergeometric_function_has_its_known_values() {
    // Complete elliptic integral K(m = 1/2) = Γ(1/4)²/(4√π) by 2/π.
    let lemniscate = (2.0 * ln_gamma(0.25)).exp() / (4.0 * PI.sqrt()) * 2.0 / PI;
    assert_relative("2/π·K", hypergeometric(0.5, 0.5, 1.0, 0.5), lemniscate, 1e-13);
    // 1 − 4·0.8 + 3.2·0.64
    assert_relative("a polynomial", hypergeometric(-2.0, 3.0, 1.5, 0.8), -0.152, 1e-13);
    assert!(hypergeometric(1.0, 1.0, 0.0, 0.5).is_nan() && hypergeometric(1.0, 1.0, 1.0, 1.0).is_nan());
}

#[test]
fn the_quotient_stays_finite_where_a_or_c_is_zero() {
    // Σ (b)ₙ zⁿ/((1)ₙ₋₁ n!)·(1)ₙ₋₁ for a = c = 0 is (1−z)^−b − 1.
    for (b, z) in [(0.7, 0.2), (1.6, 0.6), (2.4, 0.95_f64)] {
        let expected = (-b * (-z).ln_1p()).exp_m1();
        assert_relative(
            "a = c = 0",
            hypergeometric_quotient(0.0, b, 0.0, z),
            expected,
            2e-13,
        );
    }
}

proptest! {
    #[test]
    fn eulers_transformation_holds(
        a in 0.05..6.0_f64, b in 0.05..6.0_f64, c in 0.1..9.0_f64, z in 0.0..0.999_f64,
    ) {
        // F(a, b; c; z) = (1−z)^(c−a−b) F(c−a, c−b; c; z), DLMF 15.8.1.
        let direct = hypergeometric(a, b, c, z);
        let transformed = ((c - a - b) * (-z).ln_1p()).exp() * hypergeometric(c - a, c - b, c, z);
        let error = (direct - transformed).abs() / direct;
        prop_assert!(error < 1e-9, "F({a}, {b}; {c}; {z}): {direct:e} and {transformed:e}, off by {error:e}");
    }

    #[test]
    fn gammas_recurrence_holds(x in 1e-3..500.0_f64) {
        let error = (ln_gamma(x + 1.0) - ln_gamma(x) - x.ln()).abs();
        prop_assert!(error < 1e-12 * (1.0 + ln_gamma(x).abs()), "at {x}: off by {error:e}");
        let error = (digamma(x + 1.0) - digamma(x) - 1.0 / x).abs();
        prop_assert!(error < 1e-13 * (1.0 + 1.0 / x), "digamma at {x}: off by {error:e}");
    }
}
