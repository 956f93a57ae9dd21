//! Object stores and folders behind one door: opendal, with retries, timeouts, and no more connections than were asked for.
//! What a store answers is said in our own words: its own may hold addresses with keys in them.
#![expect(clippy::disallowed_methods, reason = "the environment says where a store is, as its own tools read it")]

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use md5::{Digest as _, Md5};
use opendal::layers::{ConcurrentLimitLayer, RetryLayer, TimeoutLayer};
use opendal::options::{ListOptions, ReadOptions, WriteOptions};
use opendal::services::{Azblob, Fs, Gcs, S3};
use opendal::{ErrorKind, HttpTransporter, Metadata, Operator};
use opendal_http_transport_reqwest::ReqwestTransport;
use tokio::runtime::Runtime;

use crate::asset::ByteCount;
use crate::error::{Error, Result};
use crate::place::{Provider, Target};

/// What is said to servers of who asks.
const AGENT: &str = concat!("asset-optimizer/", env!("CARGO_PKG_VERSION"));
/// From this size on an object is sent in parts.
const PART_BYTES: usize = 8 << 20;
/// How many parts of one object are on the way at the same time.
const PARTS: usize = 2;
/// How often a request is tried again that failed in passing: some ten seconds altogether.
const RETRIES: usize = 6;
/// How long a request may take that moves no bytes to speak of.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How long a part may take.
const PART_TIMEOUT: Duration = Duration::from_secs(180);
/// The most objects that are listed. Arbitrary.
const MOST_LISTED: usize = 5_000_000;

/// What a store calls the bytes of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tag {
    etag: Option<String>,
    version: Option<String>,
}

impl Tag {
    fn of(metadata: &Metadata) -> Tag {
        Tag { etag: metadata.etag().map(str::to_owned), version: metadata.version().map(str::to_owned) }
    }
}

/// Under which condition an object is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition<'a> {
    /// Under none.
    Always,
    /// Nothing is there.
    Absent,
    /// What is there has that tag.
    Same(&'a Tag),
}

/// What became of a conditional write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// It was written, and is called that.
    Done(Tag),
    /// The condition did not hold.
    Refused,
}

/// How well it is known that an object is there as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The store answered with the digest of its bytes, by which it calls them.
    Shown(String),
    /// The store answered that all is well.
    Heard,
}

