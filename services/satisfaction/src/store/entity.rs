//! The tables as entities.
#![allow(
    unreachable_pub,
    reason = "the derived items are public, and what they name must be too"
)]

/// An answer set in its latest revision; kept as a mark of that revision when it was deleted.
pub(super) mod answer_set {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "answer_set")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub answer_set: String,
        pub revision: i32,
        /// Nothing of it counts any more: all that follows is empty.
        pub deleted: bool,
        pub survey: String,
        pub survey_version: i32,
        /// Empty when anonymous.
        pub customer: String,
        /// Microseconds since the Unix epoch.
        pub answered_at: i64,
        /// Days since the Unix epoch.
        pub day: i32,
        pub location: String,
        pub channel: String,
        /// The satisfaction index in thousandths of a point.
        pub index_value: Option<i64>,
        /// The last answer to a recommendation question.
        pub nps: Option<i16>,
        /// The last answer to a satisfaction question.
        pub csat: Option<i16>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A scored answer of an answer set.
pub(super) mod score {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "score")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub answer_set: String,
        /// Place in the answer set.
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i32,
        pub metric: i16,
        pub question: String,
        pub value: i16,
        /// Highest point of the scale.
        pub points: i16,
        pub dimension: String,
        pub touchpoint: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A roll-up.
pub(super) mod rollup {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "metric_rollup")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub metric: i16,
        /// Days since the Unix epoch.
        #[sea_orm(primary_key, auto_increment = false)]
        pub day: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub survey: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub question: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub touchpoint: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub location: String,
        pub answers: i64,
        pub total: i64,
        pub squares: i64,
        pub score_0: i64,
        pub score_1: i64,
        pub score_2: i64,
        pub score_3: i64,
        pub score_4: i64,
        pub score_5: i64,
        pub score_6: i64,
        pub score_7: i64,
        pub score_8: i64,
        pub score_9: i64,
        pub score_10: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
