//! What was replaced under its name → the requests that make a CDN forget it. Pure.
//!
//! CloudFront: one `CreateInvalidation` for all paths (API 2020-05-31), signed as AWS has it. Cloudflare: `purge_cache` with up to
//! a hundred addresses each. Fastly: `POST /purge/{address}` for each one. What is replaced with another hash in its name is
//! another name, and nobody has to forget it.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::json;

use super::layout::Stage;
use super::record::Record;
use crate::asset::{AssetPath, Encoding};
use crate::serve::{self, Root};

/// How many addresses a request to Cloudflare may have.
const CLOUDFLARE_MOST: usize = 100;
/// From so many paths on, CloudFront is told to forget the whole site: it takes 3,000 at a time.
const CLOUDFRONT_MOST: usize = 3000;

/// A CDN, and what it calls the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cdn {
    /// Amazon's, by the identifier of a distribution.
    CloudFront(String),
    /// By the identifier of a zone.
    Cloudflare(String),
    /// By the addresses alone.
    Fastly,
}

impl Cdn {
    /// Reads `cloudfront:ID`, `cloudflare:ZONE` or `fastly`.
    ///
    /// # Errors
    /// How it is written.
    pub fn parse(text: &str) -> Result<Cdn, String> {
        let is_id = |id: &str| !id.is_empty() && id.bytes().all(|letter| letter.is_ascii_alphanumeric());
        match text.split_once(':') {
            None if text == "fastly" => Ok(Cdn::Fastly),
            Some(("cloudfront", id)) if is_id(id) => Ok(Cdn::CloudFront(id.to_owned())),
            Some(("cloudflare", id)) if is_id(id) => Ok(Cdn::Cloudflare(id.to_owned())),
            _ => Err("say `cloudfront:DISTRIBUTION`, `cloudflare:ZONE` or `fastly`".to_owned()),
        }
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Cdn::CloudFront(_) => "CloudFront",
            Cdn::Cloudflare(_) => "Cloudflare",
            Cdn::Fastly => "Fastly",
        }
    }

    /// Whether it knows files by the site's whole address, and not by their path alone.
    #[must_use]
    pub fn wants_site(&self) -> bool {
        !matches!(self, Cdn::CloudFront(_))
    }
}

/// A request to a CDN; who sends it knows where its interface is, and says who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The path of the interface.
    pub path: String,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

/// Where the site is: what stands before the paths of its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// `https://shop.example`, where it is known.
    pub origin: Option<String>,
    /// The path below which it lies.
    pub root: Root,
}

/// What a release has under a name that the one before had with other bytes or headers; without what has a hash in its name, and
/// without encoded forms, which have no address of their own for a visitor.
#[must_use]
pub fn replaced(before: &Record, after: &Record) -> Vec<AssetPath> {
    let is_variant = |key: &AssetPath| {
        let plain = Encoding::ALL.iter().find_map(|encoding| key.as_str().strip_suffix(encoding.suffix()));
        plain.and_then(AssetPath::new).is_some_and(|plain| after.objects.contains_key(&plain))
    };
    let changed = after.objects.iter().filter(|(key, object)| {
        let was = before.objects.get(*key);
        let differs = was.is_some_and(|was| was.digest != object.digest || was.headers != object.headers);
        differs && object.stage != Stage::Hashed && !is_variant(key)
    });
    changed.map(|(key, _)| key.clone()).collect()
}

/// The paths under which visitors know these files: an index is its folder's, too.
fn paths(site: &Site, keys: &[AssetPath]) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for key in keys {
        let path = serve::address(&site.root, key);
        if let Some(folder) = path.strip_suffix("index.html").filter(|folder| folder.ends_with('/')) {
            paths.insert(folder.to_owned());
        }
        paths.insert(path);
    }
    paths
}

/// Whether what a CDN answers, where it says that all is well, says that it was done.
#[must_use]
pub fn is_done(cdn: &Cdn, said: &[u8]) -> bool {
    match cdn {
        Cdn::CloudFront(_) | Cdn::Fastly => true,
        Cdn::Cloudflare(_) => {
            serde_json::from_slice::<serde_json::Value>(said).is_ok_and(|said| said["success"] == true)
        }
    }
}

/// How many addresses these files have, in words.
#[must_use]
pub fn counted(site: &Site, keys: &[AssetPath]) -> String {
    match paths(site, keys).len() {
        1 => "1 address".to_owned(),
        count => format!("{count} addresses"),
    }
}

