//! What points are due to, and the lines and lots of purchases, as they are stored: JSON, which is written once and hashed
//! as it stands.

use rapport_status::{Error, Result};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{
    activity::Trigger,
    ledger::{Attribution, LinePoints, Purchase, PurchaseLine},
};

#[derive(Serialize, Deserialize)]
struct StoredAttribution {
    trigger: String,
    rule: String,
    version: i64,
    /// Lines and their points.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    lines: Vec<(String, i64)>,
}

/// The lots and lines of a purchase.
#[derive(Serialize, Deserialize)]
struct Details {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    lots: Vec<Uuid>,
    /// Lines, what they cost, and the points that they earned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    lines: Vec<(String, i64, i64)>,
}

/// What points are due to, as it is stored.
pub(super) fn written(attribution: &Attribution) -> String {
    let lines = attribution.lines.iter();
    json(&StoredAttribution {
        trigger: attribution.trigger.name().to_owned(),
        rule: attribution.rule.clone(),
        version: attribution.version,
        lines: lines.map(|share| (share.line.clone(), share.points)).collect(),
    })
}

/// What points are due to, as it was stored.
pub(super) fn read(text: &str) -> Result<Attribution> {
    let stored: StoredAttribution = parsed(text, "what points are due to")?;
    let lines = stored.lines.into_iter();
    Ok(Attribution {
        trigger: Trigger::named(&stored.trigger),
        rule: stored.rule,
        version: stored.version,
        lines: lines.map(|(line, points)| LinePoints { line, points }).collect(),
    })
}

/// Whether a stored transaction gives the points of a sale: they are taken back by returns of the sale, and by nothing else.
pub(super) fn is_of_sale(attribution: Option<&str>) -> Result<bool> {
    let attribution = attribution.map(read).transpose()?;
    Ok(attribution.is_some_and(|attribution| attribution.trigger == Trigger::Purchase))
}

/// The lots and lines of a purchase as they are stored: nothing when it has no lines, and one lot at most.
pub(super) fn details(purchase: &Purchase) -> Option<String> {
    if purchase.lines.is_empty() && purchase.lots.len() <= 1 {
        return None;
    }
    let lines = purchase.lines.iter();
    Some(json(&Details {
        lots: purchase.lots.clone(),
        lines: lines
            .map(|line| (line.id.clone(), line.amount_minor, line.earned_points))
            .collect(),
    }))
}

/// The lots and lines of a purchase as they were stored, beside its first lot.
pub(super) fn read_details(
    details: Option<&str>,
    lot: Option<Uuid>,
) -> Result<(Vec<Uuid>, Vec<PurchaseLine>)> {
    let Some(text) = details else {
        return Ok((lot.into_iter().collect(), Vec::new()));
    };
    let stored: Details = parsed(text, "the details of a purchase")?;
    let lines = stored.lines.into_iter();
    let lines = lines.map(|(id, amount_minor, earned_points)| PurchaseLine {
        id,
        amount_minor,
        earned_points,
    });
    Ok((stored.lots, lines.collect()))
}

/// Texts, numbers and lists of them can always be written.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn parsed<'t, Stored: Deserialize<'t>>(text: &'t str, what: &str) -> Result<Stored> {
    serde_json::from_str(text)
        .map_err(|error| Error::internal(format!("{what} cannot be read as it is stored")).because(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_points_are_due_to_is_read_as_it_was_written() {
        let attribution = Attribution {
            trigger: Trigger::Custom("app-opened".to_owned()),
            rule: "programs/stars/campaigns/double".to_owned(),
            version: 3,
            lines: vec![LinePoints {
                line: "1".to_owned(),
                points: 5,
            }],
        };
        let text = written(&attribution);
        assert_eq!(
            text,
            r#"{"trigger":"app-opened","rule":"programs/stars/campaigns/double","version":3,"lines":[["1",5]]}"#
        );
        assert_eq!(read(&text).unwrap(), attribution);
        assert!(!is_of_sale(Some(&text)).unwrap());
        assert!(
            read("{")
                .unwrap_err()
                .to_string()
                .contains("what points are due to")
        );
    }
}
