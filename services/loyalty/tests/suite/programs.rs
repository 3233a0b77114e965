//! Programs and members.

use prost_types::FieldMask;
use rapport_contract::{
    loyalty::v1::{CompensationRule, GetProgramRequest, ListProgramsRequest, Program, UpdateProgramRequest},
    r#type::v1::Priority,
};
use rapport_testkit::{described, reason};
use tonic::Status;

use crate::fixture::{Fixture, PROGRAM, stars};

async fn update(fixture: &mut Fixture, program: Program, paths: &[&str]) -> Result<Program, Status> {
    let mask = FieldMask {
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
    };
    let request = UpdateProgramRequest {
        program: Some(program),
        update_mask: Some(mask),
    };
    Ok(fixture.client.update_program(request).await?.into_inner())
}

#[tokio::test]
async fn the_same_program_is_created_once_and_another_of_its_name_is_refused() {
    let mut fixture = Fixture::new().await;
    let first = fixture.create_program("stars", stars()).await.unwrap();
    assert_eq!(
        (first.name.as_str(), first.etag.as_str()),
        ("programs/stars", "1")
    );
    assert_eq!(fixture.create_program("stars", stars()).await.unwrap(), first);
    let other = Program {
        title: "Moons".to_owned(),
        ..stars()
    };
    let refused = fixture.create_program("stars", other).await.unwrap_err();
    assert_eq!(reason(&refused), "PROGRAM_ALREADY_EXISTS");
    let read = fixture
        .client
        .get_program(GetProgramRequest {
            name: first.name.clone(),
        })
        .await
        .unwrap();
    assert_eq!(read.into_inner(), first);
    let made = fixture.create_program("", stars()).await.unwrap();
    assert_ne!(made.name, first.name, "without an id, one is made");
}

#[tokio::test]
async fn a_program_that_breaks_rules_is_refused_with_all_of_them() {
    let mut fixture = Fixture::new().await;
    let rule = CompensationRule {
        priority: Priority::High.into(),
        points: 5,
    };
    let program = Program {
        title: "  ".to_owned(),
        compensation_rules: vec![rule, rule],
        ..stars()
    };
    let refused = fixture.create_program("stars", program).await.unwrap_err();
    assert_eq!(reason(&refused), "INVALID_PROGRAM");
    let text = described(&refused);
    assert!(
        text.contains("program.title") && text.contains("program.compensation_rules[1].priority"),
        "{text}"
    );
}

#[tokio::test]
async fn an_update_changes_what_its_mask_names_and_minds_the_etag() {
    let mut fixture = Fixture::with_program().await;
    let change = |title: &str, etag: &str| Program {
        name: PROGRAM.to_owned(),
        title: title.to_owned(),
        etag: etag.to_owned(),
        ..Program::default()
    };
    fixture.at("2026-02-01T00:00:00Z");
    let updated = update(&mut fixture, change("Moons", "1"), &["title"])
        .await
        .unwrap();
    assert_eq!((updated.title.as_str(), updated.etag.as_str()), ("Moons", "2"));
    assert_eq!(
        updated.earning_rule,
        stars().earning_rule,
        "what the mask does not name stays"
    );
    let stale = update(&mut fixture, change("Suns", "1"), &["title"])
        .await
        .unwrap_err();
    assert_eq!(reason(&stale), "ETAG_MISMATCH");
    let same = update(&mut fixture, change("Moons", ""), &["title"])
        .await
        .unwrap();
    assert_eq!(same, updated, "a change that changes nothing");
    let set = update(&mut fixture, change("Suns", ""), &[]).await.unwrap();
    assert_eq!(
        (set.title.as_str(), set.lifetime_months),
        ("Suns", 12),
        "an empty mask means what is set"
    );
    let cleared = update(&mut fixture, change("Suns", ""), &["*"]).await.unwrap();
    assert_eq!((cleared.earning_rule, cleared.lifetime_months), (None, 0));
    for (program, paths, expected) in [
        (change("", ""), vec!["title"], "INVALID_PROGRAM"),
        (change("x", ""), vec!["create_time"], "INVALID_UPDATE_MASK"),
        (
            Program {
                name: "programs/none".to_owned(),
                ..change("x", "")
            },
            vec!["title"],
            "PROGRAM_NOT_FOUND",
        ),
        (
            Program {
                name: "stars".to_owned(),
                ..change("x", "")
            },
            vec!["title"],
            "INVALID_NAME",
        ),
    ] {
        let refused = update(&mut fixture, program, &paths).await.unwrap_err();
        assert_eq!(reason(&refused), expected);
    }
}

#[tokio::test]
async fn programs_are_listed_the_newest_first_and_page_by_page() {
    let mut fixture = Fixture::new().await;
    for number in 1..=5 {
        fixture.at(&format!("2026-01-0{number}T00:00:00Z"));
        let program = Program {
            title: format!("Program {number}"),
            ..stars()
        };
        fixture
            .create_program(&format!("p{number}"), program)
            .await
            .unwrap();
    }
    let request = |token: &str, filter: &str| ListProgramsRequest {
        page_size: 2,
        page_token: token.to_owned(),
        filter: filter.to_owned(),
        order_by: String::new(),
    };
    let first = fixture
        .client
        .list_programs(request("", ""))
        .await
        .unwrap()
        .into_inner();
    let names: Vec<_> = first
        .programs
        .iter()
        .map(|program| program.name.as_str())
        .collect();
    assert_eq!(names, ["programs/p5", "programs/p4"]);
    let second = fixture
        .client
        .list_programs(request(&first.next_page_token, ""))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(second.programs[0].name, "programs/p3");
    let found = fixture
        .client
        .list_programs(request("", "title : \"am 3\""))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((found.programs.len(), found.next_page_token.as_str()), (1, ""));
}

#[tokio::test]
async fn a_list_request_that_makes_no_sense_is_refused_by_the_part_that_does_not() {
    let mut fixture = Fixture::with_program().await;
    fixture.create_program("moons", stars()).await.unwrap();
    let request = |token: &str, filter: &str| ListProgramsRequest {
        page_size: 1,
        page_token: token.to_owned(),
        filter: filter.to_owned(),
        order_by: String::new(),
    };
    let first = fixture
        .client
        .list_programs(request("", ""))
        .await
        .unwrap()
        .into_inner();
    for (token, filter, expected) in [
        ("forged", "", "INVALID_PAGE_TOKEN"),
        (
            first.next_page_token.as_str(),
            "title = \"x\"",
            "INVALID_PAGE_TOKEN",
        ),
        ("", "colour = red", "INVALID_FILTER"),
    ] {
        let refused = fixture
            .client
            .list_programs(request(token, filter))
            .await
            .unwrap_err();
        assert_eq!(reason(&refused), expected);
    }
    let negative = ListProgramsRequest {
        page_size: -1,
        ..ListProgramsRequest::default()
    };
    let refused = fixture.client.list_programs(negative).await.unwrap_err();
    assert_eq!(reason(&refused), "INVALID_PAGE_SIZE");
    let order = ListProgramsRequest {
        order_by: "etag".to_owned(),
        ..ListProgramsRequest::default()
    };
    let refused = fixture.client.list_programs(order).await.unwrap_err();
    assert_eq!(reason(&refused), "INVALID_ORDER_BY");
}
