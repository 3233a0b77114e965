//! Tenants are apart in every method: each has a request here that works for its owner, and tells nothing to others.

mod cases;

use std::collections::BTreeMap;

use prost::Message as _;
use prost_reflect::{DynamicMessage, MethodDescriptor, ReflectMessage as _, Value};
use rapport_contract::{
    feedback::v1::GetAnswerSetRequest,
    loyalty::v1::GetBalanceRequest,
    policy::{self, AuditClass},
};
use rapport_testkit::{described, reason};
use tonic::{Code, Status, transport::Channel};

use self::cases::{Case, Expected};
use crate::{
    contract::{Offenders, methods},
    dynamic,
    tokens::Guarded,
    world,
    written::{method, request, short_name},
};

/// The guest of the owner.
const GUEST: &str = "li";

/// What only the owner knows.
const MARKS: [&str; 4] = ["Guest li", "Harbour Club", "After the stay", "harbour"];

/// The owner's resources whose ids the services made: each stands for a word in braces in the cases.
type Names = BTreeMap<&'static str, String>;

/// Somebody who calls with a token.
struct Somebody<'a> {
    channel: &'a Channel,
    token: Option<String>,
    names: &'a Names,
}

impl Somebody<'_> {
    async fn ask(&self, case: &Case) -> Result<Vec<DynamicMessage>, Status> {
        let method = method(case.method);
        let filled: Vec<(&str, String)> = case
            .fields
            .iter()
            .map(|(path, text)| {
                let text = self.names.iter().fold((*text).to_owned(), |text, (word, name)| {
                    text.replace(&format!("{{{word}}}"), name)
                });
                (*path, text)
            })
            .collect();
        let fields: Vec<(&str, &str)> = filled.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let request = request(&method, &fields);
        dynamic::call_as(self.channel, &method, vec![request], self.token.as_deref()).await
    }
}

