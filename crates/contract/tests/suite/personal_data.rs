//! Every message states what it tells about a person, and what it states is true.

use prost_reflect::MessageDescriptor;

use crate::contract::{Offenders, enum_option, fields, is_ours, message_of, messages};

const DATA_CLASS: &str = "rapport.policy.v1.data_class";
const PERSONAL_DATA: &str = "rapport.policy.v1.personal_data";

/// The classes from the least to the most that a message can tell.
const CLASSES: [&str; 3] = [
    "DATA_CLASS_BUSINESS",
    "DATA_CLASS_PSEUDONYMOUS",
    "DATA_CLASS_PERSONAL",
];

fn class(message: &MessageDescriptor) -> Option<usize> {
    let class = enum_option(&message.options(), DATA_CLASS)?;
    CLASSES.iter().position(|known| *known == class)
}

fn is_personal(message: &MessageDescriptor) -> bool {
    class(message) == Some(CLASSES.len() - 1)
}

#[test]
fn every_message_states_its_data_class() {
    let mut offenders = Offenders::against("Every message states its data class.");
    for message in messages() {
        offenders.unless(
            class(&message).is_some(),
            message.full_name(),
            "has no data class",
        );
    }
    offenders.must_be_none();
}

#[test]
fn a_message_is_personal_exactly_when_something_in_it_is() {
    let mut offenders = Offenders::against(
        "A message is DATA_CLASS_PERSONAL exactly when it has a field of personal data or a personal message in it.",
    );
    for message in messages() {
        let holds = message.fields().find(|field| {
            enum_option(&field.options(), PERSONAL_DATA).is_some()
                || message_of(field).is_some_and(|inner| is_ours(&inner) && is_personal(&inner))
        });
        match (is_personal(&message), holds) {
            (true, None) => offenders.add(message.full_name(), "is personal, and nothing in it is"),
            (false, Some(field)) => offenders.add(
                message.full_name(),
                format_args!("is not personal, and its field {} is", field.name()),
            ),
            (true, Some(_)) | (false, None) => {}
        }
    }
    offenders.must_be_none();
}

#[test]
fn a_message_tells_at_least_what_the_messages_in_it_tell() {
    let mut offenders = Offenders::against("A message has at least the data class of every message in it.");
    for message in messages() {
        for field in message.fields() {
            let Some(inner) = message_of(&field).filter(is_ours) else {
                continue;
            };
            offenders.unless(
                class(&message) >= class(&inner),
                field.full_name(),
                format_args!("holds {}, which has a higher class", inner.full_name()),
            );
        }
    }
    offenders.must_be_none();
}

#[test]
fn a_message_that_names_a_customer_is_not_business_data() {
    let mut offenders =
        Offenders::against("A message with a customer's or member's name is at least pseudonymous.");
    for field in fields() {
        let names_person =
            matches!(field.name(), "customer" | "customers" | "member") && message_of(&field).is_none();
        offenders.unless(
            !names_person || class(field.parent_message()) >= Some(1),
            field.full_name(),
            "names a person in business data",
        );
    }
    offenders.must_be_none();
}

#[test]
fn events_tell_nothing_personal() {
    let mut offenders = Offenders::against(
        "What events tell is kept by brokers and by other services: no message of an events.proto is personal.",
    );
    for message in messages() {
        if message.parent_file().name().ends_with("/events.proto") {
            offenders.unless(
                class(&message).is_some() && !is_personal(&message),
                message.full_name(),
                "tells something personal",
            );
        }
    }
    offenders.must_be_none();
}
