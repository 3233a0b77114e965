//! Timelines and customer 360 on the wire.

use rapport_contract::{instant, name, profile::v1 as wire};

use super::{customers, purchases, values};
use crate::{domain::timeline::TimelineEntry, sisters::Part, usecase::view::View};

/// Writes an entry of a timeline.
pub(crate) fn timeline_entry(entry: TimelineEntry) -> wire::TimelineEntry {
    let event_time = Some(instant::to_wire(entry.position().time));
    let event = match entry {
        TimelineEntry::Purchase(purchase) => {
            wire::timeline_entry::Event::Purchase(purchases::purchase(purchase))
        }
        TimelineEntry::StageChange(change) => {
            wire::timeline_entry::Event::StageChange(values::stage_change(change))
        }
    };
    wire::TimelineEntry {
        event_time,
        event: Some(event),
    }
}

/// Writes customer 360.
pub(crate) fn view(view: View) -> wire::CustomerView {
    let mut missing_parts = Vec::new();
    let name = name::CUSTOMER_VIEW.format([&view.customer.id]);
    wire::CustomerView {
        name,
        customer: Some(customers::customer(view.customer)),
        value: view.value.map(values::customer_value),
        latest_purchases: view
            .latest_purchases
            .into_iter()
            .map(purchases::purchase)
            .collect(),
        satisfaction: given(view.satisfaction, "satisfaction", &mut missing_parts),
        memberships: given(view.memberships, "memberships", &mut missing_parts),
        open_cases: given(view.open_cases, "open_cases", &mut missing_parts),
        missing_parts,
    }
}

/// The part, or its default and a note of why it is missing.
fn given<T: Default>(part: Part<T>, name: &str, missing: &mut Vec<wire::MissingPart>) -> T {
    part.unwrap_or_else(|message| {
        missing.push(wire::MissingPart {
            part: name.to_owned(),
            message,
        });
        T::default()
    })
}
