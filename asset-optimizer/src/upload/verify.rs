//! A deployed site × its manifest → what is not as it is to be.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::asset::{AssetPath, ByteCount, Delta, Encoding};
use crate::compress::decompress;
use crate::error::{Error, Result};
use crate::integrity::{Algorithm, Integrity};
use crate::manifest::{Caching, DeltaFile, File, Manifest, NAME};
use crate::serve::{self, Root};
use crate::sys::hands::{self, Load};
use crate::sys::web::{Answer, Web, shown};

use super::layout::Layout;

/// The largest manifest that is read.
const MANIFEST_BYTES: u64 = 256 << 20;
/// How much may be held at once.
const MEMORY_BYTES: u64 = 256 << 20;
/// What an answer may have more than the file, before the rest is left where it is: an encoding may weigh more, a page of an
/// error has its own size.
const MORE_BYTES: u64 = 64 << 10;
/// From this size on a file that could be encoded should be: less fits into the first packets anyway. Arbitrary, as CDNs have it.
const WORTH_BYTES: u64 = 1400;
/// What is said of an encoding that nobody asked for.
pub const NOT_ASKED_FOR: &str = "which was not asked for";
/// For how long browsers are to keep at least what has a hash in its name. Arbitrary.
const LONG_SECONDS: u64 = 24 * 60 * 60;

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
    let answer = web.get(&url, &[("accept-encoding", "identity".to_owned())], MANIFEST_BYTES)?;
    if answer.status != 200 {
        return Err(Error::environment(format!(
            "cannot read the manifest of `{}`: it answers {}",
            shown(&url),
            answer.status
        ))
        .hint("name the folder that was deployed with `--manifest`"));
    }
    let body = match Encoding::ALL.into_iter().find(|own| own.name() == encoding(&answer)) {
        // One encoding under the plain name.
        Some(own) => decompress(own, &answer.body, MANIFEST_BYTES as usize),
        None => Ok(answer.body),
    };
    let body =
        body.map_err(|why| Error::environment(format!("cannot read the manifest of `{}`: {why}", shown(site))))?;
    Manifest::read(&body)
        .map_err(|why| Error::environment(format!("cannot read the manifest of `{}`: {why}", shown(site))))
}

