//! Checks and uses vouchers.

use rapport_clock::Clock;
use rapport_money::Money;
use rapport_status::{Error, Result};
use rapport_storage::Store;

use crate::{
    domain::rewards::{
        codes::LookupCode,
        voucher::{self, Command, Order, Use, Voucher, decide},
    },
    store::rewards::vouchers::{self, Key},
};

/// Reads the voucher with a code, and tells what it would take off an order.
pub(crate) async fn check(
    store: &Store,
    clock: &Clock,
    tenant: &str,
    (program, code): (&str, LookupCode),
    order: Option<&Order>,
) -> Result<(Voucher, Option<Money>)> {
    let found = vouchers::find(store.read(), tenant, program, Key::Code(code), false).await?;
    let voucher = found.ok_or_else(|| no_such_code(program))?;
    let discount = order.map(|order| voucher.check(order, clock.now())).transpose()?;
    Ok((voucher, discount))
}

/// Uses a voucher, or gives a use back. The same again changes nothing. Gives the voucher's name and the use.
pub(crate) async fn change(
    store: &Store,
    clock: &Clock,
    tenant: &str,
    (program, key): (&str, Key<'_>),
    (command, id): (&Command, &str),
) -> Result<(String, Use)> {
    store
        .write("change_voucher", |transaction| async move {
            let connection = transaction.connection();
            let found = vouchers::find(connection, tenant, program, key, true).await?;
            let mut known = found.ok_or_else(|| match key {
                Key::Code(_) => no_such_code(program),
                Key::Id(id) => voucher::not_found(&format!("{program}/vouchers/{id}")),
            })?;
            let used = vouchers::find_use(connection, tenant, known.offer.voucher, id).await?;
            let decision = decide(&known, used.as_ref(), command, clock.now())?;
            let of = decision
                .of
                .ok_or_else(|| Error::internal("a use of a voucher was told by none"))?;
            let answer = (known.offer.name(), of);
            let Some(change) = decision.change else {
                return transaction.abandon(answer).await;
            };
            known.apply(&change);
            vouchers::write(connection, tenant, &known, &change).await?;
            transaction.commit(answer).await
        })
        .await
}

/// The code itself is not repeated: it is worth money, and errors stand in logs.
fn no_such_code(program: &str) -> Error {
    Error::about(
        rapport_status::Reason::VoucherNotFound,
        voucher::RESOURCE_TYPE,
        program,
        format!("no voucher of {program} has this code; look at the code once more"),
    )
}
