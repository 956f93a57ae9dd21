//! Bytes → attempts: what each engine makes of a file, with the proof that it means the same. Pure.
//!
//! An engine is never believed. What it made is a [`Candidate`] only after a proof that does not ask the same code again:
//! another decoder, another renderer, or the same parser asked about what a user of the file would notice. What fails its
//! proof is [`Dropped`] with the reason. Which candidate wins is not decided here, see [`crate::choose`].

#[cfg(feature = "css")]
mod css;
#[cfg(feature = "html")]
pub(crate) mod html;
#[cfg(feature = "images")]
mod jpeg;
#[cfg(feature = "js")]
pub(crate) mod js;
mod json;
#[cfg(feature = "variants")]
pub mod modern;
#[cfg(feature = "images")]
mod png;
#[cfg(feature = "svg")]
mod svg;
pub mod trailing;
mod wasm;
#[cfg(feature = "xml")]
mod xml;

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::asset::{AssetPath, Kind};
use crate::compress::Effort;
use crate::integrity::{Claim, Integrity};
use crate::settings::Settings;
use crate::spaces::Shown;

/// How pages load a script, which decides what may be renamed in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Loading {
    /// By a `<script>` without a type: its top-level names are every other script's, too.
    Classic,
    /// As a module: its top-level names are its own.
    Module,
    /// No page here says; it is taken for a classic script where it can be one.
    Unknown,
}

/// A file to work on.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Where it lies.
    pub path: &'a AssetPath,
    /// What it is.
    pub kind: Kind,
    /// What it holds.
    pub bytes: &'a [u8],
    /// How pages load it, for scripts.
    pub loading: Loading,
    /// The source map that it names and that is there.
    pub map: Option<&'a [u8]>,
    /// Where style sheets show blanks, for pages.
    pub shown: &'a Shown,
}

/// What an engine made, proven to mean the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Who made it.
    pub engine: &'static str,
    /// What it made.
    pub bytes: Vec<u8>,
    /// The source map that goes with it, where there was one.
    pub map: Option<Vec<u8>>,
    /// What was shown of it.
    pub proof: Cow<'static, str>,
}

/// What an engine could not do, or did and could not be proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// Who tried.
    pub engine: &'static str,
    /// Why there is nothing, for a person.
    pub why: String,
}

/// What an engine made of a file.
pub type Attempt = Result<Candidate, Dropped>;

/// Which engines are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Those that find something to do.
    AsNeeded,
    /// All of them.
    All,
}

/// What each engine makes of a file, in the order of trust; empty for kinds that no engine is for.
#[must_use]
pub fn attempts(source: &Source<'_>, settings: &Settings, asked: Asked) -> Vec<Attempt> {
    let _ = (settings, asked);
    if source.bytes.is_empty() {
        return Vec::new();
    }
    match source.kind {
        #[cfg(feature = "js")]
        Kind::JavaScript => js::attempts(source, if settings.effort == Effort::Max { Asked::All } else { asked }),
        #[cfg(feature = "css")]
        Kind::Css => css::attempts(source, &settings.targets),
        Kind::Json | Kind::WebManifest => vec![guarded("json", || json::minified(source.bytes))],
        #[cfg(feature = "svg")]
        Kind::Svg => vec![guarded("svg", || svg::minified(source.bytes))],
        #[cfg(feature = "images")]
        Kind::Png => png::attempts(source, settings.effort),
        #[cfg(feature = "html")]
        Kind::Html => vec![guarded("html", || html::minified(source, settings))],
        #[cfg(feature = "images")]
        Kind::Jpeg => match &settings.tools.jpegtran {
            Some(tool) => jpeg::attempts(source.bytes, tool),
            None => vec![Err(Dropped { engine: "jpegtran", why: "no `jpegtran` is installed".to_owned() })],
        },
        Kind::Wasm => wasm::attempts(source.bytes, &settings.tools),
        #[cfg(feature = "xml")]
        Kind::Xml => vec![guarded("xml", || xml::minified(source.bytes))],
        _ => Vec::new(),
    }
}

/// What replaces a digest in a page of the file at an address, if something does.
pub type Successor<'a> = &'a dyn Fn(&str, &Integrity) -> Option<Integrity>;

/// The digests that a page holds where they can be replaced.
///
/// # Errors
/// Where the page cannot be read, or this build has no engine for it.
pub fn claims(page: &str) -> Result<Vec<Claim>, String> {
    #[cfg(feature = "html")]
    return html::seals::claims(page);
    #[cfg(not(feature = "html"))]
    {
        let _ = page;
        Err("this build has no engine for HTML".into())
    }
}

/// The page with each of its digests replaced that has a successor, and with nothing else changed, which is proven.
///
/// # Errors
/// Where the page cannot be read, the change is another than that, or this build has no engine for it.
pub fn resealed(page: &str, successor: Successor<'_>) -> Result<String, String> {
    #[cfg(feature = "html")]
    return html::seals::resealed(page, successor);
    #[cfg(not(feature = "html"))]
    {
        let _ = (page, successor);
        Err("this build has no engine for HTML".into())
    }
}

