//! Surveys: written, published, closed.

use rapport_contract::feedback::v1::{
    CloseSurveyRequest, GetSurveyRequest, LikertQuestion, ListSurveysRequest, ListSurveysResponse,
    OpenTextQuestion, PublishSurveyRequest, SatisfactionQuestion, Survey, SurveyState, UpdateSurveyRequest,
    question::Kind,
};
use tonic::{Response, Status};

use crate::service::{Service, hotel, question, refusal, why};

impl Service {
    async fn get(&mut self, name: &str, version: i32) -> Result<Survey, Status> {
        let request = GetSurveyRequest {
            name: name.to_owned(),
            version,
        };
        self.client.get_survey(request).await.map(Response::into_inner)
    }

    async fn update(&mut self, survey: Survey, paths: &[&str]) -> Result<Survey, Status> {
        let request = UpdateSurveyRequest {
            survey: Some(survey),
            update_mask: Some(prost_types::FieldMask {
                paths: paths.iter().map(|path| (*path).to_owned()).collect(),
            }),
        };
        self.client.update_survey(request).await.map(Response::into_inner)
    }

    async fn publish(&mut self, name: &str) -> Result<Survey, Status> {
        let request = PublishSurveyRequest {
            name: name.to_owned(),
        };
        self.client
            .publish_survey(request)
            .await
            .map(Response::into_inner)
    }

    pub(crate) async fn close(&mut self, name: &str) -> Result<Survey, Status> {
        let request = CloseSurveyRequest {
            name: name.to_owned(),
        };
        self.client.close_survey(request).await.map(Response::into_inner)
    }

    async fn list(&mut self, request: ListSurveysRequest) -> Result<ListSurveysResponse, Status> {
        self.client.list_surveys(request).await.map(Response::into_inner)
    }
}

fn inn(name: &str) -> Survey {
    Survey {
        name: name.to_owned(),
        title: "Inn".to_owned(),
        ..Survey::default()
    }
}

#[tokio::test]
async fn a_survey_goes_from_draft_to_published_to_closed() {
    let mut service = Service::start().await;
    let draft = service.create("hotel", hotel()).await.unwrap();
    assert_eq!(
        (draft.name.as_str(), draft.state()),
        ("surveys/hotel", SurveyState::Draft)
    );
    assert_eq!(
        (draft.version, draft.published_version, draft.etag.as_str()),
        (1, 0, "1")
    );
    let published = service.publish("surveys/hotel").await.unwrap();
    assert_eq!(
        (published.state(), published.published_version),
        (SurveyState::Published, 1)
    );
    let closed = service.close("surveys/hotel").await.unwrap();
    assert_eq!(closed.state(), SurveyState::Closed);
    assert_eq!(closed.questions, draft.questions);
}

#[tokio::test]
async fn publishing_and_closing_again_change_nothing() {
    let mut service = Service::start().await;
    let first = service.publish_hotel().await;
    service.wait(1);
    assert_eq!(service.publish("surveys/hotel").await.unwrap(), first);
    let closed = service.close("surveys/hotel").await.unwrap();
    service.wait(1);
    assert_eq!(service.close("surveys/hotel").await.unwrap(), closed);
}

#[tokio::test]
async fn the_same_content_creates_a_survey_once_and_other_content_is_refused() {
    let mut service = Service::start().await;
    let first = service.create("hotel", hotel()).await.unwrap();
    service.wait(1);
    assert_eq!(service.create("hotel", hotel()).await.unwrap(), first);
    assert_eq!(
        why(service.create("hotel", inn("")).await),
        "SURVEY_ALREADY_EXISTS"
    );
    let made = service.create("", inn("")).await.unwrap();
    let other = service.create("", inn("")).await.unwrap();
    assert_ne!(
        made.name, other.name,
        "without an id each creation makes a survey"
    );
}

