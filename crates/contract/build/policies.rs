//! The table of method policies, from the method options.

use std::{error::Error, fmt::Write as _};

use prost_reflect::{DescriptorPool, DynamicMessage, Value};

const OPTION: &str = "rapport.policy.v1.method";

/// The source of the table, ordered by path. Fails on a method without its policy.
pub(crate) fn generate(pool: &DescriptorPool) -> Result<String, Box<dyn Error>> {
    let extension = pool
        .get_extension_by_name(OPTION)
        .ok_or("the method option is not in the contract")?;
    let mut rows = Vec::new();
    for service in pool
        .services()
        .filter(|service| service.package_name().starts_with("rapport."))
    {
        for method in service.methods() {
            let path = format!("/{}/{}", service.full_name(), method.name());
            let options = method.options();
            if !options.has_extension(&extension) {
                return Err(format!("{path} does not state its policy (option {OPTION})").into());
            }
            let value = options.get_extension(&extension);
            let policy = value.as_message().ok_or("the method option is no message")?;
            rows.push((path, row(pool, policy)?));
        }
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

fn row(pool: &DescriptorPool, policy: &DynamicMessage) -> Result<String, Box<dyn Error>> {
    let scope = policy
        .get_field_by_name("scope")
        .and_then(|value| value.as_str().map(str::to_owned));
    let scope = scope
        .filter(|scope| !scope.is_empty())
        .ok_or("a method has no scope")?;
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
