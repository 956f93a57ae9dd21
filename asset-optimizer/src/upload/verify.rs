//! A deployed site × its manifest → what is not as it is to be.

use std::collections::BTreeMap;

use crate::asset::{AssetPath, Encoding};
use crate::compress::decompress;
use crate::error::{Error, Result};
use crate::integrity::{Algorithm, Integrity};
use crate::manifest::{Caching, File, Manifest, NAME};
use crate::serve::{self, Root};
use crate::sys::hands::{self, Load};
use crate::sys::web::{Answer, Web, shown};

/// The largest body that is taken; no file that is worked on is larger.
const MOST_BYTES: u64 = 256 << 20;
/// From this size on a file that could be encoded should be: less fits into the first packets anyway. Arbitrary, as CDNs have it.
const WORTH_BYTES: u64 = 1400;

/// What one is asked with: `Accept-Encoding`, and the encodings that an answer may have then.
const ASKED: [(&str, Option<Encoding>); 3] =
    [("br", Some(Encoding::Brotli)), ("gzip", Some(Encoding::Gzip)), ("identity", None)];

/// Something that is not as it is to be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file.
    pub file: AssetPath,
    /// What it was asked with; nothing where that makes no difference.
    pub accept: Option<&'static str>,
    /// What is wrong, in words.
    pub what: String,
}

/// What a site answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// What is wrong, by file.
    pub findings: Vec<Finding>,
    /// How many files were asked for.
    pub files: usize,
    /// How many answers came in which encoding.
    pub encodings: BTreeMap<String, usize>,
    /// How many requests were made.
    pub requests: u64,
    /// How many connections they took.
    pub connections: u64,
}

/// Asks a site for its manifest.
///
/// # Errors
/// Where it has none that can be read.
pub fn manifest(web: &Web, site: &str) -> Result<Manifest> {
    let url = format!("{}/{NAME}", site.trim_end_matches('/'));
    let answer = web.get(&url, "identity", MOST_BYTES)?;
    if answer.status != 200 {
        return Err(Error::environment(format!(
            "cannot read the manifest of `{}`: it answers {}",
            shown(&url),
            answer.status
        ))
        .hint("name the folder that was deployed with `--manifest`"));
    }
    Manifest::read(&answer.body)
        .map_err(|why| Error::environment(format!("cannot read the manifest of `{}`: {why}", shown(site))))
}

/// Asks a site for every file of a manifest, in every encoding.
///
/// # Errors
/// Where the site cannot be reached.
pub fn verify(
    web: &Web,
    site: &str,
    manifest: &Manifest,
    parallel: usize,
    tell: &(dyn Fn(&str) + Sync),
) -> Result<Verified> {
    let loads: Vec<Load> =
        manifest.files.iter().map(|file| Load { memory: file.bytes.0.saturating_mul(2), ..Load::default() }).collect();
    let asked = hands::run(&loads, parallel, MOST_BYTES, |at| {
        let file = &manifest.files[at];
        tell(file.name.as_str());
        let url = address(site, &file.name);
        let answers = ASKED.iter().map(|(accept, _)| web.get(&url, accept, MOST_BYTES)).collect::<Result<Vec<_>>>()?;
        Ok((judged(file, &answers), answers.iter().map(|answer| encoding(answer).to_owned()).collect::<Vec<_>>()))
    })?;
    let mut verified = Verified { files: manifest.files.len(), ..Verified::default() };
    for (findings, encodings) in asked {
        verified.findings.extend(findings);
        for name in encodings {
            *verified.encodings.entry(name).or_default() += 1;
        }
    }
    verified.findings.sort();
    (verified.requests, verified.connections) = web.tally();
    Ok(verified)
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map(String::as_str).unwrap_or_default()
}

fn encoding(answer: &Answer) -> &str {
    match header(answer, "content-encoding") {
        "" => "identity",
        name => name,
    }
}

