use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "feedback_case")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub subject: String,
    pub state: String,
    pub priority: String,
    pub priority_rank: i32,
    pub customer: String,
    pub answer_set: String,
    pub survey: String,
    pub owner: String,
    pub due_at: i64,
    pub resolution: Option<String>,
    pub compensate: Option<bool>,
    pub resolved_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
    pub revision: i64,
    pub creation_fingerprint: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
