//! `rapport key`

use clap::Args;
use jiff::Timestamp;
use rapport_access::{ApiKeyEntry, NewApiKey};
use rapport_contract::{name, policy};
use rapport_process::Failure;

#[derive(Debug, Args)]
pub(super) struct KeyArguments {
    /// The tenant whose data the key opens.
    #[arg(long, value_name = "ID")]
    tenant: String,
    /// The machine that gets the key, as histories name it.
    #[arg(long, value_name = "NAME")]
    subject: String,
    /// What the key allows, such as `loyalty.points.write` or `loyalty.*`; may be given several times.
    #[arg(long, value_name = "SCOPE", required = true)]
    scope: Vec<String>,
    /// From when on it is refused, such as 2027-01-01T00:00:00Z. [default: never]
    #[arg(long, value_name = "MOMENT")]
    expires: Option<Timestamp>,
}

/// Makes an API key and shows it once, with the entry for the file of keys.
pub(super) fn run(arguments: &KeyArguments) -> Result<(), Failure> {
    let mut random = [0; 32];
    getrandom::fill(&mut random)
        .map_err(|error| Failure::new(format!("the system gives no random bytes: {error}")))?;
    println!("{}", shown(arguments, &NewApiKey::of(&random))?);
    Ok(())
}

fn shown(arguments: &KeyArguments, new: &NewApiKey) -> Result<String, Failure> {
    check_tenant(&arguments.tenant)?;
    check_scopes(&arguments.scope)?;
    let entry = ApiKeyEntry {
        sha256: new.sha256.clone(),
        tenant: arguments.tenant.clone(),
        subject: arguments.subject.clone(),
        scopes: arguments.scope.clone(),
        expires: arguments.expires,
    };
    entry
        .check()
        .map_err(|wrong| Failure::new(wrong).mend("see `rapport key --help`"))?;
    Ok(format!(
        "The API key, shown this once:\n\n\
         \x20 {}\n\n\
         The machine sends it as \"authorization: Bearer rk_…\". Servers keep only its hash: add this entry to the file\n\
         that access.api_keys of their configuration names. Servers that run take it up within seconds.\n\n{}",
        new.key,
        entry.to_toml()
    ))
}

/// Says what is wrong with a tenant.
pub(super) fn check_tenant(tenant: &str) -> Result<(), Failure> {
    if name::is_id(tenant) {
        return Ok(());
    }
    Err(Failure::new(format!("the tenant {tenant:?} is no id"))
        .mend("use 1 to 63 of a-z 0-9 - _ . beginning with a letter or digit"))
}

/// Says which scopes would allow nothing, because no method asks for them.
pub(super) fn check_scopes(scopes: &[String]) -> Result<(), Failure> {
    for scope in scopes {
        let held = rapport_access::Scopes::from_list([scope.as_str()]);
        if !policy::METHODS.iter().any(|method| held.allow(method.scope)) {
            let mut known: Vec<&str> = policy::METHODS.iter().map(|method| method.scope).collect();
            known.sort_unstable();
            known.dedup();
            return Err(
                Failure::new(format!("no method asks for the scope {scope:?}")).mend(format!(
                    "use *, a service such as loyalty.*, or of these: {}",
                    known.join(", ")
                )),
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(tenant: &str, scope: &str) -> KeyArguments {
        KeyArguments {
            tenant: tenant.to_owned(),
            subject: "till \"7\"".to_owned(),
            scope: vec![scope.to_owned()],
            expires: Some("2027-01-01T00:00:00Z".parse().unwrap()),
        }
    }

    #[test]
    fn a_key_is_shown_with_the_entry_for_the_file() {
        let shown = shown(&arguments("harbour", "loyalty.*"), &NewApiKey::of(&[7; 32])).unwrap();
        insta::assert_snapshot!(shown);
    }

    #[test]
    fn a_wrong_tenant_and_a_scope_of_no_method_are_refused() {
        for (tenant, scope, expected) in [
            ("Harbour", "loyalty.*", "is no id"),
            ("harbour", "loyalty.point.write", "no method asks for"),
            ("harbour", "loy*", "no method asks for"),
        ] {
            let refused = shown(&arguments(tenant, scope), &NewApiKey::of(&[7; 32])).unwrap_err();
            assert!(
                refused.to_string().contains(expected),
                "{tenant} {scope}: {refused}"
            );
        }
    }
}
