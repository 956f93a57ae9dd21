//! For which letters a font face is, and which a page shows: of a font in many parts, a browser loads those that it needs.

use std::sync::Arc;

/// The letters that a font face is for, as its `unicode-range` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letters(Arc<Vec<(u32, u32)>>);

impl Letters {
    /// Reads a `unicode-range`; what is no range is none.
    #[must_use]
    pub fn of(ranges: &str) -> Letters {
        let number = |text: &str| u32::from_str_radix(text.trim(), 16).ok();
        let read = |range: &str| {
            let range = range.trim();
            let range = range.strip_prefix("u+").or_else(|| range.strip_prefix("U+"))?;
            match range.split_once('-') {
                Some((first, last)) => Some((number(first)?, number(last)?)),
                None => Some((number(&range.replace('?', "0"))?, number(&range.replace('?', "f"))?)),
            }
        };
        Letters(Arc::new(ranges.split(',').filter_map(read).collect()))
    }

    /// The letters of the face whose descriptors these are; `None` where it is for all.
    pub(super) fn of_face(descriptors: &str) -> Option<Letters> {
        const NAME: &str = "unicode-range";
        let lower = descriptors.to_ascii_lowercase();
        let after = lower[lower.rfind(NAME)? + NAME.len()..].trim_start().strip_prefix(':')?;
        Some(Letters::of(after.split([';', '}']).next()?))
    }

    /// Whether one range has all letters from one to another.
    #[must_use]
    pub fn cover(&self, from: char, to: char) -> bool {
        self.0.iter().any(|(first, last)| *first <= u32::from(from) && u32::from(to) <= *last)
    }

    /// Whether there is one of these, which are sorted, or a letter from A to Z, which every page shows sooner or later.
    #[must_use]
    pub fn are_among(&self, shown: &[char]) -> bool {
        self.0.iter().any(|(first, last)| {
            let has = |from: char, to: char| *first <= u32::from(to) && u32::from(from) <= *last;
            let next = || (*first..=(*last).max(*first)).find_map(char::from_u32);
            let at_or_behind = |first: char| shown.get(shown.partition_point(|one| *one < first));
            let is_shown = || next().and_then(at_or_behind).is_some_and(|one| u32::from(*one) <= *last);
            has('A', 'Z') || has('a', 'z') || is_shown()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_face_is_for_letters() {
        let check = |ranges: &str, shown: &str, expected: bool| {
            let face = format!("@font-face{{src:url(a.woff2);Unicode-Range: {ranges} ;font-family:x}}");
            let letters = Letters::of_face(&face).unwrap();
            assert_eq!(letters.are_among(&shown.chars().collect::<Vec<_>>()), expected, "{ranges}: {shown}");
        };
        check("U+0-FF", "", true);
        check("U+0-FF", "ж", true);
        check("U+0301, U+0400-045F", "", false);
        check("U+0301, U+0400-045F", "Сад", true);
        check("u+4??", "Сад", true);
        check("U+41", "", true);
        check("U+30-39", "7", true);
        check("U+30-39", "x", false);
        check("U+370-3FF", "Сад", false);
        check("U+FFFFFFFF-1", "Сад", false);
        check("U+D800-DFFF", "Сад", false);
        check("nothing", "Сад", false);
        assert_eq!(Letters::of_face("@font-face{src:url(a.woff2)}"), None);
        assert!(Letters::of("u+4??").cover('А', 'я') && !Letters::of("U+41").cover('A', 'Z'));
    }
}
