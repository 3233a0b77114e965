//! The closing tables.

use comfy_table::{CellAlignment, ContentLineStyle, LineStyle, Table, TableStyle};
use rapport_clock::Clock;
use rapport_contract::{
    feedback::v1::{Case, ListCasesRequest, SummarizeCasesRequest},
    google::r#type::Money,
    instant,
    loyalty::v1::SummarizeLedgerRequest,
    money,
    profile::v1::{CustomerSummary, GetEvaluationRequest, SummarizeCustomersRequest},
    satisfaction::v1::{Dimension, Metric, MetricRow, QueryMetricRequest},
    r#type::v1::LifecycleStage,
};

use super::{answers, points};
use rapport_process::Failure;

use crate::client::Clients;

/// A line under the heading and nothing else: reads well, and survives being copied into a mail.
const PLAIN: TableStyle = TableStyle::new()
    .header_lines(ContentLineStyle::new(' ', ' ', ' '))
    .header_separator(LineStyle::new(' ', '─', ' ', ' '))
    .content_lines(ContentLineStyle::new(' ', ' ', ' '));

/// Asks the running suite for everything that the tables show.
pub(super) async fn tables(clients: &Clients) -> Result<String, Failure> {
    let summary = clients
        .profile
        .clone()
        .summarize_customers(SummarizeCustomersRequest {})
        .await?
        .into_inner();
    let parts = [
        stages(&summary),
        groups(&summary),
        concentration(&summary),
        model(clients).await?,
        satisfaction(clients).await?,
        cases(clients).await?,
        ledger(clients).await?,
    ];
    Ok(parts.join("\n"))
}

