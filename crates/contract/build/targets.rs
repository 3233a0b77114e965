//! The resource that a request names: code from the targets in the method options.

use std::{collections::BTreeMap, error::Error};

use heck::ToSnakeCase as _;
use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};

use crate::policies;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The targets of all methods that state one, by the full name of their request.
pub(crate) fn by_request(pool: &DescriptorPool) -> Result<BTreeMap<String, String>> {
    let mut targets = BTreeMap::new();
    for (method, policy) in policies::of_methods(pool)? {
        let request = method.input().full_name().to_owned();
        let target = policies::text(&policy, "target");
        if target.is_empty() {
            continue;
        }
        if let Some(other) = targets.insert(request.clone(), target.clone())
            && other != target
        {
            return Err(format!("{request} is the request of methods with different targets").into());
        }
    }
    Ok(targets)
}

/// The method of `Inbound` that gives the target of a request.
pub(crate) fn function(request: &MessageDescriptor, target: &str) -> Result<String> {
    let mut parts = Vec::new();
    for (index, piece) in target.split(['{', '}']).enumerate() {
        // Outside and inside of braces take turns.
        if index % 2 == 0 {
            parts.push(format!("Part::Fixed({piece:?})"));
        } else {
            parts.push(format!("Part::Field({})", value(request, piece)?));
        }
    }
    Ok(format!(
        "fn target(&self) -> String {{ join(&[{}]) }}",
        parts.join(", ")
    ))
}

/// An expression for a text field of a request, or of a message in it, such as `customer.name`.
fn value(request: &MessageDescriptor, path: &str) -> Result<String> {
    let wrong = || {
        format!(
            "{} has no text at {path:?}, which a target names",
            request.full_name()
        )
    };
    let text = |field: &FieldDescriptor| matches!(field.kind(), Kind::String) && !field.is_list();
    if let Some((outer, inner)) = path.split_once('.') {
        let outer = request.get_field_by_name(outer).ok_or_else(wrong)?;
        let Kind::Message(message) = outer.kind() else {
            return Err(wrong().into());
        };
        let inner = message.get_field_by_name(inner).filter(text).ok_or_else(wrong)?;
        return Ok(format!(
            "self.{}.as_ref().map_or(\"\", |message| message.{}.as_str())",
            outer.name().to_snake_case(),
            inner.name().to_snake_case()
        ));
    }
    let field = request.get_field_by_name(path).filter(text).ok_or_else(wrong)?;
    Ok(format!("&self.{}", field.name().to_snake_case()))
}
