use super::*;

fn noon() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn later() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

fn opened(owner: &str) -> Case {
    let opening = Opening {
        name: "cases/c-1".to_owned(),
        subject: "Cold breakfast".into(),
        priority: Priority::High,
        customer: "customers/00004".to_owned(),
        answer_set: String::new(),
        survey: String::new(),
        owner: owner.to_owned(),
        due_time: None,
    };
    Case::open(opening, "anna", noon()).0
}

/// A case in a state, reached by steps alone.
fn case_in(state: CaseState, owner: &str) -> Case {
    let mut case = opened(owner);
    let steps = match state {
        CaseState::Open | CaseState::Assigned => vec![],
        CaseState::Resolved => vec![resolve("Said sorry")],
        CaseState::Closed => vec![resolve("Said sorry"), Step::Close],
    };
    for step in steps {
        case.take(step, "anna", noon()).unwrap();
    }
    assert_eq!(case.state, state);
    case
}

fn assign(owner: &str) -> Step {
    Step::Assign {
        owner: owner.to_owned(),
        due_time: None,
    }
}

fn resolve(text: &str) -> Step {
    Step::Resolve {
        text: text.into(),
        compensate: true,
    }
}

fn reopen() -> Step {
    Step::Reopen {
        reason: "Guest called again".into(),
        due_time: None,
    }
}

/// What a step leads to: another state with a line of history, the same state without, or a conflict.
#[derive(Debug, PartialEq, Eq)]
enum Leads {
    To(CaseState),
    Nowhere,
    Conflict,
}

fn lead(mut case: Case, step: Step) -> Leads {
    let before = case.clone();
    match case.take(step, "ben", later()) {
        Err(error) => {
            assert_eq!(error.reason(), Reason::CaseStateConflict);
            assert_eq!(case, before, "a refused step must change nothing");
            Leads::Conflict
        }
        Ok(None) => {
            assert_eq!(case, before, "a step without an event must change nothing");
            Leads::Nowhere
        }
        Ok(Some(event)) => {
            assert_eq!((event.actor.as_str(), event.time), ("ben", later()));
            assert_eq!((case.revision, case.update_time), (before.revision + 1, later()));
            Leads::To(case.state)
        }
    }
}

#[test]
fn every_step_in_every_state_leads_where_the_table_says() {
    use CaseState::{Assigned, Closed, Open, Resolved};
    use Leads::{Conflict, Nowhere, To};
    let table = [
        (Open, "", assign("zoe"), To(Assigned)),
        (Open, "", resolve("Said sorry"), To(Resolved)),
        (Open, "", Step::Close, Conflict),
        (Open, "", reopen(), Conflict),
        (Assigned, "zoe", assign("zoe"), Nowhere),
        (Assigned, "zoe", assign("max"), To(Assigned)),
        (Assigned, "zoe", resolve("Said sorry"), To(Resolved)),
        (Assigned, "zoe", Step::Close, Conflict),
        (Assigned, "zoe", reopen(), Conflict),
        (Resolved, "zoe", assign("max"), To(Resolved)),
        (Resolved, "zoe", assign("zoe"), Nowhere),
        (Resolved, "zoe", resolve("Said sorry"), Nowhere),
        (Resolved, "zoe", resolve("Sent flowers"), Conflict),
        (Resolved, "zoe", Step::Close, To(Closed)),
        (Resolved, "zoe", reopen(), To(Assigned)),
        (Resolved, "", reopen(), To(Open)),
        (Closed, "zoe", assign("max"), Conflict),
        (Closed, "zoe", resolve("Said sorry"), Conflict),
        (Closed, "zoe", Step::Close, Nowhere),
        (Closed, "zoe", reopen(), To(Assigned)),
        (Closed, "", reopen(), To(Open)),
    ];
    for (state, owner, step, expected) in table {
        let found = lead(case_in(state, owner), step.clone());
        assert_eq!(found, expected, "{step:?} in {state:?} with owner {owner:?}");
    }
}

#[test]
fn the_same_resolution_with_another_compensation_is_another_resolution() {
    let step = Step::Resolve {
        text: "Said sorry".into(),
        compensate: false,
    };
    assert_eq!(lead(case_in(CaseState::Resolved, ""), step), Leads::Conflict);
}

#[test]
fn a_case_without_a_deadline_gets_that_of_its_priority() {
    let case = opened("");
    assert_eq!(case.due_time, Priority::High.due_time(noon()));
}

#[test]
fn reopening_takes_the_resolution_away_and_sets_a_deadline_from_now() {
    let mut case = case_in(CaseState::Closed, "zoe");
    case.take(reopen(), "ben", later()).unwrap();
    assert_eq!(case.resolution, None);
    assert_eq!(case.due_time, Priority::High.due_time(later()));
}

#[test]
fn assigning_with_a_new_deadline_moves_the_deadline() {
    let mut case = opened("zoe");
    let step = Step::Assign {
        owner: "zoe".to_owned(),
        due_time: Some(later()),
    };
    assert!(case.take(step, "ben", noon()).unwrap().is_some());
    assert_eq!(case.due_time, later());
}

#[test]
fn events_are_about_the_customer_or_else_the_answers_or_else_the_case() {
    let mut case = opened("");
    assert_eq!(case.event_key(), "customers/00004");
    case.customer.clear();
    assert_eq!(case.event_key(), "cases/c-1");
    "answerSets/a-1".clone_into(&mut case.answer_set);
    assert_eq!(case.event_key(), "answerSets/a-1");
}
