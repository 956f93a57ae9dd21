//! An address and where it stands → the path that it means.

use crate::asset::{AssetPath, has_scheme};

use super::Written;

/// Where a folder is served: the site, and the path before everything in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    /// The host, with its port, in lower case; empty where only a path is known.
    host: String,
    /// The path, with a slash at both ends.
    path: String,
}

impl PublicUrl {
    /// A public URL, as `https://shop.example/app/` or only `/app/`.
    ///
    /// # Errors
    /// Where it is neither.
    pub fn parse(text: &str) -> Result<PublicUrl, String> {
        let wrong = || format!("`{text}` is neither `https://HOST/` nor a path that begins with `/`");
        let rest = text.strip_prefix("https://").or(text.strip_prefix("http://"));
        let (host, path) = match rest {
            Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            None if text.starts_with('/') && !text.starts_with("//") => ("", text),
            None => return Err(wrong()),
        };
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
        if rest.is_some() && host.is_empty() || !host.bytes().all(is_host) || path.contains(['?', '#', '\\', ' ']) {
            return Err(wrong());
        }
        let path = if path.ends_with('/') { path.to_owned() } else { format!("{path}/") };
        Ok(PublicUrl { host: host.to_ascii_lowercase(), path })
    }

    /// The host, with its port; empty where only a path is known.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The path before everything, with a slash at both ends.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// What an address says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// A path from the root of the folder, before percent signs are read.
    Root(String, Written),
    /// A path from where it stands.
    Relative(String),
    /// A site that may be another one, with the path there.
    Site(String),
    /// Another site.
    Other,
    /// No file: a fragment, data, a mail.
    Nothing,
}

/// What an address says of itself, where the folder is served there.
pub(super) fn target(address: &str, public: Option<&PublicUrl>) -> Target {
    let address = address.trim();
    let path = address.split(['?', '#']).next().unwrap_or_default();
    if path.is_empty() {
        return Target::Nothing;
    }
    let lower = path.get(..8).unwrap_or(path).to_ascii_lowercase();
    let is_site = ["https://", "http://", "//"].iter().find(|scheme| lower.starts_with(**scheme));
    if let Some(scheme) = is_site {
        let rest = &path[scheme.len()..];
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let own = public.filter(|public| !public.host.is_empty() && public.host == host.to_ascii_lowercase());
        return match own {
            Some(public) => match path.strip_prefix(&public.path) {
                Some(path) => Target::Root(path.to_owned(), Written::Absolute),
                None => Target::Other,
            },
            // With a public URL it is known that this is another site.
            None if public.is_some_and(|public| !public.host.is_empty()) => Target::Other,
            None => Target::Site(path.trim_start_matches('/').to_owned()),
        };
    }
    if has_scheme(path) {
        return Target::Nothing;
    }
    if path.starts_with('/') {
        return match public {
            Some(public) => match path.strip_prefix(&public.path) {
                Some(path) => Target::Root(path.to_owned(), Written::Root),
                None => Target::Other,
            },
            None => Target::Root(path.trim_start_matches('/').to_owned(), Written::Root),
        };
    }
    Target::Relative(path.to_owned())
}

/// A path from the root of the folder.
pub(super) fn from_root(path: &str) -> Option<AssetPath> {
    AssetPath::new("_")?.resolve(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_where_it_leads() {
        let check = |address: &str, public: Option<&str>, expected: Target| {
            let public = public.map(|text| PublicUrl::parse(text).unwrap());
            assert_eq!(target(address, public.as_ref()), expected, "{address}");
        };
        let root = |path: &str, written: Written| Target::Root(path.to_owned(), written);
        check("a.js?v=1#x", None, Target::Relative("a.js".into()));
        check("../a.js", None, Target::Relative("../a.js".into()));
        check("/a.js", None, root("a.js", Written::Root));
        check("#x", None, Target::Nothing);
        check("", None, Target::Nothing);
        check("data:text/css,a", None, Target::Nothing);
        check("mailto:a@b.example", None, Target::Nothing);
        check("https://x.example/a.js", None, Target::Site("a.js".into()));
        check("//x.example/a.js", None, Target::Site("a.js".into()));
        let site = Some("https://Shop.example/app");
        check("https://shop.example/app/a.js", site, root("a.js", Written::Absolute));
        check("//SHOP.example/app/a.js", site, root("a.js", Written::Absolute));
        check("https://shop.example/a.js", site, Target::Other);
        check("https://other.example/app/a.js", site, Target::Other);
        check("/app/a.js", site, root("a.js", Written::Root));
        check("/a.js", site, Target::Other);
        check("/app/a.js", Some("/app/"), root("a.js", Written::Root));
        for wrong in ["", "shop.example", "//shop.example", "https://", "https://a b/", "/a?b"] {
            assert!(PublicUrl::parse(wrong).is_err(), "{wrong}");
        }
    }
}
