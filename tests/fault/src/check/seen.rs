//! What callers see of the suite, page by page.

use std::collections::BTreeMap;

use rapport_contract::{
    feedback::v1::{ListAnswerSetsRequest, SummarizeCasesRequest},
    loyalty::v1::{
        Balance, GetBalanceRequest, LedgerSummary, ListTransactionsRequest, SummarizeLedgerRequest,
    },
    profile::v1::{Customer, GetCustomerRequest, ListTimelineEntriesRequest, timeline_entry::Event},
    satisfaction::v1::{GetCustomerSatisfactionRequest, Metric, QueryMetricRequest},
};
use tonic::{Code, Status};

use crate::{services::Clients, work::PROGRAM};

/// The most that a page can have.
const PAGE: i32 = 1_000;

/// The movements of a member's points, by what caused them.
pub(crate) async fn movements(clients: &Clients, member: &str) -> Result<BTreeMap<String, Vec<i64>>, Status> {
    let mut movements: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    let mut request = ListTransactionsRequest {
        parent: member.to_owned(),
        page_size: PAGE,
        ..ListTransactionsRequest::default()
    };
    loop {
        let page = clients.loyalty.clone().list_transactions(request.clone()).await?;
        let page = page.into_inner();
        for transaction in page.transactions {
            movements
                .entry(transaction.cause)
                .or_default()
                .push(transaction.points);
        }
        if page.next_page_token.is_empty() {
            return Ok(movements);
        }
        request.page_token = page.next_page_token;
    }
}

/// What a member has.
pub(crate) async fn balance(clients: &Clients, member: &str) -> Result<Balance, Status> {
    let request = GetBalanceRequest {
        name: format!("{member}/balance"),
        ..GetBalanceRequest::default()
    };
    Ok(clients.loyalty.clone().get_balance(request).await?.into_inner())
}

/// The sums of the ledger.
pub(crate) async fn ledger(clients: &Clients) -> Result<LedgerSummary, Status> {
    let request = SummarizeLedgerRequest {
        program: PROGRAM.to_owned(),
        ..SummarizeLedgerRequest::default()
    };
    Ok(clients
        .loyalty
        .clone()
        .summarize_ledger(request)
        .await?
        .into_inner())
}

/// The names of all purchases of a customer, with those that come twice.
pub(crate) async fn purchases(clients: &Clients, customer: &str) -> Result<Vec<String>, Status> {
    let mut names = Vec::new();
    let mut request = ListTimelineEntriesRequest {
        parent: customer.to_owned(),
        page_size: PAGE,
        ..ListTimelineEntriesRequest::default()
    };
    loop {
        let page = clients
            .profile
            .clone()
            .list_timeline_entries(request.clone())
            .await?
            .into_inner();
        names.extend(
            page.timeline_entries
                .into_iter()
                .filter_map(|entry| match entry.event {
                    Some(Event::Purchase(purchase)) => Some(purchase.name),
                    _ => None,
                }),
        );
        if page.next_page_token.is_empty() {
            return Ok(names);
        }
        request.page_token = page.next_page_token;
    }
}

/// A profile.
pub(crate) async fn profile(clients: &Clients, customer: &str) -> Result<Customer, Status> {
    let request = GetCustomerRequest {
        name: customer.to_owned(),
    };
    Ok(clients.profile.clone().get_customer(request).await?.into_inner())
}

/// The names of all answer sets, with those that come twice.
pub(crate) async fn answer_sets(clients: &Clients) -> Result<Vec<String>, Status> {
    let mut names = Vec::new();
    let mut request = ListAnswerSetsRequest {
        page_size: PAGE,
        ..ListAnswerSetsRequest::default()
    };
    loop {
        let page = clients.feedback.clone().list_answer_sets(request.clone()).await?;
        let page = page.into_inner();
        names.extend(page.answer_sets.into_iter().map(|set| set.name));
        if page.next_page_token.is_empty() {
            return Ok(names);
        }
        request.page_token = page.next_page_token;
    }
}

/// The number of cases.
pub(crate) async fn cases(clients: &Clients) -> Result<i64, Status> {
    let summary = clients
        .feedback
        .clone()
        .summarize_cases(SummarizeCasesRequest {})
        .await?
        .into_inner();
    Ok(summary.counts.iter().map(|count| count.case_count).sum())
}

/// How many answer sets of a customer were scored.
pub(crate) async fn scored_sets(clients: &Clients, customer: &str) -> Result<i64, Status> {
    let request = GetCustomerSatisfactionRequest {
        name: format!("{customer}/satisfaction"),
    };
    match clients
        .satisfaction
        .clone()
        .get_customer_satisfaction(request)
        .await
    {
        Ok(answer) => Ok(answer.into_inner().answer_set_count),
        Err(status) if status.code() == Code::NotFound => Ok(0),
        Err(status) => Err(status),
    }
}

/// Answers by score, 0 first, as the roll-ups have them.
pub(crate) async fn scores(clients: &Clients, metric: Metric) -> Result<Vec<i64>, Status> {
    let request = QueryMetricRequest {
        metric: metric.into(),
        ..QueryMetricRequest::default()
    };
    let answer = clients
        .satisfaction
        .clone()
        .query_metric(request)
        .await?
        .into_inner();
    Ok(answer
        .rows
        .into_iter()
        .next()
        .map(|row| row.score_counts)
        .unwrap_or_default())
}
