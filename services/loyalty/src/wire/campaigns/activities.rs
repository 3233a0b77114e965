//! Activities in the messages of the contract, and back.

use jiff::Timestamp;
use rapport_contract::{instant, loyalty::v1 as wire, money};
use rapport_status::FieldViolation;

use crate::domain::activity::{Activity, Line, Trigger};

/// An activity of a member.
pub(crate) fn activity(activity: &Activity) -> wire::MemberActivity {
    let lines = activity.lines.iter().map(|line| wire::MemberActivityLine {
        line_id: line.id.clone(),
        sku: line.sku.clone(),
        category: line.category.clone(),
        quantity: line.quantity,
        amount_minor: line.amount_minor,
    });
    wire::MemberActivity {
        trigger: activity.trigger.name().to_owned(),
        source: activity.source.clone(),
        source_id: activity.source_id.clone(),
        occur_time: Some(instant::to_wire(activity.time)),
        amount: activity.amount.map(money::to_wire),
        quantity: activity.quantity,
        location: activity.location.clone(),
        channel: activity.channel.clone(),
        lines: lines.collect(),
        attributes: activity.attributes.clone(),
    }
}

/// An activity as a request has it, with what cannot be read, under field paths that begin with `path`.
pub(crate) fn read_activity(message: &wire::MemberActivity, path: &str) -> (Activity, Vec<FieldViolation>) {
    let mut found = Vec::new();
    let time = match message.occur_time.as_ref().map(instant::from_wire) {
        Some(Ok(time)) => time,
        Some(Err(wrong)) => {
            found.push(FieldViolation::new(format!("{path}.occur_time"), wrong));
            Timestamp::UNIX_EPOCH
        }
        None => {
            found.push(FieldViolation::new(format!("{path}.occur_time"), "must be set"));
            Timestamp::UNIX_EPOCH
        }
    };
    let amount = message.amount.as_ref().and_then(|amount| {
        let read = money::from_wire(amount);
        read.map_err(|error| found.push(FieldViolation::new(format!("{path}.amount"), error.to_string())))
            .ok()
    });
    let lines = message.lines.iter().map(|line| Line {
        id: line.line_id.clone(),
        sku: line.sku.clone(),
        category: line.category.clone(),
        quantity: line.quantity,
        amount_minor: line.amount_minor,
    });
    let activity = Activity {
        trigger: Trigger::named(&message.trigger),
        source: message.source.clone(),
        source_id: message.source_id.clone(),
        time,
        amount,
        quantity: message.quantity,
        location: message.location.clone(),
        channel: message.channel.clone(),
        lines: lines.collect(),
        attributes: message.attributes.clone(),
    };
    (activity, found)
}
