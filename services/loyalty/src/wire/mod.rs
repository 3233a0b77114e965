//! The domain in the messages of the contract: answers and events.

pub(crate) mod campaigns;
pub(crate) mod member_tiers;
pub(crate) mod rewards;
pub(crate) mod tiers;
mod wallets;

pub(crate) use wallets::{read_wallet, wallet};

use jiff::Timestamp;
use rapport_contract::{
    instant,
    loyalty::v1::{
        Attribution, AwardedLine, Balance, CompensationRule, EarningRule, ExpiringPoints, Hold, HoldKind,
        HoldState, LedgerSummary, Lot, LotMovement, LotVintage, Member, MemberEnrolled, MemberState,
        PointsPosted, Program, Transaction, TransactionKind,
    },
    name,
    r#type::v1::Priority,
};

use crate::domain::{
    ledger::{self, Book},
    member, program,
    summary::Sums,
    wallet::AccountKey,
};

/// A transaction of a member.
pub(crate) fn transaction(account: &AccountKey, transaction: &ledger::Transaction) -> Transaction {
    let kind = match transaction.kind {
        ledger::TransactionKind::Earn => TransactionKind::Earn,
        ledger::TransactionKind::Redeem => TransactionKind::Redeem,
        ledger::TransactionKind::TakeBack => TransactionKind::TakeBack,
        ledger::TransactionKind::Adjust => TransactionKind::Adjust,
        ledger::TransactionKind::Compensate => TransactionKind::Compensate,
        ledger::TransactionKind::Expire => TransactionKind::Expire,
        ledger::TransactionKind::Release => TransactionKind::Release,
        ledger::TransactionKind::Cancel => TransactionKind::Cancel,
        ledger::TransactionKind::Refund => TransactionKind::Refund,
        ledger::TransactionKind::TransferOut => TransactionKind::TransferOut,
        ledger::TransactionKind::TransferIn => TransactionKind::TransferIn,
        ledger::TransactionKind::Extend => TransactionKind::Extend,
        ledger::TransactionKind::Reinstate => TransactionKind::Reinstate,
        ledger::TransactionKind::PayDebt => TransactionKind::PayDebt,
        ledger::TransactionKind::Forfeit => TransactionKind::Forfeit,
    };
    let lots = transaction.movements.iter().map(|movement| LotMovement {
        lot: movement.lot.to_string(),
        points: movement.points,
        expire_time: movement.expire_time.map(instant::to_wire),
    });
    Transaction {
        name: account.resource("transactions", transaction.id),
        kind: kind.into(),
        points: transaction.amounts.points,
        post_time: Some(instant::to_wire(transaction.post_time)),
        reason: transaction.note.reason.clone(),
        cause: transaction.note.cause.clone(),
        lots: lots.collect(),
        available_points: transaction.available_points,
        shortfall_points: transaction.shortfall_points,
        pending_points: transaction.amounts.pending,
        debt_points: -transaction.amounts.debt,
        reverses: transaction
            .reverses
            .map(|id| account.resource("transactions", id))
            .unwrap_or_default(),
        wallet: account.wallet.clone(),
        attribution: transaction.attribution.as_ref().map(attribution),
    }
}

fn attribution(attribution: &ledger::Attribution) -> Attribution {
    let lines = attribution.lines.iter().map(|share| AwardedLine {
        line_id: share.line.clone(),
        points: share.points,
    });
    Attribution {
        trigger: attribution.trigger.name().to_owned(),
        rule: attribution.rule.clone(),
        rule_version: attribution.version,
        lines: lines.collect(),
    }
}

/// A hold of a member.
pub(crate) fn hold(account: &AccountKey, hold: &ledger::Hold) -> Hold {
    let state = match hold.state {
        ledger::HoldState::Open => HoldState::Open,
        ledger::HoldState::Captured => HoldState::Captured,
        ledger::HoldState::Released => HoldState::Released,
        ledger::HoldState::TimedOut => HoldState::TimedOut,
    };
    let kind = match hold.kind {
        ledger::HoldKind::Reservation => HoldKind::Reservation,
        ledger::HoldKind::Block => HoldKind::Block,
    };
    let ends = hold.expire_time < ledger::NEVER;
    Hold {
        name: account.resource("holds", hold.id),
        points: hold.points,
        state: state.into(),
        captured_points: hold.captured_points,
        reason: hold.reason.clone(),
        create_time: Some(instant::to_wire(hold.create_time)),
        expire_time: ends.then(|| instant::to_wire(hold.expire_time)),
        kind: kind.into(),
        wallet: account.wallet.clone(),
    }
}

/// A balance of a member as of a moment.
pub(crate) fn balance(account: &AccountKey, balance: &ledger::Balance, now: Timestamp) -> Balance {
    let expirations = balance.expirations.iter().map(|expiration| ExpiringPoints {
        expire_time: Some(instant::to_wire(expiration.expire_time)),
        points: expiration.points,
    });
    Balance {
        name: format!("{}/balance", account.member),
        available_points: balance.available,
        reserved_points: balance.reserved,
        expirations: expirations.collect(),
        read_time: Some(instant::to_wire(now)),
        wallet: account.wallet.clone(),
        pending_points: balance.pending,
        blocked_points: balance.blocked,
        debt_points: balance.debt,
    }
}

