//! The table of method policies, from the method options.

use std::{error::Error, fmt::Write as _};

use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor, Value};

const OPTION: &str = "rapport.policy.v1.method";

/// The source of the table, ordered by path. Fails on a method without its policy.
pub(crate) fn generate(pool: &DescriptorPool) -> Result<String, Box<dyn Error>> {
    let mut rows = Vec::new();
    for (method, policy) in of_methods(pool)? {
        rows.push((path(&method), row(pool, &policy)?));
    }
    rows.sort();
    let mut source = String::from("/// The policy of every method, ordered by path.\n");
    writeln!(source, "pub static METHODS: &[Method] = &[")?;
    for (path, row) in rows {
        writeln!(source, "    Method {{ path: {path:?}, {row} }},")?;
    }
    source.push_str("];\n");
    Ok(source)
}

/// Every method with its policy. Fails on a method without one.
pub(crate) fn of_methods(
    pool: &DescriptorPool,
) -> Result<Vec<(MethodDescriptor, DynamicMessage)>, Box<dyn Error>> {
    let extension = pool
        .get_extension_by_name(OPTION)
        .ok_or("the method option is not in the contract")?;
    let mut policies = Vec::new();
    for service in pool
        .services()
        .filter(|service| service.package_name().starts_with("rapport."))
    {
        for method in service.methods() {
            let options = method.options();
            if !options.has_extension(&extension) {
                let path = path(&method);
                return Err(format!("{path} does not state its policy (option {OPTION})").into());
            }
            let value = options.get_extension(&extension);
            let policy = value.as_message().ok_or("the method option is no message")?;
            policies.push((method, policy.clone()));
        }
    }
    Ok(policies)
}

fn path(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

/// A text of a policy; empty where it is not set.
pub(crate) fn text(policy: &DynamicMessage, field: &str) -> String {
    policy
        .get_field_by_name(field)
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn row(pool: &DescriptorPool, policy: &DynamicMessage) -> Result<String, Box<dyn Error>> {
    let scope = text(policy, "scope");
    if scope.is_empty() {
        return Err("a method has no scope".into());
    }
    let repetition = variant(
        pool,
        policy,
        "repetition",
        "rapport.policy.v1.Repetition",
        "REPETITION_",
    )?;
    let audit = variant(
        pool,
        policy,
        "audit",
        "rapport.policy.v1.AuditClass",
        "AUDIT_CLASS_",
    )?;
    Ok(format!(
        "scope: {scope:?}, repetition: Repetition::{repetition}, audit: AuditClass::{audit}"
    ))
}

fn variant(
    pool: &DescriptorPool,
    policy: &DynamicMessage,
    field: &str,
    enumeration: &str,
    prefix: &str,
) -> Result<String, Box<dyn Error>> {
    let number = match policy.get_field_by_name(field).as_deref() {
        Some(Value::EnumNumber(number)) if *number != 0 => *number,
        _ => return Err(format!("a method does not state its {field}").into()),
    };
    let name = pool
        .get_enum_by_name(enumeration)
        .and_then(|descriptor| descriptor.get_value(number))
        .ok_or("unknown enum value in a policy")?;
    Ok(heck::ToUpperCamelCase::to_upper_camel_case(
        name.name().trim_start_matches(prefix),
    ))
}
