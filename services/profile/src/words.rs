//! Words of the domain as the contract has them, and back.

use rapport_contract::{
    name,
    profile::v1::{self as wire},
    r#type::v1 as shared,
};
use rapport_value::lifecycle::Stage;

use crate::domain::{
    identity::IdentityKind,
    purchase::{Purchase, PurchaseKind, PurchaseLine},
};

pub(crate) fn purchase_name(purchase: &Purchase) -> String {
    name::PURCHASE.format([&purchase.customer, &purchase.id])
}

pub(crate) fn purchase_line(line: &PurchaseLine) -> wire::PurchaseLine {
    wire::PurchaseLine {
        line_id: line.id.clone(),
        sku: line.sku.clone(),
        category: line.category.clone(),
        quantity: line.quantity,
        amount_minor: line.amount_minor,
    }
}

pub(crate) const fn purchase_kind(kind: PurchaseKind) -> wire::PurchaseKind {
    match kind {
        PurchaseKind::Sale => wire::PurchaseKind::Sale,
        PurchaseKind::Return => wire::PurchaseKind::Return,
    }
}

/// Reads a kind of purchase; not stated means a sale.
pub(crate) fn purchase_kind_from(number: i32) -> Option<PurchaseKind> {
    match wire::PurchaseKind::try_from(number).ok()? {
        wire::PurchaseKind::Unspecified | wire::PurchaseKind::Sale => Some(PurchaseKind::Sale),
        wire::PurchaseKind::Return => Some(PurchaseKind::Return),
    }
}

pub(crate) const fn identity_kind(kind: IdentityKind) -> wire::IdentityType {
    match kind {
        IdentityKind::Phone => wire::IdentityType::Phone,
        IdentityKind::Email => wire::IdentityType::Email,
        IdentityKind::External => wire::IdentityType::External,
    }
}

pub(crate) fn identity_kind_from(number: i32) -> Option<IdentityKind> {
    match wire::IdentityType::try_from(number).ok()? {
        wire::IdentityType::Unspecified => None,
        wire::IdentityType::Phone => Some(IdentityKind::Phone),
        wire::IdentityType::Email => Some(IdentityKind::Email),
        wire::IdentityType::External => Some(IdentityKind::External),
    }
}

pub(crate) const fn stage(stage: Stage) -> shared::LifecycleStage {
    match stage {
        Stage::Potential => shared::LifecycleStage::Potential,
        Stage::New => shared::LifecycleStage::New,
        Stage::Growth => shared::LifecycleStage::Growth,
        Stage::Mature => shared::LifecycleStage::Mature,
        Stage::Declining => shared::LifecycleStage::Declining,
        Stage::Churned => shared::LifecycleStage::Churned,
        Stage::WonBack => shared::LifecycleStage::WonBack,
    }
}
