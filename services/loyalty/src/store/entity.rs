//! The rows of the tables. What the columns mean stands in the migrations and in the domain.

/// A program.
pub(crate) mod program {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "program")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub title: String,
        pub earning_currency: Option<String>,
        pub earning_points: Option<i64>,
        pub earning_per_amount: Option<i64>,
        pub compensation_low: Option<i64>,
        pub compensation_normal: Option<i64>,
        pub compensation_high: Option<i64>,
        pub compensation_urgent: Option<i64>,
        pub lifetime_months: i32,
        pub enrols_automatically: bool,
        pub time_zone: Option<String>,
        pub create_time: i64,
        pub update_time: i64,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A member, with the state of the account.
pub(crate) mod member {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "member")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub program: String,
        pub customer: String,
        pub account: Uuid,
        pub state: String,
        pub enrol_time: i64,
        pub available_points: i64,
        pub reserved_points: i64,
        pub transaction_count: i64,
        pub version: i64,
        pub due_time: Option<i64>,
        pub pending_points: i64,
        pub blocked_points: i64,
        pub debt_points: i64,
        pub chain: Option<Vec<u8>>,
        pub chain_number: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A wallet that a program has beside its first, or the first one when it has terms of its own.
pub(crate) mod wallet {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "wallet")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub program: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub title: String,
        pub kind: String,
        pub expiry: String,
        pub expiry_months: i32,
        pub expiry_rounding: String,
        pub expiry_days: String,
        pub expiry_activities: String,
        pub burn_order: String,
        pub debt: String,
        pub pending_days: i32,
        pub create_time: i64,
        pub update_time: i64,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The state of a member's account in a wallet beside the first.
pub(crate) mod wallet_account {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "wallet_account")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub member: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub wallet: String,
        pub account: Uuid,
        pub available_points: i64,
        pub reserved_points: i64,
        pub blocked_points: i64,
        pub pending_points: i64,
        pub debt_points: i64,
        pub transaction_count: i64,
        pub version: i64,
        pub due_time: Option<i64>,
        pub chain: Option<Vec<u8>>,
        pub chain_number: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A lot.
pub(crate) mod lot {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "lot")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub account: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub program: String,
        pub number: i64,
        pub original: i64,
        pub remaining: i64,
        pub reserved: i64,
        pub expire_time: Option<i64>,
        pub vintage: String,
        pub pending: bool,
        pub release_time: Option<i64>,
        pub release_key: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A transaction.
pub(crate) mod ledger_transaction {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ledger_transaction")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub account: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub id: Uuid,
        pub kind: String,
        pub points: i64,
        pub post_time: i64,
        pub reason: String,
        pub cause: String,
        pub available_points: i64,
        pub shortfall_points: i64,
        pub pending_points: i64,
        pub debt_points: i64,
        pub reverses: Option<Uuid>,
        pub hash: Option<Vec<u8>>,
        /// What the points are due to, as JSON.
        pub attribution: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// One line of a transaction in an account of the books.
pub(crate) mod ledger_entry {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ledger_entry")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub account: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub book: String,
        pub program: String,
        pub points: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a transaction did to a lot.
pub(crate) mod lot_movement {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "lot_movement")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub account: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i32,
        pub lot: Uuid,
        pub points: i64,
        pub effect: Option<String>,
        pub expire_time: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A hold.
pub(crate) mod hold {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "hold")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub account: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub program: String,
        pub points: i64,
        pub state: String,
        pub captured_points: i64,
        pub reason: String,
        pub create_time: i64,
        pub expire_time: i64,
        pub kind: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Points of a lot that a hold keeps.
pub(crate) mod hold_allocation {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "hold_allocation")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub account: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub hold: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i32,
        pub lot: Uuid,
        pub points: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A sale or return with what it did.
pub(crate) mod purchase {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "purchase")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub account: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub source: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub source_id: String,
        pub sale_source_id: String,
        pub kind: String,
        pub currency: String,
        pub amount_minor: i64,
        pub earned_points: i64,
        pub claimed_points: i64,
        /// The first lot that the points went into.
        pub lot: Option<Uuid>,
        /// All lots and lines, as JSON; none when there are no lines and no more than one lot.
        pub details: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A compensation that was given.
pub(crate) mod compensation {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "compensation")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub account: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub case_name: String,
        pub points: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