/// What is wrong with the answers to [`ASKED`], in that order.
fn judged(file: &File, answers: &[Answer]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |accept, what: String| findings.push(Finding { file: file.name.clone(), accept, what });
    let varies = answers.iter().any(|answer| encoding(answer) != encoding(&answers[0]));
    for (answer, (accept, wanted)) in answers.iter().zip(ASKED) {
        if answer.status != 200 {
            find(Some(accept), format!("it answers {}", answer.status));
            continue;
        }
        let name = encoding(answer);
        let known = Encoding::ALL.into_iter().find(|encoding| encoding.name() == name);
        // One encoding under the plain name: who sends it knows that every client has it.
        if known.is_some() && known != wanted {
            find(Some(accept), format!("it comes as `{name}`, which was not asked for"));
        }
        let body = match known {
            Some(encoding) => decompress(encoding, &answer.body, MOST_BYTES as usize),
            None if name == "identity" => Ok(answer.body.clone()),
            None => Err(format!("nobody knows the encoding `{name}`")),
        };
        match body {
            Ok(body) if Integrity::of(Algorithm::Sha384, &body) == file.integrity => {}
            Ok(_) => find(Some(accept), "its bytes are not those of the manifest".to_owned()),
            Err(why) => find(Some(accept), format!("it cannot be decoded: {why}")),
        }
        let is_encodable = wanted.is_some_and(|wanted| file.encoded.iter().any(|(own, _)| *own == wanted));
        if name == "identity" && is_encodable && file.bytes.0 >= WORTH_BYTES {
            find(Some(accept), format!("it comes as {} B, and not encoded", file.bytes.0));
        }
        if varies
            && !header(answer, "vary")
                .to_ascii_lowercase()
                .split(',')
                .any(|name| matches!(name.trim(), "accept-encoding" | "*"))
        {
            find(Some(accept), "caches are not told that it depends on `Accept-Encoding` (`Vary`)".to_owned());
        }
    }
    if let Some(answer) = answers.iter().find(|answer| answer.status == 200) {
        let own = header(answer, "content-type").split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let is_script = |name: &str| matches!(name, "text/javascript" | "application/javascript");
        if own != file.media_type && !(is_script(&own) && is_script(&file.media_type)) {
            find(None, format!("its type is `{own}`, and is to be `{}`", file.media_type));
        }
        let control = header(answer, "cache-control").to_ascii_lowercase();
        let is_kept = control.split(',').any(|part| part.trim() == "immutable");
        match file.caching {
            Caching::Immutable if !is_kept => {
                find(None, format!("`Cache-Control` is `{control}`, and its name has a hash"))
            }
            Caching::Revalidate if is_kept => {
                find(None, "it is `immutable`, and its name may get other bytes".to_owned())
            }
            _ => {}
        }
    }
    findings
}

/// The address of a file of a site.
fn address(site: &str, file: &AssetPath) -> String {
    format!("{}{}", site.trim_end_matches('/'), serve::address(&Root::default(), file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::ByteCount;
    use crate::compress::Effort;
    use crate::compress::compress;

    #[test]
    fn answers_are_as_the_manifest_says_or_are_said() {
        let body = "let shop = 1;".repeat(200).into_bytes();
        let file = File {
            source: AssetPath::new("a.js").unwrap(),
            name: AssetPath::new("a-k3v7qzn2aw.js").unwrap(),
            label: None,
            media_type: "text/javascript".to_owned(),
            bytes: ByteCount::of(&body),
            encoded: vec![(Encoding::Brotli, ByteCount(40)), (Encoding::Gzip, ByteCount(60))],
            deltas: Vec::new(),
            integrity: Integrity::of(Algorithm::Sha384, &body),
            caching: Caching::Immutable,
            why_kept: None,
        };
        let answer = |encoding: Option<Encoding>, headers: &[(&str, &str)]| {
            let mut all: BTreeMap<String, String> =
                headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let sent = match encoding {
                Some(encoding) => {
                    all.insert("content-encoding".to_owned(), encoding.name().to_owned());
                    compress(encoding, &body, Effort::default()).unwrap()
                }
                None => body.clone(),
            };
            Answer { status: 200, headers: all, body: sent }
        };
        let fine = [
            ("content-type", "application/javascript"),
            ("cache-control", "public, immutable"),
            ("vary", "Origin, accept-encoding"),
        ];
        let (brotli, gzip) = (Some(Encoding::Brotli), Some(Encoding::Gzip));
        let check = |answers: [Answer; 3], expected: &[&str]| {
            let found: Vec<String> = judged(&file, &answers).into_iter().map(|finding| finding.what).collect();
            assert_eq!(found, expected);
        };
        check([answer(brotli, &fine), answer(gzip, &fine), answer(None, &fine)], &[]);
        check(
            [answer(brotli, &fine), answer(gzip, &fine), answer(brotli, &fine)],
            &["it comes as `br`, which was not asked for"],
        );
        check(
            [answer(brotli, &fine), answer(None, &fine), answer(None, &fine[..2])],
            &[
                "it comes as 2600 B, and not encoded",
                "caches are not told that it depends on `Accept-Encoding` (`Vary`)",
            ],
        );
        let other = Answer { body: b"x".to_vec(), ..answer(None, &fine) };
        let gone = Answer { status: 404, ..answer(None, &[]) };
        check([answer(brotli, &fine), gone, other], &["it answers 404", "its bytes are not those of the manifest"]);
        let plain = [("content-type", "text/plain"), ("cache-control", "no-cache"), ("vary", "*")];
        check(
            [answer(brotli, &plain), answer(gzip, &plain), answer(None, &plain)],
            &[
                "its type is `text/plain`, and is to be `text/javascript`",
                "`Cache-Control` is `no-cache`, and its name has a hash",
            ],
        );
    }
}
