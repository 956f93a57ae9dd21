//! Object stores and folders behind one door: opendal, with retries, timeouts, and no more connections than were asked for.
//! What a store answers is said in our own words: its own may hold addresses with keys in them.

mod provider;
mod words;

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use futures_util::TryStreamExt;
use md5::{Digest as _, Md5};
use opendal::layers::{ConcurrentLimitLayer, RetryLayer, TimeoutLayer};
use opendal::options::{ListOptions, ReadOptions, ReaderOptions, WriteOptions};
use opendal::{ErrorKind, HttpTransporter, Metadata, Operator};
use opendal_http_transport_reqwest::ReqwestTransport;
use sha2::{Digest as _, Sha256};
use tokio::runtime::Runtime;

use crate::asset::{ByteCount, Digest};
use crate::error::{Error, Result};
use crate::place::{Provider, Target};
use provider::{Digests, operator};
use words::refused;

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

/// How patient one is with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manners {
    /// What is sent is to arrive.
    Deploy,
    /// What does not come in time is made.
    Cache { patience: Duration },
}

/// A store, or a folder.
pub struct Store {
    target: Target,
    operator: Operator,
    /// The same for what is sent in parts, whose digests the library cannot say beforehand.
    in_parts: Operator,
    /// There until the store is dropped.
    runtime: Option<Runtime>,
}

impl Store {
    /// Opens a store; nothing is asked of it yet.
    ///
    /// # Errors
    /// Where the environment does not say what is needed.
    pub fn open(target: &Target, parallel: usize) -> Result<Store> {
        Store::opened(target, parallel, Manners::Deploy)
    }

    /// Opens a store of results: it answers within that time, or is worth nothing.
    ///
    /// # Errors
    /// Where the environment does not say what is needed.
    pub fn open_cache(target: &Target, parallel: usize, patience: Duration) -> Result<Store> {
        Store::opened(target, parallel, Manners::Cache { patience })
    }

    /// A door of its own to the same store, for what must not wait behind everything else; it answers within that time.
    ///
    /// # Errors
    /// Where the environment does not say what is needed.
    pub fn beside(&self, patience: Duration) -> Result<Store> {
        Store::opened(&self.target, 1, Manners::Cache { patience })
    }

    fn opened(target: &Target, parallel: usize, manners: Manners) -> Result<Store> {
        // Fails where there is one already, which is as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let failed = |why: &dyn std::fmt::Display| Error::environment(format!("cannot open `{target}`: {why}"));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.map_err(|why| failed(&why))?;
        let client = reqwest::Client::builder().user_agent(AGENT).pool_max_idle_per_host(parallel).build();
        let client = client.map_err(|why| failed(&why.without_url()))?;
        // Its own, since connections belong to the threads of its own.
        let transport = HttpTransporter::new(ReqwestTransport::new(client));
        // A connection is given back a moment after its answer was read; who asks in that moment opens another one. So does the lease.
        let at_once = (parallel - (parallel / 4).max(1)).max(1);
        let limit = ConcurrentLimitLayer::new(at_once).with_http_concurrent_limit(at_once);
        let opened = |digests| {
            let operator = operator(target, digests).map_err(|why| refused(target, "open", "", &why))?;
            let context = operator.context().with_http_transport(transport.clone());
            let operator = operator.with_context(context);
            let again = |times| {
                RetryLayer::new().with_max_times(times).with_min_delay(Duration::from_millis(150)).with_jitter()
            };
            Ok::<_, Error>(match manners {
                Manners::Deploy => operator
                    .layer(TimeoutLayer::new().with_timeout(TIMEOUT).with_io_timeout(PART_TIMEOUT))
                    .layer(again(RETRIES))
                    .layer(limit.clone()),
                // What is tried again counts, too.
                Manners::Cache { patience } => operator
                    .layer(again(1))
                    .layer(TimeoutLayer::new().with_timeout(patience).with_io_timeout(patience))
                    .layer(limit.clone()),
            })
        };
        let (operator, in_parts) = (opened(Digests::Sent)?, opened(Digests::Unsaid)?);
        Ok(Store { target: target.clone(), operator, in_parts, runtime: Some(runtime) })
    }

    /// Whether a store of results is there and lets us in, where that is not known from every answer.
    ///
    /// # Errors
    /// Where it is not, or does not.
    pub fn greet(&self, patience: Duration) -> Result<()> {
        if !matches!(self.target.provider, Provider::Redis | Provider::RedisTls) {
            return Ok(());
        }
        provider::greet(&self.target, patience).map_err(|why| {
            let reason = words::of_redis(&format!("{why:?} {why}"));
            Error::environment(format!("cannot use `{}`: {reason}", self.target))
        })
    }

