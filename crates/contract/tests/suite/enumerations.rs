//! The first value of every enumeration means that nothing was stated.

use crate::contract::{Offenders, enumerations};

#[test]
fn the_value_zero_means_not_stated() {
    let mut offenders = Offenders::against("The value 0 of an enumeration is <ENUMERATION>_UNSPECIFIED.");
    for enumeration in enumerations() {
        let zero = enumeration.get_value(0).map(|value| value.name().to_owned());
        let expected = format!("{}_UNSPECIFIED", upper_snake(enumeration.name()));
        offenders.unless(
            zero.as_deref() == Some(&expected),
            enumeration.full_name(),
            format_args!("has {zero:?} instead of {expected}"),
        );
    }
    offenders.must_be_none();
}

#[test]
fn every_value_begins_with_the_name_of_its_enumeration() {
    let mut offenders = Offenders::against("Every value begins with the name of its enumeration.");
    for enumeration in enumerations() {
        let prefix = format!("{}_", upper_snake(enumeration.name()));
        for value in enumeration.values() {
            offenders.unless(
                value.name().starts_with(&prefix),
                value.full_name(),
                format_args!("does not begin with {prefix}"),
            );
        }
    }
    offenders.must_be_none();
}

fn upper_snake(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_uppercase());
    }
    text
}