#[test]
fn every_method_has_a_case() {
    let mut offenders = Offenders::against("tests/suite/isolation/cases.rs has a case for every method.");
    for method in methods() {
        let name = short_name(&method);
        offenders.unless(
            cases::all().any(|case| case.method == name),
            &name,
            "has none: write a request that works for its owner",
        );
    }
    offenders.must_be_none();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_works_for_its_owner_tells_nothing_to_others_and_is_refused_before_anything_is_looked_up() {
    let guarded = Guarded::start();
    let channel = guarded.suite.channel().await;
    let names = furnish(&guarded, &channel).await;
    let with = |token: Option<String>| Somebody {
        channel: &channel,
        token,
        names: &names,
    };
    let owner = with(Some(guarded.token("harbour", "*")));
    let other = with(Some(guarded.token("other", "*")));
    let mut offenders = Offenders::against("Nobody learns or changes anything of another tenant.");
    for case in cases::all().filter(|case| case.expected != Expected::Made) {
        let outcome = other.ask(case).await;
        offenders_among(&mut offenders, case, &outcome);
    }
    // Where the resource is and where it is not, the answer is the same.
    let unable_owner = with(Some(guarded.token("harbour", "none.at.all")));
    let unable_other = with(Some(guarded.token("other", "none.at.all")));
    let nobody = with(None);
    for case in cases::all() {
        let there = refusal(unable_owner.ask(case).await);
        let elsewhere = refusal(unable_other.ask(case).await);
        let kept = there == elsewhere && there.starts_with("PermissionDenied SCOPE_MISSING");
        offenders.unless(kept, case.method, format_args!("{there} and {elsewhere}"));
        let unknown = refusal(nobody.ask(case).await);
        let kept = unknown.starts_with("Unauthenticated TOKEN_MISSING");
        offenders.unless(kept, case.method, unknown);
    }
    // The same ids are free for everybody.
    for case in cases::all().filter(|case| case.expected == Expected::Made) {
        let outcome = other.ask(case).await;
        offenders_among(&mut offenders, case, &outcome);
    }
    // Every request was a good one: its owner gets an answer.
    for case in cases::all().filter(|case| !case.taken) {
        if let Err(status) = owner.ask(case).await {
            offenders.add(case.method, format_args!("for its owner: {}", described(&status)));
        }
    }
    offenders.must_be_none();
    audited(&owner).await;
    let ended = guarded.suite.stop();
    assert!(!ended.stderr.contains("ERROR"), "{}", ended.stderr);
}

/// What another tenant was told, held against what it may be told.
fn offenders_among(offenders: &mut Offenders, case: &Case, outcome: &Result<Vec<DynamicMessage>, Status>) {
    match (case.expected, outcome) {
        (Expected::Refused, Err(status)) => {
            let kept = matches!(status.code(), Code::NotFound | Code::PermissionDenied);
            offenders.unless(kept, case.method, described(status));
        }
        (Expected::Refused, Ok(answers)) => offenders.add(case.method, format_args!("answers {answers:?}")),
        (Expected::Nothing | Expected::Made, Err(status)) => offenders.add(case.method, described(status)),
        (Expected::Nothing | Expected::Made, Ok(answers)) => {
            for answer in answers {
                let text = String::from_utf8_lossy(&answer.encode_to_vec()).into_owned();
                let told = MARKS.iter().find(|mark| text.contains(*mark));
                // What somebody makes may have the marks that were sent.
                let kept = case.expected == Expected::Made || (told.is_none() && !has_items(answer));
                offenders.unless(kept, case.method, format_args!("tells {told:?}: {answer}"));
            }
        }
    }
}

/// Whether a list in an answer has items. Counts of nothing are none.
fn has_items(answer: &DynamicMessage) -> bool {
    let descriptor = answer.descriptor();
    let lists = descriptor
        .fields()
        .filter(prost_reflect::FieldDescriptor::is_list);
    lists
        .map(|field| answer.get_field(&field).into_owned())
        .any(|value| matches!(value, Value::List(items) if items.iter().any(|item| *item != Value::I64(0))))
}

fn refusal(outcome: Result<Vec<DynamicMessage>, Status>) -> String {
    match outcome {
        Ok(answers) => format!("answered {answers:?}"),
        Err(status) => format!("{:?} {}: {}", status.code(), reason(&status), status.message()),
    }
}

/// What each method has left in the owner's audit log: what changes something has its record with the change, what reads
/// personal data with the answer, and nothing else any.
async fn audited(owner: &Somebody<'_>) {
    let mut offenders =
        Offenders::against("The audit log has the record that the policy of a method asks for.");
    for described in methods() {
        let path = format!("{}/{}", described.parent_service().full_name(), described.name());
        let audit = policy::method(&format!("/{path}")).unwrap().audit;
        let ending = match audit {
            AuditClass::Change | AuditClass::Value => Some(".change"),
            AuditClass::PersonalRead => Some(".answer"),
            AuditClass::None | AuditClass::Unspecified => None,
        };
        let found = records(owner, &format!("method = \"{path}\" AND code = OK")).await;
        let kept = match ending {
            Some(ending) => found.iter().any(|name| name.ends_with(ending)),
            None => found.is_empty(),
        };
        offenders.unless(kept, &path, format_args!("left {found:?}"));
    }
    offenders.must_be_none();
    // Whoever asked without the scope is known; who was nobody left nothing.
    assert!(!records(owner, "reason = \"SCOPE_MISSING\"").await.is_empty());
    assert_eq!(
        records(owner, "code = UNAUTHENTICATED").await,
        Vec::<String>::new()
    );
}

/// The names of the records that a filter selects.
async fn records(owner: &Somebody<'_>, filter: &str) -> Vec<String> {
    let list: MethodDescriptor = method("AuditService/ListAuditRecords");
    let request = request(&list, &[("filter", filter)]);
    let answers = dynamic::call_as(owner.channel, &list, vec![request], owner.token.as_deref()).await;
    let answers = answers.unwrap_or_else(|status| panic!("{filter}: {}", described(&status)));
    let listed = answers[0]
        .get_field_by_name("audit_records")
        .unwrap()
        .into_owned();
    let Value::List(listed) = listed else {
        panic!("a list of records is a list");
    };
    listed
        .iter()
        .map(|record| text(record.as_message().unwrap(), "name"))
        .collect()
}

fn text(message: &DynamicMessage, field: &str) -> String {
    let value = message.get_field_by_name(field).expect("the field is there");
    value.as_str().expect("the field is a text").to_owned()
}

/// Gives the owner one of everything, and tells the names that the services have chosen.
async fn furnish(guarded: &Guarded, channel: &Channel) -> Names {
    let clients = guarded.clients("harbour").await;
    world::create_program(&clients).await;
    world::publish_survey(&clients).await;
    world::create_customer(&clients, GUEST).await;
    world::record(&clients, GUEST, world::purchase("sale-1", 90, None)).await;
    let answered = world::answer(&clients, GUEST, [3, 2, 5, 6]).await;
    let asked = GetAnswerSetRequest {
        name: answered.name.clone(),
    };
    let stored = clients
        .feedback
        .clone()
        .get_answer_set(asked)
        .await
        .unwrap()
        .into_inner();
    let mut names = Names::from([("answer_set", answered.name), ("case", stored.opened_case)]);
    until_points(&clients).await;
    let token = guarded.token("harbour", "*");
    let owner = |names: &Names, case: Case| {
        let names = names.clone();
        let token = token.clone();
        async move {
            let owner = Somebody {
                channel,
                token: Some(token),
                names: &names,
            };
            let answers = owner.ask(&case).await;
            answers.unwrap_or_else(|status| panic!("{}: {}", case.method, described(&status)))
        }
    };
    for (word, request_id) in [("hold", "hold-1"), ("second_hold", "hold-2")] {
        let held = owner(&names, cases::reserve(request_id)).await;
        names.insert(word, text(&held[0], "name"));
    }
    for (word, case) in cases::REDEEMED.iter().chain(cases::GRANTED) {
        let answers = owner(&names, *case).await;
        if !word.is_empty() {
            names.insert(word, text(&answers[0], "name"));
        }
    }
    let redeemed = owner(&names, cases::COUPON).await;
    let vouchers = redeemed[0].get_field_by_name("vouchers").unwrap().into_owned();
    let Value::List(vouchers) = vouchers else {
        panic!("a list of vouchers is a list");
    };
    let voucher = vouchers[0].as_message().unwrap();
    names.insert("voucher", text(voucher, "name"));
    names.insert("voucher_code", text(voucher, "code"));
    let moved = world::moved_points(&clients, &world::member(GUEST)).await;
    names.extend([
        ("lot", moved.lot),
        ("redeemed", moved.redeemed),
        ("expired", moved.expired),
    ]);
    let evaluated = owner(&names, cases::EVALUATE).await;
    names.insert("evaluation", text(&evaluated[0], "name"));
    let recorded = owner(&names, cases::LIST_RECORDS).await;
    let listed = recorded[0]
        .get_field_by_name("audit_records")
        .unwrap()
        .into_owned();
    let Value::List(listed) = listed else {
        panic!("a list of records is a list");
    };
    names.insert("record", text(listed[0].as_message().unwrap(), "name"));
    names
}

/// Waits until the purchase has become points, and the answers a score.
async fn until_points(clients: &rapport::client::Clients) {
    for _ in 0..1_000 {
        let asked = rapport_contract::satisfaction::v1::GetCustomerSatisfactionRequest {
            name: format!("customers/{GUEST}/satisfaction"),
        };
        let scored = clients
            .satisfaction
            .clone()
            .get_customer_satisfaction(asked)
            .await;
        if scored.is_ok() && enrolled(clients).await >= 90 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the events of the owner's world do not arrive within twenty seconds");
}

/// The guest's points; none before the membership is there.
async fn enrolled(clients: &rapport::client::Clients) -> i64 {
    let asked = GetBalanceRequest {
        name: format!("{}/balance", world::member(GUEST)),
        ..GetBalanceRequest::default()
    };
    let balance = clients.loyalty.clone().get_balance(asked).await;
    balance.map_or(0, |balance| balance.into_inner().available_points)
}
