//! A run of another workflow, perhaps of a fork → the pull request that it is about, and the report that it left.
//!
//! Nothing that the run left says which pull request it is: that is found by the commit that GitHub says it ran on.

use serde::Deserialize;

use super::api::{Api, Lost, Rights};
use super::artifact;
use crate::deliver::event::Run;

/// Why there is nothing to post, or why nothing is posted on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// It did not work.
    Lost(Lost),
    /// What asks for a comment is not what it claims to be, or nobody can tell.
    Untrusted(String),
}

impl From<Lost> for Refused {
    fn from(why: Lost) -> Refused {
        Refused::Lost(why)
    }
}

#[derive(Deserialize)]
struct PullWire {
    number: u64,
    state: String,
    head: HeadWire,
}

#[derive(Deserialize)]
struct HeadWire {
    sha: String,
    repo: Option<RepositoryWire>,
}

#[derive(Deserialize)]
struct RepositoryWire {
    full_name: String,
}

#[derive(Deserialize)]
struct ArtifactsWire {
    artifacts: Vec<ArtifactWire>,
}

#[derive(Deserialize)]
struct ArtifactWire {
    id: u64,
    name: String,
    size_in_bytes: u64,
    expired: bool,
}

/// The number of the one open pull request whose head is the commit that the run was about.
///
/// # Errors
/// Where there is none, or more than one.
pub fn pull_of(api: &Api, run: &Run) -> Result<u64, Refused> {
    let untrusted = |why: &str| Refused::Untrusted(why.to_owned());
    let Some(theirs) = &run.head_repository else {
        return Err(untrusted("the repository that the run's commit comes from is gone"));
    };
    let (Some(branch), Some((owner, _))) = (&run.head_branch, theirs.split_once('/')) else {
        return Err(untrusted("the run's commit belongs to no branch"));
    };
    let head = encoded(&format!("{owner}:{branch}"));
    let path = api.repository.path(&format!("pulls?state=open&head={head}&per_page=100"));
    let (pulls, _): (Vec<PullWire>, bool) = api.get(&path, Rights::Artifact)?;
    let is_it = |pull: &&PullWire| {
        let repository = pull.head.repo.as_ref().map(|repository| &repository.full_name);
        pull.state == "open"
            && pull.head.sha.eq_ignore_ascii_case(&run.head)
            && repository.is_some_and(|repository| repository.eq_ignore_ascii_case(theirs))
    };
    let mut found = pulls.iter().filter(is_it);
    match (found.next(), found.next()) {
        (Some(pull), None) => Ok(pull.number),
        (None, _) => {
            Err(untrusted("no open pull request has the run's commit at its head; it may have moved on since"))
        }
        (Some(_), Some(_)) => Err(untrusted("more than one open pull request has the run's commit at its head")),
    }
}

/// The report that the run left in an artifact of that name, in a file of that name.
///
/// # Errors
/// Where there is none, or it is not what it should be.
pub fn report_of(api: &Api, run: &Run, name: &str, file: &str) -> Result<String, Refused> {
    let path = format!("actions/runs/{}/artifacts?per_page=100&name={}", run.id, encoded(name));
    let (wire, _): (ArtifactsWire, bool) = api.get(&api.repository.path(&path), Rights::Artifact)?;
    // A run that was repeated leaves one artifact each time.
    let newest =
        wire.artifacts.iter().filter(|artifact| artifact.name == name && !artifact.expired).max_by_key(|a| a.id);
    let Some(newest) = newest else {
        let hint = format!("let the first workflow upload the report as `{name}`, also where the check fails");
        return Err(Refused::Lost(Lost::Why(format!("run {} left no artifact `{name}`", run.id), Some(hint))));
    };
    let refused = |why: String| Refused::Untrusted(format!("the artifact `{name}` of run {}: {why}", run.id));
    let limit = artifact::ARCHIVE_BYTES_AT_MOST;
    if newest.size_in_bytes > limit as u64 {
        return Err(refused(format!("it is larger than {limit} bytes")));
    }
    let bytes = api.download(&api.repository.path(&format!("actions/artifacts/{}/zip", newest.id)), limit)?;
    artifact::unpack(&bytes, file).map_err(refused)
}

/// A text as the value of a query, whatever it holds.
fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_cannot_leave_its_place() {
        assert_eq!(encoded("o:a/b&state=all#ü"), "o%3Aa%2Fb%26state%3Dall%23%C3%BC");
    }
}
