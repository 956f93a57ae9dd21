//! What the environment says of a provider → the library's door to it.
#![expect(clippy::disallowed_methods, reason = "the environment says where a store is, as its own tools read it")]

use std::time::Duration;

#[cfg(feature = "upload")]
use opendal::services::{Azblob, Fs, Gcs};
use opendal::services::{Ghac, Redis, S3};
use opendal::{ErrorKind, Operator};

use crate::place::{Provider, Target};

/// Below which results lie where others keep things, too.
const OWN_FOLDER: &str = "/perfbudget";
/// How long Redis keeps a result.
const REDIS_LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Whether a store is told the digest of what is sent, so that it refuses what was damaged on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digests {
    Sent,
    Unsaid,
}

fn set(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn endpoint(target: &Target) -> String {
    let scheme = if target.provider == Provider::RedisTls { "rediss" } else { "redis" };
    format!("{scheme}://{}", target.bucket)
}

/// Says hello to Redis, and what it answers to that.
///
/// # Errors
/// Where it does not answer within that time, or not kindly.
pub(super) fn greet(target: &Target, patience: Duration) -> redis::RedisResult<()> {
    use redis::IntoConnectionInfo;
    let mut settings = redis::RedisConnectionInfo::default().set_db(target.prefix.parse().unwrap_or_default());
    if let Some(name) = set("REDIS_USERNAME") {
        settings = settings.set_username(name);
    }
    if let Some(password) = set("REDIS_PASSWORD") {
        settings = settings.set_password(password);
    }
    let place = endpoint(target).into_connection_info()?.set_redis_settings(settings);
    redis::Client::open(place)?.get_connection_with_timeout(patience).map(drop)
}

/// The door to a target.
///
/// # Errors
/// Where the environment does not say what is needed.
pub(super) fn operator(target: &Target, digests: Digests) -> opendal::Result<Operator> {
    let Target { provider, bucket, prefix } = target;
    let root = format!("/{prefix}");
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
        #[cfg(feature = "upload")]
        Provider::Gcs => {
            let mut builder = Gcs::default().bucket(bucket).root(&root);
            if let Some(emulator) = set("STORAGE_EMULATOR_HOST") {
                builder = builder.endpoint(emulator.trim_end_matches('/')).skip_signature();
            }
            Operator::new(builder)
        }
        #[cfg(feature = "upload")]
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
        #[cfg(feature = "upload")]
        Provider::Folder => {
            let folder = std::path::absolute(bucket).unwrap_or_else(|_| bucket.into());
            let staged = folder.join(".asset-optimizer/staged");
            Operator::new(Fs::default().root(&folder.to_string_lossy()).atomic_write_dir(&staged.to_string_lossy()))
        }
        Provider::Redis | Provider::RedisTls => {
            let mut builder = Redis::default()
                .endpoint(&endpoint(target))
                .db(prefix.parse().unwrap_or_default())
                .root(OWN_FOLDER)
                .default_ttl(REDIS_LIFE);
            if let Some(name) = set("REDIS_USERNAME") {
                builder = builder.username(&name);
            }
            if let Some(password) = set("REDIS_PASSWORD") {
                builder = builder.password(&password);
            }
            Operator::new(builder)
        }
        Provider::Actions => Operator::new(Ghac::default().root(OWN_FOLDER).version("perfbudget")),
        #[cfg(not(feature = "upload"))]
        Provider::Gcs | Provider::Azure | Provider::Folder => {
            Err(opendal::Error::new(ErrorKind::ConfigInvalid, "this build has no door to it"))
        }
    }
}
