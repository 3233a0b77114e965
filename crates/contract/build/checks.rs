//! The checks of the field rules: one `Check` for each message, from its `buf.validate` annotations.
//!
//! Only the rules that the contract uses are known here. Another one fails the build, so that no rule is ever
//! written down and not enforced.

use std::{error::Error, fmt::Write as _};

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use prost_reflect::{
    DescriptorPool, DynamicMessage, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor, Value,
};

use crate::targets;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The source of all checks, of which messages are requests, and of what requests are about.
pub(crate) fn generate(pool: &DescriptorPool) -> Result<String> {
    let extension = pool
        .get_extension_by_name("buf.validate.field")
        .ok_or("buf.validate is not imported by the contract")?;
    let requests: Vec<String> = pool
        .services()
        .flat_map(|service| {
            service
                .methods()
                .map(|method| method.input().full_name().to_owned())
                .collect::<Vec<_>>()
        })
        .collect();
    let targets = targets::by_request(pool)?;
    let mut source = String::new();
    for message in pool
        .all_messages()
        .filter(|message| is_ours(message) && !message.is_map_entry())
    {
        let is_request = requests.iter().any(|name| name == message.full_name());
        let body =
            check_body(&message, &extension).map_err(|error| format!("{}: {error}", message.full_name()))?;
        let path = rust_path(&message);
        let unused = if body.is_empty() { "_" } else { "" };
        writeln!(
            source,
            "impl Check for {path} {{\n    fn check(&self, {unused}at: &Place<'_>, {unused}found: &mut Violations) {{\n{body}    }}\n}}"
        )?;
        let target = match targets.get(message.full_name()) {
            Some(target) => targets::function(&message, target)?,
            None => String::new(),
        };
        writeln!(
            source,
            "impl Inbound for {path} {{ const IS_REQUEST: bool = {is_request}; {target} }}"
        )?;
    }
    Ok(source)
}

fn is_ours(message: &MessageDescriptor) -> bool {
    message.package_name().starts_with("rapport.")
}

fn rust_path(message: &MessageDescriptor) -> String {
    let modules: Vec<String> = message.package_name().split('.').map(module).collect();
    format!(
        "crate::{}::{}",
        modules.join("::"),
        message.name().to_upper_camel_case()
    )
}

fn module(part: &str) -> String {
    if part == "type" {
        "r#type".to_owned()
    } else {
        part.to_snake_case()
    }
}

fn rust_field(name: &str) -> String {
    let name = name.to_snake_case();
    if name == "type" { "r#type".to_owned() } else { name }
}

fn check_body(message: &MessageDescriptor, extension: &ExtensionDescriptor) -> Result<String> {
    let mut body = String::new();
    for field in message.fields() {
        let rules = Rules::of(&field, extension)?;
        let code =
            field_check(message, &field, &rules).map_err(|error| format!("{}: {error}", field.name()))?;
        body.push_str(&code);
    }
    Ok(body)
}

/// The rules of one field, in the order in which the contract states them.
#[derive(Default)]
struct Rules {
    required: bool,
    ignore: i32,
    /// (family, rule, value), such as (`string`, `max_len`, 63).
    list: Vec<(String, String, Value)>,
}

const IGNORE_IF_ZERO: i32 = 1;
const IGNORE_ALWAYS: i32 = 3;

impl Rules {
    fn of(field: &FieldDescriptor, extension: &ExtensionDescriptor) -> Result<Self> {
        let options = field.options();
        if !options.has_extension(extension) {
            return Ok(Self::default());
        }
        let value = options.get_extension(extension);
        Self::read(value.as_message().ok_or("field rules are no message")?)
    }

    fn read(message: &DynamicMessage) -> Result<Self> {
        let mut rules = Self::default();
        for (field, value) in message.fields() {
            match (field.name(), value) {
                ("required", Value::Bool(required)) => rules.required = *required,
                ("ignore", Value::EnumNumber(ignore)) => rules.ignore = *ignore,
                (family, Value::Message(inner)) => {
                    for (rule, value) in inner.fields() {
                        rules
                            .list
                            .push((family.to_owned(), rule.name().to_owned(), value.clone()));
                    }
                }
                (other, _) => return Err(format!("rule {other} is not known to the build").into()),
            }
        }
        Ok(rules)
    }
}

