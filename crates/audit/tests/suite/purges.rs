use rapport_audit::{Audit, AuditOptions, Purge, purge};
use rapport_listing::TokenKey;
use rapport_storage::trail::audit_purge;
use sea_orm::EntityTrait as _;

use crate::world::{TENANT, World, append};

const METHOD: &str = "rapport.profile.v1.ProfileService/UpdateCustomer";

#[tokio::test]
async fn a_purge_removes_what_is_too_old_of_every_tenant_and_says_so_for_ever() {
    let world = World::start().await;
    let store = &world.first.store;
    for (moment, tenant) in [
        ("2026-01-01T00:00:00Z", TENANT),
        ("2026-01-02T00:00:00Z", TENANT),
        ("2026-01-01T00:00:00Z", "other"),
        ("2026-02-28T00:00:00Z", TENANT),
    ] {
        world.clock.set(moment.parse().unwrap());
        append(&world.clock, store, tenant, METHOD, "OK").await;
    }
    let kept_from = "2026-02-01T00:00:00Z".parse().unwrap();
    let now = "2026-03-01T00:00:00Z".parse().unwrap();
    let purged = purge(store, kept_from, now).await.unwrap();
    assert_eq!(
        purged,
        Purge {
            tenants: 2,
            records: 3
        }
    );
    assert_eq!(purge(store, kept_from, now).await.unwrap(), Purge::default());
    assert_eq!(world.records(&format!("method = \"{METHOD}\"")).await.len(), 1);
    let stated = audit_purge::Entity::find().all(store.read()).await.unwrap();
    let stated: Vec<_> = stated
        .iter()
        .map(|row| (row.tenant.as_str(), row.kept_from))
        .collect();
    assert_eq!(
        stated,
        [(TENANT, 1_769_904_000_000_000), ("other", 1_769_904_000_000_000)]
    );
    world.stop().await;
}

#[tokio::test]
async fn old_records_are_removed_by_and_by_where_a_retention_is_set_and_never_where_none_is() {
    let world = World::start().await;
    append(&world.clock, &world.first.store, TENANT, METHOD, "OK").await;
    let stores = [("profile", world.first.store.clone())];
    let audit = Audit::start(&stores, TokenKey::new([7; 32]));
    let clock = world.clock.clock();
    world.clock.set("2026-03-31T12:00:00Z".parse().unwrap());
    assert!(audit.timers(&clock, &AuditOptions::default()).is_empty());
    for (keep_days, left) in [(30, 1), (29, 0)] {
        for timer in audit.timers(&clock, &AuditOptions { keep_days }) {
            timer.run().await.unwrap();
        }
        let records = world.records(&format!("method = \"{METHOD}\"")).await;
        assert_eq!(records.len(), left, "kept for {keep_days} days: {records:?}");
    }
    audit.drain().await;
    world.stop().await;
}
