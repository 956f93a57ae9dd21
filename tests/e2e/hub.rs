//! A GitHub of our own on the loopback interface, with a memory: it counts what it is asked and misbehaves on demand. In
//! front of it stands Prism, which holds every request and response against GitHub's own description.
//!
//! Statuses that the description does not have (401 and 404 where it names none, 429, 5xx, redirects) pass, and Prism notes
//! them; whatever else it notes fails the test. Straight is asked what Prism itself would refuse to pass on: answers of
//! another shape or kind (HTML), paths below an Enterprise server's prefix; and what it would hide: connections.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// What goes wrong, once or several times, with requests whose method and path have these texts in them.
pub(crate) struct Fault {
    pub(crate) method: &'static str,
    pub(crate) part: &'static str,
    pub(crate) times: usize,
    pub(crate) how: How,
}

/// How it goes wrong.
#[derive(Clone)]
pub(crate) enum How {
    /// Nothing is done, and this is said.
    Say(u16, &'static str, &'static str),
    /// It is done, and this status is said all the same.
    DoAndSay(u16),
    /// It is taken, and nothing is ever said.
    Silence,
    /// It is done, and nothing is ever said.
    DoAndSilence,
    /// The comment that it is about has been deleted meanwhile.
    Deleted,
    /// It is somewhere else.
    Elsewhere(u16, String),
    /// The text of a comment may not be longer than this.
    Shorter(usize),
}

/// What the server remembers.
#[derive(Default)]
pub(crate) struct Memory {
    /// Comments on pull request 7, oldest first.
    pub(crate) comments: Vec<Value>,
    /// How many there ever were: no two have the same number.
    made: u64,
    pub(crate) checks: Vec<Value>,
    pub(crate) pulls: Vec<Value>,
    pub(crate) artifacts: Vec<Value>,
    pub(crate) archive: Vec<u8>,
    /// Who asks.
    pub(crate) login: String,
    pub(crate) faults: Vec<Fault>,
    /// Method and path of each request, in order.
    pub(crate) requests: Vec<String>,
    /// Whether each brought a token.
    pub(crate) tokens: Vec<bool>,
    pub(crate) connections: usize,
    /// Where archives lie: on this server, unless a test says otherwise.
    pub(crate) storage: String,
}

pub(crate) struct Hub {
    memory: Arc<Mutex<Memory>>,
    own_port: u16,
    /// Where it is asked: itself, or the proxy in front of it.
    pub(crate) port: u16,
    proxy: Option<Proxy>,
}

/// What stands in front of a hub.
struct Proxy {
    child: Child,
    port: u16,
    log: PathBuf,
    /// How much of its log was looked at.
    seen: usize,
}

/// Hubs with a proxy whose test is over: a proxy takes seconds to start.
/// A hub behind a proxy that waits for its next test.
type Idle = (Arc<Mutex<Memory>>, u16, Proxy);

static IDLE: Mutex<Vec<Idle>> = Mutex::new(Vec::new());

impl Memory {
    fn new(port: u16) -> Memory {
        let (login, storage) = ("github-actions[bot]".into(), format!("http://127.0.0.1:{port}"));
        Memory { login, storage, ..Memory::default() }
    }

    fn add(&mut self, login: &str, body: &str) -> Value {
        self.made += 1;
        let comment = comment(99 + self.made, login, body);
        self.comments.push(comment.clone());
        comment
    }
}

