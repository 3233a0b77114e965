//! Enrols, closes and reads members.

use std::collections::{HashMap, HashSet};

use rapport_clock::Clock;
use rapport_contract::name;
use rapport_events::outbox;
use rapport_listing::TokenKey;
use rapport_status::Result;
use rapport_storage::Store;
use sea_orm::DatabaseTransaction;

use super::{listing::Listing, tiers};
use crate::{
    domain::{
        ledger::as_of,
        member::{self, Enrolment, Member, MemberState},
        program,
        wallet::AccountKey,
    },
    store::{
        accounts,
        members::{self, Membership, NewMember},
        programs, snapshot,
    },
    wire,
};

/// Enrols a customer. The same enrolment again gives the member that is there.
pub(crate) async fn enrol(
    store: &Store,
    clock: &Clock,
    tenant: &str,
    program: &str,
    wish: &Enrolment,
) -> Result<Member> {
    store
        .write("enrol_member", |transaction| async move {
            let connection = transaction.connection();
            require_program(connection, tenant, program).await?;
            let found =
                members::find_any(connection, tenant, program, &[&wish.name], &[&wish.customer]).await?;
            let of_customer = found.iter().find(|member| member.customer == wish.customer);
            let of_name = found.iter().find(|member| member.name == wish.name);
            if let Some(known) = wish.decide(of_customer, of_name)? {
                let known = known.clone();
                return transaction.abandon(known).await;
            }
            let new = new_member(clock, program, wish);
            add(connection, clock, tenant, std::slice::from_ref(&new)).await?;
            bring_in(connection, clock, tenant, [&new]).await?;
            transaction.commit(new.member).await
        })
        .await
}

/// What became of a batch of enrolments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Enrolled {
    /// How many were enrolled.
    pub(crate) new: usize,
    /// How many were enrolled before, under whatever id.
    pub(crate) known: usize,
}

/// Enrols customers under their own ids, all or none. A customer who is a member already is counted and nothing else.
pub(crate) async fn enrol_all(
    store: &Store,
    clock: &Clock,
    tenant: &str,
    program: &str,
    wishes: &[Enrolment],
) -> Result<Enrolled> {
    store
        .write("enrol_members", |transaction| async move {
            let connection = transaction.connection();
            require_program(connection, tenant, program).await?;
            let names: Vec<&str> = wishes.iter().map(|wish| wish.name.as_str()).collect();
            let customers: Vec<&str> = wishes.iter().map(|wish| wish.customer.as_str()).collect();
            let found = members::find_any(connection, tenant, program, &names, &customers).await?;
            let mut enrolled: HashSet<&str> = found.iter().map(|member| member.customer.as_str()).collect();
            let by_name: HashMap<&str, &Member> = found
                .iter()
                .map(|member| (member.name.as_str(), member))
                .collect();
            let mut new = Vec::new();
            for wish in wishes {
                if enrolled.insert(&wish.customer) {
                    wish.decide(None, by_name.get(wish.name.as_str()).copied())?;
                    new.push(new_member(clock, program, wish));
                }
            }
            add(connection, clock, tenant, &new).await?;
            bring_in(connection, clock, tenant, &new).await?;
            let outcome = Enrolled {
                new: new.len(),
                known: wishes.len() - new.len(),
            };
            transaction.commit(outcome).await
        })
        .await
}

