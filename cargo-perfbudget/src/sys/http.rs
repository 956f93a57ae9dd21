//! Requests to one server: bounded in time and size, and asked again only where asking twice is asking once.
#![expect(clippy::disallowed_methods, reason = "this is the door to the network, whose waits are bounded by the clock")]

use std::error::Error as _;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, LINK, LOCATION, RETRY_AFTER};
use http::{HeaderValue, Request, Uri};
use http_body_util::{BodyExt, Limited};
use octocrab::Octocrab;

use super::signal;

/// How long one request may take.
const REQUEST_AT_MOST: Duration = Duration::from_secs(30);
/// How often an idempotent request is sent at most.
const ATTEMPTS: u32 = 4;
/// What is waited before the second attempt; doubled before each later one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest wait that a server may ask for; what asks for more is not waited for.
const PAUSE_AT_MOST: Duration = Duration::from_secs(60);
/// How many redirects are followed.
const REDIRECTS_AT_MOST: usize = 5;
/// How often a wait looks for a signal.
const SIGNAL_EVERY: Duration = Duration::from_millis(100);

/// What a request does. All but `Post` come to the same when they are sent twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes something new each time.
    Post,
    /// Sets what is there.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// Its word in a request.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

/// A secret that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(HeaderValue);

impl Token {
    /// A token without the blanks and line breaks around it; `None` where it holds what no token does.
    #[must_use]
    pub fn new(text: &str) -> Option<Token> {
        let text = text.trim();
        let plain = !text.is_empty() && text.len() <= 4096 && text.bytes().all(|byte| byte.is_ascii_graphic());
        let mut value = plain.then(|| HeaderValue::from_str(&format!("Bearer {text}")).ok()).flatten()?;
        value.set_sensitive(true);
        Some(Token(value))
    }

    /// Whether it begins so: GitHub's tokens say by their first letters whose they are.
    #[must_use]
    pub fn has_prefix(&self, prefix: &str) -> bool {
        self.0.as_bytes().strip_prefix(b"Bearer ").is_some_and(|token| token.starts_with(prefix.as_bytes()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// Whether it names a next page.
    pub has_next: bool,
    /// How long to wait before asking again, where it says that we ask too often.
    pub pause: Option<Duration>,
    location: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAnswer {
    /// Nothing came in time.
    Silence,
    /// No connection, or it broke: why, and the way out, when known.
    Unreachable(String, Option<&'static str>),
    /// The answer is larger than is read, in bytes.
    TooLarge(usize),
    /// It leads to where we do not follow.
    Astray(String),
    /// A signal arrived.
    Stopped,
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoAnswer::Silence => f.write_str("there was no answer in time"),
            NoAnswer::Unreachable(why, _) => write!(f, "{why}"),
            NoAnswer::TooLarge(bytes) => write!(f, "the answer is larger than {bytes} bytes"),
            NoAnswer::Astray(to) => write!(f, "it redirects to `{to}`, which is not followed"),
            NoAnswer::Stopped => f.write_str("stopped by a signal"),
        }
    }
}

/// A server that is spoken with.
pub struct Client {
    runtime: tokio::runtime::Runtime,
    service: Octocrab,
    base: Base,
    token: Token,
    deadline: Instant,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.base.text)
    }
}

/// The address that all paths begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    text: String,
    uri: Uri,
}

impl Base {
    /// Reads `https://host/prefix`. Without TLS only this machine itself is spoken with, lest the token be heard.
    #[must_use]
    pub fn new(text: &str) -> Option<Base> {
        let text = text.trim().trim_end_matches('/');
        let uri: Uri = text.parse().ok()?;
        let authority = uri.authority()?;
        let fine = is_private(&uri) && !authority.as_str().contains('@') && uri.query().is_none();
        fine.then(|| Base { text: text.to_owned(), uri })
    }

    /// The server, without a path.
    fn home(&self) -> String {
        let authority = self.uri.authority().map_or("", |authority| authority.as_str());
        format!("{}://{authority}/", self.uri.scheme_str().unwrap_or_default())
    }

    fn is_home_of(&self, uri: &Uri) -> bool {
        uri.scheme() == self.uri.scheme() && uri.authority() == self.uri.authority()
    }

    /// Whether a redirect is followed: what was secret on the way must stay so, and what changes something stays with the
    /// server that was chosen.
    fn leads_to(&self, method: Method, uri: &Uri) -> bool {
        let is_secret = |uri: &Uri| uri.scheme_str() == Some("https");
        let leaves = is_secret(uri) || !is_secret(&self.uri) && is_private(uri);
        self.is_home_of(uri) || method == Method::Get && leaves
    }
}

/// Whether nobody on the way can listen.
fn is_private(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let is_loopback =
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    uri.scheme_str() == Some("https") || uri.scheme_str() == Some("http") && is_loopback
}

