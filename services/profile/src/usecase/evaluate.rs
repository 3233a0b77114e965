//! Evaluating customers: all of them as of a date, or those of some purchases under the latest evaluation.

use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;
use rapport_events::outbox;
use rapport_money::Currency;
use rapport_status::Error;
use rapport_value::lifecycle::Stage;
use sea_orm::ConnectionTrait;

use super::{Ports, events};
use crate::{
    domain::{
        evaluation::Evaluation,
        purchase::day_of,
        stage::StageChange,
        valuation::{self, Arrival, Frame, Known, Valued},
        value::CustomerValue,
    },
    store::{
        self,
        counters::{self, Counter},
        customers::Hold,
        purchases::Counted,
    },
};

/// The currency of a tenant without purchases: ISO 4217's "no currency".
const NO_CURRENCY: &str = "XXX";

/// Recomputes the value of every customer as of a date. Fitting and replaying run on a thread of their own, outside
/// the transaction that stores the results.
pub(crate) async fn all(
    ports: &Ports,
    tenant: &str,
    as_of: Option<Date>,
    currency: Option<Currency>,
) -> Result<Evaluation, Error> {
    let now = ports.clock.now();
    let as_of = as_of.unwrap_or_else(|| day_of(now));
    ports
        .store
        .write("prepare_evaluation", |transaction| async move {
            counters::make(transaction.connection(), tenant, Counter::Evaluations).await?;
            transaction.commit(()).await
        })
        .await?;
    let frame = frame(ports, tenant, as_of, currency).await?;
    let known = known(ports.store.read(), tenant, None, frame).await?;
    let (evaluation, valued) = tokio::task::spawn_blocking(move || valuation::evaluate(&known, frame, now))
        .await
        .map_err(|error| Error::internal("the evaluation of customers broke off").because(error))?;
    let (evaluation, valued) = (&evaluation, &valued);
    ports
        .store
        .write("evaluate_customers", |transaction| async move {
            let connection = transaction.connection();
            // From here on, whoever values single customers waits, and then does so under this evaluation.
            store::evaluations::store(connection, tenant, evaluation).await?;
            let stages = store::values::all_stages(connection, tenant).await?;
            let valued = still_there(connection, tenant, valued).await?;
            keep(ports, connection, tenant, &valued, &stages).await?;
            // Purchases that were stored while this was computed are in nobody's figures yet.
            let late = store::purchases::arrived_after(connection, tenant, frame.sequence).await?;
            revalue(ports, connection, tenant, &late).await?;
            transaction.commit(()).await
        })
        .await?;
    Ok(evaluation.clone())
}

/// The frame of an evaluation of all customers.
async fn frame(ports: &Ports, tenant: &str, as_of: Date, currency: Option<Currency>) -> Result<Frame, Error> {
    let connection = ports.store.read();
    let currency = match currency {
        Some(currency) => currency,
        None => usual_currency(connection, tenant, as_of).await?,
    };
    Ok(Frame {
        as_of,
        currency,
        sequence: store::purchases::last_sequence(connection, tenant).await?,
    })
}

/// The currency that most purchases up to a day have.
async fn usual_currency(
    connection: &impl ConnectionTrait,
    tenant: &str,
    as_of: Date,
) -> Result<Currency, Error> {
    match store::purchases::most_used_currency(connection, tenant, as_of).await? {
        Some(currency) => Ok(currency),
        None => store::columns::currency(NO_CURRENCY),
    }
}

/// The currency of values under an evaluation. One that ran before the first purchase had none; values that come
/// after it take the usual one.
pub(crate) async fn currency_under(
    connection: &impl ConnectionTrait,
    tenant: &str,
    evaluation: &Evaluation,
) -> Result<Currency, Error> {
    if evaluation.currency.code() == NO_CURRENCY {
        usual_currency(connection, tenant, Date::MAX).await
    } else {
        Ok(evaluation.currency)
    }
}

