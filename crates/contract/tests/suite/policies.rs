//! Every method states who may call it, what a repetition does, and what the audit log keeps.

use prost_reflect::{MethodDescriptor, Value};

use crate::contract::{Offenders, enum_option, methods, name_at, option};

const METHOD: &str = "rapport.policy.v1.method";

/// What one method states.
pub(crate) struct Policy {
    pub(crate) scope: String,
    pub(crate) repetition: String,
    pub(crate) audit: String,
    pub(crate) target: String,
}

/// The policy of a method; what it leaves out is empty.
pub(crate) fn policy(method: &MethodDescriptor) -> Policy {
    let stated = option(&method.options(), METHOD);
    let named = |field| {
        stated
            .as_ref()
            .and_then(|value| name_at(value, field))
            .unwrap_or_default()
    };
    let text = |field: &str| {
        stated
            .as_ref()
            .and_then(Value::as_message)
            .and_then(|message| message.get_field_by_name(field))
            .and_then(|text| text.as_str().map(str::to_owned))
            .unwrap_or_default()
    };
    Policy {
        scope: text("scope"),
        repetition: named("repetition"),
        audit: named("audit"),
        target: text("target"),
    }
}

#[test]
fn every_method_states_its_policy() {
    let mut offenders = Offenders::against("Every method states scope, repetition and audit class.");
    for method in methods() {
        let policy = policy(&method);
        offenders.unless(!policy.scope.is_empty(), method.full_name(), "has no scope");
        let states = |value: &str| !value.is_empty() && !value.ends_with("_UNSPECIFIED");
        offenders.unless(
            states(&policy.repetition),
            method.full_name(),
            "does not state its repetition",
        );
        offenders.unless(
            states(&policy.audit),
            method.full_name(),
            "does not state its audit class",
        );
    }
    offenders.must_be_none();
}

#[test]
fn scopes_name_service_noun_and_verb() {
    let mut offenders = Offenders::against(
        "A scope reads <service>.<noun>.<verb> in lower case, with the method's own service.",
    );
    for method in methods() {
        let scope = policy(&method).scope;
        let parts: Vec<&str> = scope.split('.').collect();
        let service = method.parent_service().package_name().split('.').nth(1);
        let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
        let kept = parts.len() == 3 && parts.iter().all(is_word) && parts.first().copied() == service;
        offenders.unless(kept, method.full_name(), format_args!("has the scope {scope:?}"));
    }
    offenders.must_be_none();
}

#[test]
fn what_changes_nothing_is_audited_as_a_read_and_what_changes_something_as_a_change() {
    let mut offenders =
        Offenders::against("Audit class and repetition agree on whether a method changes something.");
    for method in methods() {
        let policy = policy(&method);
        let reads = policy.repetition == "REPETITION_READ_ONLY";
        let audited_as_read = matches!(
            policy.audit.as_str(),
            "AUDIT_CLASS_NONE" | "AUDIT_CLASS_PERSONAL_READ"
        );
        offenders.unless(
            reads == audited_as_read,
            method.full_name(),
            format_args!("has {} and {}", policy.repetition, policy.audit),
        );
    }
    offenders.must_be_none();
}

#[test]
fn reads_of_personal_data_are_audited() {
    let mut offenders = Offenders::against("A method that answers with personal data is audited.");
    for method in methods() {
        let class = enum_option(&method.output().options(), "rapport.policy.v1.data_class");
        let personal = class.as_deref() == Some("DATA_CLASS_PERSONAL");
        let audited = policy(&method).audit != "AUDIT_CLASS_NONE";
        offenders.unless(
            !personal || audited,
            method.full_name(),
            format_args!(
                "answers with {} and has no audit class",
                method.output().full_name()
            ),
        );
    }
    offenders.must_be_none();
}

#[test]
fn scopes_of_reads_and_of_changes_are_apart() {
    let mut offenders = Offenders::against("No scope that lets a caller read also lets it change something.");
    for method in methods() {
        let policy = policy(&method);
        let reads = policy.repetition == "REPETITION_READ_ONLY";
        let verb = policy.scope.rsplit('.').next().unwrap_or_default();
        let verb_reads = matches!(verb, "read" | "verify");
        offenders.unless(
            reads == verb_reads,
            method.full_name(),
            format_args!("has the scope {} and {}", policy.scope, policy.repetition),
        );
    }
    offenders.must_be_none();
}

#[test]
fn what_the_audit_log_keeps_has_a_target_and_nothing_else_has() {
    let mut offenders =
        Offenders::against("A method states a target exactly when the audit log keeps something of it.");
    for method in methods() {
        let policy = policy(&method);
        offenders.unless(
            policy.target.is_empty() == (policy.audit == "AUDIT_CLASS_NONE"),
            method.full_name(),
            format_args!("has {} and the target {:?}", policy.audit, policy.target),
        );
    }
    offenders.must_be_none();
}
