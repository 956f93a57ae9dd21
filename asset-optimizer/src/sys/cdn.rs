//! The interfaces of CDNs: where they are, who asks, and what they answer. No key and no token is said.

use std::time::Duration;

use reqsign_aws_v4::{DefaultCredentialProvider, RequestSigner};
use reqsign_core::{Context, OsEnv, Signer};
use reqsign_file_read_tokio::TokioFileRead;
use sha2::{Digest, Sha256};
use tokio::runtime::Runtime;

use super::clock;
use super::environment::var;
use crate::error::{Error, Result};

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How often something is asked: what is asked twice counts once.
const TRIES: u32 = 4;
/// How long is waited before the second time; twice as long each time after that.
const PAUSE: Duration = Duration::from_millis(500);
/// The largest answer that is read.
const MOST_SAID_BYTES: usize = 1 << 20;
/// What is said of who asks.
const AGENT: &str = concat!("asset-optimizer/", env!("CARGO_PKG_VERSION"));

/// Whose interface it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interface {
    /// Amazon's: signed with the keys that its own tools read.
    CloudFront,
    /// With `CLOUDFLARE_API_TOKEN`.
    Cloudflare,
    /// With `FASTLY_API_TOKEN`.
    Fastly,
}

impl Interface {
    /// Where it is; its own tools read the same variables.
    fn base(self) -> String {
        let (name, usual) = match self {
            Interface::CloudFront => ("AWS_ENDPOINT_URL_CLOUDFRONT", "https://cloudfront.amazonaws.com"),
            Interface::Cloudflare => ("CLOUDFLARE_API_BASE_URL", "https://api.cloudflare.com/client/v4"),
            Interface::Fastly => ("FASTLY_API_ENDPOINT", "https://api.fastly.com"),
        };
        var(name).unwrap_or_else(|| usual.to_owned()).trim_end_matches('/').to_owned()
    }

    /// Which environment says who asks.
    fn credentials(self) -> &'static str {
        match self {
            Interface::CloudFront => "`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or `AWS_PROFILE`",
            Interface::Cloudflare => "`CLOUDFLARE_API_TOKEN`",
            Interface::Fastly => "`FASTLY_API_TOKEN`",
        }
    }
}

/// Speaks with a CDN.
pub struct Cdn {
    interface: Interface,
    client: reqwest::Client,
    runtime: Runtime,
}

impl Cdn {
    /// One who speaks with that interface.
    ///
    /// # Errors
    /// Where the environment does not say who asks, or the system refuses what it takes.
    pub fn open(interface: Interface) -> Result<Cdn> {
        let needed = match interface {
            Interface::CloudFront => None,
            Interface::Cloudflare => Some("CLOUDFLARE_API_TOKEN"),
            Interface::Fastly => Some("FASTLY_API_TOKEN"),
        };
        if let Some(name) = needed.filter(|name| var(name).is_none()) {
            return Err(Error::usage(format!("cannot purge: `{name}` is not set")).hint("nothing was sent anywhere"));
        }
        let _ = rustls::crypto::ring::default_provider().install_default();
        let failed = |why: &dyn std::fmt::Display| Error::environment(format!("cannot speak HTTP: {why}"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        // No other host is to see the token.
        let client =
            reqwest::Client::builder().user_agent(AGENT).timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none());
        Ok(Cdn {
            interface,
            client: client.build().map_err(|why| failed(&why.without_url()))?,
            runtime: runtime.map_err(|why| failed(&why))?,
        })
    }

    /// Posts something, and insists on an answer that says that it was done; `is_done` reads the body of one that says so.
    ///
    /// # Errors
    /// What it answers, as a number, or why it does not.
    pub fn post(&self, path: &str, content_type: &str, body: &str, is_done: &dyn Fn(&[u8]) -> bool) -> Result<()> {
        let failed = |why: String| {
            Error::environment(format!("cannot purge: {why}"))
                .hint(format!("credentials are read from {}", self.interface.credentials()))
        };
        let mut pause = PAUSE;
        for tried in 1.. {
            let answer = self.runtime.block_on(self.posted(path, content_type, body));
            let why = match answer {
                Ok((200..=299, said)) if is_done(&said) => return Ok(()),
                Ok((200..=299, _)) => "it answers that it did not work".to_owned(),
                Ok((status @ (429 | 500..=599), _)) => format!("it answers {status}"),
                Ok((status @ (401 | 403), _)) => {
                    return Err(failed(format!("it answers {status}: that is not allowed")));
                }
                Ok((status, _)) => return Err(failed(format!("it answers {status}"))),
                Err(why) => why,
            };
            if tried == TRIES {
                return Err(failed(why));
            }
            clock::wait(pause);
            pause *= 2;
        }
        Ok(())
    }

    async fn posted(&self, path: &str, content_type: &str, body: &str) -> std::result::Result<(u16, Vec<u8>), String> {
        let request = self.client.post(format!("{}{path}", self.interface.base()));
        let request = request.header("content-type", content_type).header("accept", "application/json");
        let request = match self.interface {
            Interface::CloudFront => request.header("x-amz-content-sha256", format!("{:x}", Sha256::digest(body))),
            Interface::Cloudflare => request.bearer_auth(var("CLOUDFLARE_API_TOKEN").unwrap_or_default()),
            Interface::Fastly => request.header("fastly-key", var("FASTLY_API_TOKEN").unwrap_or_default()),
        };
        let mut request = request.body(body.to_owned()).build().map_err(|_| "its address is none".to_owned())?;
        if self.interface == Interface::CloudFront {
            self.sign(&mut request).await?;
        }
        let broke = "the connection broke";
        let mut answered = self.client.execute(request).await.map_err(|why| match () {
            () if why.is_timeout() => "it does not answer in time".to_owned(),
            () if why.is_connect() => "it cannot be reached".to_owned(),
            () => broke.to_owned(),
        })?;
        let status = answered.status().as_u16();
        let mut said = Vec::new();
        while let Some(piece) = answered.chunk().await.map_err(|_| broke.to_owned())? {
            if said.len() + piece.len() > MOST_SAID_BYTES {
                return Err(format!("it answers with more than {MOST_SAID_BYTES} bytes"));
            }
            said.extend_from_slice(&piece);
        }
        Ok((status, said))
    }

    /// Signs a request as AWS has it (version 4), with the keys of the environment or of a profile.
    async fn sign(&self, request: &mut reqwest::Request) -> std::result::Result<(), String> {
        let context = Context::new().with_file_read(TokioFileRead).with_env(OsEnv);
        let signer =
            Signer::new(context, DefaultCredentialProvider::new(), RequestSigner::new("cloudfront", "us-east-1"));
        let mut head = http::Request::builder().method("POST").uri(request.url().as_str());
        for (name, value) in request.headers() {
            head = head.header(name, value);
        }
        let (mut parts, ()) = head.body(()).map_err(|_| "its address is none".to_owned())?.into_parts();
        // What the library says may hold a key.
        signer.sign(&mut parts, None).await.map_err(|_| "no credentials are found".to_owned())?;
        *request.headers_mut() = parts.headers;
        Ok(())
    }
}
