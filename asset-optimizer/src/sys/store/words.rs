//! What a store says, in our own words: its own may hold addresses with keys in them.

use opendal::ErrorKind;

use crate::error::Error;
use crate::place::{Provider, Target};

/// What a store says, in our words: only its own word for it is kept, if that is a word.
pub(super) fn refused(target: &Target, doing: &str, key: &str, why: &opendal::Error) -> Error {
    let text = why.to_string();
    let code = ["<Code>", "Code: ", "code: \"", "\"reason\": \""].into_iter().find_map(|before| {
        let rest = &text[text.find(before)? + before.len()..];
        let word = &rest[..rest.find(|letter: char| !letter.is_ascii_alphanumeric())?];
        (3..60).contains(&word.len()).then(|| word.to_owned())
    });
    let is_bucket = |code: &Option<String>| {
        code.as_deref().is_some_and(|code| matches!(code, "NoSuchBucket" | "ContainerNotFound" | "notFound"))
    };
    let is_clock = |code: &Option<String>| {
        code.as_deref().is_some_and(|code| matches!(code, "RequestTimeTooSkewed" | "RequestExpired"))
    };
    let what = match key {
        "" => format!("`{target}`"),
        key => format!("`{key}` of `{target}`"),
    };
    let reason = match why.kind() {
        _ if matches!(target.provider, Provider::Redis | Provider::RedisTls) => of_redis(&text).to_owned(),
        _ if is_bucket(&code) => "there is no such bucket".to_owned(),
        _ if is_clock(&code) => "its clock and the one of this machine differ by too much".to_owned(),
        ErrorKind::PermissionDenied => "that is not allowed".to_owned(),
        ErrorKind::NotFound => "it is not there".to_owned(),
        ErrorKind::RateLimited => "the store is asked too much".to_owned(),
        // Said by the library before anything is asked; an answer of the store may hold more than is to be shown.
        ErrorKind::ConfigInvalid if text.contains("connection string") => {
            "`AZURE_STORAGE_CONNECTION_STRING` is none".to_owned()
        }
        ErrorKind::ConfigInvalid if key.is_empty() => {
            let told = text.split("=>").nth(1).unwrap_or("what its tools read is not set").trim();
            told.lines().next().unwrap_or_default().to_owned()
        }
        ErrorKind::Unexpected if text.contains("send http request") => "it cannot be reached".to_owned(),
        ErrorKind::Unexpected if text.contains("timeout") => "it does not answer in time".to_owned(),
        ErrorKind::Unexpected if text.contains("credential") => "no credentials are found".to_owned(),
        kind => format!("it answers `{}`", kind.into_static()),
    };
    // What is only asked for is answered without a word.
    let is_right = |code: &Option<String>| code.as_deref().is_none_or(|code| code == "AccessDenied");
    let word = code.clone();
    let code = code.map(|code| format!(" (`{code}`)")).unwrap_or_default();
    let error = Error::environment(format!("cannot {doing} {what}: {reason}{code}"));
    match why.kind() {
        _ if is_bucket(&word) => error.hint("make it first, and see that its name is right"),
        _ if is_clock(&word) => error.hint("set the clock of this machine"),
        ErrorKind::PermissionDenied if is_right(&word) && matches!(target.provider, Provider::S3 | Provider::R2) => {
            error.hint("a deploy takes `s3:ListBucket`, `s3:GetObject` and `s3:PutObject`, `prune` `s3:DeleteObject`")
        }
        ErrorKind::PermissionDenied | ErrorKind::ConfigInvalid | ErrorKind::Unexpected => {
            error.hint(format!("credentials are read from {}", target.provider.credentials()))
        }
        _ => error,
    }
}

/// What Redis says, which the library only hands on.
pub(super) fn of_redis(text: &str) -> &'static str {
    let said = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match () {
        () if said(&["OOM ", "OOM:", "maxmemory"]) => "it is full",
        () if said(&["NOAUTH", "WRONGPASS", "AuthenticationFailed", "authentication failed", "invalid password"]) => {
            "the name or the password is wrong"
        }
        () if said(&["NOPERM", "NoPerm", "no permission"]) => "that is not allowed",
        () if said(&["READONLY", "read-only"]) => "it is a replica, which cannot be written",
        () if said(&["timeout", "timed out"]) => "it does not answer in time",
        () if said(&["I/O error", "Io", "refused", "unreachable", "resolve", "dropped", "broken pipe", "reset"]) => {
            "it cannot be reached"
        }
        () => "it answers with an error",
    }
}