impl Hub {
    /// Asked directly, for what GitHub's description does not know.
    pub(crate) fn bare() -> Hub {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let port = listener.local_addr().expect("it has a port").port();
        let memory = Arc::new(Mutex::new(Memory::new(port)));
        let shared = Arc::clone(&memory);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                shared.lock().expect("no test died with it").connections += 1;
                let memory = Arc::clone(&shared);
                thread::spawn(move || serve(&stream, &memory));
            }
        });
        Hub { memory, own_port: port, port, proxy: None }
    }

    /// Asked through the proxy.
    pub(crate) fn described() -> Hub {
        let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some((memory, own_port, proxy)) = idle {
            *memory.lock().expect("no test died with it") = Memory::new(own_port);
            return Hub { memory, own_port, port: proxy.port, proxy: Some(proxy) };
        }
        let mut hub = Hub::bare();
        let proxy = Proxy::before(hub.own_port);
        (hub.port, hub.proxy) = (proxy.port, Some(proxy));
        hub
    }

    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().expect("no request died with it")
    }

    pub(crate) fn fault(&self, method: &'static str, part: &'static str, times: usize, how: How) {
        self.memory().faults.push(Fault { method, part, times, how });
    }

    /// Puts a comment there.
    pub(crate) fn comment(&self, login: &str, body: &str) {
        self.memory().add(login, body);
    }

    /// The texts of all comments, and who wrote them.
    pub(crate) fn comments(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.memory().comments.iter().map(|comment| (text(&comment["user"]["login"]), text(&comment["body"]))).collect()
    }

    /// The requests since the last time.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.memory().requests)
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let Some(mut proxy) = self.proxy.take() else { return };
        let is_waiting = |fault: &Fault| matches!(fault.how, How::Silence | How::DoAndSilence);
        let hangs = self.memory.lock().is_ok_and(|memory| memory.faults.iter().any(is_waiting));
        let noted = proxy.noted();
        if hangs || thread::panicking() {
            proxy.end();
        } else {
            let idle = (Arc::clone(&self.memory), self.own_port, proxy);
            IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(idle);
        }
        assert!(noted.is_empty() || thread::panicking(), "not as GitHub describes it: {noted:#?}");
    }
}

impl Proxy {
    /// Waits until it can be asked.
    fn before(port: u16) -> Proxy {
        let free =
            TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a port is free");
        let home = tools();
        let log = home.join(format!("prism-{}.log", free.port()));
        // The shell ends the proxy when this process ends, however that comes about.
        let script = r#""$0" proxy "$1" "$2" -p "$3" --errors --validate-request >"$4" 2>&1 & proxy=$!; cat >/dev/null; kill $proxy"#;
        let child = Command::new("sh")
            .args(["-c", script])
            .arg(home.join("node_modules/.bin/prism"))
            .arg(home.join("slice.json"))
            .args([format!("http://127.0.0.1:{port}"), free.port().to_string()])
            .arg(&log)
            .env("NODE_OPTIONS", format!("--require={}", home.join("../../tests/github/manual.cjs").display()))
            .stdin(Stdio::piped())
            .spawn()
            .expect("a shell starts");
        let start = Instant::now();
        while TcpStream::connect(free).is_err() {
            assert!(start.elapsed() < Duration::from_secs(120), "the proxy does not start, see {}", log.display());
            thread::sleep(Duration::from_millis(50));
        }
        Proxy { child, port: free.port(), log, seen: 0 }
    }

    /// What it has found since the last time, but for statuses that the description does not have.
    fn noted(&mut self) -> Vec<String> {
        let text = fs::read(&self.log).unwrap_or_default();
        let new = String::from_utf8_lossy(text.get(self.seen..).unwrap_or_default()).into_owned();
        self.seen = text.len();
        let is_wrong = |line: &&str| {
            line.contains("terminated with error")
                || line.contains("Violation: ") && !line.contains("Unable to match the returned status code")
        };
        new.lines().filter(is_wrong).map(str::to_owned).collect()
    }