fn field_check(message: &MessageDescriptor, field: &FieldDescriptor, rules: &Rules) -> Result<String> {
    if rules.ignore == IGNORE_ALWAYS {
        return Ok(String::new());
    }
    if field.is_map() {
        return map_check(field, rules);
    }
    if field.is_list() {
        return list_check(field, rules);
    }
    if let Some(oneof) = field
        .containing_oneof()
        .filter(|_| !field.field_descriptor_proto().proto3_optional())
    {
        return member_check(message, field, oneof.name(), rules);
    }
    let name = rust_field(field.name());
    let mut code = String::new();
    let is_optional = field.supports_presence();
    if rules.required {
        let absent = match field.kind() {
            Kind::Message(_) => format!("self.{name}.is_none()"),
            Kind::String | Kind::Bytes => format!("self.{name}.is_empty()"),
            _ => format!("self.{name} == Default::default()"),
        };
        writeln!(
            code,
            "        if {absent} {{ found.add(at, {:?}, \"is required\"); }}",
            field.name()
        )?;
    }
    let inner = value_check(field, rules, "value", &format!("&at.field({:?})", field.name()))?;
    if inner.is_empty() {
        return Ok(code);
    }
    let guard = rules.ignore == IGNORE_IF_ZERO || rules.required;
    match (is_optional, field.kind()) {
        (true, _) => writeln!(
            code,
            "        if let Some(value) = &self.{name} {{\n{inner}        }}"
        )?,
        (false, Kind::String) if guard => {
            writeln!(
                code,
                "        if !self.{name}.is_empty() {{ let value = &self.{name};\n{inner}        }}"
            )?;
        }
        (false, _) if guard => writeln!(
            code,
            "        if self.{name} != Default::default() {{ let value = &self.{name};\n{inner}        }}"
        )?,
        (false, _) => writeln!(code, "        {{ let value = &self.{name};\n{inner}        }}")?,
    }
    Ok(code)
}

fn member_check(
    message: &MessageDescriptor,
    field: &FieldDescriptor,
    oneof: &str,
    rules: &Rules,
) -> Result<String> {
    let inner = value_check(field, rules, "value", &format!("&at.field({:?})", field.name()))?;
    if inner.is_empty() {
        return Ok(String::new());
    }
    let modules: Vec<String> = message.package_name().split('.').map(module).collect();
    let variant = format!(
        "crate::{}::{}::{}::{}",
        modules.join("::"),
        message.name().to_snake_case(),
        oneof.to_upper_camel_case(),
        field.name().to_upper_camel_case()
    );
    Ok(format!(
        "        if let Some({variant}(value)) = &self.{} {{\n{inner}        }}\n",
        rust_field(oneof)
    ))
}

fn list_check(field: &FieldDescriptor, rules: &Rules) -> Result<String> {
    let (name, path) = (rust_field(field.name()), field.name());
    let mut code = String::new();
    let mut items = Rules::default();
    for (family, rule, value) in &rules.list {
        match (family.as_str(), rule.as_str(), value) {
            ("repeated", "min_items", Value::U64(least)) => writeln!(
                code,
                "        found.at_least_items(at, {path:?}, self.{name}.len(), {least});"
            )?,
            ("repeated", "max_items", Value::U64(most)) => writeln!(
                code,
                "        found.at_most_items(at, {path:?}, self.{name}.len(), {most});"
            )?,
            ("repeated", "items", Value::Message(inner)) => items = Rules::read(inner)?,
            _ => return Err(format!("rule {family}.{rule} is not known to the build").into()),
        }
    }
    let inner = value_check(field, &items, "value", &format!("&at.item({path:?}, index)"))?;
    if !inner.is_empty() {
        writeln!(
            code,
            "        for (index, value) in self.{name}.iter().enumerate().take(MOST_CHECKED) {{\n{inner}        }}"
        )?;
    }
    Ok(code)
}

