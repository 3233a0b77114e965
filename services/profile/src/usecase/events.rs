//! Events of the service, as messages of the contract in the outbox.

use rapport_clock::Clock;
use rapport_contract::{
    instant, money,
    profile::v1::{CustomerCreated, CustomerDeleted, LifecycleStageChanged, PurchaseRecorded},
};
use rapport_events::{Event, outbox};

use crate::{
    domain::{customer::name_of, purchase::Purchase, stage::StageChange},
    words,
};

pub(crate) fn customer_created(clock: &Clock, tenant: &str, id: &str) -> Event {
    let customer = name_of(id);
    outbox::event(
        clock,
        tenant,
        &customer,
        &CustomerCreated {
            customer: customer.clone(),
        },
    )
}

pub(crate) fn customer_deleted(clock: &Clock, tenant: &str, id: &str) -> Event {
    let customer = name_of(id);
    outbox::event(
        clock,
        tenant,
        &customer,
        &CustomerDeleted {
            customer: customer.clone(),
        },
    )
}

pub(crate) fn purchase_recorded(clock: &Clock, tenant: &str, purchase: &Purchase) -> Event {
    let customer = name_of(&purchase.customer);
    let content = &purchase.content;
    let message = PurchaseRecorded {
        customer: customer.clone(),
        purchase: words::purchase_name(purchase),
        source: purchase.key.source.clone(),
        source_id: purchase.key.id.clone(),
        kind: words::purchase_kind(content.kind).into(),
        original_source_id: content.original_source_id.clone(),
        purchase_time: Some(instant::to_wire(content.time)),
        amount: Some(money::to_wire(content.amount)),
        quantity: content.quantity,
        location: content.location.clone(),
        channel: content.channel.clone(),
        lines: content.lines.iter().map(words::purchase_line).collect(),
    };
    outbox::event(clock, tenant, &customer, &message)
}

pub(crate) fn stage_changed(clock: &Clock, tenant: &str, change: &StageChange) -> Event {
    let customer = name_of(&change.customer);
    let message = LifecycleStageChanged {
        customer: customer.clone(),
        from_stage: words::stage(change.from).into(),
        to_stage: words::stage(change.to).into(),
        change_date: Some(instant::date_to_wire(change.date)),
        reason: change.reason.clone(),
    };
    outbox::event(clock, tenant, &customer, &message)
}
