//! One comment a pull request: found by its marker and author, kept up to date, and never posted twice.

use std::time::Duration;

use super::api::{Api, Comment, Fate, Lost, Rights};
use crate::deliver::Marker;
use crate::sys::http::Method;

/// Comments a page, the most that GitHub gives.
const PAGE: usize = 100;
/// Pages that are read at most. GitHub itself ends a conversation at 2,500 comments.
const PAGES_AT_MOST: usize = 300;
/// How often a comment is posted at most, each time after looking whether the last one arrived.
const POSTS_AT_MOST: usize = 3;
/// The author of what a workflow's own token writes.
const ACTIONS: &str = "github-actions[bot]";

/// What became of the comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upserted {
    /// There was none.
    Created,
    /// It said something else.
    Updated,
    /// It said this already.
    Unchanged,
}

impl Upserted {
    /// The word in an output.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Upserted::Created => "created",
            Upserted::Updated => "updated",
            Upserted::Unchanged => "unchanged",
        }
    }
}

/// The comment that is there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// What became of it.
    pub what: Upserted,
    /// Where a person sees it.
    pub url: Option<String>,
}

/// A pull request's comments, and what is to be said there.
#[derive(Debug)]
struct Conversation<'a> {
    api: &'a Api,
    number: u64,
    marker: &'a Marker,
    /// The texts under the marker, biggest first.
    bodies: Vec<String>,
    /// Who writes our comments, where the caller knows.
    author: Option<&'a str>,
}

/// Puts the biggest text that GitHub takes into the one comment with this marker.
///
/// # Errors
/// Where it could not be written. What was there before is there still.
pub fn upsert(
    api: &Api,
    number: u64,
    marker: &Marker,
    ladder: &[String],
    author: Option<&str>,
) -> Result<Posted, Lost> {
    let bodies = ladder.iter().map(|text| marker.above(text)).collect();
    let conversation = Conversation { api, number, marker, bodies, author };
    let marked = conversation.marked()?;
    let login = if marked.is_empty() { None } else { Some(conversation.login()?) };
    match conversation.settle(&marked, login.as_deref())? {
        Some(posted) => Ok(posted),
        None => conversation.create(&marked),
    }
}

impl Conversation<'_> {
    /// All comments with the marker, whoever wrote them, oldest first.
    fn marked(&self) -> Result<Vec<Comment>, Lost> {
        let mut marked: Vec<Comment> = Vec::new();
        for page in 1..=PAGES_AT_MOST {
            let path = format!("issues/{}/comments?per_page={PAGE}&page={page}", self.number);
            let (comments, has_next): (Vec<Comment>, bool) =
                self.api.get(&self.api.repository.path(&path), Rights::Comment)?;
            let is_last = comments.len() < PAGE && !has_next;
            marked.extend(
                comments
                    .into_iter()
                    .filter(|comment| comment.body.as_deref().is_some_and(|body| self.marker.is_on(body))),
            );
            if is_last {
                marked.sort_by_key(|comment| comment.id);
                // A comment that moves from page to page while they are read is there once.
                marked.dedup_by_key(|comment| comment.id);
                return Ok(marked);
            }
        }
        Err(Lost::why(format!("the conversation has more than {} comments, and ours may be any", PAGES_AT_MOST * PAGE)))
    }

    /// Who we are. A workflow's own token may not ask, and is told by its first letters.
    fn login(&self) -> Result<String, Lost> {
        if let Some(author) = self.author {
            return Ok(author.to_owned());
        }
        if self.api.client().token().has_prefix("ghs_") {
            return Ok(ACTIONS.to_owned());
        }
        Ok(self.api.login()?.unwrap_or_else(|| ACTIONS.to_owned()))
    }

    /// Brings the oldest of our comments up to date and removes the others; `None` where there is none.
    fn settle(&self, marked: &[Comment], login: Option<&str>) -> Result<Option<Posted>, Lost> {
        let mut ours = marked.iter().filter(|comment| login.is_some() && comment.author() == login);
        while let Some(oldest) = ours.next() {
            let Some(posted) = self.update(oldest)? else { continue };
            for double in ours {
                // One that stays is removed by the next run.
                let _ = self.api.remove(&self.path_of(double));
            }
            return Ok(Some(posted));
        }
        Ok(None)
    }

    /// Writes into a comment that is there; `None` where it is gone meanwhile.
    fn update(&self, comment: &Comment) -> Result<Option<Posted>, Lost> {
        let there = plain(comment.body.as_deref().unwrap_or_default());
        let url = comment.url().map(str::to_owned);
        // A smaller text of ours is there only where GitHub did not take the bigger ones.
        if self.bodies.iter().any(|body| plain(body) == there) {
            return Ok(Some(Posted { what: Upserted::Unchanged, url }));
        }
        for body in &self.bodies {
            match self.api.send::<Comment>(Method::Patch, &self.path_of(comment), &wire(body), Rights::Comment) {
                Fate::Done(_) => return Ok(Some(Posted { what: Upserted::Updated, url })),
                Fate::TooLong => {}
                Fate::Gone(_) => return Ok(None),
                Fate::Uncertain(why, _) | Fate::Lost(why) => return Err(why),
            }
        }
        Err(too_long())
    }

    /// Posts a new comment. Where nobody knows whether it arrived, it is looked for before it is posted again.
    fn create(&self, others: &[Comment]) -> Result<Posted, Lost> {
        let path = self.api.repository.path(&format!("issues/{}/comments", self.number));
        let mut bodies = self.bodies.iter();
        let mut body = bodies.next().ok_or_else(too_long)?;
        let mut known = others.to_vec();
        let mut posts = 0;
        loop {
            posts += 1;
            match self.api.send::<Comment>(Method::Post, &path, &wire(body), Rights::Comment) {
                Fate::Done(comment) => return self.created(&comment, &known, posts),
                Fate::TooLong => {
                    posts -= 1;
                    body = bodies.next().ok_or_else(too_long)?;
                }
                Fate::Gone(why) | Fate::Lost(why) => return Err(why),
                Fate::Uncertain(why, pause) => {
                    self.wait(pause, &why)?;
                    known = self.marked()?;
                    let login = if known.is_empty() { None } else { Some(self.login()?) };
                    if let Some(posted) = self.settle(&known, login.as_deref())? {
                        return Ok(Posted { what: Upserted::Created, ..posted });
                    }
                    if posts == POSTS_AT_MOST {
                        return Err(why);
                    }
                }
            }
        }
    }

    fn wait(&self, pause: Duration, why: &Lost) -> Result<(), Lost> {
        match self.api.client().pause(pause) {
            Ok(()) => Ok(()),
            Err(crate::sys::http::NoAnswer::Stopped) => Err(Lost::Stopped),
            Err(_) => Err(why.clone()),
        }
    }

    /// A new comment says who we are. Where older ones turn out to be ours, or an earlier attempt may have arrived late,
    /// the oldest stays.
    fn created(&self, comment: &Comment, known: &[Comment], posts: usize) -> Result<Posted, Lost> {
        let posted = Posted { what: Upserted::Created, url: comment.url().map(str::to_owned) };
        let login = comment.author();
        if posts > 1 {
            let marked = self.marked()?;
            return Ok(self.settle(&marked, login)?.map_or(posted.clone(), |kept| Posted { url: kept.url, ..posted }));
        }
        if login.is_none() || !known.iter().any(|older| older.author() == login) {
            return Ok(posted);
        }
        let all: Vec<Comment> = known.iter().cloned().chain([comment.clone()]).collect();
        let kept = self.settle(&all, login)?;
        // The older ones may be gone: then it is the new one that stays.
        Ok(kept.filter(|kept| kept.url != posted.url).unwrap_or(posted))
    }

    fn path_of(&self, comment: &Comment) -> String {
        self.api.repository.path(&format!("issues/comments/{}", comment.id))
    }
}