#[tokio::test]
async fn defaults_of_scales_and_texts_are_filled_in() {
    let mut service = Service::start().await;
    let mut survey = inn("");
    survey.questions = vec![
        question("a", "A", Kind::Likert(LikertQuestion { points: 0 })),
        question("b", "B", Kind::OpenText(OpenTextQuestion { max_length: 0 })),
    ];
    let created = service.create("inn", survey).await.unwrap();
    assert_eq!(
        created.questions[0].kind,
        Some(Kind::Likert(LikertQuestion { points: 5 }))
    );
    assert_eq!(
        created.questions[1].kind,
        Some(Kind::OpenText(OpenTextQuestion { max_length: 2_000 }))
    );
}

#[tokio::test]
async fn an_update_of_a_published_survey_begins_a_draft_and_the_published_version_stays() {
    let mut service = Service::start().await;
    let published = service.publish_hotel().await;
    let mut change = inn("surveys/hotel");
    change.questions = vec![question(
        "room",
        "The room?",
        Kind::Satisfaction(SatisfactionQuestion {}),
    )];
    let draft = service.update(change.clone(), &["*"]).await.unwrap();
    assert_eq!((draft.version, draft.published_version), (2, 1));
    assert_eq!(draft.state(), SurveyState::Published);
    assert!(draft.case_rules.is_empty(), "`*` takes the rules away too");

    change.title = "Inn and bar".to_owned();
    let edited = service.update(change, &["title"]).await.unwrap();
    assert_eq!((edited.version, edited.title.as_str()), (2, "Inn and bar"));

    let first = service.get("surveys/hotel", 1).await.unwrap();
    assert_eq!((first.version, &first.title), (1, &published.title));
    assert_eq!(
        (&first.questions, &first.case_rules),
        (&published.questions, &published.case_rules)
    );
    assert_eq!(service.get("surveys/hotel", 0).await.unwrap(), edited);

    let second = service.publish("surveys/hotel").await.unwrap();
    assert_eq!((second.version, second.published_version), (2, 2));
    assert_eq!(
        service.get("surveys/hotel", 1).await.unwrap().questions,
        published.questions
    );
}

#[tokio::test]
async fn an_update_without_a_mask_changes_what_is_set() {
    let mut service = Service::start().await;
    let created = service.create("hotel", hotel()).await.unwrap();
    let updated = service.update(inn("surveys/hotel"), &[]).await.unwrap();
    assert_eq!(
        (updated.title.as_str(), &updated.questions),
        ("Inn", &created.questions)
    );
    assert_eq!((updated.version, updated.etag.as_str()), (1, "2"));
}

#[tokio::test]
async fn an_update_to_the_same_keeps_the_etag() {
    let mut service = Service::start().await;
    let published = service.publish_hotel().await;
    let mut same = hotel();
    same.name = "surveys/hotel".to_owned();
    assert_eq!(service.update(same, &["*"]).await.unwrap(), published);
}

#[tokio::test]
async fn updates_are_refused_with_the_reason() {
    let mut service = Service::start().await;
    service.create("hotel", hotel()).await.unwrap();
    assert_eq!(
        why(service.update(inn("surveys/none"), &["title"]).await),
        "SURVEY_NOT_FOUND"
    );
    assert_eq!(
        why(service.update(inn("hotel"), &["title"]).await),
        "INVALID_NAME"
    );
    assert_eq!(
        why(service.update(inn("surveys/hotel"), &["state"]).await),
        "INVALID_UPDATE_MASK"
    );
    let mut stale = inn("surveys/hotel");
    stale.etag = "7".to_owned();
    assert_eq!(why(service.update(stale, &["title"]).await), "ETAG_MISMATCH");
    // The rules still name questions that the update takes away.
    let (reason, fields) = refusal(service.update(inn("surveys/hotel"), &["questions"]).await);
    assert_eq!(reason, "INVALID_SURVEY");
    assert_eq!(
        fields,
        ["survey.case_rules[0].question", "survey.case_rules[1].question"]
    );
    service.publish("surveys/hotel").await.unwrap();
    service.close("surveys/hotel").await.unwrap();
    assert_eq!(
        why(service.update(inn("surveys/hotel"), &["title"]).await),
        "SURVEY_CLOSED"
    );
}

