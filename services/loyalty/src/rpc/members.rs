//! Methods of members.

use rapport_contract::{
    loyalty::v1::{
        BatchEnrolMembersRequest, BatchEnrolMembersResponse, EnrolMemberRequest, GetMemberRequest,
        ListMembersRequest, ListMembersResponse, Member,
    },
    name,
};
use rapport_status::{Error, FieldViolation, Reason, Result};

use super::Rpc;
use crate::{
    domain::member::Enrolment,
    usecase::{listing::Listing, members},
    wire,
};

/// The parent of the members of all programs.
const ALL_PROGRAMS: &str = "programs/-";

impl Rpc {
    pub(super) async fn enrol(&self, tenant: &str, request: EnrolMemberRequest) -> Result<Member> {
        let [program] = name::PROGRAM.require("parent", &request.parent)?;
        let [customer] = name::CUSTOMER.require("customer", &request.customer)?;
        let id = match request.member_id.as_str() {
            "" => customer,
            id => id,
        };
        let wish = Enrolment {
            name: name::MEMBER.format([program, id]),
            customer: request.customer.clone(),
        };
        let member = members::enrol(&self.store, &self.clock, tenant, &request.parent, &wish).await?;
        Ok(wire::member(&member))
    }

    pub(super) async fn enrol_batch(
        &self,
        tenant: &str,
        request: BatchEnrolMembersRequest,
    ) -> Result<BatchEnrolMembersResponse> {
        let [program] = name::PROGRAM.require("parent", &request.parent)?;
        let mut wishes = Vec::with_capacity(request.customers.len());
        let mut violations = Vec::new();
        for (index, customer) in request.customers.into_iter().enumerate() {
            match name::CUSTOMER.parse(&customer) {
                Some([id]) => wishes.push(Enrolment {
                    name: name::MEMBER.format([program, id]),
                    customer,
                }),
                None => violations.push(FieldViolation::new(
                    format!("customers[{index}]"),
                    format!("must have the form {}", name::CUSTOMER.as_str()),
                )),
            }
        }
        if !violations.is_empty() {
            return Err(Error::invalid(Reason::InvalidName, violations));
        }
        let enrolled = members::enrol_all(&self.store, &self.clock, tenant, &request.parent, &wishes).await?;
        let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        Ok(BatchEnrolMembersResponse {
            enrolled_count: count(enrolled.new),
            existing_count: count(enrolled.known),
        })
    }

    pub(super) async fn member(&self, tenant: &str, request: GetMemberRequest) -> Result<Member> {
        let [_, _] = name::MEMBER.require("name", &request.name)?;
        let member = members::get(&self.store, &self.clock, tenant, &request.name).await?;
        Ok(wire::member(&member))
    }

    pub(super) async fn members(
        &self,
        tenant: &str,
        request: ListMembersRequest,
    ) -> Result<ListMembersResponse> {
        let program = if request.parent == ALL_PROGRAMS {
            None
        } else {
            let [_] = name::PROGRAM.require("parent", &request.parent)?;
            Some(request.parent.as_str())
        };
        let listing = Listing {
            page_size: request.page_size,
            page_token: request.page_token,
            filter: request.filter,
            order_by: request.order_by,
        };
        let (members, next_page_token) =
            members::list(&self.store, tenant, program, &listing, &self.token_key).await?;
        Ok(ListMembersResponse {
            members: members.iter().map(wire::member).collect(),
            next_page_token,
        })
    }
}
