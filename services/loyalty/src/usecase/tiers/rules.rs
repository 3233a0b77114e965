//! The rules by which members of some programs are judged.

use std::collections::{BTreeMap, BTreeSet};

use rapport_status::Result;
use sea_orm::ConnectionTrait;

use crate::{
    domain::{
        program::Program,
        tiers::{KnownTierSet, Rules},
    },
    store::{programs, tiers::sets},
};

/// A tier set with what judges members.
pub(super) struct Judge {
    pub(super) set: KnownTierSet,
    pub(super) rules: Rules,
    /// Tells these rules apart from others.
    pub(super) fingerprint: String,
}

/// The tier sets of a program.
pub(super) struct Judges {
    pub(super) program: Program,
    pub(super) judges: Vec<Judge>,
}

/// The tier sets of programs, by program; programs without any are left out.
pub(super) async fn of_programs(
    connection: &impl ConnectionTrait,
    tenant: &str,
    programs: BTreeSet<String>,
) -> Result<BTreeMap<String, Judges>> {
    let sets = sets::of_programs(connection, tenant, programs).await?;
    if sets.is_empty() {
        return Ok(BTreeMap::new());
    }
    let programs = programs::find_all(connection, tenant, sets.keys().cloned().collect()).await?;
    let mut programs: BTreeMap<String, Program> = programs
        .into_iter()
        .map(|program| (program.name.clone(), program))
        .collect();
    let mut found = BTreeMap::new();
    for (name, sets) in sets {
        let Some(program) = programs.remove(&name) else {
            continue;
        };
        let judges = sets.into_iter().map(|set| {
            let rules = set.rules(&program)?;
            Ok(Judge {
                fingerprint: rules.fingerprint(set.revision),
                rules,
                set,
            })
        });
        let judges = judges.collect::<Result<_>>()?;
        found.insert(name, Judges { program, judges });
    }
    Ok(found)
}