/// Enrols new customers in every program that enrols by itself: under their own ids, or under a made one where that
/// belongs to somebody else. Gives the new memberships.
pub(crate) async fn enrol_new_customers(
    transaction: &DatabaseTransaction,
    clock: &Clock,
    tenant: &str,
    customers: &[&str],
) -> Result<Vec<Membership>> {
    let mut memberships = Vec::new();
    for program in programs::that_enrol(transaction, tenant).await? {
        let wishes: Vec<Enrolment> = customers
            .iter()
            .filter_map(|customer| {
                let [id] = name::CUSTOMER.parse(customer)?;
                Some(Enrolment {
                    name: wire::member_name(&program, id),
                    customer: (*customer).to_owned(),
                })
            })
            .collect();
        let names: Vec<&str> = wishes.iter().map(|wish| wish.name.as_str()).collect();
        let found = members::find_any(transaction, tenant, &program, &names, customers).await?;
        let mut enrolled: HashSet<&str> = found.iter().map(|member| member.customer.as_str()).collect();
        let taken: HashSet<&str> = found.iter().map(|member| member.name.as_str()).collect();
        let mut new = Vec::new();
        for wish in &wishes {
            if !enrolled.insert(&wish.customer) {
                continue;
            }
            let mut member = new_member(clock, &program, wish);
            if taken.contains(wish.name.as_str()) {
                member.member.name = wire::member_name(&program, &clock.new_id().to_string());
            }
            new.push(member);
        }
        add(transaction, clock, tenant, &new).await?;
        memberships.extend(new.into_iter().map(|NewMember { member, .. }| Membership {
            customer: member.customer,
            name: member.name,
            active: true,
        }));
    }
    Ok(memberships)
}

/// Reads a member with the points as of now.
pub(crate) async fn get(store: &Store, clock: &Clock, tenant: &str, name: &str) -> Result<Member> {
    let now = clock.now();
    if let Some(member) = members::find_settled(store.read(), tenant, name, now).await? {
        return Ok(member);
    }
    let view = snapshot(store).await?;
    let found = members::find(&view, tenant, name).await?;
    let mut member = found.ok_or_else(|| member::not_found(name))?;
    let account = AccountKey::of_points(name);
    if let Some(ledger) = accounts::load_one(&view, tenant, &account, now).await? {
        let balance = as_of(&ledger.account, now).balance(now);
        member.available_points = balance.available;
        member.reserved_points = balance.reserved;
    }
    Ok(member)
}

/// Reads a page of the members of a program, or of all programs.
pub(crate) async fn list(
    store: &Store,
    tenant: &str,
    program: Option<&str>,
    listing: &Listing,
    key: &TokenKey,
) -> Result<(Vec<Member>, String)> {
    let scope = format!("members of {tenant} in {}", program.unwrap_or("all programs"));
    let page = listing.page(&members::SCHEMA, "enrol_time desc", &scope, key)?;
    if let Some(program) = program {
        require_program(store.read(), tenant, program).await?;
    }
    members::list(store.read(), tenant, program, &page).await
}

async fn require_program(
    connection: &impl sea_orm::ConnectionTrait,
    tenant: &str,
    program: &str,
) -> Result<()> {
    match programs::find(connection, tenant, program).await? {
        Some(_) => Ok(()),
        None => Err(program::not_found(program)),
    }
}

fn new_member(clock: &Clock, program: &str, wish: &Enrolment) -> NewMember {
    NewMember {
        program: program.to_owned(),
        member: Member {
            name: wish.name.clone(),
            customer: wish.customer.clone(),
            state: MemberState::Active,
            enrol_time: clock.now(),
            available_points: 0,
            reserved_points: 0,
        },
        account: clock.new_id(),
    }
}

/// Finds out which tiers new members have. The customers are locked after the members were added, in one order: whoever
/// records a purchase of theirs at the same moment waits, or is waited for.
async fn bring_in(
    transaction: &DatabaseTransaction,
    clock: &Clock,
    tenant: &str,
    new: impl IntoIterator<Item = &NewMember>,
) -> Result<()> {
    let customers = new.into_iter().map(|new| new.member.customer.clone()).collect();
    tiers::lock_customers(transaction, tenant, &customers).await?;
    tiers::enrolled(transaction, clock, tenant, &customers).await
}

async fn add(
    transaction: &DatabaseTransaction,
    clock: &Clock,
    tenant: &str,
    new: &[NewMember],
) -> Result<()> {
    // In the order of customers, whatever the caller's: of two transactions that enrol the same ones, one waits for the
    // other, and never each for the other.
    let mut sorted: Vec<&NewMember> = new.iter().collect();
    sorted.sort_by(|a, b| a.member.customer.cmp(&b.member.customer));
    members::insert(transaction, tenant, &sorted).await?;
    let events = new
        .iter()
        .map(|new| {
            outbox::event(
                clock,
                tenant,
                &new.member.customer,
                &wire::member_enrolled(&new.member),
            )
        })
        .collect();
    outbox::append(transaction, events).await
}
