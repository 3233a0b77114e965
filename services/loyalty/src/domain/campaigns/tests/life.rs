//! The life of a campaign.

use rapport_status::Reason;

use super::*;

fn august() -> Terms {
    Terms {
        window: Window {
            from: Some(civil("2026-08-01T00:00")),
            until: Some(civil("2026-09-01T00:00")),
        },
        ..terms(fixed(1))
    }
}

const BEFORE: &str = "2026-07-15T00:00:00Z";
const WITHIN: &str = "2026-08-15T00:00:00Z";
const AFTER: &str = "2026-09-15T00:00:00Z";

fn draft() -> Campaign {
    Campaign::draft("august", august(), moment(BEFORE))
}

fn after(campaign: Campaign, step: Step, at: &str) -> Campaign {
    campaign.after(step, moment(at), &berlin()).unwrap()
}

fn state_at(campaign: &Campaign, at: &str) -> State {
    campaign.state_at(moment(at), &berlin())
}

#[test]
fn a_campaign_that_is_scheduled_becomes_live_and_ends_with_its_window() {
    let campaign = after(draft(), Step::Schedule, BEFORE);
    assert_eq!((campaign.state, campaign.revision), (State::Scheduled, 2));
    for (at, state) in [
        (BEFORE, State::Scheduled),
        (WITHIN, State::Live),
        (AFTER, State::Ended),
    ] {
        assert_eq!(state_at(&campaign, at), state);
    }
    assert_eq!(
        state_at(&draft(), AFTER),
        State::Draft,
        "a draft never ends by itself"
    );
}

#[test]
fn every_state_allows_its_steps_and_no_others() {
    use State::{Draft, Ended, Live, Paused, Scheduled};
    use Step::{End, Pause, Resume, Schedule};
    for state in State::ALL {
        for step in Step::ALL {
            let expected = match (state, step) {
                (_, End) => Some(Ended),
                (Draft | Scheduled, Schedule) | (Scheduled | Paused, Resume) => Some(Scheduled),
                (Live, Schedule | Resume) => Some(Live),
                (Scheduled | Live | Paused, Pause) => Some(Paused),
                _ => None,
            };
            assert_eq!(next_state(state, step), expected, "{state} {step}");
        }
    }
}

#[test]
fn a_step_that_is_repeated_changes_nothing() {
    let scheduled = after(draft(), Step::Schedule, BEFORE);
    assert_eq!(after(scheduled.clone(), Step::Schedule, BEFORE), scheduled);
    let paused = after(scheduled, Step::Pause, WITHIN);
    assert_eq!(after(paused.clone(), Step::Pause, WITHIN), paused);
    let ended = after(paused, Step::End, WITHIN);
    assert_eq!(after(ended.clone(), Step::End, AFTER), ended);
}

