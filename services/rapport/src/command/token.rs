//! `rapport token`

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use clap::Args;
use jiff::SignedDuration;
use rapport_access::development::{DevelopmentKey, Statement};
use rapport_clock::Clock;
use rapport_process::Failure;

use super::key::{check_scopes, check_tenant};

#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(super) struct TokenArguments {
    /// Makes a pair of keys in a folder: private.jwk signs tokens, jwks.json is for `access.jwks` of the server.
    #[arg(long, value_name = "FOLDER", conflicts_with = "key_file")]
    new_keys: Option<PathBuf>,
    /// The private key to sign with, as --new-keys made it.
    #[arg(long, value_name = "FILE", requires = "tenant")]
    key_file: Option<PathBuf>,
    /// The tenant whose data the token opens.
    #[arg(long, value_name = "ID", requires = "scope")]
    tenant: Option<String>,
    /// What the token allows, such as `loyalty.points.write`, `loyalty.*` or `*`; may be given several times.
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// Who calls, as histories name it.
    #[arg(long, value_name = "NAME", default_value = "developer")]
    subject: String,
    /// The issuer that the server trusts (`access.issuer`).
    #[arg(long, value_name = "NAME", default_value = "rapport-development")]
    issuer: String,
    /// The audience that the server takes tokens for (`access.audience`).
    #[arg(long, value_name = "NAME", default_value = "rapport")]
    audience: String,
    /// For how many minutes the token is valid.
    #[arg(long, value_name = "MINUTES", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=525_600))]
    minutes: u32,
}

/// Makes keys, or a token. The token alone goes to the standard output, so that it can be put into a variable.
pub(super) fn run(arguments: &TokenArguments, clock: &Clock) -> Result<(), Failure> {
    if let Some(folder) = &arguments.new_keys {
        println!("{}", make_keys(folder, &arguments.issuer, &arguments.audience)?);
        return Ok(());
    }
    let (Some(file), Some(tenant)) = (&arguments.key_file, &arguments.tenant) else {
        return Err(Failure::new("a token needs a key to be signed with").mend(
            "make keys with `rapport token --new-keys FOLDER`, then give --key-file FOLDER/private.jwk",
        ));
    };
    println!("{}", make_token(arguments, file, tenant, clock)?);
    Ok(())
}

fn make_keys(folder: &Path, issuer: &str, audience: &str) -> Result<String, Failure> {
    let mut random = [0; 32];
    getrandom::fill(&mut random)
        .map_err(|error| Failure::new(format!("the system gives no random bytes: {error}")))?;
    let key = DevelopmentKey::of(&random).map_err(|wrong| Failure::new(wrong.what).mend(wrong.mend))?;
    let (private, public) = (folder.join("private.jwk"), folder.join("jwks.json"));
    fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
    write_secret(&private, &key.to_jwk()).map_err(|error| cannot_write(&private, &error))?;
    fs::write(&public, key.to_jwks()).map_err(|error| cannot_write(&public, &error))?;
    let (private, public) = (private.display(), public.display());
    Ok(format!(
        "The keys are made. Keep {private} secret; it is for trying only.\n\n\
         Tell the server whom to trust, in its configuration file:\n\n\
         \x20 [access]\n\
         \x20 jwks = {public:?}\n\
         \x20 issuer = {issuer:?}\n\
         \x20 audience = {audience:?}\n\n\
         Then make tokens:\n\n\
         \x20 export RAPPORT_TOKEN=$(rapport token --key-file {private} --tenant default --scope '*' --issuer {issuer} --audience {audience})",
        public = public.to_string(),
    ))
}

fn make_token(
    arguments: &TokenArguments,
    file: &Path,
    tenant: &str,
    clock: &Clock,
) -> Result<String, Failure> {
    check_tenant(tenant)?;
    check_scopes(&arguments.scope)?;
    let unusable = |wrong: String, mend: &str| {
        Failure::new(format!("{} cannot be used: {wrong}", file.display())).mend(mend.to_owned())
    };
    let text = fs::read_to_string(file).map_err(|error| {
        unusable(
            error.to_string(),
            "give the private.jwk that `rapport token --new-keys FOLDER` made",
        )
    })?;
    let key = DevelopmentKey::parse(&text).map_err(|wrong| unusable(wrong.what, &wrong.mend))?;
    key.sign(&Statement {
        issuer: &arguments.issuer,
        audience: &arguments.audience,
        subject: &arguments.subject,
        tenant,
        scope: &arguments.scope.join(" "),
        made: clock.now(),
        lifetime: SignedDuration::from_mins(i64::from(arguments.minutes)),
    })
    .map_err(|wrong| unusable(wrong.what, &wrong.mend))
}

/// Writes a file that only this user can read. One that is there is never overwritten: tokens may depend on it.
fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    let mend = match error.kind() {
        io::ErrorKind::AlreadyExists => "use the keys that are there, or give another folder",
        _ => "give a folder that this user can write to",
    };
    Failure::new(format!("{} cannot be written: {error}", path.display())).mend(mend)
}
