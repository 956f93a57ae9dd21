//! What a person may choose, and what is chosen where nobody does.

use crate::asset::Encoding;
use crate::compress::Effort;

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
        }
    }
}

impl Targets {
    /// Reads `chrome 87, safari 14.1`; what is not named is of no interest.
    ///
    /// # Errors
    /// Where a browser or a version is none.
    pub fn parse(text: &str) -> Result<Targets, String> {
        let mut targets = Targets { chrome: None, edge: None, firefox: None, safari: None, ios_saf: None };
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, number) = part.split_once(' ').ok_or_else(|| format!("`{part}` has no version"))?;
            let (major, minor) = number.trim().split_once('.').unwrap_or((number.trim(), "0"));
            let number = |text: &str| text.parse::<u8>().map_err(|_| format!("`{part}` has no version that is one"));
            let wanted = version(number(major)?.into(), number(minor)?.into());
            match name {
                "chrome" => targets.chrome = wanted,
                "edge" => targets.edge = wanted,
                "firefox" => targets.firefox = wanted,
                "safari" => targets.safari = wanted,
                "ios_saf" | "ios" => targets.ios_saf = wanted,
                _ => return Err(format!("`{name}` is no browser that is known here")),
            }
        }
        if targets == (Targets { chrome: None, edge: None, firefox: None, safari: None, ios_saf: None }) {
            return Err("no browser is named".into());
        }
        Ok(targets)
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
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { effort: Effort::Usual, targets: Targets::default(), encodings: Encoding::ALL.to_vec() }
    }
}

impl Settings {
    /// All of them as one text, for the key of a cached result.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        format!("{self:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_read_or_refused() {
        let targets = Targets::parse("chrome 100, safari 14.1").unwrap();
        assert_eq!((targets.chrome, targets.safari, targets.firefox), (Some(100 << 16), Some(14 << 16 | 1 << 8), None));
        for wrong in ["", "chrome", "netscape 4", "chrome x", "chrome 999"] {
            assert!(Targets::parse(wrong).is_err(), "{wrong}");
        }
    }
}