/// The requests that make a CDN forget these files; `reference` names the deploy, so that one that is sent twice counts once.
#[must_use]
pub fn requests(cdn: &Cdn, site: &Site, keys: &[AssetPath], reference: &str) -> Vec<Request> {
    let paths = paths(site, keys);
    let origin = site.origin.as_deref().unwrap_or_default();
    let addresses: Vec<String> = paths.iter().map(|path| format!("{origin}{path}")).collect();
    match cdn {
        _ if paths.is_empty() => Vec::new(),
        Cdn::CloudFront(distribution) => {
            let whole = BTreeSet::from([format!("{}*", site.root)]);
            let paths = if paths.len() > CLOUDFRONT_MOST { whole } else { paths };
            vec![Request {
                path: format!("/2020-05-31/distribution/{distribution}/invalidation"),
                content_type: "application/xml",
                body: invalidation(&paths, reference),
            }]
        }
        Cdn::Cloudflare(zone) => addresses
            .chunks(CLOUDFLARE_MOST)
            .map(|files| Request {
                path: format!("/zones/{zone}/purge_cache"),
                content_type: "application/json",
                body: json!({ "files": files }).to_string(),
            })
            .collect(),
        Cdn::Fastly => addresses
            .iter()
            .map(|address| Request {
                path: format!("/purge/{}", address.split_once("://").map_or(address.as_str(), |(_, rest)| rest)),
                content_type: "application/json",
                body: String::new(),
            })
            .collect(),
    }
}

fn invalidation(paths: &BTreeSet<String>, reference: &str) -> String {
    let mut items = String::new();
    for path in paths {
        // Paths are escaped as addresses are, so that nothing but `&` means something here. Writing to a string cannot fail.
        let _ = write!(items, "<Path>{}</Path>", path.replace('&', "&amp;"));
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <InvalidationBatch xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">\
         <CallerReference>{reference}</CallerReference>\
         <Paths><Items>{items}</Items><Quantity>{}</Quantity></Paths></InvalidationBatch>",
        paths.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[&str]) -> Vec<AssetPath> {
        names.iter().map(|name| AssetPath::new(name).unwrap()).collect()
    }

    fn site(origin: Option<&str>, root: &str) -> Site {
        Site { origin: origin.map(str::to_owned), root: Root::parse(root).unwrap() }
    }

    #[test]
    fn a_cdn_is_named_with_its_identifier() {
        assert_eq!(Cdn::parse("cloudfront:E1A2"), Ok(Cdn::CloudFront("E1A2".into())));
        assert_eq!(Cdn::parse("cloudflare:0af1"), Ok(Cdn::Cloudflare("0af1".into())));
        assert_eq!(Cdn::parse("fastly"), Ok(Cdn::Fastly));
        for text in ["", "cloudfront", "cloudfront:", "cloudfront:../x", "akamai:1", "fastly:1"] {
            assert!(Cdn::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_index_is_known_by_its_folder_too() {
        let asked = |cdn: Cdn, origin, root: &str| {
            requests(&cdn, &site(origin, root), &keys(&["index.html", "é/index.html", "a&b.txt"]), "r1")
        };
        let cloudfront = asked(Cdn::CloudFront("E1".into()), None, "/");
        assert_eq!(cloudfront.len(), 1);
        assert_eq!(cloudfront[0].path, "/2020-05-31/distribution/E1/invalidation");
        for part in [
            "<Path>/</Path>",
            "<Path>/index.html</Path>",
            "<Path>/%C3%A9/</Path>",
            "<Quantity>5</Quantity>",
            "<CallerReference>r1<",
        ] {
            assert!(cloudfront[0].body.contains(part), "{part}: {}", cloudfront[0].body);
        }
        assert!(!cloudfront[0].body.contains("a&b"));
        let cloudflare = asked(Cdn::Cloudflare("z".into()), Some("https://shop.example"), "/app/");
        assert!(cloudflare[0].body.contains("\"https://shop.example/app/\""), "{}", cloudflare[0].body);
        let fastly = asked(Cdn::Fastly, Some("https://shop.example"), "/");
        assert_eq!(fastly.len(), 5);
        assert!(fastly.iter().any(|request| request.path == "/purge/shop.example/index.html"), "{fastly:?}");
    }

    #[test]
    fn cloudflare_may_say_in_its_answer_that_it_did_not_work() {
        let zone = Cdn::Cloudflare("z".into());
        assert!(is_done(&zone, br#"{"success": true}"#));
        for said in [&br#"{"success": false}"#[..], b"", b"{", b"<html>"] {
            assert!(!is_done(&zone, said));
        }
    }

    #[test]
    fn requests_are_as_large_as_they_may_be() {
        let many: Vec<AssetPath> =
            (0..250).map(|number| AssetPath::new(&format!("page{number}.html")).unwrap()).collect();
        let asked = |cdn: &Cdn, keys: &[AssetPath]| requests(cdn, &site(Some("https://a"), "/"), keys, "r");
        assert_eq!(asked(&Cdn::Cloudflare("z".into()), &many).len(), 3);
        assert!(asked(&Cdn::Fastly, &[]).is_empty());
        let more: Vec<AssetPath> = (0..3001).map(|number| AssetPath::new(&format!("{number}.html")).unwrap()).collect();
        assert!(asked(&Cdn::CloudFront("E".into()), &more)[0].body.contains("<Path>/*</Path>"));
    }
}