/// Asks a site for every file of a manifest, in every encoding, and for every delta.
///
/// # Errors
/// Where the site cannot be reached.
pub fn verify(
    web: &Web,
    site: &str,
    manifest: &Manifest,
    layout: Option<Layout>,
    parallel: usize,
    tell: &(dyn Fn(&str) + Sync),
) -> Result<Verified> {
    let need = |file: &File| file.bytes.0.saturating_add(MORE_BYTES).saturating_mul(2);
    let loads: Vec<Load> = manifest.files.iter().map(|file| Load { memory: need(file), ..Load::default() }).collect();
    let has =
        |encoding: Encoding| manifest.files.iter().any(|file| file.encoded.iter().any(|(own, _)| *own == encoding));
    let zstd = has(Encoding::Zstd).then_some(Some(Encoding::Zstd));
    let plainly: Vec<Asked<'_>> = [Some(Encoding::Brotli), Some(Encoding::Gzip), None]
        .into_iter()
        .chain(zstd)
        .map(|encoding| encoding.map_or(Asked::Plain, Asked::In))
        .collect();
    let asked = hands::run(&loads, parallel, MEMORY_BYTES, |at| {
        let file = &manifest.files[at];
        tell(file.name.as_str());
        let url = address(site, &file.name);
        let (mut findings, mut seen) = (Vec::new(), Vec::new());
        for asked in plainly.iter().copied().chain(file.deltas.iter().map(Asked::From)) {
            let dictionary = match asked {
                Asked::From(delta) => Some(("available-dictionary", serve::dictionary(delta))),
                _ => None,
            };
            let headers = [("accept-encoding", asked.name().to_owned())].into_iter().chain(dictionary);
            let answer = web.get(&url, &headers.collect::<Vec<_>>(), file.bytes.0.saturating_add(MORE_BYTES))?;
            findings.extend(judged(file, layout, asked, &answer));
            seen.push((asked, Answer { body: Vec::new(), ..answer }));
        }
        findings.extend(together(file, &seen));
        Ok((findings, seen.iter().map(|(_, answer)| encoding(answer).to_owned()).collect::<Vec<_>>()))
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

/// What one is asked with.
#[derive(Debug, Clone, Copy)]
enum Asked<'a> {
    /// No encoding.
    Plain,
    /// An encoding.
    In(Encoding),
    /// What differs from a file that the browser says it has.
    From(&'a DeltaFile),
}

impl Asked<'_> {
    fn name(self) -> &'static str {
        match self {
            Asked::Plain => "identity",
            Asked::In(encoding) => encoding.name(),
            Asked::From(delta) => delta.delta.name(),
        }
    }
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

/// What is wrong with the bytes of an answer.
fn judged(file: &File, layout: Option<Layout>, asked: Asked<'_>, answer: &Answer) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |what| findings.push(Finding { file: file.name.clone(), accept: Some(asked.name()), what });
    if answer.status != 200 {
        find(format!("it answers {}", answer.status));
        return findings;
    }
    if answer.is_cut {
        find(format!("it has more than the {} B of the manifest", file.bytes.0));
        return findings;
    }
    let name = encoding(answer);
    if let Asked::From(delta) = asked
        && name == asked.name()
    {
        let head = [delta.delta.magic(), delta.dictionary.bytes()].concat();
        if !answer.body.starts_with(&head) || ByteCount::of(&answer.body) != delta.bytes {
            find("it is not the delta of the manifest".to_owned());
        }
        return findings;
    }
    let known = Encoding::ALL.into_iter().find(|encoding| encoding.name() == name);
    let has = |encoding: Encoding| file.encoded.iter().any(|(own, _)| *own == encoding);
    let wanted = match (layout, asked) {
        // Who deploys so knows that every client has that one.
        (Some(Layout::Single(encoding)), _) => Some(encoding).filter(|encoding| has(*encoding)),
        (_, Asked::In(encoding)) => Some(encoding),
        (_, Asked::Plain | Asked::From(_)) => None,
    };
    if known.is_some() && known != wanted {
        find(format!("it comes as `{name}`, {NOT_ASKED_FOR}"));
    }
    let whole = match known {
        Some(encoding) => {
            decompress(encoding, &answer.body, usize::try_from(file.bytes.0).unwrap_or(usize::MAX)).map(Cow::Owned)
        }
        None if name == "identity" => Ok(Cow::Borrowed(answer.body.as_slice())),
        None => Err(format!("nobody knows the encoding `{name}`")),
    };
    match whole {
        Ok(body) if Integrity::of(Algorithm::Sha384, &body) == file.integrity => {}
        Ok(_) => find("its bytes are not those of the manifest".to_owned()),
        Err(why) => find(format!("it cannot be decoded: {why}")),
    }
    // Nobody asks for zstd alone.
    let is_hoped_for = wanted.is_some_and(|wanted| has(wanted) && wanted != Encoding::Zstd);
    if name == "identity" && is_hoped_for && file.bytes.0 >= WORTH_BYTES {
        find(format!("it comes as {} B, and not encoded", file.bytes.0));
    }
    findings
}

/// What is wrong with what the answers say of themselves.
fn together(file: &File, seen: &[(Asked<'_>, Answer)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |accept, what| findings.push(Finding { file: file.name.clone(), accept, what });
    let there = || seen.iter().filter(|(_, answer)| answer.status == 200);
    let Some((_, first)) = there().next() else { return findings };
    let is_delta = |answer: &Answer| Delta::ALL.iter().any(|delta| delta.name() == encoding(answer));
    let differs = there().any(|(_, answer)| encoding(answer) != encoding(first));
    let by = [
        ("accept-encoding", "Accept-Encoding", differs),
        ("available-dictionary", "Available-Dictionary", there().any(|(_, answer)| is_delta(answer))),
    ];
    for (asked, answer) in there() {
        let vary = header(answer, "vary").to_ascii_lowercase();
        let says = |name: &str| vary.split(',').any(|own| own.trim() == name || own.trim() == "*");
        for (_, name, _) in by.iter().filter(|(name, _, differs)| *differs && !says(name)) {
            find(Some(asked.name()), format!("caches are not told that it depends on `{name}` (`Vary`)"));
        }
    }
    let own = header(first, "content-type").split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_script = |name: &str| matches!(name, "text/javascript" | "application/javascript");
    if own != file.media_type && !(is_script(&own) && is_script(&file.media_type)) {
        find(None, format!("its type is `{own}`, and is to be `{}`", file.media_type));
    }
    let control = header(first, "cache-control").to_ascii_lowercase();
    let says = |name: &str| control.split(',').any(|part| part.trim() == name);
    let seconds = control.split(',').find_map(|part| part.trim().strip_prefix("max-age=")?.parse::<u64>().ok());
    let is_right = match file.caching {
        Caching::Immutable => says("immutable") && seconds.is_some_and(|seconds| seconds >= LONG_SECONDS),
        Caching::Revalidate => says("no-cache") || says("no-store") || (seconds == Some(0) && !says("immutable")),
    };
    let why = match file.caching {
        Caching::Immutable => "its name has a hash",
        Caching::Revalidate => "its name may get other bytes",
    };
    if !is_right {
        find(None, format!("`Cache-Control` is `{control}`, and {why}"));
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
    use crate::asset::Digest;
    use crate::compress::Effort;
    use crate::compress::compress;

    const FINE: [(&str, &str); 3] = [
        ("content-type", "application/javascript"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("vary", "Origin, accept-encoding"),
    ];
    const BROTLI: Option<Encoding> = Some(Encoding::Brotli);
    const GZIP: Option<Encoding> = Some(Encoding::Gzip);

    fn body() -> Vec<u8> {
        "let shop = 1;".repeat(200).into_bytes()
    }

    fn file() -> File {
        File {
            source: AssetPath::new("a.js").unwrap(),
            name: AssetPath::new("a-k3v7qzn2aw.js").unwrap(),
            label: None,
            media_type: "text/javascript".to_owned(),
            bytes: ByteCount::of(&body()),
            encoded: vec![(Encoding::Brotli, ByteCount(40)), (Encoding::Gzip, ByteCount(60))],
            deltas: Vec::new(),
            integrity: Integrity::of(Algorithm::Sha384, &body()),
            caching: Caching::Immutable,
            why_kept: None,
        }
    }

    fn answer(encoding: Option<Encoding>, headers: &[(&str, &str)]) -> Answer {
        let mut all: BTreeMap<String, String> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let sent = match encoding {
            Some(encoding) => {
                all.insert("content-encoding".to_owned(), encoding.name().to_owned());
                compress(encoding, &body(), Effort::default()).unwrap()
            }
            None => body(),
        };
        Answer { status: 200, headers: all, body: sent, is_cut: false }
    }

    fn found(file: &File, layout: Option<Layout>, answers: Vec<(Asked<'_>, Answer)>) -> Vec<String> {
        let each = answers.iter().flat_map(|(asked, answer)| judged(file, layout, *asked, answer));
        each.chain(together(file, &answers)).map(|finding| finding.what).collect()
    }

    fn check(answers: [Answer; 3], expected: &[&str]) {
        let asked = [Asked::In(Encoding::Brotli), Asked::In(Encoding::Gzip), Asked::Plain];
        assert_eq!(found(&file(), None, asked.into_iter().zip(answers).collect()), expected);
    }

    #[test]
    fn answers_are_as_the_manifest_says_or_are_said() {
        check([answer(BROTLI, &FINE), answer(GZIP, &FINE), answer(None, &FINE)], &[]);
        check(
            [answer(BROTLI, &FINE), answer(GZIP, &FINE), answer(BROTLI, &FINE)],
            &["it comes as `br`, which was not asked for"],
        );
        check(
            [answer(BROTLI, &FINE), answer(None, &FINE), answer(None, &FINE[..2])],
            &[
                "it comes as 2600 B, and not encoded",
                "caches are not told that it depends on `Accept-Encoding` (`Vary`)",
            ],
        );
        let other = Answer { body: b"x".to_vec(), ..answer(None, &FINE) };
        let gone = Answer { status: 404, ..answer(None, &[]) };
        check([answer(BROTLI, &FINE), gone, other], &["it answers 404", "its bytes are not those of the manifest"]);
        let long = Answer { is_cut: true, ..answer(None, &FINE) };
        check([answer(BROTLI, &FINE), answer(GZIP, &FINE), long], &["it has more than the 2600 B of the manifest"]);
        let plain = [("content-type", "text/plain"), ("cache-control", "no-cache"), ("vary", "*")];
        check(
            [answer(BROTLI, &plain), answer(GZIP, &plain), answer(None, &plain)],
            &[
                "its type is `text/plain`, and is to be `text/javascript`",
                "`Cache-Control` is `no-cache`, and its name has a hash",
            ],
        );
    }

    #[test]
    fn browsers_keep_for_long_what_has_a_hash_in_its_name_and_nothing_else() {
        let check = |caching: Caching, control: &str, is_right: bool| {
            let file = File { caching, ..file() };
            let headers = [FINE[0], ("cache-control", control)];
            let findings = found(&file, None, vec![(Asked::Plain, answer(None, &headers))]);
            assert_eq!(findings.is_empty(), is_right, "{control}: {findings:?}");
        };
        for (control, immutable, revalidate) in [
            ("public, max-age=31536000, immutable", true, false),
            ("immutable", false, false),
            ("max-age=60, immutable", false, false),
            ("max-age=31536000", false, false),
            ("no-cache", false, true),
            ("Private, No-Store", false, true),
            ("max-age=0, must-revalidate", false, true),
            ("max-age=0, immutable", false, false),
            ("", false, false),
        ] {
            check(Caching::Immutable, control, immutable);
            check(Caching::Revalidate, control, revalidate);
        }
    }

    #[test]
    fn one_encoding_under_the_plain_name_is_right_where_it_was_deployed_so() {
        let all = || {
            let asked = [Asked::In(Encoding::Brotli), Asked::In(Encoding::Gzip), Asked::Plain];
            asked.into_iter().map(|asked| (asked, answer(BROTLI, &FINE))).collect()
        };
        assert!(found(&file(), Some(Layout::Single(Encoding::Brotli)), all()).is_empty());
        assert_eq!(found(&file(), None, all()), ["it comes as `br`, which was not asked for"; 2]);
        let plain = vec![(Asked::Plain, answer(None, &FINE))];
        let layout = Some(Layout::Single(Encoding::Brotli));
        assert_eq!(found(&file(), layout, plain), ["it comes as 2600 B, and not encoded"]);
    }

    #[test]
    fn a_delta_is_the_one_of_the_manifest_and_caches_know() {
        let delta = DeltaFile { delta: Delta::Brotli, dictionary: Digest::of(b"old"), bytes: ByteCount(40) };
        let made = [delta.delta.magic(), delta.dictionary.bytes(), b"1234"].concat();
        let check = |body: &[u8], vary: &str, expected: &[&str]| {
            let headers = [FINE[0], FINE[1], ("vary", vary), ("content-encoding", "dcb")];
            let answers = vec![
                (Asked::Plain, answer(None, &[FINE[0], FINE[1], ("vary", "*")])),
                (Asked::From(&delta), Answer { body: body.to_vec(), ..answer(None, &headers) }),
            ];
            assert_eq!(found(&file(), None, answers), expected);
        };
        check(&made, "accept-encoding, available-dictionary", &[]);
        check(&made, "accept-encoding", &["caches are not told that it depends on `Available-Dictionary` (`Vary`)"]);
        check(&made[..39], "*", &["it is not the delta of the manifest"]);
        check(&[made[1..].to_vec(), vec![0]].concat(), "*", &["it is not the delta of the manifest"]);
        // Who hands on no deltas sends all of it.
        let whole = vec![(Asked::From(&delta), answer(None, &FINE))];
        assert!(found(&file(), None, whole).is_empty());
    }
}
