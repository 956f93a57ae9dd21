//! Where an output goes, as it is typed: `s3://bucket/prefix`, `r2://…`, `gs://…`, `az://…`, or a folder; and where results are
//! shared: there, or `redis://host/0`, `rediss://…`, `actions://`.

use std::fmt;

/// Who keeps the objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// Amazon S3, and what speaks as it does.
    S3,
    /// Cloudflare R2.
    R2,
    /// Google Cloud Storage.
    Gcs,
    /// Azure Blob Storage.
    Azure,
    /// A folder, for a server on this machine or a share.
    Folder,
    /// Redis, and what speaks as it does. For results only.
    Redis,
    /// The same, over TLS.
    RedisTls,
    /// The cache of GitHub's workflows. For results only.
    Actions,
}

impl Provider {
    const ADDRESSED: [(Provider, &'static str); 4] =
        [(Provider::S3, "s3"), (Provider::R2, "r2"), (Provider::Gcs, "gs"), (Provider::Azure, "az")];
    const OF_RESULTS: [(Provider, &'static str); 3] =
        [(Provider::Redis, "redis"), (Provider::RedisTls, "rediss"), (Provider::Actions, "actions")];

    /// What it is called in a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Provider::S3 => "s3",
            Provider::R2 => "r2",
            Provider::Gcs => "gs",
            Provider::Azure => "az",
            Provider::Folder => "folder",
            Provider::Redis | Provider::RedisTls => "redis",
            Provider::Actions => "actions",
        }
    }

    /// Whether an object has headers beside its bytes.
    #[must_use]
    pub fn keeps_headers(self) -> bool {
        self != Provider::Folder
    }

    /// Whether `Content-Encoding` can be one of them.
    #[must_use]
    pub fn keeps_encodings(self) -> bool {
        // The blob service could, but the library that speaks with it cannot say so.
        matches!(self, Provider::S3 | Provider::R2 | Provider::Gcs)
    }

    /// Which environment its credentials are read from, for hints.
    #[must_use]
    pub fn credentials(self) -> &'static str {
        match self {
            Provider::S3 => "`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or `AWS_PROFILE`",
            Provider::R2 => "`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` of an R2 token",
            Provider::Gcs => "`GOOGLE_APPLICATION_CREDENTIALS`",
            Provider::Azure => "`AZURE_STORAGE_CONNECTION_STRING`, or `AZURE_STORAGE_ACCOUNT` and `AZURE_STORAGE_KEY`",
            Provider::Folder => "the rights of the folder",
            Provider::Redis | Provider::RedisTls => "`REDIS_USERNAME` and `REDIS_PASSWORD`",
            Provider::Actions => {
                "`ACTIONS_RESULTS_URL` and `ACTIONS_RUNTIME_TOKEN`, which GitHub shows to actions and not to steps"
            }
        }
    }
}

/// Where an output goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Who keeps it.
    pub provider: Provider,
    /// The bucket, the container, or the folder.
    pub bucket: String,
    /// What stands before the key of each object, without slashes around it; empty for none.
    pub prefix: String,
}

impl Target {
    /// Reads a target.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Target, String> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return match text {
                "" => Err("it is empty".to_owned()),
                folder => Ok(Target { provider: Provider::Folder, bucket: folder.to_owned(), prefix: String::new() }),
            };
        };
        if scheme == "file" {
            let folder = rest.starts_with('/').then(|| rest.to_owned());
            let bucket = folder.ok_or_else(|| "behind `file://` comes a path that begins with `/`".to_owned())?;
            return Ok(Target { provider: Provider::Folder, bucket, prefix: String::new() });
        }
        let known = Provider::ADDRESSED.iter().find(|(_, known)| *known == scheme);
        let (provider, _) = known.ok_or_else(|| format!("nothing is known of `{scheme}://`"))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.trim_end_matches('/');
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
        if bucket.is_empty() || !bucket.chars().all(is_plain) || bucket.starts_with('.') {
            return Err(format!("`{bucket}` is no name of a bucket"));
        }
        let is_part = |part: &str| !matches!(part, "" | "." | "..") && part.trim() == part;
        if !prefix.is_empty() && !prefix.split('/').all(is_part) || prefix.contains(['\\', '?', '#']) {
            return Err(format!("`{prefix}` is no prefix of keys"));
        }
        Ok(Target { provider: *provider, bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }
}

