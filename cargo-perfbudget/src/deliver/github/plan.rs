//! What would be asked of GitHub, in words, for somebody without a token or a network.

use super::checks::CheckRun;
use crate::deliver::Marker;
use crate::deliver::event::Run;

/// Where a comment would go.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    /// To the pull request of that number, which only a workflow knows.
    Pull(Option<u64>),
    /// To whichever pull request a run turns out to be about.
    Run(&'a Run, &'a str),
    /// Nowhere.
    Nowhere,
}

/// The requests that would be made, one a paragraph, with their bodies.
#[must_use]
pub fn plan(
    repository: &str,
    place: Place<'_>,
    marker: &Marker,
    ladder: &[String],
    check: Option<&CheckRun<'_>>,
) -> String {
    let mut text = String::new();
    let mut say = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    let path = |rest: &str| format!("/repos/{repository}/{rest}");
    let number = match place {
        Place::Pull(number) => Some(number.map_or("NUMBER".to_owned(), |number| number.to_string())),
        Place::Run(run, artifact) => {
            let head = run.head_branch.as_deref().unwrap_or("BRANCH");
            say(&format!(
                "GET {}    # the pull request whose head is {}",
                path(&format!("pulls?state=open&head=OWNER:{head}")),
                run.head
            ));
            say(&format!("GET {}", path(&format!("actions/runs/{}/artifacts?name={artifact}", run.id))));
            say(&format!(
                "GET {}    # read in memory, in the place of `--report`",
                path("actions/artifacts/ARTIFACT/zip")
            ));
            Some("NUMBER".to_owned())
        }
        Place::Nowhere => None,
    };
    if let Some(number) = number {
        let body = ladder
            .first()
            .map(|text| serde_json::json!({ "body": marker.above(text) }).to_string())
            .unwrap_or_default();
        say(&format!(
            "GET {}    # and the pages after it",
            path(&format!("issues/{number}/comments?per_page=100&page=1"))
        ));
        say("GET /user    # where a comment has the marker, and the token is a person's");
        say(&format!("PATCH {}    # where one of ours says something else", path("issues/comments/ID")));
        say(&format!("POST {}    # where there is none", path(&format!("issues/{number}/comments"))));
        say(&body);
    }
    if let Some(check) = check {
        say(&format!("POST {}", path("check-runs")));
        say(&check.body());
    }
    text
}