/// A page with new names in it, and with the hashes of its inline scripts and styles in its policies as they are now.
///
/// # Errors
/// Where the page cannot be read, or this build has no engine for it.
pub fn relinked(before: &str, page: &str) -> Result<String, String> {
    #[cfg(feature = "html")]
    return html::seals::relinked(before, page);
    #[cfg(not(feature = "html"))]
    {
        let _ = (before, page);
        Err("this build has no engine for HTML".into())
    }
}

/// Why no engine is for a kind, in this build.
#[must_use]
pub fn why_passed_through(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::JavaScript if !cfg!(feature = "js") => Some("this build has no engine for JavaScript"),
        Kind::Css if !cfg!(feature = "css") => Some("this build has no engine for CSS"),
        Kind::Png if !cfg!(feature = "images") => Some("this build has no engine for PNG"),
        Kind::Svg if !cfg!(feature = "svg") => Some("this build has no engine for SVG"),
        Kind::Html if !cfg!(feature = "html") => Some("this build has no engine for HTML"),
        Kind::Jpeg if !cfg!(feature = "images") => Some("this build has no engine for JPEG"),
        Kind::Xml if !cfg!(feature = "xml") => Some("this build has no engine for XML"),
        Kind::Gif | Kind::ModernImage | Kind::Icon => Some("images of this kind are only measured"),
        Kind::WebFont | Kind::PlainFont => Some("fonts are only measured"),
        Kind::SourceMap => Some("a source map changes with its file only"),
        Kind::Text => Some("text is not rewritten"),
        Kind::Compressed => Some("it is compressed by itself"),
        Kind::Other => Some("its kind is not known"),
        _ => None,
    }
}

/// What decides an attempt besides the file and the settings: who makes it, in which version.
#[must_use]
pub fn tools() -> &'static str {
    // Kept in step with Cargo.toml, which pins these; ours counts up when what we do with them changes.
    concat!(
        "asset-optimizer ",
        env!("CARGO_PKG_VERSION"),
        " 3; swc_core 83.0.0; oxc 0.146.0; lightningcss 1.0.0-alpha.72; oxipng 10.2.1; brotli 9; libdeflate 1; zopfli 0.8; zstd 0.14; libwebp-sys 0.9; ravif 0.13"
    )
}

/// Runs an engine; a panic costs the file this attempt, never the run.
fn guarded(engine: &'static str, make: impl FnOnce() -> Result<Candidate, String>) -> Attempt {
    caught(make).map_err(|why| Dropped { engine, why })
}

/// Turns a panic into an error.
fn caught<T>(make: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(make)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        Err(format!("the engine panicked: {}", said.unwrap_or("without a word").lines().next().unwrap_or_default()))
    })
}

/// A text without its byte order mark; engines of text know UTF-8 only.
#[cfg_attr(
    not(any(feature = "js", feature = "css", feature = "html", feature = "svg", feature = "xml")),
    expect(dead_code, reason = "no engine of text")
)]
fn text(bytes: &[u8]) -> Result<&str, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|why| format!("it is not UTF-8: {why}"))
}

/// How deep brackets may be nested: engines descend with them, and their stack has an end. What people write has a tenth.
const MAX_DEPTH: usize = 3000;

/// Refuses what is nested too deep for an engine. Counts brackets wherever they stand, so it may refuse too much.
#[cfg_attr(
    not(any(feature = "js", feature = "css", feature = "svg", test)),
    expect(dead_code, reason = "no engine descends")
)]
pub(crate) fn refuse_depth(bytes: &[u8]) -> Result<(), String> {
    let (mut depth, mut deepest) = (0usize, 0usize);
    for byte in bytes {
        match byte {
            b'(' | b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    if deepest > MAX_DEPTH { Err(format!("it is nested {deepest} deep")) } else { Ok(()) }
}

/// What an engine may need of memory for a file of that kind, in bytes: measured once, doubled, and no promise.
#[must_use]
pub fn memory(kind: Kind, length: u64, effort: Effort) -> u64 {
    let times = match kind {
        Kind::JavaScript => 60,
        Kind::Css => 40,
        Kind::Svg => 30,
        // Pixels are told by the header only; this is what a photograph comes to.
        Kind::Png if effort == Effort::Max => 60,
        Kind::Png => 30,
        Kind::Jpeg => 60,
        _ => 12,
    };
    // Brotli at its best takes this much for the smallest file.
    (24 << 20) + length * times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_costs_one_attempt() {
        let attempt = guarded("engine", || panic!("index out of bounds"));
        assert_eq!(attempt.unwrap_err().why, "the engine panicked: index out of bounds");
    }

    #[test]
    fn depth_is_bounded() {
        assert!(refuse_depth(&b"(".repeat(3001)).is_err());
        assert!(refuse_depth(&b"()".repeat(3001)).is_ok());
    }
}
