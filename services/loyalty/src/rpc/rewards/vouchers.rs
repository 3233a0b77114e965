//! Methods of vouchers.

use rapport_contract::{
    loyalty::v1::{
        CheckVoucherRequest, CheckVoucherResponse, UndoVoucherUseRequest, UseVoucherRequest, VoucherOrder,
        VoucherUse,
    },
    money, name,
};
use rapport_status::{Error, FieldViolation, Result};
use uuid::Uuid;

use crate::{
    domain::rewards::{
        codes::LookupCode,
        voucher::{self, Command, Order, OrderLine},
    },
    rpc::Rpc,
    store::rewards::vouchers::Key,
    usecase::rewards::vouchers,
    wire::rewards::{self as wire, Field},
};

impl Rpc {
    pub(in crate::rpc) async fn check_voucher(
        &self,
        tenant: &str,
        request: CheckVoucherRequest,
    ) -> Result<CheckVoucherResponse> {
        let [_] = name::PROGRAM.require("parent", &request.parent)?;
        let code = LookupCode::parse(&request.code)?;
        let order = request.order.as_ref().map(order).transpose()?;
        let of = (request.parent.as_str(), code);
        let (voucher, discount) =
            vouchers::check(&self.store, &self.clock, tenant, of, order.as_ref()).await?;
        Ok(CheckVoucherResponse {
            voucher: Some(wire::voucher(&voucher, self.clock.now())),
            discount: discount.map(money::to_wire),
        })
    }

    pub(in crate::rpc) async fn use_voucher(
        &self,
        tenant: &str,
        request: UseVoucherRequest,
    ) -> Result<VoucherUse> {
        let [_] = name::PROGRAM.require("parent", &request.parent)?;
        let code = LookupCode::parse(&request.code)?;
        let mut violations = Vec::new();
        let use_time = Field::new("use_time", &mut violations).moment(request.use_time.as_ref());
        refuse(violations)?;
        let command = Command::Use {
            id: request.use_id.clone(),
            order: order(&request.order.unwrap_or_default())?,
            use_time,
        };
        let of = (request.parent.as_str(), Key::Code(code));
        let (name, used) =
            vouchers::change(&self.store, &self.clock, tenant, of, (&command, &request.use_id)).await?;
        Ok(wire::voucher_use(&name, &used))
    }

    pub(in crate::rpc) async fn undo_voucher_use(
        &self,
        tenant: &str,
        request: UndoVoucherUseRequest,
    ) -> Result<VoucherUse> {
        let [program, id] = name::VOUCHER.require("name", &request.name)?;
        let id: Uuid = id.parse().map_err(|_| voucher::not_found(&request.name))?;
        let program = name::PROGRAM.format([program]);
        let command = Command::Undo {
            id: request.use_id.clone(),
        };
        let of = (program.as_str(), Key::Id(&id));
        let (name, undone) =
            vouchers::change(&self.store, &self.clock, tenant, of, (&command, &request.use_id)).await?;
        Ok(wire::voucher_use(&name, &undone))
    }
}

/// An order as a request has it.
fn order(message: &VoucherOrder) -> Result<Order> {
    let currency = message
        .currency_code
        .parse()
        .map_err(|error| Error::invalid_field("order.currency_code", format!("{error}")))?;
    if !message.member.is_empty() {
        let [_, _] = name::MEMBER.require("order.member", &message.member)?;
    }
    let lines = message.lines.iter().map(|line| OrderLine {
        item: line.item.clone(),
        category: line.category.clone(),
        unit_minor: line.unit_minor,
        units: line.units,
    });
    Ok(Order {
        currency,
        lines: lines.collect(),
        member: (!message.member.is_empty()).then(|| message.member.clone()),
    })
}

fn refuse(violations: Vec<FieldViolation>) -> Result<()> {
    match violations.into_iter().next() {
        None => Ok(()),
        Some(violation) => Err(Error::invalid_field(violation.field, violation.description)),
    }
}
