//! What can be done in which state, and what time does.

use super::*;
use crate::domain::rewards::{
    reasons,
    redemption::{RESOURCE_TYPE, State, not_found},
};

#[test]
fn a_command_in_a_wrong_state_is_told_the_state_and_what_can_be_done() {
    let all = [confirm(), prepare(), send(), fulfil(), cancel(), refund(1, 1)];
    let steps: [&[Action]; 6] = [
        &[],
        &[confirm()],
        &[confirm(), prepare()],
        &[confirm(), send()],
        &[confirm(), fulfil()],
        &[confirm(), cancel()],
    ];
    for (before, possible, told) in [
        (
            steps[0],
            vec![0, 4],
            "is reserved and cannot be prepared; it can be confirmed or cancelled",
        ),
        (
            steps[1],
            vec![1, 2, 3, 4],
            "is confirmed and cannot be refunded; it can be prepared, sent, fulfilled or cancelled",
        ),
        (
            steps[2],
            vec![2, 3, 4],
            "is being prepared and cannot be refunded; it can be sent, fulfilled or cancelled",
        ),
        (
            steps[3],
            vec![3, 5],
            "is sent and cannot be prepared; it can be fulfilled or refunded",
        ),
        (
            steps[4],
            vec![5],
            "is fulfilled and cannot be prepared; it can only be refunded",
        ),
        (
            steps[5],
            vec![],
            "is cancelled and cannot be prepared; nothing more can be done with it; reserve the reward again",
        ),
    ] {
        let mut example = Example::new(terms(Kind::Physical));
        example.take(reserve(1));
        for action in before {
            example.take(action.clone());
        }
        let mut messages = Vec::new();
        for (place, action) in all.iter().enumerate() {
            let decision = example.decide(action.clone());
            let repeated = decision.as_ref().is_ok_and(|decision| decision.unchanged);
            if !repeated {
                assert_eq!(
                    decision.is_ok(),
                    possible.contains(&place),
                    "{before:?} then {action:?}"
                );
            }
            if let Err(error) = decision {
                assert_eq!(error.reason(), reasons::REDEMPTION_STATE_CONFLICT, "{error}");
                assert_eq!(error.metadata().len(), 1, "{error}");
                messages.push(error.message().to_owned());
            }
        }
        assert!(
            messages.iter().any(|message| message.ends_with(told)),
            "{before:?}: {messages:?}"
        );
    }
}

#[test]
fn only_physical_things_are_prepared_and_sent() {
    let mut example = Example::with_codes(1);
    example.take(reserve(1));
    example.take(confirm());
    for action in [prepare(), send()] {
        let error = example.refuse(action);
        assert!(
            error.message().ends_with("; it can be fulfilled or cancelled"),
            "{error}"
        );
    }
}

#[test]
fn what_is_not_there_can_only_be_reserved() {
    let mut example = Example::new(terms(Kind::Physical));
    for action in [
        confirm(),
        prepare(),
        send(),
        fulfil(),
        cancel(),
        refund(1, 1),
        Action::TimeOut,
    ] {
        let error = example.refuse(action);
        assert_eq!(error.reason(), reasons::REDEMPTION_NOT_FOUND);
        let name = format!("{MEMBER}/redemptions/{}", Uuid::from_u128(7));
        assert_eq!(error.resource(), Some((RESOURCE_TYPE, name.as_str())));
        assert_eq!(error.message(), not_found(&name).message());
    }
}

#[test]
fn a_reservation_times_out_at_its_moment() {
    let mut example = Example::new(terms(Kind::Physical));
    let expire_time = example.take(reserve(1)).redemption.expire_time;
    assert_eq!(expire_time, example.now + SignedDuration::from_mins(30));
    example.now = expire_time - SignedDuration::from_nanos(1);
    assert!(example.decide(Action::TimeOut).unwrap().unchanged);
    assert!(example.decide(confirm()).is_ok());
    example.now = expire_time;
    let error = example.refuse(confirm());
    assert!(
        error
            .message()
            .contains("is timed out and cannot be confirmed; nothing more"),
        "{error}"
    );
    assert_eq!(error.metadata(), [("state", "timed out".to_owned())]);
    let [stock, limits] = taken(-1);
    for action in [Action::TimeOut, cancel()] {
        let decision = example.decide(action).unwrap();
        assert_eq!(
            decision.effects,
            [Effect::ReleasePoints, stock.clone(), limits.clone()]
        );
        assert_eq!(decision.redemption.state, State::TimedOut);
    }
    example.take(Action::TimeOut);
    assert!(example.take(Action::TimeOut).unchanged);
    assert!(example.take(cancel()).unchanged);
}

#[test]
fn a_confirmed_redemption_does_not_time_out() {
    let mut example = Example::new(terms(Kind::Physical));
    example.take(reserve(1));
    example.take(confirm());
    example.wait(100_000);
    assert!(example.take(Action::TimeOut).unchanged);
    assert!(!example.take(fulfil()).unchanged);
}

#[test]
fn states_have_names_of_their_own_and_tell_what_they_are() {
    let names: std::collections::BTreeSet<_> = State::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(names.len(), 8);
    let which = |what: fn(State) -> bool| {
        State::ALL
            .iter()
            .copied()
            .filter(|state| what(*state))
            .collect::<Vec<_>>()
    };
    assert_eq!(which(State::is_handed_over), [State::Sent, State::Fulfilled]);
    assert_eq!(
        which(State::is_final),
        [State::Refunded, State::Cancelled, State::TimedOut]
    );
}
