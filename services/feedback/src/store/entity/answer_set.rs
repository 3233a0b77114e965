use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "answer_set")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub survey: String,
    pub survey_version: i32,
    pub customer: String,
    pub answered_at: i64,
    pub touchpoint: String,
    pub location: String,
    pub channel: String,
    pub language: String,
    pub created_at: i64,
    pub revision: i32,
    pub opened_case: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