fn too_long() -> Lost {
    Lost::why("even the shortest text is longer than GitHub takes")
}

/// A text as GitHub may keep it: it changes line breaks and ends.
fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").trim_end().to_owned()
}

fn wire(body: &str) -> String {
    serde_json::json!({ "body": body }).to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "a test may be the other side of the network")]

    use super::*;
    use crate::deliver::github::Repository;
    use crate::sys::http::{Base, Client, Token};
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;

    /// A server without comments that takes texts of at most so many bytes, and the address to ask it by.
    fn server(bytes_at_most: usize) -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            loop {
                let head: Vec<String> =
                    reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
                let Some(first) = head.first() else { return };
                let length = head.iter().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                let mut body = vec![0; length.unwrap_or(0)];
                reader.read_exact(&mut body).unwrap();
                let (status, said) = match (first.starts_with("GET"), body.len() > bytes_at_most) {
                    (true, _) => (200, "[]".to_owned()),
                    (_, true) => (422, r#"{"message": "body is too long (maximum is 65536 characters)"}"#.to_owned()),
                    _ => (201, format!(r#"{{"id": 1, "html_url": "https://h/{}"}}"#, body.len())),
                };
                write!(stream, "HTTP/1.1 {status} S\r\ncontent-length: {}\r\n\r\n{said}", said.len()).unwrap();
            }
        });
        address
    }

    fn check(bytes_at_most: usize, posted: Option<&str>) {
        let marker = Marker::new("m").unwrap();
        let ladder = ["x".repeat(500), "x".repeat(50), "x".to_owned()];
        let base = Base::new(&server(bytes_at_most)).unwrap();
        let client = Client::new(base, Token::new("ghs_x").unwrap(), Duration::from_secs(20)).unwrap();
        let api = Api::new(client, Repository::new("o/r").unwrap());
        let outcome = upsert(&api, 7, &marker, &ladder, None);
        assert_eq!(outcome.ok().and_then(|posted| posted.url).as_deref(), posted);
    }

    #[test]
    fn the_biggest_text_that_is_taken_is_posted() {
        check(1_000, Some("https://h/541"));
        check(400, Some("https://h/91"));
        check(50, Some("https://h/42"));
        check(20, None);
    }
}
