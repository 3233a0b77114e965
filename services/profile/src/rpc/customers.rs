//! Customers on the wire.

use jiff::civil::Date;
use rapport_contract::{instant, name, profile::v1 as wire};
use rapport_listing::FieldMask;
use rapport_privacy::Personal;
use rapport_server::listing::refused;
use rapport_status::{Error, FieldViolation, Reason};

use crate::{
    domain::{
        customer::{Customer, Profile, ProfileField},
        identity::{Identity, IdentityKey},
        registry::NewCustomer,
    },
    usecase::{customers::Change, purchases::Refusal},
    words,
};

const UPDATABLE: &[&str] = &[
    "display_name",
    "identities",
    "language",
    "birth_date",
    "attributes",
];

/// Reads a wish for a new customer. `at` is the field path of the request, `made_id` the id that the customer gets
/// when the caller chose none.
pub(crate) fn new_customer(
    request: wire::CreateCustomerRequest,
    at: &str,
    made_id: String,
    today: Date,
) -> Result<NewCustomer, Vec<FieldViolation>> {
    let customer = request.customer.unwrap_or_default();
    let chosen = !request.customer_id.is_empty();
    let profile = profile(customer, &format!("{at}customer"), today);
    if chosen && !name::is_id(&request.customer_id) {
        let mut violations = profile.err().unwrap_or_default();
        violations.push(FieldViolation::new(
            format!("{at}customer_id"),
            "must be 1 to 63 of a-z 0-9 - _ . beginning with a letter or digit",
        ));
        return Err(violations);
    }
    Ok(NewCustomer {
        id: if chosen { request.customer_id } else { made_id },
        chosen,
        profile: profile?,
    })
}

/// Reads a profile, or lists everything that is wrong with it. `at` is the field path of the customer.
pub(crate) fn profile(
    customer: wire::Customer,
    at: &str,
    today: Date,
) -> Result<Profile, Vec<FieldViolation>> {
    let mut violations = Vec::new();
    let mut identities = Vec::new();
    for (index, identity) in customer.identities.iter().enumerate() {
        match identity_key(identity, &format!("{at}.identities[{index}]")) {
            Ok(key) => identities.push(Identity {
                key,
                verified: identity.verified,
            }),
            Err(wrong) => violations.extend(wrong),
        }
    }
    let birth_date = customer.birth_date.map(instant::date_from_wire).transpose();
    if let Err(wrong) = birth_date {
        violations.push(FieldViolation::new(format!("{at}.birth_date"), wrong));
    }
    let profile = Profile {
        display_name: customer.display_name.into(),
        identities,
        language: customer.language.into(),
        birth_date: birth_date.unwrap_or_default().map(Personal::new),
        attributes: customer.attributes.into(),
    };
    violations.extend(profile.violations(at, today));
    if violations.is_empty() {
        Ok(profile)
    } else {
        Err(violations)
    }
}

/// Reads an identity into its normal form. `at` is its field path.
pub(crate) fn identity_key(identity: &wire::Identity, at: &str) -> Result<IdentityKey, Vec<FieldViolation>> {
    match words::identity_kind_from(identity.r#type) {
        Some(kind) => IdentityKey::new(kind, &identity.system, &identity.value, at),
        None => Err(vec![FieldViolation::new(
            format!("{at}.type"),
            "must be PHONE, EMAIL or EXTERNAL",
        )]),
    }
}

/// Reads the wish for a change of a customer.
pub(crate) fn change(request: wire::UpdateCustomerRequest, today: Date) -> Result<Change, Error> {
    let customer = request.customer.unwrap_or_default();
    let [id] = name::CUSTOMER.require("customer.name", &customer.name)?;
    let id = id.to_owned();
    let paths = request.update_mask.map(|mask| mask.paths).unwrap_or_default();
    let mask = FieldMask::check(&paths, UPDATABLE, &populated(&customer)).map_err(|error| refused(&error))?;
    let etag = customer.etag.clone();
    let fields = mask.names().filter_map(field).collect();
    let profile = profile(customer, "customer", today)
        .map_err(|violations| Error::invalid(Reason::InvalidFields, violations))?;
    Ok(Change {
        id,
        etag,
        fields,
        profile,
    })
}

fn field(name: &str) -> Option<ProfileField> {
    match name {
        "display_name" => Some(ProfileField::DisplayName),
        "identities" => Some(ProfileField::Identities),
        "language" => Some(ProfileField::Language),
        "birth_date" => Some(ProfileField::BirthDate),
        "attributes" => Some(ProfileField::Attributes),
        _ => None,
    }
}

fn populated(customer: &wire::Customer) -> Vec<&'static str> {
    let set = [
        ("display_name", !customer.display_name.is_empty()),
        ("identities", !customer.identities.is_empty()),
        ("language", !customer.language.is_empty()),
        ("birth_date", customer.birth_date.is_some()),
        ("attributes", !customer.attributes.is_empty()),
    ];
    set.into_iter()
        .filter(|(_, set)| *set)
        .map(|(name, _)| name)
        .collect()
}

/// Writes a customer.
pub(crate) fn customer(customer: Customer) -> wire::Customer {
    let (name, etag) = (customer.name(), customer.etag());
    let profile = customer.profile;
    wire::Customer {
        name,
        display_name: profile.display_name.into_exposed(),
        identities: profile.identities.iter().map(identity).collect(),
        language: profile.language.into_exposed(),
        birth_date: profile
            .birth_date
            .map(|date| instant::date_to_wire(date.into_exposed())),
        attributes: profile.attributes.into_exposed(),
        create_time: Some(instant::to_wire(customer.create_time)),
        update_time: Some(instant::to_wire(customer.update_time)),
        etag,
    }
}

fn identity(identity: &Identity) -> wire::Identity {
    wire::Identity {
        r#type: words::identity_kind(identity.key.kind()).into(),
        system: identity.key.system().to_owned(),
        value: identity.key.value().to_owned(),
        verified: identity.verified,
    }
}

/// Writes a reason why a row was not taken.
pub(crate) fn row_error(refusal: Refusal) -> wire::RowError {
    wire::RowError {
        row: refusal.row,
        reason: refusal.reason.name().to_owned(),
        field: refusal.field,
        message: refusal.message,
    }
}