/// Customers, these or all, with the purchases that count in a frame.
async fn known(
    connection: &impl ConnectionTrait,
    tenant: &str,
    customers: Option<&[String]>,
    frame: Frame,
) -> Result<Vec<Known>, Error> {
    let counted = Counted {
        customers,
        as_of: frame.as_of,
        currency: frame.currency,
        sequence: frame.sequence,
    };
    let mut totals = store::purchases::day_totals(connection, tenant, counted).await?;
    let created = store::customers::create_dates(connection, tenant, customers).await?;
    Ok(created
        .into_iter()
        .map(|(id, create_date)| Known {
            totals: totals.remove(&id).unwrap_or_default(),
            id,
            create_date,
        })
        .collect())
}

/// Leaves out customers who were deleted while their value was computed.
async fn still_there(
    connection: &impl ConnectionTrait,
    tenant: &str,
    valued: &[Valued],
) -> Result<Vec<Valued>, Error> {
    let ids = store::customers::create_dates(connection, tenant, None).await?;
    let there: HashMap<String, Date> = ids.into_iter().collect();
    Ok(valued
        .iter()
        .filter(|valued| there.contains_key(&valued.value.customer))
        .cloned()
        .collect())
}

/// Stores values and moves between stages, and tells of customers whose stage is not the one stored before.
async fn keep(
    ports: &Ports,
    connection: &impl ConnectionTrait,
    tenant: &str,
    valued: &[Valued],
    stages: &HashMap<String, Stage>,
) -> Result<(), Error> {
    let rows: Vec<_> = valued.iter().map(|valued| &valued.value).collect();
    store::values::replace(connection, tenant, &rows).await?;
    let moves: Vec<(&str, &[StageChange])> = valued
        .iter()
        .map(|valued| (valued.value.customer.as_str(), valued.changes.as_slice()))
        .collect();
    store::stage_changes::replace(connection, tenant, &moves).await?;
    let told = valuation::moved(valued, stages);
    let told = told
        .iter()
        .map(|change| events::stage_changed(&ports.clock, tenant, change));
    outbox::append(connection, told.collect()).await
}

/// Values the customers of purchases again, under the models and thresholds of the latest evaluation, those whose value
/// has the purchase not in it yet. Before the first evaluation nobody is valued.
pub(crate) async fn revalue(
    ports: &Ports,
    connection: &impl ConnectionTrait,
    tenant: &str,
    arrivals: &[Arrival],
) -> Result<(), Error> {
    if arrivals.is_empty() {
        return Ok(());
    }
    // The latest evaluation stays the latest, and each customer is valued by one at a time.
    counters::hold(connection, tenant, Counter::Evaluations).await?;
    let Some(evaluation) = store::evaluations::latest(connection, tenant).await? else {
        return Ok(());
    };
    let customers: BTreeSet<String> = arrivals.iter().map(|arrival| arrival.customer.clone()).collect();
    let customers: Vec<String> = customers.into_iter().collect();
    let customers = store::customers::hold(connection, tenant, &customers, Hold::Valued).await?;
    let stored: HashMap<String, CustomerValue> = store::values::find(connection, tenant, &customers)
        .await?
        .into_iter()
        .map(|value| (value.customer.clone(), value))
        .collect();
    let due = valuation::due(arrivals, &stored, evaluation.as_of);
    let Some(latest) = due.values().max() else {
        return Ok(());
    };
    let widest = Frame {
        as_of: *latest,
        currency: currency_under(connection, tenant, &evaluation).await?,
        sequence: store::purchases::last_sequence(connection, tenant).await?,
    };
    let customers: Vec<String> = due.keys().cloned().collect();
    let known = known(connection, tenant, Some(&customers), widest).await?;
    let valued: Vec<Valued> = known
        .iter()
        .filter_map(|customer| {
            let as_of = *due.get(&customer.id)?;
            let frame = Frame { as_of, ..widest };
            Some(valuation::revalue(customer, &evaluation, frame))
        })
        .collect();
    let stages = stored.into_values().map(|value| (value.customer, value.stage));
    keep(ports, connection, tenant, &valued, &stages.collect()).await
}

/// Evaluates every tenant as of today, unless that was done already: for a timer.
pub(crate) async fn due(ports: &Ports) -> Result<(), Error> {
    let today = day_of(ports.clock.now());
    for tenant in store::customers::tenants(ports.store.read()).await? {
        let latest = store::evaluations::latest(ports.store.read(), &tenant).await?;
        if latest.is_none_or(|latest| latest.as_of < today) {
            all(ports, &tenant, Some(today), None).await?;
        }
    }
    Ok(())
}
