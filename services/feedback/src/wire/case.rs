//! Cases on the wire.

use rapport_contract::{feedback::v1, instant, name};

use crate::{
    domain::case::{Case, CaseEvent, CaseState, Opening},
    wire::{fields::Fields, priority},
};

/// Reads a case that is opened by hand under a name.
pub(crate) fn opening(case: v1::Case, name: String, fields: &mut Fields) -> Opening {
    Opening {
        name,
        subject: fields.text("case.subject", case.subject, 1..=200).into(),
        priority: priority::from_wire(case.priority, "case.priority", fields),
        customer: fields.optional_reference("case.customer", name::CUSTOMER, case.customer),
        answer_set: String::new(),
        survey: String::new(),
        owner: fields.text("case.owner", case.owner, 0..=100),
        due_time: fields.moment("case.due_time", case.due_time),
    }
}

/// Writes a case, with its history where that is shown.
pub(crate) fn to_wire(case: Case, history: Vec<CaseEvent>) -> v1::Case {
    let (resolution, resolve_time) = match case.resolution {
        Some(resolution) => (
            resolution.text.into_exposed(),
            Some(instant::to_wire(resolution.time)),
        ),
        None => (String::new(), None),
    };
    v1::Case {
        name: case.name,
        subject: case.subject.into_exposed(),
        state: state_to_wire(case.state).into(),
        priority: priority::to_wire(case.priority).into(),
        customer: case.customer,
        answer_set: case.answer_set,
        survey: case.survey,
        owner: case.owner,
        due_time: Some(instant::to_wire(case.due_time)),
        resolution,
        create_time: Some(instant::to_wire(case.create_time)),
        update_time: Some(instant::to_wire(case.update_time)),
        resolve_time,
        history: history.into_iter().map(event_to_wire).collect(),
        etag: case.revision.to_string(),
    }
}

/// Writes how far a case is.
pub(crate) fn state_to_wire(state: CaseState) -> v1::CaseState {
    match state {
        CaseState::Open => v1::CaseState::Open,
        CaseState::Assigned => v1::CaseState::Assigned,
        CaseState::Resolved => v1::CaseState::Resolved,
        CaseState::Closed => v1::CaseState::Closed,
    }
}

fn event_to_wire(event: CaseEvent) -> v1::CaseEvent {
    v1::CaseEvent {
        event_time: Some(instant::to_wire(event.time)),
        actor: event.actor,
        action: event.action.name().to_owned(),
        note: event.note.into_exposed(),
    }
}