    /// What it is.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Whether it can say what is in it.
    #[must_use]
    pub fn can_list(&self) -> bool {
        self.operator.info().capability().list
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

    fn wait<F: Future>(&self, what: F) -> F::Output {
        match &self.runtime {
            Some(runtime) => runtime.block_on(what),
            None => unreachable!("the runtime is taken when the store is dropped"),
        }
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
        let listed = self.wait(self.operator.list_options(folder, options));
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
        match self.wait(self.operator.stat(key)) {
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
        match self.wait(self.operator.read_options(key, ReadOptions::default())) {
            Err(why) if why.kind() == ErrorKind::NotFound => Ok(None),
            Err(why) => Err(self.failed("read", key)(why)),
            Ok(bytes) => Ok(Some((head.tag, bytes.to_vec()))),
        }
    }

    /// The bytes of an object in one request, and within that time; `None` where it is not there.
    ///
    /// # Errors
    /// Where they cannot be read, are more than the limit, or take longer.
    pub fn fetch(&self, key: &str, limit: u64, within: Duration) -> Result<Option<Vec<u8>>> {
        let target = &self.target;
        let read = async {
            let reader = self.operator.reader_options(key, ReaderOptions::default()).await?;
            let mut stream = reader.into_stream(0..).await?;
            let mut bytes = Vec::new();
            while let Some(part) = stream.try_next().await? {
                if (bytes.len() + part.len()) as u64 > limit {
                    return Ok::<_, opendal::Error>(None);
                }
                bytes.extend(part.to_vec());
            }
            Ok(Some(bytes))
        };
        match self.wait(async { tokio::time::timeout(within, read).await }) {
            Err(_) => Err(Error::environment(format!("cannot read `{key}` of `{target}`: it does not answer in time"))),
            Ok(Err(why)) if why.kind() == ErrorKind::NotFound => Ok(None),
            Ok(Err(why)) => Err(self.failed("read", key)(why)),
            Ok(Ok(None)) => Err(Error::environment(format!("cannot read `{key}` of `{target}`: it is too large"))),
            Ok(Ok(bytes)) => Ok(bytes),
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
        match self.wait(self.operator.write_options(key, bytes, options)) {
            Ok(metadata) => Ok(Written::Done(Tag::of(&metadata))),
            Err(why) if condition != Condition::Always && is_refusal(&why) => Ok(Written::Refused),
            Err(why) => Err(self.failed("write", key)(why)),
        }
    }

    /// Writes a file as an object, in parts where it is large.
    ///
    /// # Errors
    /// Where it cannot be read or written, or is not of that length and digest any more: then nothing is written.
    pub fn send(&self, key: &str, from: &Path, length: ByteCount, digest: &Digest, beside: &Beside) -> Result<Sent> {
        let changed = || Error::environment(format!("`{}` has changed since it was looked at", from.display()));
        if length.0 < 2 * PART_BYTES as u64 {
            let bytes = super::files::read(from, length.0)?.filter(|bytes| Digest::of(bytes) == *digest);
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
        let mut writer = self.wait(self.in_parts.writer_options(key, options)).map_err(&failed)?;
        let (mut sent, mut hash) = (0, Sha256::new());
        loop {
            let mut part = Vec::with_capacity(PART_BYTES);
            let read = (&mut file).take(PART_BYTES as u64).read_to_end(&mut part);
            let read = read.map_err(|why| Error::environment(format!("cannot read `{}`: {why}", from.display())))?;
            sent += read as u64;
            if read == 0 || sent > length.0 {
                break;
            }
            hash.update(&part);
            self.wait(writer.write(part)).map_err(&failed)?;
        }
        if sent != length.0 || Digest::from_bytes(hash.finalize().into()) != *digest {
            let _ = self.wait(writer.abort());
            return Err(changed());
        }
        self.wait(writer.close()).map_err(&failed)?;
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

    /// Copies an object of that length and digest within the store, with its headers, whole or not at all.
    ///
    /// # Errors
    /// Where it cannot be copied.
    pub fn copy(&self, from: &str, to: &str, length: ByteCount, digest: &Digest) -> Result<()> {
        if self.target.provider == Provider::Folder {
            // The library would write into the place itself, where somebody may be reading.
            let place = Path::new(&self.target.bucket).join(from);
            return self.send(to, &place, length, digest, &Beside::default()).map(drop);
        }
        self.wait(self.operator.copy(from, to)).map(drop).map_err(self.failed("copy", from))
    }

    /// Removes objects; one that is not there is none to remove.
    ///
    /// # Errors
    /// Where one cannot be removed.
    pub fn remove(&self, keys: &[String]) -> Result<()> {
        if self.wait(self.operator.delete_iter(keys.to_vec())).is_ok() {
            return Ok(());
        }
        // Not every store knows how to remove many at once.
        for key in keys {
            self.wait(self.operator.delete(key)).map_err(self.failed("remove", key))?;
        }
        Ok(())
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // What still asks for a name of a host is not waited for.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
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
        // GitHub's cache, where a key is written once.
        || why.to_string().contains("create cache entry returns non-ok")
}

#[cfg(all(test, feature = "upload"))]
mod tests;