fn table<const COLUMNS: usize>(
    title: &str,
    heading: [&str; COLUMNS],
    rows: Vec<[String; COLUMNS]>,
) -> String {
    let mut table = Table::new();
    table.load_style(PLAIN).set_header(heading).add_rows(rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("\n{title}\n{table}")
}

fn amount(value: Option<&Money>) -> String {
    value.map_or_else(String::new, |value| {
        money::from_wire(value).map_or_else(|error| error.to_string(), |money| money.to_string())
    })
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn stages(summary: &CustomerSummary) -> String {
    let rows = summary
        .stages
        .iter()
        .map(|stage| {
            let name = stage
                .stage()
                .as_str_name()
                .trim_start_matches("LIFECYCLE_STAGE_")
                .to_lowercase();
            let name = if stage.stage() == LifecycleStage::Unspecified {
                "not evaluated".to_owned()
            } else {
                name
            };
            [
                name.replace('_', " "),
                stage.customer_count.to_string(),
                amount(stage.monetary.as_ref()),
                amount(stage.lifetime_value.as_ref()),
            ]
        })
        .collect();
    table(
        "Customers by lifecycle stage, as of 1997-09-30",
        ["stage", "customers", "bought", "value of the next 12 months"],
        rows,
    )
}

fn groups(summary: &CustomerSummary) -> String {
    let rows = summary
        .rfm_groups
        .iter()
        .map(|group| {
            [
                group.rfm_group.replace('_', " "),
                group.customer_count.to_string(),
                amount(group.monetary.as_ref()),
            ]
        })
        .collect();
    let histogram = |counts: &[i64]| counts.iter().map(i64::to_string).collect::<Vec<_>>().join(" / ");
    let groups = table("RFM groups", ["group", "customers", "bought"], rows);
    format!(
        "{groups}\nscores 1 to 5: recency {}, frequency {}, monetary {}",
        histogram(&summary.recency_histogram),
        histogram(&summary.frequency_histogram),
        histogram(&summary.monetary_histogram)
    )
}

fn concentration(summary: &CustomerSummary) -> String {
    let rows = summary
        .concentration
        .iter()
        .map(|point| {
            [
                format!("best {}", percent(point.customer_share)),
                percent(point.value_share),
            ]
        })
        .collect();
    let curve = table(
        "Value concentration",
        ["customers", "share of what was bought"],
        rows,
    );
    format!(
        "{curve}\nGini coefficient {:.3}, {} in all",
        summary.gini,
        amount(summary.total_monetary.as_ref())
    )
}

async fn model(clients: &Clients) -> Result<String, Failure> {
    let evaluation = clients
        .profile
        .clone()
        .get_evaluation(GetEvaluationRequest::default())
        .await?
        .into_inner();
    let Some(model) = evaluation.purchase_model else {
        return Ok(format!("no purchase model: {}", evaluation.model_finding));
    };
    Ok(format!(
        "BG/NBD r = {:.3}, alpha = {:.3}, a = {:.3}, b = {:.3}, log-likelihood {:.3}",
        model.r, model.alpha, model.a, model.b, model.log_likelihood
    ))
}

async fn satisfaction(clients: &Clients) -> Result<String, Failure> {
    let mut rows = Vec::new();
    for (metric, title) in [
        (Metric::Csat, "CSAT, %"),
        (Metric::Nps, "NPS"),
        (Metric::Index, "index, 0 to 100"),
    ] {
        for (dimension, all) in [(None, "all"), (Some(Dimension::Location), "")] {
            let request = QueryMetricRequest {
                metric: metric.into(),
                survey: answers::survey(),
                group_by: dimension.into_iter().map(Into::into).collect(),
                ..QueryMetricRequest::default()
            };
            let answer = clients
                .satisfaction
                .clone()
                .query_metric(request)
                .await?
                .into_inner();
            rows.extend(answer.rows.iter().map(|row| metric_row(title, all, row)));
        }
    }
    Ok(table(
        "Satisfaction, from SYNTHETIC answers",
        ["metric", "where", "answers", "value", "95 % interval"],
        rows,
    ))
}

fn metric_row(title: &str, all: &str, row: &MetricRow) -> [String; 5] {
    let place = if all.is_empty() { &row.location } else { all };
    let interval = row.interval.map_or_else(String::new, |interval| {
        format!("{:.1} to {:.1}", interval.low, interval.high)
    });
    [
        title.to_owned(),
        place.to_owned(),
        row.answer_count.to_string(),
        format!("{:.1}", row.value),
        interval,
    ]
}

async fn cases(clients: &Clients) -> Result<String, Failure> {
    let request = ListCasesRequest {
        page_size: 1000,
        filter: "state = OPEN OR state = ASSIGNED".to_owned(),
        order_by: "due_time".to_owned(),
        ..ListCasesRequest::default()
    };
    let open = clients
        .feedback
        .clone()
        .list_cases(request)
        .await?
        .into_inner()
        .cases;
    let summary = clients
        .feedback
        .clone()
        .summarize_cases(SummarizeCasesRequest {})
        .await?
        .into_inner();
    let resolved: i64 = summary
        .counts
        .iter()
        .filter(|count| count.state().as_str_name().ends_with("RESOLVED"))
        .map(|count| count.case_count)
        .sum();
    let now = Clock::system().now();
    let hours = |case: &Case| {
        let due = case
            .due_time
            .as_ref()
            .and_then(|due| instant::from_wire(due).ok());
        due.map_or(i64::MAX, |due| due.duration_since(now).as_hours())
    };
    let count = |from: i64, to: i64| {
        open.iter()
            .filter(|case| (from..to).contains(&hours(case)))
            .count()
            .to_string()
    };
    let rows = vec![
        ["past their deadline".to_owned(), count(i64::MIN, 0)],
        ["within 24 hours".to_owned(), count(0, 24)],
        ["within 3 days".to_owned(), count(24, 72)],
        ["later".to_owned(), count(72, i64::MAX)],
    ];
    Ok(format!(
        "{}\n{resolved} resolved",
        table("Open cases by deadline", ["due", "cases"], rows)
    ))
}

async fn ledger(clients: &Clients) -> Result<String, Failure> {
    let request = SummarizeLedgerRequest {
        program: points::program(),
        ..SummarizeLedgerRequest::default()
    };
    let summary = clients
        .loyalty
        .clone()
        .summarize_ledger(request)
        .await?
        .into_inner();
    let rows = vec![
        [
            "earned by purchases".to_owned(),
            summary.earned_points.to_string(),
        ],
        [
            "given as compensation".to_owned(),
            summary.compensated_points.to_string(),
        ],
        ["spent".to_owned(), summary.redeemed_points.to_string()],
        ["expired".to_owned(), summary.expired_points.to_string()],
        [
            "liability: still owed".to_owned(),
            summary.outstanding_points.to_string(),
        ],
    ];
    Ok(table("Points of Harbour Stars", ["", "points"], rows))
}