    fn end(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// The folder with the proxy and GitHub's description, installed where it is not there yet.
fn tools() -> PathBuf {
    static TOOLS: OnceLock<PathBuf> = OnceLock::new();
    TOOLS
        .get_or_init(|| {
            let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository is there");
            let home = top.join("target/github");
            let ready = ["node_modules/.bin/prism", "slice.json"].iter().all(|name| home.join(name).exists());
            if !ready {
                let status = Command::new("bash").arg(top.join("tests/github/setup.sh")).status().expect("bash runs");
                assert!(status.success(), "tests/github/setup.sh failed");
            }
            home
        })
        .clone()
}

/// One of the examples in GitHub's description: what a real answer looks like.
fn example(name: &str) -> Value {
    static EXAMPLES: OnceLock<Value> = OnceLock::new();
    let examples = EXAMPLES.get_or_init(|| {
        let text = fs::read_to_string(tools().join("slice.json")).expect("the description is there");
        let mut description: Value = serde_json::from_str(&text).expect("it is JSON");
        description["components"]["examples"].take()
    });
    examples[name]["value"].clone()
}

fn comment(id: u64, login: &str, body: &str) -> Value {
    let mut comment = example("issue-comment");
    comment["id"] = id.into();
    comment["body"] = body.into();
    comment["html_url"] = format!("https://github.com/o/r/pull/7#issuecomment-{id}").into();
    comment["user"]["login"] = login.into();
    comment
}

/// An open pull request from a repository's commit.
pub(crate) fn pull(number: u64, repository: &str, commit: &str) -> Value {
    let mut pull = example("pull-request-simple-items")[0].clone();
    pull["number"] = number.into();
    pull["state"] = "open".into();
    // The example itself is not as described: a team lacks its type.
    pull["requested_teams"] = json!([]);
    pull["head"]["sha"] = commit.into();
    pull["head"]["repo"]["full_name"] = repository.into();
    pull
}

pub(crate) fn artifact(id: u64, name: &str, bytes: usize) -> Value {
    let mut artifact = example("artifact-paginated")["artifacts"][0].clone();
    artifact["id"] = id.into();
    artifact["name"] = name.into();
    artifact["size_in_bytes"] = bytes.into();
    artifact["expired"] = false.into();
    artifact
}

struct Request {
    method: String,
    path: String,
    query: String,
    has_token: bool,
    body: Value,
}

fn read(reader: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let (mut length, mut has_token) = (0, false);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim().split_once(':') else { break };
        match name.to_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "authorization" => has_token = true,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Some(Request { method, path: path.to_owned(), query: query.to_owned(), has_token, body })
}

/// What is answered: status, further headers, body.
type Answer = (u16, String, Vec<u8>);

fn serve(stream: &TcpStream, memory: &Mutex<Memory>) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        let answer = {
            let mut memory = memory.lock().expect("no request died with it");
            let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
            memory.requests.push(format!("{} {}{query}", request.method, request.path));
            memory.tokens.push(request.has_token);
            misbehave(&mut memory, &request)
        };
        let Some((status, headers, body)) = answer else {
            thread::sleep(Duration::from_secs(60));
            return;
        };
        let kind = if body.starts_with(b"<") { "text/html" } else { "application/json; charset=utf-8" };
        let length = match body.len() {
            _ if status == 204 => String::new(),
            0 => "content-length: 0\r\n".to_owned(),
            length => format!("content-type: {kind}\r\ncontent-length: {length}\r\n"),
        };
        let head = format!("HTTP/1.1 {status} Status\r\n{length}{headers}\r\n");
        let mut stream = stream;
        if stream.write_all(&[head.as_bytes(), &body].concat()).is_err() {
            return;
        }
    }
}

