//! The compiled contract, seen through its descriptors, and the list of those who break a rule.

use std::{
    collections::{BTreeSet, HashMap},
    fmt::Display,
    sync::LazyLock,
};

use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, ExtensionDescriptor, FieldDescriptor, FileDescriptor,
    Kind, MessageDescriptor, MethodDescriptor, ReflectMessage as _, ServiceDescriptor, Value,
};

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(rapport_contract::DESCRIPTOR_SET).expect("the descriptor set decodes")
});

/// The comments above everything, by file and place in the file.
static COMMENTS: LazyLock<HashMap<(String, Vec<i32>), String>> = LazyLock::new(|| {
    POOL.files()
        .filter(|file| file.package_name().starts_with("rapport."))
        .flat_map(|file| comments_of(&file))
        .collect()
});

fn comments_of(file: &FileDescriptor) -> Vec<((String, Vec<i32>), String)> {
    let info = file.file_descriptor_proto().source_code_info.as_ref();
    info.unwrap_or_else(|| panic!("{} was compiled without its comments", file.name()))
        .location
        .iter()
        .map(|location| {
            let place = (file.name().to_owned(), location.path.clone());
            (place, location.leading_comments().trim().to_owned())
        })
        .collect()
}

/// The comment above the element at a place in a file; empty where there is none.
pub(crate) fn comment(file: &FileDescriptor, path: &[i32]) -> &'static str {
    COMMENTS
        .get(&(file.name().to_owned(), path.to_vec()))
        .map_or("", String::as_str)
}

/// The services of the suite.
pub(crate) fn services() -> Vec<ServiceDescriptor> {
    POOL.services()
        .filter(|service| service.package_name().starts_with("rapport."))
        .collect()
}

/// The methods of all services.
pub(crate) fn methods() -> Vec<MethodDescriptor> {
    services()
        .iter()
        .flat_map(|service| service.methods().collect::<Vec<_>>())
        .collect()
}

/// The messages that the suite declares. Entries of maps are no messages of their own.
pub(crate) fn messages() -> Vec<MessageDescriptor> {
    POOL.all_messages()
        .filter(|message| is_ours(message) && !message.is_map_entry())
        .collect()
}

/// The fields of all messages that the suite declares.
pub(crate) fn fields() -> Vec<FieldDescriptor> {
    fields_of(&messages())
}

/// The enumerations that the suite declares.
pub(crate) fn enumerations() -> Vec<EnumDescriptor> {
    POOL.all_enums()
        .filter(|enumeration| enumeration.package_name().starts_with("rapport."))
        .collect()
}

/// The fields that a caller can send: those of every request, and of every message inside one.
pub(crate) fn inbound_fields() -> Vec<FieldDescriptor> {
    let mut reached = BTreeSet::new();
    let mut waiting: Vec<MessageDescriptor> = methods().iter().map(MethodDescriptor::input).collect();
    let mut found = Vec::new();
    while let Some(message) = waiting.pop() {
        if !is_ours(&message) || !reached.insert(message.full_name().to_owned()) {
            continue;
        }
        // What is inside an output is never sent in.
        let taken = message
            .fields()
            .filter(|field| !behaviors(field).contains(&"OUTPUT_ONLY".to_owned()));
        waiting.extend(taken.filter_map(|field| message_of(&field)));
        found.push(message);
    }
    fields_of(&found)
}

/// The message that a field holds, once or more often; of a map, the message of its values.
pub(crate) fn message_of(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    let Kind::Message(message) = field.kind() else {
        return None;
    };
    if message.is_map_entry() {
        return message_of(&message.map_entry_value_field());
    }
    Some(message)
}

/// Whether the suite declares a message, rather than a library of common types.
pub(crate) fn is_ours(message: &MessageDescriptor) -> bool {
    message.package_name().starts_with("rapport.")
}

fn fields_of(messages: &[MessageDescriptor]) -> Vec<FieldDescriptor> {
    messages
        .iter()
        .flat_map(|message| message.fields().collect::<Vec<_>>())
        .collect()
}

/// The value of one of our or Google's options, or none where it is not set.
pub(crate) fn option(options: &DynamicMessage, name: &str) -> Option<Value> {
    let extension = extension(name);
    options
        .has_extension(&extension)
        .then(|| options.get_extension(&extension).into_owned())
}

/// The name of an enumeration option's value, or none where it is not set.
pub(crate) fn enum_option(options: &DynamicMessage, name: &str) -> Option<String> {
    value_name(&extension(name).kind(), &option(options, name)?)
}

/// The names of the values of `google.api.field_behavior`.
pub(crate) fn behaviors(field: &FieldDescriptor) -> Vec<String> {
    const BEHAVIOR: &str = "google.api.field_behavior";
    let Some(Value::List(values)) = option(&field.options(), BEHAVIOR) else {
        return Vec::new();
    };
    let kind = extension(BEHAVIOR).kind();
    values
        .iter()
        .filter_map(|value| value_name(&kind, value))
        .collect()
}

/// A value inside a message by the names of the fields on the way, or none where one is not set.
pub(crate) fn at(value: &Value, path: &[&str]) -> Option<Value> {
    let Some((first, rest)) = path.split_first() else {
        return Some(value.clone());
    };
    let message = value.as_message()?;
    let field = message.descriptor().get_field_by_name(first)?;
    if !message.has_field(&field) {
        return None;
    }
    at(&message.get_field(&field), rest)
}

/// The name of the number that an enumeration has at a field of an option.
pub(crate) fn name_at(value: &Value, field: &str) -> Option<String> {
    let descriptor = value.as_message()?.descriptor().get_field_by_name(field)?;
    value_name(&descriptor.kind(), &at(value, &[field])?)
}

fn extension(name: &str) -> ExtensionDescriptor {
    POOL.get_extension_by_name(name)
        .unwrap_or_else(|| panic!("the contract does not import the option {name}"))
}

fn value_name(kind: &Kind, value: &Value) -> Option<String> {
    let value = kind.as_enum()?.get_value(value.as_enum_number()?)?;
    Some(value.name().to_owned())
}

/// Those who break a rule.
#[derive(Debug)]
pub(crate) struct Offenders {
    rule: &'static str,
    found: Vec<String>,
}

impl Offenders {
    /// Nobody yet. The rule is what every element must keep.
    pub(crate) fn against(rule: &'static str) -> Self {
        Self {
            rule,
            found: Vec::new(),
        }
    }

    /// Adds an element with what is wrong about it.
    pub(crate) fn add(&mut self, element: &str, wrong: impl Display) {
        self.found.push(format!("{element}: {wrong}"));
    }

    /// Adds an element unless it keeps the rule.
    pub(crate) fn unless(&mut self, kept: bool, element: &str, wrong: impl Display) {
        if !kept {
            self.add(element, wrong);
        }
    }

    /// Fails and lists them when there is anybody.
    pub(crate) fn must_be_none(mut self) {
        self.found.sort();
        assert!(
            self.found.is_empty(),
            "{}\nThe contract breaks this {} times (see proto/rapport):\n  {}",
            self.rule,
            self.found.len(),
            self.found.join("\n  ")
        );
    }
}