#[test]
fn a_pause_ends_into_the_state_that_the_window_says() {
    let paused = after(after(draft(), Step::Schedule, BEFORE), Step::Pause, BEFORE);
    assert_eq!(
        after(paused.clone(), Step::Resume, BEFORE).state,
        State::Scheduled
    );
    assert_eq!(after(paused.clone(), Step::Resume, WITHIN).state, State::Live);
    assert_eq!(state_at(&paused, AFTER), State::Ended);
    let refused = paused.after(Step::Resume, moment(AFTER), &berlin()).unwrap_err();
    assert_eq!(refused.reason(), Reason::CampaignStateConflict);
    insta::assert_snapshot!(refused, @r#"
    CAMPAIGN_STATE_CONFLICT: campaign "august": it is ended and cannot be resumed
    "#);
}

#[test]
fn a_draft_whose_window_is_over_cannot_be_scheduled() {
    let refused = draft()
        .after(Step::Schedule, moment(AFTER), &berlin())
        .unwrap_err();
    insta::assert_snapshot!(refused, @r#"
    CAMPAIGN_STATE_CONFLICT: campaign "august": its window is over, so that it cannot be scheduled; move the window
    "#);
    let refused = draft().after(Step::Pause, moment(WITHIN), &berlin()).unwrap_err();
    insta::assert_snapshot!(refused, @r#"
    CAMPAIGN_STATE_CONFLICT: campaign "august": it is draft and cannot be paused
    "#);
}

#[test]
fn terms_of_a_draft_keep_their_version_and_published_ones_get_the_next() {
    let other = Terms {
        award: fixed(2),
        ..august()
    };
    let edited = |campaign: Campaign, terms: Terms, at: &str| campaign.edited(terms, moment(at), &berlin());
    let draft = edited(draft(), other.clone(), BEFORE).unwrap();
    assert_eq!((draft.version, draft.revision), (1, 2));
    let scheduled = after(draft, Step::Schedule, BEFORE);
    let changed = edited(scheduled.clone(), august(), WITHIN).unwrap();
    assert_eq!(
        (changed.version, changed.state, changed.etag().as_str()),
        (2, State::Live, "4")
    );
    assert_eq!(
        edited(scheduled.clone(), other.clone(), WITHIN).unwrap(),
        scheduled,
        "nothing is different"
    );
    let ended = after(changed, Step::End, WITHIN);
    let refused = edited(ended, other, WITHIN).unwrap_err();
    insta::assert_snapshot!(refused, @r#"
    CAMPAIGN_STATE_CONFLICT: campaign "august": it is ended and cannot be changed; create another one
    "#);
}

#[test]
fn a_window_that_is_moved_begins_anew_and_ends_no_pause() {
    let later = Terms {
        window: Window {
            from: Some(civil("2026-10-01T00:00")),
            until: None,
        },
        ..august()
    };
    let live = after(draft(), Step::Schedule, WITHIN);
    assert_eq!(live.state, State::Live);
    let paused = after(live.clone(), Step::Pause, WITHIN);
    let moved = |campaign: Campaign| campaign.edited(later.clone(), moment(WITHIN), &berlin()).unwrap();
    assert_eq!(moved(live).state, State::Scheduled);
    assert_eq!(moved(paused).state, State::Paused);
}

#[test]
fn only_campaigns_that_are_live_give_points() {
    for state in State::ALL {
        let campaign = Campaign { state, ..draft() };
        let gives = |compiled: Compiled, at: &str| {
            let order = Activity {
                time: moment(at),
                ..purchase(100, Vec::new())
            };
            let rules = Rules::new(None, vec![Arc::new(compiled)], &berlin());
            !evaluated(&rules, &order).awards.is_empty()
        };
        let on = matches!(state, State::Scheduled | State::Live);
        assert_eq!(gives(Compiled::new(&campaign, &berlin()), WITHIN), on, "{state}");
        assert!(!gives(Compiled::new(&campaign, &berlin()), AFTER), "{state}");
        assert!(
            gives(Compiled::as_if_live(&campaign, &berlin()), WITHIN),
            "{state}, for trial"
        );
        let compiled = Compiled::new(&campaign, &berlin());
        assert_eq!(compiled.state_at(moment(WITHIN)), state_at(&campaign, WITHIN));
    }
}

#[test]
fn the_candidates_for_an_activity_are_those_that_it_can_earn_by() {
    let campaigns = [
        live("a", august()),
        live(
            "b",
            Terms {
                trigger: Trigger::Visit,
                ..august()
            },
        ),
        Campaign {
            state: State::Paused,
            ..live("c", august())
        },
        live("d", terms(fixed(1))),
    ];
    let rules = rules(None, &campaigns);
    let ids = |order: &Activity| {
        rules
            .candidates(order)
            .map(|campaign| campaign.id.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&purchase(1, Vec::new())), ["a", "d"]);
    let later = Activity {
        time: moment(AFTER),
        ..purchase(1, Vec::new())
    };
    assert_eq!(ids(&later), ["d"]);
    assert_eq!(ids(&activity(Trigger::Visit)), ["b"]);
}