fn map_check(field: &FieldDescriptor, rules: &Rules) -> Result<String> {
    let (name, path) = (rust_field(field.name()), field.name());
    let Kind::Message(entry) = field.kind() else {
        return Err("a map without entries".into());
    };
    let mut code = String::new();
    let (mut keys, mut values) = (Rules::default(), Rules::default());
    for (family, rule, value) in &rules.list {
        match (family.as_str(), rule.as_str(), value) {
            ("map", "max_pairs", Value::U64(most)) => writeln!(
                code,
                "        found.at_most_items(at, {path:?}, self.{name}.len(), {most});"
            )?,
            ("map", "keys", Value::Message(inner)) => keys = Rules::read(inner)?,
            ("map", "values", Value::Message(inner)) => values = Rules::read(inner)?,
            _ => return Err(format!("rule {family}.{rule} is not known to the build").into()),
        }
    }
    let place = format!("&at.entry({path:?}, key)");
    let of_key = value_check(&entry.map_entry_key_field(), &keys, "key", &place)?;
    let of_value = value_check(&entry.map_entry_value_field(), &values, "value", &place)?;
    if !(of_key.is_empty() && of_value.is_empty()) {
        writeln!(
            code,
            "        for (key, value) in self.{name}.iter().take(MOST_CHECKED) {{\n{of_key}{of_value}        }}"
        )?;
    }
    Ok(code)
}

/// The checks of one value, held in a reference named `value`.
fn value_check(field: &FieldDescriptor, rules: &Rules, value: &str, place: &str) -> Result<String> {
    let mut code = String::new();
    if matches!(field.kind(), Kind::String) {
        writeln!(code, "            found.storable({place}, {value});")?;
    }
    for (family, rule, limit) in &rules.list {
        let check = match (family.as_str(), rule.as_str(), limit) {
            ("string", "len", Value::U64(exact)) => format!("exact_length({place}, {value}, {exact})"),
            ("string", "min_len", Value::U64(least)) => format!("shortest({place}, {value}, {least})"),
            ("string", "max_len", Value::U64(most)) => format!("longest({place}, {value}, {most})"),
            ("string", "pattern", Value::String(pattern)) => {
                format!("pattern({place}, {value}, pattern!({pattern:?}), {pattern:?})")
            }
            ("int32" | "int64", "gte", Value::I32(_) | Value::I64(_)) => {
                format!("at_least({place}, i64::from(*{value}), {})", integer(limit))
            }
            ("int32" | "int64", "lte", Value::I32(_) | Value::I64(_)) => {
                format!("at_most({place}, i64::from(*{value}), {})", integer(limit))
            }
            ("double", "gte", Value::F64(least)) => format!("at_least_decimal({place}, *{value}, {least:?})"),
            ("double", "lte", Value::F64(most)) => format!("at_most_decimal({place}, *{value}, {most:?})"),
            ("enum", "defined_only", Value::Bool(true)) => {
                let Kind::Enum(enumeration) = field.kind() else {
                    return Err("an enum rule on another type".into());
                };
                let numbers: Vec<String> = enumeration
                    .values()
                    .map(|value| value.number().to_string())
                    .collect();
                format!("defined({place}, *{value}, &[{}])", numbers.join(", "))
            }
            _ => return Err(format!("rule {family}.{rule} is not known to the build").into()),
        };
        writeln!(code, "            found.{check};")?;
    }
    if let Kind::Message(message) = field.kind()
        && is_ours(&message)
    {
        writeln!(code, "            Check::check({value}, {place}, found);")?;
    }
    Ok(code)
}

fn integer(value: &Value) -> i64 {
    value
        .as_i64()
        .unwrap_or_else(|| i64::from(value.as_i32().unwrap_or_default()))
}