impl Client {
    /// A client that gives up on everything after `patience`.
    ///
    /// # Errors
    /// Where the system has no certificates, or no runtime can be made.
    pub fn new(base: Base, token: Token, patience: Duration) -> Result<Client, NoAnswer> {
        let unreachable = |why: String| NoAnswer::Unreachable(why, None);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|why| unreachable(format!("cannot wait for sockets: {why}")))?;
        let entered = runtime.enter();
        // It is not told the token, because it panics on one that is no header, and not the path that the address begins with,
        // because it would put it before the path of a redirect, too.
        let service = Octocrab::builder().base_uri(base.home()).and_then(|builder| builder.build());
        let service = service.map_err(|why| no_answer(&why))?;
        drop(entered);
        Ok(Client { runtime, service, base, token, deadline: Instant::now() + patience })
    }

    /// Whose token it is, as far as its first letters say.
    #[must_use]
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// Sends a request and reads at most `limit` bytes. What is idempotent is sent again where that may help.
    ///
    /// # Errors
    /// Where there is no answer.
    pub fn ask(&self, method: Method, path: &str, body: Option<&str>, limit: usize) -> Result<Answer, NoAnswer> {
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            let outcome = self.runtime.block_on(self.follow(method, path, body, limit));
            let wait = match &outcome {
                Ok(answer) if matches!(answer.status, 500 | 502 | 503 | 504) => Some(answer.pause.unwrap_or(pause)),
                Ok(answer) => answer.pause.map(|asked| asked.max(pause)),
                Err(NoAnswer::Silence | NoAnswer::Unreachable(_, None)) => Some(pause),
                Err(_) => None,
            };
            let Some(wait) = wait.filter(|wait| *wait <= PAUSE_AT_MOST) else { return outcome };
            if method == Method::Post || attempt == ATTEMPTS || Instant::now() + wait >= self.deadline {
                return outcome;
            }
            self.pause(wait)?;
            pause *= 2;
        }
        Err(NoAnswer::Silence)
    }

    /// Waits, as long as there is time.
    ///
    /// # Errors
    /// Where a signal arrives, or the time is over.
    pub fn pause(&self, wait: Duration) -> Result<(), NoAnswer> {
        if wait > PAUSE_AT_MOST || Instant::now() + wait >= self.deadline {
            return Err(NoAnswer::Silence);
        }
        let waiting = async { tokio::time::sleep(wait).await };
        self.runtime.block_on(bounded(waiting, wait + SIGNAL_EVERY))
    }

    async fn follow(&self, method: Method, path: &str, body: Option<&str>, limit: usize) -> Result<Answer, NoAnswer> {
        let mut uri: Uri = self.address(path)?;
        for _ in 0..=REDIRECTS_AT_MOST {
            let answer = self.once(method, &uri, body, limit).await?;
            let followed = match method {
                Method::Get => matches!(answer.status, 301 | 302 | 303 | 307 | 308),
                // Anything else may turn a request into another one.
                _ => matches!(answer.status, 307 | 308),
            };
            let Some(location) = answer.location.clone().filter(|_| followed) else { return Ok(answer) };
            let astray = || NoAnswer::Astray(location.chars().filter(|c| c.is_ascii_graphic()).take(200).collect());
            uri = if location.starts_with('/') && !location.starts_with("//") {
                let (scheme, authority) = (uri.scheme_str().unwrap_or_default(), uri.authority().ok_or_else(astray)?);
                format!("{scheme}://{authority}{location}").parse().map_err(|_| astray())?
            } else {
                location.parse().map_err(|_| astray())?
            };
            if !self.base.leads_to(method, &uri) {
                return Err(astray());
            }
        }
        Err(NoAnswer::Astray("itself".into()))
    }

    fn address(&self, path: &str) -> Result<Uri, NoAnswer> {
        let address = format!("{}{path}", self.base.text);
        address.parse().map_err(|_| NoAnswer::Astray(path.chars().take(200).collect()))
    }

    async fn once(&self, method: Method, uri: &Uri, body: Option<&str>, limit: usize) -> Result<Answer, NoAnswer> {
        let mut request = Request::builder().method(method.word()).uri(uri);
        request = request.header(ACCEPT, "application/vnd.github+json").header("x-github-api-version", "2022-11-28");
        if self.base.is_home_of(uri) {
            request = request.header(AUTHORIZATION, self.token.0.clone());
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request.body(body.unwrap_or_default().to_owned());
        let request = request.map_err(|why| NoAnswer::Unreachable(why.to_string(), None))?;
        let left = self.deadline.saturating_duration_since(Instant::now()).min(REQUEST_AT_MOST);
        let exchange = async {
            let response = self.service.execute(request).await.map_err(|why| no_answer(&why))?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, limit).collect().await.map_err(|why| {
                let broken = || NoAnswer::Unreachable(format!("the connection broke: {why}"), None);
                if why.is::<http_body_util::LengthLimitError>() { NoAnswer::TooLarge(limit) } else { broken() }
            })?;
            Ok(answer(parts.status.as_u16(), &parts.headers, body.to_bytes().to_vec()))
        };
        bounded(exchange, left).await?
    }
}

