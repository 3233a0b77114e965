//! Methods of programs.

use std::collections::BTreeMap;

use rapport_contract::{
    loyalty::v1::{
        CreateProgramRequest, GetProgramRequest, ListProgramsRequest, ListProgramsResponse, Program,
        UpdateProgramRequest,
    },
    name,
};
use rapport_listing::FieldMask;
use rapport_server::listing::refused;
use rapport_status::{Error, FieldViolation, Reason, Result};

use super::Rpc;
use crate::{
    domain::program::{EarningRule, Terms, UNIVERSAL_TIME},
    usecase::{
        listing::Listing,
        programs::{self, Change},
    },
    wire,
};

/// What an update of a program can change.
const UPDATABLE: &[&str] = &[
    "title",
    "earning_rule",
    "compensation_rules",
    "lifetime_months",
    "enrols_automatically",
    "time_zone",
];

impl Rpc {
    pub(super) async fn create(&self, tenant: &str, request: CreateProgramRequest) -> Result<Program> {
        let message = request.program.unwrap_or_default();
        let (terms, mut violations) = terms(&message);
        violations.extend(terms.check());
        refuse(violations)?;
        let id = match request.program_id {
            id if id.is_empty() => self.clock.new_id().to_string(),
            id => id,
        };
        let name = name::PROGRAM.format([&id]);
        let program = programs::create(&self.store, &self.clock, tenant, &name, &terms).await?;
        Ok(wire::program(&program))
    }

    pub(super) async fn get(&self, tenant: &str, request: GetProgramRequest) -> Result<Program> {
        let [_] = name::PROGRAM.require("name", &request.name)?;
        let program = programs::get(&self.store, tenant, &request.name).await?;
        Ok(wire::program(&program))
    }

    pub(super) async fn list(
        &self,
        tenant: &str,
        request: ListProgramsRequest,
    ) -> Result<ListProgramsResponse> {
        let listing = Listing {
            page_size: request.page_size,
            page_token: request.page_token,
            filter: request.filter,
            order_by: request.order_by,
        };
        let (programs, next_page_token) =
            programs::list(&self.store, tenant, &listing, &self.token_key).await?;
        Ok(ListProgramsResponse {
            programs: programs.iter().map(wire::program).collect(),
            next_page_token,
        })
    }

    pub(super) async fn update(&self, tenant: &str, request: UpdateProgramRequest) -> Result<Program> {
        let message = request.program.unwrap_or_default();
        let [_] = name::PROGRAM.require("program.name", &message.name)?;
        let paths = request.update_mask.unwrap_or_default().paths;
        let mask =
            FieldMask::check(&paths, UPDATABLE, &populated(&message)).map_err(|error| refused(&error))?;
        let (terms, violations) = terms(&message);
        refuse(violations)?;
        let change = Change {
            name: message.name,
            etag: message.etag,
            terms,
            mask,
        };
        let program = programs::update(&self.store, &self.clock, tenant, &change).await?;
        Ok(wire::program(&program))
    }
}

/// The fields that are set: those that an update without a mask changes.
fn populated(message: &Program) -> Vec<&'static str> {
    let set = [
        !message.title.is_empty(),
        message.earning_rule.is_some(),
        !message.compensation_rules.is_empty(),
        message.lifetime_months != 0,
        message.enrols_automatically,
        !message.time_zone.is_empty(),
    ];
    let fields = UPDATABLE.iter().zip(set);
    fields.filter(|(_, set)| *set).map(|(name, _)| *name).collect()
}

/// The terms of a program as a request has them, with what breaks the rules of programs.
fn terms(message: &Program) -> (Terms, Vec<FieldViolation>) {
    let mut violations = Vec::new();
    let earning_rule = message
        .earning_rule
        .as_ref()
        .and_then(|rule| match rule.currency_code.parse() {
            Ok(currency) => Some(EarningRule {
                currency,
                points: rule.points,
                per_amount_minor: rule.per_amount_minor,
            }),
            Err(error) => {
                let description = format!("{error}");
                violations.push(FieldViolation::new(
                    "program.earning_rule.currency_code",
                    description,
                ));
                None
            }
        });
    let mut compensation = BTreeMap::new();
    for (index, rule) in message.compensation_rules.iter().enumerate() {
        let field = format!("program.compensation_rules[{index}].priority");
        match wire::from_priority(rule.priority()) {
            None => violations.push(FieldViolation::new(field, "must be a priority of cases")),
            Some(priority) => {
                if compensation.insert(priority, rule.points).is_some() {
                    violations.push(FieldViolation::new(
                        field,
                        "has a rule already; give one for each priority",
                    ));
                }
            }
        }
    }
    let terms = Terms {
        title: message.title.clone(),
        earning_rule,
        compensation,
        lifetime_months: message.lifetime_months,
        enrols_automatically: message.enrols_automatically,
        time_zone: match message.time_zone.as_str() {
            "" => UNIVERSAL_TIME.to_owned(),
            name => name.to_owned(),
        },
    };
    (terms, violations)
}

fn refuse(violations: Vec<FieldViolation>) -> Result<()> {
    if violations.is_empty() {
        return Ok(());
    }
    Err(Error::invalid(Reason::InvalidProgram, violations))
}
