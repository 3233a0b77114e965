//! Sealing customers anew, when keys are rotated.

use rapport_privacy::{Position, ROWS_PER_STEP, SealedRows, Step, TenantKeys};
use rapport_status::Error;
use rapport_storage::Stored as _;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, sea_query::LockType,
};

use super::{NO_ATTRIBUTES, customer, customer_of, row_of, tenants};
use crate::domain::customer::Customer;

/// The customers, for the rotation of keys.
#[derive(Debug)]
pub(crate) struct CustomerRows;

#[async_trait::async_trait]
impl SealedRows for CustomerRows {
    fn table(&self) -> &'static str {
        "customer"
    }

    async fn step(
        &self,
        transaction: &DatabaseTransaction,
        keys: &TenantKeys,
        after: Option<&Position>,
    ) -> Result<Step, Error> {
        let mut query = customer::Entity::find().filter(customer::Column::Tenant.eq(keys.tenant()));
        if let Some([id]) = after.map(|after| after.0.as_slice()) {
            query = query.filter(customer::Column::Id.gt(id.clone()));
        }
        let rows = query
            .order_by_asc(customer::Column::Id)
            .limit(ROWS_PER_STEP)
            .lock(LockType::NoKeyUpdate)
            .all(transaction)
            .await
            .stored("read customers")?;
        let mut step = Step::default();
        for row in rows {
            step.seen += 1;
            if !is_current(keys, &row) {
                match customer_of(keys, &row, Vec::new()).await {
                    Ok(customer) => {
                        seal_anew(transaction, keys, &customer).await?;
                        step.sealed += 1;
                    }
                    Err(error) => {
                        tracing::warn!(
                            customer = row.id,
                            error = error.chain(),
                            "a customer stays as it is"
                        );
                        step.left += 1;
                    }
                }
            }
            if step.seen == ROWS_PER_STEP {
                step.next = Some(Position(vec![row.id.into()]));
            }
        }
        Ok(step)
    }

    async fn tenants(&self, transaction: &DatabaseTransaction) -> Result<Vec<String>, Error> {
        tenants(transaction).await
    }
}

fn is_current(keys: &TenantKeys, row: &customer::Model) -> bool {
    let sealed = row.sealed.as_ref().is_some_and(|sealed| keys.is_current(sealed));
    sealed
        && row.display_name.is_empty()
        && row.language.is_empty()
        && row.birth_date.is_none()
        && row.attributes == NO_ATTRIBUTES
}

/// What is said of the customer stays the same, and so do its version and times.
async fn seal_anew(
    connection: &impl ConnectionTrait,
    keys: &TenantKeys,
    customer: &Customer,
) -> Result<(), Error> {
    customer::Entity::update_many()
        .set(row_of(keys, customer)?.into_active_model().reset_all())
        .filter(customer::Column::Tenant.eq(keys.tenant()))
        .filter(customer::Column::Id.eq(&customer.id))
        .exec(connection)
        .await
        .stored("seal a customer anew")?;
    Ok(())
}
