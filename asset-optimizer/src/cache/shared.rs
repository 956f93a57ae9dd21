//! Where results are shared, as it is typed → tiers. What others' code may have a hand in is only read from there.

use std::path::PathBuf;
use std::time::Duration;

use super::Tier;
use super::folder::Folder;
use super::seal::Seal;
use super::stock::Place;
use crate::error::{Error, Result};
use crate::sys::{environment, files};

/// The variable that names where results are shared.
pub const VARIABLE: &str = "PERFBUDGET_SHARED_CACHE";
/// The variable that forbids to add to them.
pub const READ_ONLY: &str = "PERFBUDGET_SHARED_CACHE_READ_ONLY";
/// The variable that says how many seconds a place may take to answer.
pub const TIMEOUT: &str = "PERFBUDGET_SHARED_CACHE_TIMEOUT";
/// The variable with the secret that entries are sealed with.
pub const SECRET: &str = "PERFBUDGET_CACHE_SECRET";
/// The most places that results are shared in. Arbitrary.
const MOST_PLACES: usize = 8;
/// The largest description of an event that is read. GitHub's own limit is 25 MB.
const EVENT_BYTES: u64 = 32 << 20;

/// What may be done with shared results.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Access {
    /// They are read, and added to.
    #[default]
    Write,
    /// They are read.
    Read,
}

/// Where results are shared, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shared {
    /// The places, the nearest first: `redis://…`, `s3://…`, `actions://`, or a folder.
    pub places: Vec<String>,
    /// What may be done there.
    pub access: Access,
    /// How long an answer may take; a place that takes longer is not asked again.
    pub patience: Duration,
}

impl Shared {
    /// The tiers of these places.
    ///
    /// # Errors
    /// Where a place is none, or the environment does not say what it needs.
    pub fn tiers(&self) -> Result<Vec<Box<dyn Tier>>> {
        if self.places.len() > MOST_PLACES {
            return Err(Error::usage(format!("results are shared in {MOST_PLACES} places at most")));
        }
        self.places.iter().map(|place| self.tier(place)).collect()
    }

    /// The same, with their names.
    ///
    /// # Errors
    /// Where a place is none, or the environment does not say what it needs.
    pub fn places(&self) -> Result<Vec<Place>> {
        let named = |(tier, place): (Box<dyn Tier>, &String)| Place { name: without_secrets(place), tier };
        Ok(self.tiers()?.into_iter().zip(&self.places).map(named).collect())
    }

    fn tier(&self, place: &str) -> Result<Box<dyn Tier>> {
        if !place.contains("://") {
            let folder = Folder::new(PathBuf::from(place)).of_many();
            return Ok(Box::new(if self.access == Access::Read { folder.read_only() } else { folder }));
        }
        #[cfg(feature = "shared")]
        {
            let target = crate::place::Target::parse_shared(place)
                .map_err(|why| Error::usage(format!("cannot share results in `{}`: {why}", without_secrets(place))))?;
            if matches!(target.provider, crate::place::Provider::Folder) {
                return self.tier(&target.bucket);
            }
            Ok(Box::new(super::store::Remote::open(&target, self.access, self.patience)?))
        }
        #[cfg(not(feature = "shared"))]
        Err(Error::usage(format!(
            "cannot share results in `{}`: this build only knows folders",
            without_secrets(place)
        ))
        .hint("build it with its default features"))
    }
}

/// An address without what stands before the host.
fn without_secrets(place: &str) -> String {
    match (place.split_once("://"), place.rfind('@')) {
        (Some((scheme, _)), Some(at)) => format!("{scheme}://…{}", &place[at..]),
        _ => place.to_owned(),
    }
}

/// How entries are sealed: with the secret of the environment, where it has one.
///
/// # Errors
/// Where this build knows no such seals.
pub fn seal() -> Result<Seal> {
    match environment::var(SECRET) {
        None => Ok(Seal::Plain),
        #[cfg(feature = "shared")]
        Some(secret) => Ok(Seal::Keyed(secret.into_bytes())),
        #[cfg(not(feature = "shared"))]
        Some(_) => Err(Error::usage(format!("cannot use `{SECRET}`: this build knows no seals with secrets"))
            .hint("build it with its default features")),
    }
}

/// Whether this is the run of a workflow for a pull request from another repository: what its code has made is kept from
/// others. Where the event cannot be read, nobody can tell that it is not.
#[must_use]
pub fn is_of_strangers() -> bool {
    let Some(name) = environment::var("GITHUB_EVENT_NAME") else { return false };
    if !matches!(&*name, "pull_request" | "pull_request_target" | "workflow_run") {
        return false;
    }
    let event =
        environment::var("GITHUB_EVENT_PATH").and_then(|path| files::read(&PathBuf::from(path), EVENT_BYTES).ok()?);
    let event: Option<serde_json::Value> = event.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    event.is_none_or(|event| is_of_a_fork(&name, &event))
}

fn is_of_a_fork(name: &str, event: &serde_json::Value) -> bool {
    let text = |path: &str| event.pointer(path).and_then(serde_json::Value::as_str);
    let (head, base) = match name {
        "workflow_run" => (text("/workflow_run/head_repository/full_name"), text("/repository/full_name")),
        _ => (text("/pull_request/head/repo/full_name"), text("/pull_request/base/repo/full_name")),
    };
    head.is_none() || head != base
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fork_is_told_by_its_event() {
        let check = |name: &str, event: &str, expected: bool| {
            assert_eq!(is_of_a_fork(name, &serde_json::from_str(event).unwrap()), expected, "{name} {event}");
        };
        let pull = |head: &str| {
            format!(
                r#"{{"pull_request": {{"head": {{"repo": {head}}}, "base": {{"repo": {{"full_name": "us/shop"}}}}}}}}"#
            )
        };
        check("pull_request", &pull(r#"{"full_name": "us/shop"}"#), false);
        check("pull_request", &pull(r#"{"full_name": "them/shop"}"#), true);
        check("pull_request_target", &pull(r#"{"full_name": "them/shop"}"#), true);
        // The fork is gone.
        check("pull_request", &pull("null"), true);
        check("pull_request", "{}", true);
        let run = |head: &str| {
            format!(
                r#"{{"workflow_run": {{"head_repository": {{"full_name": "{head}"}}}}, "repository": {{"full_name": "us/shop"}}}}"#
            )
        };
        check("workflow_run", &run("us/shop"), false);
        check("workflow_run", &run("them/shop"), true);
    }

    #[test]
    fn an_error_does_not_say_what_stands_before_the_host() {
        assert_eq!(without_secrets("redis://:secret@host:1/0"), "redis://…@host:1/0");
        let shared = Shared { places: vec!["redis://:secret@host".to_owned()], ..Shared::default() };
        let why = shared.tiers().err().unwrap().to_string();
        assert!(!why.contains("secret"), "{why}");
    }
}
