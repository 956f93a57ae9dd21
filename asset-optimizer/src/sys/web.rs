//! A site, asked over HTTP: every answer as it comes, nothing decoded, no more of it than was asked for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::Runtime;

use crate::error::{Error, Result};

/// What is said to servers of who asks.
const AGENT: &str = concat!("asset-optimizer/", env!("CARGO_PKG_VERSION"));
/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How often a request is tried that gets no answer.
const TRIES: usize = 3;

/// What a site answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, by their names in lower case; several of one name with a comma between them.
    pub headers: BTreeMap<String, String>,
    /// The body, as it was sent.
    pub body: Vec<u8>,
    /// Whether there was more of it than was asked for.
    pub is_cut: bool,
}

/// Asks sites.
#[derive(Debug)]
pub struct Web {
    client: reqwest::Client,
    runtime: Runtime,
    requests: AtomicU64,
    connections: Arc<AtomicU64>,
}

impl Web {
    /// One who asks so many things at once.
    ///
    /// # Errors
    /// Where the system refuses what it takes.
    pub fn new(parallel: usize) -> Result<Web> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let failed = |why: &dyn std::fmt::Display| Error::environment(format!("cannot speak HTTP: {why}"));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let connections = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&connections);
        let counting = tower::util::MapRequestLayer::new(move |request| {
            counted.fetch_add(1, Ordering::Relaxed);
            request
        });
        let client = reqwest::Client::builder()
            .user_agent(AGENT)
            .timeout(TIMEOUT)
            .pool_max_idle_per_host(parallel)
            .connector_layer(counting)
            .build();
        Ok(Web {
            client: client.map_err(|why| failed(&why.without_url()))?,
            runtime: runtime.map_err(|why| failed(&why))?,
            requests: AtomicU64::new(0),
            connections,
        })
    }

    /// Asks for something, with headers, up to so many bytes.
    ///
    /// # Errors
    /// Where no answer comes.
    pub fn get(&self, url: &str, headers: &[(&str, String)], limit: u64) -> Result<Answer> {
        let mut tried = 0;
        loop {
            tried += 1;
            self.requests.fetch_add(1, Ordering::Relaxed);
            match self.runtime.block_on(self.asked(url, headers, limit)) {
                Err(why) if tried < TRIES && why.is_in_passing => {}
                answer => {
                    return answer
                        .map_err(|why| Error::environment(format!("cannot get `{}`: {}", shown(url), why.text)));
                }
            }
        }
    }

    async fn asked(&self, url: &str, headers: &[(&str, String)], limit: u64) -> std::result::Result<Answer, Trouble> {
        let request = headers.iter().fold(self.client.get(url), |request, (name, value)| request.header(*name, value));
        let mut response = request.send().await.map_err(Trouble::of)?;
        let mut named: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in response.headers() {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            let all = named.entry(name.as_str().to_owned());
            all.and_modify(|all| *all += &format!(", {value}")).or_insert(value);
        }
        let (status, mut body) = (response.status().as_u16(), Vec::new());
        while let Some(piece) = response.chunk().await.map_err(Trouble::of)? {
            if (body.len() + piece.len()) as u64 > limit {
                return Ok(Answer { status, headers: named, body, is_cut: true });
            }
            body.extend_from_slice(&piece);
        }
        Ok(Answer { status, headers: named, body, is_cut: false })
    }

    /// How many requests were made, and how many connections that took.
    #[must_use]
    pub fn tally(&self) -> (u64, u64) {
        (self.requests.load(Ordering::Relaxed), self.connections.load(Ordering::Relaxed))
    }
}

/// An address as it may be said: without the name and the password that may stand in it.
#[must_use]
pub fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

struct Trouble {
    text: String,
    is_in_passing: bool,
}

impl Trouble {
    fn of(why: reqwest::Error) -> Trouble {
        let is_in_passing = why.is_request() || why.is_body() || why.is_decode();
        let reason = match () {
            () if why.is_timeout() => "it does not answer in time",
            () if why.is_connect() => "it cannot be reached",
            () if why.is_redirect() => "it leads from one address to the next without an end",
            () if why.is_builder() => "that is no address",
            () => "the connection broke",
        };
        let mut source: &dyn std::error::Error = &why;
        while let Some(next) = source.source() {
            source = next;
        }
        Trouble { text: format!("{reason} ({source})"), is_in_passing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_said() {
        let check = |url: &str, expected: &str| assert_eq!(shown(url), expected);
        check("https://shop.example/a@b", "https://shop.example/a@b");
        check("https://me:pass@shop.example/a", "https://shop.example/a");
        check("http://me:p@ss@shop.example", "http://shop.example");
        check("http://me:pass@shop.example?a", "http://shop.example?a");
        check("shop", "shop");
    }
}