impl Target {
    /// Reads where results are shared.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse_shared(text: &str) -> Result<Target, String> {
        let (scheme, rest) = text.split_once("://").unwrap_or_default();
        let Some((provider, _)) = Provider::OF_RESULTS.iter().find(|(_, known)| *known == scheme) else {
            return Target::parse(text);
        };
        let (host, rest) = rest.split_once('/').unwrap_or((rest, ""));
        let (bucket, prefix) = match provider {
            Provider::Actions if (host, rest) == ("", "") => (String::new(), String::new()),
            Provider::Actions => return Err("nothing stands behind `actions://`".to_owned()),
            _ if host.contains('@') => {
                return Err("no password belongs into an address, which is shown: set `REDIS_PASSWORD`".to_owned());
            }
            _ => {
                let (name, port) = match host.rsplit_once(':') {
                    Some((name, port)) if !port.ends_with(']') => (name, port),
                    _ => (host, "6379"),
                };
                let is_fine = |letter: char| letter.is_ascii_alphanumeric() || "._-:[]".contains(letter);
                if name.is_empty() || !name.chars().all(is_fine) || port.parse::<u16>().is_err() {
                    return Err(format!("`{host}` is no host"));
                }
                let database = if rest.is_empty() { "0" } else { rest };
                let number = database.parse::<u16>().map_err(|_| format!("`{database}` is no number of a database"))?;
                (format!("{name}:{port}"), number.to_string())
            }
        };
        Ok(Target { provider: *provider, bucket, prefix })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut known = Provider::ADDRESSED.iter().chain(&Provider::OF_RESULTS);
        match known.find(|(provider, _)| *provider == self.provider) {
            Some((_, scheme)) if self.prefix.is_empty() => write!(f, "{scheme}://{}", self.bucket),
            Some((_, scheme)) => write!(f, "{scheme}://{}/{}", self.bucket, self.prefix),
            None => f.write_str(&self.bucket),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_bucket_with_a_prefix_or_a_folder() {
        let check = |text: &str, provider: Provider, bucket: &str, prefix: &str| {
            let target = Target::parse(text).unwrap();
            assert_eq!((target.provider, &*target.bucket, &*target.prefix), (provider, bucket, prefix), "{text}");
        };
        check("s3://shop", Provider::S3, "shop", "");
        check("s3://shop/", Provider::S3, "shop", "");
        check("r2://shop.example/a/b/", Provider::R2, "shop.example", "a/b");
        check("gs://shop/a", Provider::Gcs, "shop", "a");
        check("az://shop/a", Provider::Azure, "shop", "a");
        check("file:///srv/www", Provider::Folder, "/srv/www", "");
        check("../www", Provider::Folder, "../www", "");
        assert_eq!(Target::parse("r2://shop/a/b/").unwrap().to_string(), "r2://shop/a/b");
    }

    #[test]
    fn results_are_shared_in_more_places_and_an_address_has_no_password() {
        let check = |text: &str, shown: &str| assert_eq!(Target::parse_shared(text).unwrap().to_string(), shown);
        check("redis://cache.example", "redis://cache.example:6379/0");
        check("rediss://cache.example:7000/3", "rediss://cache.example:7000/3");
        check("redis://[::1]:7000", "redis://[::1]:7000/0");
        check("actions://", "actions://");
        check("s3://shop/cache", "s3://shop/cache");
        check("/mnt/share", "/mnt/share");
        for text in ["redis://", "redis://:secret@host", "redis://host/a", "redis://host:x", "actions://a", "ftp://a"] {
            let why = Target::parse_shared(text).unwrap_err();
            assert!(!why.contains("secret"), "{why}");
        }
        assert!(Target::parse("redis://host").is_err(), "nobody is served from there");
    }

    #[test]
    fn what_is_no_target_is_refused() {
        for text in
            ["", "s3://", "s3:///a", "s3://a/../b", "s3://a//b", "ftp://a", "file://a", "s3://a b/c", "s3://a/b?c"]
        {
            assert!(Target::parse(text).is_err(), "{text}");
        }
    }
}