fn answer(status: u16, headers: &HeaderMap, body: Vec<u8>) -> Answer {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let after = text(RETRY_AFTER).and_then(|value| value.trim().parse().ok()).map(Duration::from_secs);
    let exhausted = text(HeaderName::from_static("x-ratelimit-remaining")) == Some("0");
    let pause = match status {
        429 => Some(after.unwrap_or(FIRST_PAUSE)),
        403 | 503 if after.is_some() => after,
        // The limit of an hour is used up: nothing that is worth waiting for.
        403 if exhausted => Some(Duration::MAX),
        _ => None,
    };
    let has_next = text(LINK).is_some_and(|links| links.contains("rel=\"next\""));
    Answer { status, body, has_next, pause, location: text(LOCATION).map(str::to_owned) }
}

/// Waits for something for so long, and no longer than until a signal.
async fn bounded<T>(future: impl Future<Output = T>, limit: Duration) -> Result<T, NoAnswer> {
    let mut future = pin!(future);
    let until = Instant::now() + limit;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        match tokio::time::timeout(left.min(SIGNAL_EVERY), future.as_mut()).await {
            Ok(value) => return Ok(value),
            Err(_) if signal::stopped() => return Err(NoAnswer::Stopped),
            Err(_) if left <= SIGNAL_EVERY => return Err(NoAnswer::Silence),
            Err(_) => {}
        }
    }
}

/// An error with the ones below it, which say why.
fn no_answer(why: &octocrab::Error) -> NoAnswer {
    let mut words: Vec<String> = Vec::new();
    let mut next = why.source();
    while let Some(source) = next {
        let text = source.to_string();
        if words.last().is_none_or(|last| !last.contains(&text)) {
            words.push(text);
        }
        next = source.source();
    }
    let text = if words.is_empty() { "the connection failed".to_owned() } else { words.join(": ") };
    let lower = text.to_lowercase();
    let about_certificates = ["certificate", "unknownissuer"].iter().any(|word| lower.contains(word));
    let hint = "name the file with the certificates of your authority in `SSL_CERT_FILE`";
    NoAnswer::Unreachable(text, about_certificates.then_some(hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_trimmed_and_never_shown() {
        let token = Token::new("ghs_secret\n").unwrap();
        assert_eq!(format!("{token:?}"), "Token(…)");
        assert!(token.has_prefix("ghs_") && !token.has_prefix("ghp_"));
        for bad in ["", "\n", "a b", "a\nb", "ü", "a\u{0}"] {
            assert_eq!(Token::new(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn nobody_listens_on_the_way() {
        for good in [
            "https://api.github.com",
            "https://ghes.example/api/v3/",
            "http://127.0.0.1:80",
            "http://[::1]:1",
            "http://localhost:9",
        ] {
            assert!(Base::new(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "ghes.example.com",
            "http://ghes.example",
            "ftp://127.0.0.1",
            "https://me:pw@x",
            "https://x/?a=b",
            "http://127.0.0.1.example.org",
        ] {
            assert_eq!(Base::new(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_redirect_leads_to_no_open_road() {
        let follows = |base: &str, method, to: &str| Base::new(base).unwrap().leads_to(method, &to.parse().unwrap());
        let api = "https://api.github.com";
        assert!(follows(api, Method::Patch, "https://api.github.com/repositories/1"));
        assert!(follows(api, Method::Get, "https://blob.example/x"));
        assert!(!follows(api, Method::Post, "https://blob.example/x"));
        assert!(!follows(api, Method::Get, "http://api.github.com/x"));
        assert!(!follows(api, Method::Get, "http://127.0.0.1/x"));
        assert!(follows("http://127.0.0.1:1", Method::Get, "http://127.0.0.1:2/x"));
        assert!(!follows("http://127.0.0.1:1", Method::Get, "http://blob.example/x"));
    }

    fn check(status: u16, headers: &[(&'static str, &'static str)], pause: Option<u64>) {
        let pairs =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let answer = answer(status, &pairs.collect(), Vec::new());
        assert_eq!(answer.pause.map(|pause| pause.as_secs()), pause, "{status} {headers:?}");
    }

    #[test]
    fn what_is_refused_for_asking_too_often_says_how_long_to_wait() {
        check(429, &[("retry-after", "7")], Some(7));
        check(429, &[], Some(0));
        check(403, &[("retry-after", "60")], Some(60));
        check(403, &[("x-ratelimit-remaining", "0")], Some(u64::MAX));
        check(403, &[("x-ratelimit-remaining", "4000")], None);
        check(403, &[], None);
        check(200, &[("retry-after", "7")], None);
    }
}
