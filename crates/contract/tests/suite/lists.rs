//! Everything that can grow is read in pages (AIP-158), and filtered and ordered in one way (AIP-132, AIP-160).

use prost_reflect::{Kind, MessageDescriptor, MethodDescriptor};

use crate::contract::{Offenders, methods};

/// Lists that come in one order and have no filter: a timeline and changes are read from their end, lots by their expiry.
const IN_ONE_ORDER: [&str; 3] = ["ListTimelineEntries", "ListLots", "ListTierChanges"];

/// Methods that answer in pages and are no lists of resources.
const PAGED: [&str; 1] = ["QueryMetric"];

fn lists() -> Vec<MethodDescriptor> {
    methods()
        .into_iter()
        .filter(|method| method.name().starts_with("List"))
        .collect()
}

fn has(message: &MessageDescriptor, field: &str, kind: &Kind) -> bool {
    message
        .get_field_by_name(field)
        .is_some_and(|field| field.kind() == *kind && !field.is_list())
}

#[test]
fn lists_come_in_pages() {
    let mut offenders = Offenders::against(
        "A list takes page_size and page_token, and answers with one repeated field and next_page_token.",
    );
    let paged = methods()
        .into_iter()
        .filter(|method| PAGED.contains(&method.name()));
    for method in lists().into_iter().chain(paged) {
        let (request, answer) = (method.input(), method.output());
        let mut expect = |kept, message: &MessageDescriptor, wrong| {
            offenders.unless(kept, message.full_name(), wrong);
        };
        expect(
            has(&request, "page_size", &Kind::Int32),
            &request,
            "has no int32 page_size",
        );
        expect(
            has(&request, "page_token", &Kind::String),
            &request,
            "has no string page_token",
        );
        expect(
            has(&answer, "next_page_token", &Kind::String),
            &answer,
            "has no string next_page_token",
        );
        let repeated = answer
            .fields()
            .filter(prost_reflect::FieldDescriptor::is_list)
            .count();
        expect(repeated == 1, &answer, "must have exactly one repeated field");
    }
    offenders.must_be_none();
}

#[test]
fn lists_are_filtered_and_ordered() {
    let mut offenders =
        Offenders::against("A list takes filter and order_by, unless it comes in one order only.");
    for method in lists() {
        let request = method.input();
        for field in ["filter", "order_by"] {
            let expected = !IN_ONE_ORDER.contains(&method.name());
            offenders.unless(
                has(&request, field, &Kind::String) == expected,
                request.full_name(),
                if expected {
                    format!("has no string {field}")
                } else {
                    format!("has {field}")
                },
            );
        }
    }
    offenders.must_be_none();
}

#[test]
fn whatever_answers_with_a_page_token_is_known_to_be_paged() {
    let mut offenders =
        Offenders::against("A method whose answer has next_page_token is a list or named as paged.");
    for method in methods() {
        let paged = method.output().get_field_by_name("next_page_token").is_some();
        let known = method.name().starts_with("List") || PAGED.contains(&method.name());
        offenders.unless(paged == known, method.full_name(), "is paged under another name");
    }
    offenders.must_be_none();
}