#[tokio::test]
async fn surveys_that_are_not_there_or_not_ready_are_refused_with_the_reason() {
    let mut service = Service::start().await;
    for outcome in [
        service.get("surveys/none", 0).await,
        service.publish("surveys/none").await,
        service.close("surveys/none").await,
    ] {
        assert_eq!(why(outcome), "SURVEY_NOT_FOUND");
    }
    service.create("inn", inn("")).await.unwrap();
    assert_eq!(why(service.get("surveys/inn", 2).await), "SURVEY_NOT_FOUND");
    assert_eq!(why(service.close("surveys/inn").await), "SURVEY_NOT_PUBLISHED");
    let (reason, fields) = refusal(service.publish("surveys/inn").await);
    assert_eq!(
        (reason.as_str(), fields),
        ("INVALID_SURVEY", vec!["survey.questions".to_owned()])
    );
    service.publish_hotel().await;
    service.close("surveys/hotel").await.unwrap();
    assert_eq!(why(service.publish("surveys/hotel").await), "SURVEY_CLOSED");
}

#[tokio::test]
async fn a_bad_survey_is_refused_with_all_violations_at_once() {
    let mut service = Service::start().await;
    let mut bad = hotel();
    bad.title.clear();
    bad.questions[1].id = "stay".to_owned();
    bad.questions[2].kind = None;
    bad.case_rules[1].at_most = 6;
    let (reason, fields) = refusal(service.create("bad", bad).await);
    assert_eq!(reason, "INVALID_SURVEY");
    assert_eq!(
        fields,
        [
            "survey.title",
            "survey.questions[1].id",
            "survey.questions[2]",
            "survey.case_rules[0].question",
            "survey.case_rules[1].at_most",
        ]
    );
}

#[tokio::test]
async fn surveys_are_listed_in_pages_with_filter_and_order() {
    let mut service = Service::start().await;
    for id in ["a", "b", "c", "d", "e"] {
        let mut survey = hotel();
        survey.title = format!("Hotel {id}");
        service.create(id, survey).await.unwrap();
        service.wait(1);
    }
    service.publish("surveys/b").await.unwrap();
    let newest = service.list(ListSurveysRequest::default()).await.unwrap();
    let names: Vec<&str> = newest.surveys.iter().map(|survey| survey.name.as_str()).collect();
    assert_eq!(
        names,
        ["surveys/e", "surveys/d", "surveys/c", "surveys/b", "surveys/a"]
    );
    assert_eq!(newest.surveys[0].questions.len(), 6);

    let mut titles = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListSurveysRequest {
            page_size: 2,
            page_token,
            filter: "state = DRAFT".to_owned(),
            order_by: "title".to_owned(),
        };
        let page = service.list(request).await.unwrap();
        assert!(page.surveys.len() <= 2);
        titles.extend(page.surveys.into_iter().map(|survey| survey.title));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(titles, ["Hotel a", "Hotel c", "Hotel d", "Hotel e"]);
}

#[tokio::test]
async fn list_requests_are_refused_with_the_reason() {
    let mut service = Service::start().await;
    let request = ListSurveysRequest::default;
    for (request, reason) in [
        (
            ListSurveysRequest {
                filter: "name = x".to_owned(),
                ..request()
            },
            "INVALID_FILTER",
        ),
        (
            ListSurveysRequest {
                order_by: "state".to_owned(),
                ..request()
            },
            "INVALID_ORDER_BY",
        ),
        (
            ListSurveysRequest {
                page_token: "x".to_owned(),
                ..request()
            },
            "INVALID_PAGE_TOKEN",
        ),
        (
            ListSurveysRequest {
                page_size: -1,
                ..request()
            },
            "INVALID_PAGE_SIZE",
        ),
    ] {
        assert_eq!(why(service.list(request).await), reason);
    }
}

#[tokio::test]
async fn tenants_do_not_see_each_other() {
    let mut service = Service::start().await;
    service.create("hotel", hotel()).await.unwrap();
    let mut other = service.of_tenant("bank").await;
    let request = GetSurveyRequest {
        name: "surveys/hotel".to_owned(),
        version: 0,
    };
    assert_eq!(why(other.get_survey(request).await), "SURVEY_NOT_FOUND");
    let listed = other.list_surveys(ListSurveysRequest::default()).await.unwrap();
    assert!(listed.into_inner().surveys.is_empty());
}