/// What is written beside the bytes of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beside {
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Content-Encoding`.
    pub encoding: Option<String>,
    /// `Cache-Control`.
    pub cache_control: Option<String>,
    /// Names and values of one's own.
    pub own: Vec<(String, String)>,
}

/// What a store says of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// How many bytes it has.
    pub bytes: ByteCount,
    /// What conditions go by.
    pub tag: Tag,
    /// What the store calls its bytes, as in a listing.
    pub name: Option<String>,
    /// What lies beside its bytes.
    pub beside: Beside,
}

/// An object in a listing: its key, its size, what its bytes are called, and how many seconds ago it was written, by the
/// store's clock and ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Below the prefix.
    pub key: String,
    /// How many bytes it has.
    pub bytes: ByteCount,
    /// What the store calls them.
    pub name: Option<String>,
    /// Seconds since 1970 when it was written, by the store's clock.
    pub written: Option<i64>,
}

/// A store, or a folder.
pub struct Store {
    target: Target,
    operator: Operator,
    /// The same for what is sent in parts, whose digests the library cannot say beforehand.
    in_parts: Operator,
    runtime: Runtime,
}

impl Store {
    /// Opens a store; nothing is asked of it yet.
    ///
    /// # Errors
    /// Where the environment does not say what is needed.
    pub fn open(target: &Target, parallel: usize) -> Result<Store> {
        // Fails where there is one already, which is as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let failed = |why: &dyn std::fmt::Display| Error::environment(format!("cannot open `{target}`: {why}"));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.map_err(|why| failed(&why))?;
        let client = reqwest::Client::builder().user_agent(AGENT).pool_max_idle_per_host(parallel).build();
        let client = client.map_err(|why| failed(&why.without_url()))?;
        // Its own, since connections belong to the threads of its own.
        let transport = HttpTransporter::new(ReqwestTransport::new(client));
        // A connection is given back a moment after its answer was read; who asks in that moment opens another one.
        let at_once = (parallel - parallel / 4).max(1);
        let limit = ConcurrentLimitLayer::new(at_once).with_http_concurrent_limit(at_once);
        let opened = |digests| {
            let operator = operator(target, digests).map_err(|why| refused(target, "open", "", &why))?;
            let context = operator.context().with_http_transport(transport.clone());
            Ok::<_, Error>(
                operator
                    .with_context(context)
                    .layer(TimeoutLayer::new().with_timeout(TIMEOUT).with_io_timeout(PART_TIMEOUT))
                    .layer(
                        RetryLayer::new()
                            .with_max_times(RETRIES)
                            .with_min_delay(Duration::from_millis(150))
                            .with_jitter(),
                    )
                    .layer(limit.clone()),
            )
        };
        let (operator, in_parts) = (opened(Digests::Sent)?, opened(Digests::Unsaid)?);
        Ok(Store { target: target.clone(), operator, in_parts, runtime })
    }

    /// What it is.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Whether it can be told to write only where nothing is.
    #[must_use]
    pub fn knows_absent(&self) -> bool {
        self.operator.info().capability().write_with_if_not_exists
    }

    /// Whether it can be told to write only over what was seen.
    #[must_use]
    pub fn knows_same(&self) -> bool {
        let capability = self.operator.info().capability();
        capability.write_with_if_match || capability.write_with_if_version_match
    }

    fn failed(&self, doing: &str, key: &str) -> impl Fn(opendal::Error) -> Error {
        move |why| refused(&self.target, doing, key, &why)
    }

    /// All objects below a folder, in the order of their keys; the empty name is that of the prefix.
    ///
    /// # Errors
    /// Where they cannot be listed.
    pub fn list(&self, folder: &str) -> Result<Vec<Entry>> {
        let options = ListOptions { recursive: true, ..ListOptions::default() };
        let listed = self.runtime.block_on(self.operator.list_options(folder, options));
        let listed = listed.map_err(self.failed("list", folder))?;
        if listed.len() > MOST_LISTED {
            let many = format!("cannot list `{}`: it has more than {MOST_LISTED} objects", self.target);
            return Err(Error::environment(many).hint("deploy below a prefix of its own"));
        }
        let files = listed.into_iter().filter(|entry| entry.metadata().is_file());
        let mut entries: Vec<Entry> = files
            .map(|entry| Entry {
                key: entry.path().to_owned(),
                bytes: ByteCount(entry.metadata().content_length()),
                name: named(entry.metadata()),
                written: entry.metadata().last_modified().map(|time| time.into_inner().as_second()),
            })
            .collect();
        entries.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(entries)
    }

    /// What is known of an object; `None` where it is not there.
    ///
    /// # Errors
    /// Where it cannot be asked for.
    pub fn head(&self, key: &str) -> Result<Option<Head>> {
        match self.runtime.block_on(self.operator.stat(key)) {
            Err(why) if why.kind() == ErrorKind::NotFound => Ok(None),
            Err(why) => Err(self.failed("ask for", key)(why)),
            Ok(metadata) => Ok(Some(Head {
                bytes: ByteCount(metadata.content_length()),
                tag: Tag::of(&metadata),
                name: named(&metadata),
                beside: Beside {
                    content_type: metadata.content_type().map(str::to_owned),
                    encoding: metadata.content_encoding().map(str::to_owned),
                    cache_control: metadata.cache_control().map(str::to_owned),
                    own: metadata
                        .user_metadata()
                        .map(|own| {
                            own.into_iter().map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect()
                        })
                        .unwrap_or_default(),
                },
            })),
        }
    }

    /// The bytes of an object, of so many at most; `None` where it is not there.
    ///
    /// # Errors
    /// Where it cannot be read, or is larger.
    pub fn read(&self, key: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        Ok(self.read_tagged(key, limit)?.map(|(_, bytes)| bytes))
    }

    /// The same, with what conditions on it go by.
    ///
    /// # Errors
    /// Where it cannot be read, or is larger.
    pub fn read_tagged(&self, key: &str, limit: u64) -> Result<Option<(Tag, Vec<u8>)>> {
        let Some(head) = self.head(key)? else { return Ok(None) };
        if head.bytes.0 > limit {
            return Err(Error::environment(format!("cannot read `{key}` of `{}`: it is too large", self.target)));
        }
        match self.runtime.block_on(self.operator.read_options(key, ReadOptions::default())) {
            Err(why) if why.kind() == ErrorKind::NotFound => Ok(None),
            Err(why) => Err(self.failed("read", key)(why)),
            Ok(bytes) => Ok(Some((head.tag, bytes.to_vec()))),
        }
    }

    /// Writes an object, whole or not at all.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self, key: &str, bytes: Vec<u8>, beside: &Beside, condition: Condition<'_>) -> Result<Written> {
        let mut options = self.options(beside);
        let capability = self.operator.info().capability();
        match condition {
            Condition::Always => {}
            Condition::Absent => options.if_not_exists = capability.write_with_if_not_exists,
            Condition::Same(tag) if capability.write_with_if_match => options.if_match.clone_from(&tag.etag),
            Condition::Same(tag) if capability.write_with_if_version_match => {
                options.if_version_match.clone_from(&tag.version);
            }
            Condition::Same(_) => {}
        }
        match self.runtime.block_on(self.operator.write_options(key, bytes, options)) {
            Ok(metadata) => Ok(Written::Done(Tag::of(&metadata))),
            Err(why) if condition != Condition::Always && is_refusal(&why) => Ok(Written::Refused),
            Err(why) => Err(self.failed("write", key)(why)),
        }
    }

    /// Writes a file as an object, in parts where it is large.
    ///
    /// # Errors
    /// Where it cannot be read or written, or changes meanwhile.
    pub fn send(&self, key: &str, from: &Path, length: ByteCount, beside: &Beside) -> Result<Sent> {
        if length.0 < 2 * PART_BYTES as u64 {
            let changed = || Error::environment(format!("`{}` has changed since it was looked at", from.display()));
            let bytes = super::files::read(from, length.0)?.filter(|bytes| bytes.len() as u64 == length.0);
            let bytes = bytes.ok_or_else(changed)?;
            let digest: String = Md5::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            return match self.write(key, bytes, beside, Condition::Always)? {
                Written::Done(Tag { etag: Some(tag), .. }) if tag.trim_matches('"') == digest => Ok(Sent::Shown(tag)),
                _ => Ok(Sent::Heard),
            };
        }
        let mut file = super::files::open(from)?;
        let failed = self.failed("write", key);
        let options = WriteOptions { chunk: Some(PART_BYTES), concurrent: PARTS, ..self.options(beside) };
        let mut writer = self.runtime.block_on(self.in_parts.writer_options(key, options)).map_err(&failed)?;
        let mut sent = 0;
        loop {
            let mut part = Vec::with_capacity(PART_BYTES);
            let read = (&mut file).take(PART_BYTES as u64).read_to_end(&mut part);
            let read = read.map_err(|why| Error::environment(format!("cannot read `{}`: {why}", from.display())))?;
            sent += read as u64;
            if read == 0 || sent > length.0 {
                break;
            }
            self.runtime.block_on(writer.write(part)).map_err(&failed)?;
        }
        if sent != length.0 {
            let _ = self.runtime.block_on(writer.abort());
            return Err(Error::environment(format!("`{}` has changed since it was looked at", from.display())));
        }
        self.runtime.block_on(writer.close()).map_err(&failed)?;
        Ok(Sent::Heard)
    }

    fn options(&self, beside: &Beside) -> WriteOptions {
        let capability = self.operator.info().capability();
        let keeps = self.target.provider.keeps_headers();
        let own = beside.own.iter().cloned().collect();
        WriteOptions {
            content_type: beside.content_type.clone().filter(|_| keeps),
            content_encoding: beside.encoding.clone().filter(|_| keeps && capability.write_with_content_encoding),
            cache_control: beside.cache_control.clone().filter(|_| keeps),
            user_metadata: Some(own).filter(|_| keeps && capability.write_with_user_metadata && !beside.own.is_empty()),
            ..WriteOptions::default()
        }
    }

    /// Copies an object within the store, with its headers.
    ///
    /// # Errors
    /// Where it cannot be copied.
    pub fn copy(&self, from: &str, to: &str) -> Result<()> {
        self.runtime.block_on(self.operator.copy(from, to)).map(drop).map_err(self.failed("copy", from))
    }

    /// Removes objects; one that is not there is none to remove.
    ///
    /// # Errors
    /// Where one cannot be removed.
    pub fn remove(&self, keys: &[String]) -> Result<()> {
        if self.runtime.block_on(self.operator.delete_iter(keys.to_vec())).is_ok() {
            return Ok(());
        }
        // Not every store knows how to remove many at once.
        for key in keys {
            self.runtime.block_on(self.operator.delete(key)).map_err(self.failed("remove", key))?;
        }
        Ok(())
    }
}

/// Whether a store is told the digest of what is sent, so that it refuses what was damaged on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Digests {
    Sent,
    Unsaid,
}

fn operator(target: &Target, digests: Digests) -> opendal::Result<Operator> {
    let Target { provider, bucket, prefix } = target;
    let root = format!("/{prefix}");
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    match provider {
        Provider::S3 | Provider::R2 => {
            let mut builder = S3::default().bucket(bucket).root(&root);
            if digests == Digests::Sent {
                builder = builder.checksum_algorithm("md5");
            }
            let account = set("R2_ACCOUNT_ID").or_else(|| set("CLOUDFLARE_ACCOUNT_ID"));
            let own = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"].into_iter().find_map(set);
            match (provider, own, account) {
                (_, Some(endpoint), _) => builder = builder.endpoint(endpoint.trim_end_matches('/')),
                (Provider::R2, None, Some(account)) => {
                    builder = builder.endpoint(&format!("https://{account}.r2.cloudflarestorage.com"));
                }
                (Provider::R2, None, None) => {
                    let why = "`R2_ACCOUNT_ID` is not set";
                    return Err(opendal::Error::new(ErrorKind::ConfigInvalid, why));
                }
                _ => {}
            }
            builder = match (provider, set("AWS_REGION").or_else(|| set("AWS_DEFAULT_REGION"))) {
                (Provider::R2, _) => builder.region("auto"),
                (_, Some(region)) => builder.region(&region),
                // What Amazon's own tools sign with where nobody says.
                (_, None) => builder.region("us-east-1"),
            };
            if bucket.contains('.') || set("AWS_ENDPOINT_URL_S3").or_else(|| set("AWS_ENDPOINT_URL")).is_some() {
                return Operator::new(builder);
            }
            Operator::new(builder.enable_virtual_host_style())
        }
        Provider::Gcs => {
            let mut builder = Gcs::default().bucket(bucket).root(&root);
            if let Some(emulator) = set("STORAGE_EMULATOR_HOST") {
                builder = builder.endpoint(emulator.trim_end_matches('/')).skip_signature();
            }
            Operator::new(builder)
        }
        Provider::Azure => {
            let mut builder = match set("AZURE_STORAGE_CONNECTION_STRING") {
                Some(connection) => Azblob::from_connection_string(&connection)?,
                None => Azblob::default(),
            };
            builder = builder.container(bucket).root(&root);
            if let Some(account) = set("AZURE_STORAGE_ACCOUNT").or_else(|| set("AZURE_STORAGE_ACCOUNT_NAME")) {
                let endpoint = format!("https://{account}.blob.core.windows.net");
                builder = builder.account_name(&account).endpoint(&set("AZURE_STORAGE_ENDPOINT").unwrap_or(endpoint));
            }
            if let Some(key) = set("AZURE_STORAGE_KEY").or_else(|| set("AZURE_STORAGE_ACCOUNT_KEY")) {
                builder = builder.account_key(&key);
            }
            if let Some(token) = set("AZURE_STORAGE_SAS_TOKEN") {
                builder = builder.sas_token(&token);
            }
            Operator::new(builder)
        }
        Provider::Folder => {
            let folder = std::path::absolute(bucket).unwrap_or_else(|_| bucket.into());
            let staged = folder.join(".asset-optimizer/staged");
            Operator::new(Fs::default().root(&folder.to_string_lossy()).atomic_write_dir(&staged.to_string_lossy()))
        }
    }
}

/// What a store calls the bytes of an object; when it was written, where it has no name for them.
fn named(metadata: &Metadata) -> Option<String> {
    let by_time = || Some(format!("at {}", metadata.last_modified()?.into_inner()));
    metadata.etag().map(str::to_owned).or_else(by_time)
}

/// Whether a condition did not hold. Some stores say so in a way of their own.
fn is_refusal(why: &opendal::Error) -> bool {
    matches!(why.kind(), ErrorKind::ConditionNotMatch | ErrorKind::AlreadyExists | ErrorKind::Conflict)
}

/// What a store says, in our words: only its own word for it is kept, if that is a word.
fn refused(target: &Target, doing: &str, key: &str, why: &opendal::Error) -> Error {
    let text = why.to_string();
    let code = ["<Code>", "Code: ", "code: \"", "\"reason\": \""].into_iter().find_map(|before| {
        let rest = &text[text.find(before)? + before.len()..];
        let word = &rest[..rest.find(|letter: char| !letter.is_ascii_alphanumeric())?];
        (3..60).contains(&word.len()).then(|| word.to_owned())
    });
    let is_bucket = |code: &Option<String>| {
        code.as_deref().is_some_and(|code| matches!(code, "NoSuchBucket" | "ContainerNotFound" | "notFound"))
    };
    let what = match key {
        "" => format!("`{target}`"),
        key => format!("`{key}` of `{target}`"),
    };
    let reason = match why.kind() {
        _ if is_bucket(&code) => "there is no such bucket".to_owned(),
        ErrorKind::PermissionDenied => "that is not allowed".to_owned(),
        ErrorKind::NotFound => "it is not there".to_owned(),
        ErrorKind::RateLimited => "the store is asked too much".to_owned(),
        // Said by the library before anything is asked; an answer of the store may hold more than is to be shown.
        ErrorKind::ConfigInvalid if key.is_empty() => {
            let told = text.split("=>").nth(1).unwrap_or("what its tools read is not set").trim();
            told.lines().next().unwrap_or_default().to_owned()
        }
        ErrorKind::Unexpected if text.contains("send http request") => "it cannot be reached".to_owned(),
        ErrorKind::Unexpected if text.contains("timeout") => "it does not answer in time".to_owned(),
        ErrorKind::Unexpected if text.contains("credential") => "no credentials are found".to_owned(),
        kind => format!("it answers `{}`", kind.into_static()),
    };
    let word = code.clone();
    let code = code.map(|code| format!(" (`{code}`)")).unwrap_or_default();
    let error = Error::environment(format!("cannot {doing} {what}: {reason}{code}"));
    match why.kind() {
        _ if is_bucket(&word) => error.hint("make it first, and see that its name is right"),
        ErrorKind::PermissionDenied | ErrorKind::ConfigInvalid | ErrorKind::Unexpected => {
            error.hint(format!("credentials are read from {}", target.provider.credentials()))
        }
        _ => error,
    }
}
