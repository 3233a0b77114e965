//! Requests that may be sent again carry their id (AIP-155), and requests that move value always do.

use prost_reflect::Kind;

use crate::{
    contract::{Offenders, behaviors, methods},
    policies::policy,
};

const BY_REQUEST_ID: &str = "REPETITION_REQUEST_ID";

#[test]
fn a_method_repeated_by_request_id_has_a_required_one() {
    let mut offenders = Offenders::against(
        "A method has REPETITION_REQUEST_ID exactly when its request has a required string request_id.",
    );
    for method in methods() {
        let by_id = policy(&method).repetition == BY_REQUEST_ID;
        let field = method.input().get_field_by_name("request_id");
        match (by_id, field) {
            (true, None) => offenders.add(method.full_name(), "has no request_id in its request"),
            (false, Some(_)) => offenders.add(
                method.full_name(),
                "has a request_id, and its repetition is another",
            ),
            (true, Some(field)) => offenders.unless(
                field.kind() == Kind::String
                    && !field.is_list()
                    && behaviors(&field).contains(&"REQUIRED".to_owned()),
                field.full_name(),
                "must be one required string",
            ),
            (false, None) => {}
        }
    }
    offenders.must_be_none();
}

#[test]
fn a_method_that_moves_value_is_repeated_by_request_id() {
    let mut offenders = Offenders::against("A method with AUDIT_CLASS_VALUE has REPETITION_REQUEST_ID.");
    for method in methods() {
        let policy = policy(&method);
        offenders.unless(
            policy.audit != "AUDIT_CLASS_VALUE" || policy.repetition == BY_REQUEST_ID,
            method.full_name(),
            format_args!("moves value and has {}", policy.repetition),
        );
    }
    offenders.must_be_none();
}
