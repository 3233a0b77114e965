//! Requests written down as pairs of a field and a text, for methods that are found by their names.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MethodDescriptor, ReflectMessage as _, Value};

use crate::contract::methods;

/// Fields of a request with their values. A field inside a message is written `customer.name`; inside a list it is that
/// of the first item, `tiers[1].id` that of the second. Enumerations are written by the names of their values.
pub(crate) type Fields<'a> = &'a [(&'a str, &'a str)];

/// The method with a name such as `LoyaltyService/GetBalance`.
pub(crate) fn method(name: &str) -> MethodDescriptor {
    let found = methods().into_iter().find(|method| short_name(method) == name);
    found.unwrap_or_else(|| panic!("the contract has no method {name}"))
}

/// The name of a method within its service, such as `LoyaltyService/GetBalance`.
pub(crate) fn short_name(method: &MethodDescriptor) -> String {
    format!("{}/{}", method.parent_service().name(), method.name())
}

/// The request of a method with these fields.
pub(crate) fn request(method: &MethodDescriptor, fields: Fields<'_>) -> DynamicMessage {
    let mut request = DynamicMessage::new(method.input());
    for (path, text) in fields {
        set(&mut request, path, text);
    }
    request
}

fn set(message: &mut DynamicMessage, path: &str, text: &str) {
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    let (name, place) = match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
        Some((name, place)) => (name, place.parse().expect("the place in a list is a number")),
        None => (name, 0),
    };
    let field = message
        .descriptor()
        .get_field_by_name(name)
        .unwrap_or_else(|| panic!("{} has no field {name}", message.descriptor().full_name()));
    let value = match field.kind() {
        Kind::Message(inner) => {
            // What was written into it before stays.
            let mut inner = match message.get_field(&field).as_ref() {
                Value::Message(present) => present.clone(),
                Value::List(items) => item(items, place).unwrap_or_else(|| DynamicMessage::new(inner)),
                other => panic!("{path} holds {other:?}"),
            };
            if !rest.is_empty() {
                set(&mut inner, rest, text);
            }
            Value::Message(inner)
        }
        _ => scalar(&field, text),
    };
    let value = if field.is_list() {
        let mut items = match message.get_field(&field).into_owned() {
            Value::List(items) if place > 0 || items.len() > 1 => items,
            _ => Vec::new(),
        };
        match items.get_mut(place) {
            Some(present) => *present = value,
            None => items.push(value),
        }
        Value::List(items)
    } else {
        value
    };
    message.set_field(&field, value);
}

fn item(items: &[Value], place: usize) -> Option<DynamicMessage> {
    items.get(place)?.as_message().cloned()
}

fn scalar(field: &FieldDescriptor, text: &str) -> Value {
    let number = || {
        text.parse::<i64>()
            .unwrap_or_else(|_| panic!("{} takes a number, not {text:?}", field.full_name()))
    };
    match field.kind() {
        Kind::String => Value::String(text.to_owned()),
        Kind::Int32 => Value::I32(number() as i32),
        Kind::Int64 => Value::I64(number()),
        Kind::Bool => Value::Bool(text == "true"),
        Kind::Enum(enumeration) => {
            let value = enumeration.get_value_by_name(text);
            let value = value.unwrap_or_else(|| panic!("{} has no {text}", enumeration.full_name()));
            Value::EnumNumber(value.number())
        }
        other => panic!(
            "{} is of the kind {other:?}, which is not written here",
            field.full_name()
        ),
    }
}