fn misbehave(memory: &mut Memory, request: &Request) -> Option<Answer> {
    let line = format!("{}?{}", request.path, request.query);
    let hit = |fault: &&mut Fault| {
        let too_long = match fault.how {
            How::Shorter(most) => request.body["body"].as_str().is_some_and(|body| body.len() > most),
            _ => true,
        };
        fault.times > 0 && too_long && request.method == fault.method && line.contains(fault.part)
    };
    let Some(fault) = memory.faults.iter_mut().find(hit) else { return Some(behave(memory, request)) };
    fault.times -= 1;
    match fault.how.clone() {
        How::DoAndSilence => {
            behave(memory, request);
            None
        }
        How::Deleted => {
            memory.comments.retain(|comment| !request.path.ends_with(&format!("/{}", comment["id"])));
            Some(behave(memory, request))
        }
        How::Say(status, headers, body) => Some((status, headers.to_owned(), body.as_bytes().to_vec())),
        How::DoAndSay(status) => {
            behave(memory, request);
            Some((status, String::new(), br#"{"message": "Bad Gateway"}"#.to_vec()))
        }
        How::Silence => None,
        How::Elsewhere(status, place) => {
            let body = json!({"message": "Moved", "url": place, "documentation_url": "https://docs.github.com/rest"});
            Some((status, format!("location: {place}\r\n"), body.to_string().into_bytes()))
        }
        How::Shorter(_) => {
            let body = json!({"message": "Validation Failed", "documentation_url": "https://docs.github.com/rest",
                "errors": [{"resource": "IssueComment", "code": "unprocessable", "field": "data", "message": "Body is too long (maximum is 65536 characters)"}]});
            Some((422, String::new(), body.to_string().into_bytes()))
        }
    }
}

fn behave(memory: &mut Memory, request: &Request) -> Answer {
    let say = |status: u16, value: Value| (status, String::new(), value.to_string().into_bytes());
    let not_found = || {
        say(404, json!({"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"}))
    };
    let parameter = |name: &str| request.query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    let parts: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
    match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["user"]) if memory.login.ends_with("[bot]") => say(
            403,
            json!({"message": "Resource not accessible by integration", "documentation_url": "https://docs.github.com/rest"}),
        ),
        ("GET", ["user"]) => {
            let mut user = example("private-user");
            user["login"] = memory.login.clone().into();
            say(200, user)
        }
        ("GET", ["repos", "o", "r", "issues", "7", "comments"]) => {
            let page: usize = parameter("page").and_then(|page| page.parse().ok()).unwrap_or(1);
            let size: usize = parameter("per_page").and_then(|size| size.parse().ok()).unwrap_or(30);
            let comments: Vec<&Value> = memory.comments.iter().skip((page - 1) * size).take(size).collect();
            let more = memory.comments.len() > page * size;
            // As GitHub has it, the next page is below another path.
            let link = format!(
                "link: <http://127.0.0.1:1/repositories/1/issues/7/comments?page={}>; rel=\"next\"\r\n",
                page + 1
            );
            (200, if more { link } else { String::new() }, json!(comments).to_string().into_bytes())
        }
        ("POST", ["repos", "o", "r", "issues", "7", "comments"]) => {
            let login = memory.login.clone();
            say(201, memory.add(&login, request.body["body"].as_str().unwrap_or_default()))
        }
        (method, ["repos", "o", "r", "issues", "comments", id]) => {
            let at = memory.comments.iter().position(|comment| comment["id"].as_u64() == id.parse().ok());
            match (method, at) {
                ("PATCH", Some(at)) => {
                    memory.comments[at]["body"] = request.body["body"].clone();
                    say(200, memory.comments[at].clone())
                }
                ("DELETE", Some(at)) => {
                    memory.comments.remove(at);
                    (204, String::new(), Vec::new())
                }
                _ => not_found(),
            }
        }
        ("POST", ["repos", "o", "r", "check-runs"]) => {
            memory.checks.push(request.body.clone());
            say(201, example("check-run-example-of-completed-conclusion"))
        }
        ("GET", ["repos", "o", "r", "pulls"]) => say(200, memory.pulls.clone().into()),
        ("GET", ["repos", "o", "r", "actions", "runs", "3", "artifacts"]) => {
            say(200, json!({"total_count": memory.artifacts.len(), "artifacts": memory.artifacts}))
        }
        ("GET", ["repos", "o", "r", "actions", "artifacts", _, "zip"]) => {
            (302, format!("location: {}/storage/archive.zip\r\n", memory.storage), Vec::new())
        }
        ("GET", ["storage", "archive.zip"]) => (200, String::new(), memory.archive.clone()),
        _ => not_found(),
    }
}
