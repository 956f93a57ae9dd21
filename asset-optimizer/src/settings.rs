//! What a person may choose, and what is chosen where nobody does.

use crate::asset::{Encoding, Kind};
use crate::compress::Effort;
use crate::tools::Tools;

/// The oldest browsers that a page is for, as `major << 16 | minor << 8`; `None` where a browser is of no interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Targets {
    /// Chrome, and what is built from it.
    pub chrome: Option<u32>,
    /// Edge.
    pub edge: Option<u32>,
    /// Firefox.
    pub firefox: Option<u32>,
    /// Safari on a desktop.
    pub safari: Option<u32>,
    /// Safari on a phone or tablet.
    pub ios_saf: Option<u32>,
    /// The browser that Android came with.
    pub android: Option<u32>,
    /// Internet Explorer.
    pub ie: Option<u32>,
    /// Opera.
    pub opera: Option<u32>,
    /// Samsung's browser.
    pub samsung: Option<u32>,
}

const fn version(major: u32, minor: u32) -> Option<u32> {
    Some(major << 16 | minor << 8)
}

impl Default for Targets {
    /// What Vite builds for by default, up to its version 6: the browsers with native modules, dynamic import and
    /// `import.meta`. Old enough that the fallbacks which authors write stay.
    fn default() -> Targets {
        Targets {
            chrome: version(87, 0),
            edge: version(88, 0),
            firefox: version(78, 0),
            safari: version(14, 0),
            ios_saf: version(14, 0),
            ..Targets::NONE
        }
    }
}

impl Targets {
    /// No browser at all.
    pub const NONE: Targets = Targets {
        chrome: None,
        edge: None,
        firefox: None,
        safari: None,
        ios_saf: None,
        android: None,
        ie: None,
        opera: None,
        samsung: None,
    };

    /// The oldest version of a browser, by the name that caniuse has for it; `None` for browsers that are not known here.
    pub fn oldest(&mut self, name: &str) -> Option<&mut Option<u32>> {
        Some(match name {
            "chrome" | "and_chr" => &mut self.chrome,
            "edge" => &mut self.edge,
            "firefox" | "and_ff" => &mut self.firefox,
            "safari" => &mut self.safari,
            "ios_saf" | "ios" => &mut self.ios_saf,
            "android" => &mut self.android,
            "ie" => &mut self.ie,
            "opera" | "op_mob" => &mut self.opera,
            "samsung" => &mut self.samsung,
            _ => return None,
        })
    }

    /// Reads `chrome 87, safari 14.1`; what is not named is of no interest.
    ///
    /// # Errors
    /// Where a browser or a version is none.
    pub fn parse(text: &str) -> Result<Targets, String> {
        let mut targets = Targets::NONE;
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, number) = part.split_once(' ').ok_or_else(|| format!("`{part}` has no version"))?;
            let (major, minor) = number.trim().split_once('.').unwrap_or((number.trim(), "0"));
            let number = |text: &str| text.parse::<u8>().map_err(|_| format!("`{part}` has no version that is one"));
            let wanted = version(number(major)?.into(), number(minor)?.into());
            match targets.oldest(name) {
                Some(oldest) => *oldest = wanted,
                None => return Err(format!("`{name}` is no browser that is known here")),
            }
        }
        if targets == Targets::NONE {
            return Err("no browser is named".into());
        }
        Ok(targets)
    }
}

impl std::fmt::Display for Targets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let all = [
            ("chrome", self.chrome),
            ("edge", self.edge),
            ("firefox", self.firefox),
            ("safari", self.safari),
            ("ios_saf", self.ios_saf),
            ("android", self.android),
            ("ie", self.ie),
            ("opera", self.opera),
            ("samsung", self.samsung),
        ];
        let named = all.iter().filter_map(|(name, version)| Some((name, (*version)?)));
        let written = named.map(|(name, version)| match (version >> 16, version >> 8 & 0xff) {
            (major, 0) => format!("{name} {major}"),
            (major, minor) => format!("{name} {major}.{minor}"),
        });
        f.write_str(&written.collect::<Vec<_>>().join(", "))
    }
}

/// What decides the bytes of the output, all of it: two runs with equal settings write equal bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How hard is tried.
    pub effort: Effort,
    /// The browsers that style sheets are for.
    pub targets: Targets,
    /// The encodings that are written beside a file.
    pub encodings: Vec<Encoding>,
    /// The programs that engines may ask for: none where nobody hands one in.
    pub tools: Tools,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            effort: Effort::Usual,
            targets: Targets::default(),
            encodings: Encoding::ALL.to_vec(),
            tools: Tools::default(),
        }
    }
}

impl Settings {
    /// All that concern files of a kind as one text, for the key of a cached result.
    #[must_use]
    pub fn fingerprint(&self, kind: Kind) -> String {
        let Settings { effort, targets, encodings, tools } = self;
        format!("{effort:?} {targets:?} {encodings:?} {}", tools.version(kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_read_or_refused() {
        let targets = Targets::parse("chrome 100, safari 14.1").unwrap();
        assert_eq!((targets.chrome, targets.safari, targets.firefox), (Some(100 << 16), Some(14 << 16 | 1 << 8), None));
        assert_eq!(targets.to_string(), "chrome 100, safari 14.1");
        for wrong in ["", "chrome", "netscape 4", "chrome x", "chrome 999"] {
            assert!(Targets::parse(wrong).is_err(), "{wrong}");
        }
    }
}