/// A lot of a member.
pub(crate) fn lot(account: &AccountKey, lot: &ledger::Lot, transaction: uuid::Uuid) -> Lot {
    let release_time = lot.pending.as_ref().and_then(|pending| pending.release_time);
    Lot {
        lot: lot.id.to_string(),
        transaction: account.resource("transactions", transaction),
        original_points: lot.original,
        remaining_points: lot.remaining,
        reserved_points: lot.reserved,
        expire_time: lot.expire_time.map(instant::to_wire),
        vintage: lot.vintage.to_string(),
        pending: lot.pending.is_some(),
        release_time: release_time.map(instant::to_wire),
        release_key: lot
            .pending
            .as_ref()
            .map(|pending| pending.release_key.clone())
            .unwrap_or_default(),
    }
}

/// A member.
pub(crate) fn member(member: &member::Member) -> Member {
    let state = match member.state {
        member::MemberState::Active => MemberState::Active,
        member::MemberState::Closed => MemberState::Closed,
    };
    Member {
        name: member.name.clone(),
        customer: member.customer.clone(),
        state: state.into(),
        enrol_time: Some(instant::to_wire(member.enrol_time)),
        available_points: member.available_points,
        reserved_points: member.reserved_points,
    }
}

/// A program.
pub(crate) fn program(program: &program::Program) -> Program {
    let terms = &program.terms;
    let compensation_rules = terms
        .compensation
        .iter()
        .map(|(priority, points)| CompensationRule {
            priority: to_priority(*priority).into(),
            points: *points,
        });
    Program {
        name: program.name.clone(),
        title: terms.title.clone(),
        earning_rule: terms.earning_rule.map(|rule| EarningRule {
            currency_code: rule.currency.code().to_owned(),
            points: rule.points,
            per_amount_minor: rule.per_amount_minor,
        }),
        compensation_rules: compensation_rules.collect(),
        lifetime_months: terms.lifetime_months,
        enrols_automatically: terms.enrols_automatically,
        create_time: Some(instant::to_wire(program.create_time)),
        update_time: Some(instant::to_wire(program.update_time)),
        etag: program.etag(),
        time_zone: terms.time_zone.clone(),
        wallets: program
            .wallets
            .values()
            .map(|known| wallet(&program.name, known))
            .collect(),
    }
}

fn to_priority(priority: program::Priority) -> Priority {
    match priority {
        program::Priority::Low => Priority::Low,
        program::Priority::Normal => Priority::Normal,
        program::Priority::High => Priority::High,
        program::Priority::Urgent => Priority::Urgent,
    }
}

/// A priority as the domain has it; none when it is not stated.
pub(crate) fn from_priority(priority: Priority) -> Option<program::Priority> {
    match priority {
        Priority::Unspecified => None,
        Priority::Low => Some(program::Priority::Low),
        Priority::Normal => Some(program::Priority::Normal),
        Priority::High => Some(program::Priority::High),
        Priority::Urgent => Some(program::Priority::Urgent),
    }
}

/// The sums over a program's ledger as of a moment.
pub(crate) fn summary(sums: &Sums, now: Timestamp) -> LedgerSummary {
    let vintages = sums.vintages.iter().map(|vintage| LotVintage {
        month: vintage.month.clone(),
        original_points: vintage.original,
        outstanding_points: vintage.outstanding(),
    });
    LedgerSummary {
        member_count: sums.member_count,
        earned_points: sums.given(Book::Issued),
        compensated_points: sums.given(Book::Compensated),
        redeemed_points: sums.taken(Book::Redeemed),
        taken_back_points: sums.taken(Book::TakenBack),
        adjusted_points: sums.given(Book::Adjusted),
        expired_points: sums.expired(),
        outstanding_points: sums.outstanding(),
        cancelled_points: sums.taken(Book::Cancelled),
        forfeited_points: sums.taken(Book::Forfeited),
        debt_points: sums.given(Book::Debt),
        vintages: vintages.collect(),
        read_time: Some(instant::to_wire(now)),
    }
}

/// The event that a customer was enrolled.
pub(crate) fn member_enrolled(member: &member::Member) -> MemberEnrolled {
    MemberEnrolled {
        member: member.name.clone(),
        customer: member.customer.clone(),
        enrol_time: Some(instant::to_wire(member.enrol_time)),
    }
}

/// The event that a member's points moved.
pub(crate) fn points_posted(
    account: &AccountKey,
    customer: &str,
    posted: &ledger::Transaction,
) -> PointsPosted {
    PointsPosted {
        member: account.member.clone(),
        customer: customer.to_owned(),
        transaction: Some(transaction(account, posted)),
    }
}

/// The name of a member of a program, by the program's name and the member's id.
pub(crate) fn member_name(program: &str, id: &str) -> String {
    match name::PROGRAM.parse(program) {
        Some([program]) => name::MEMBER.format([program, id]),
        None => String::new(),
    }
}
