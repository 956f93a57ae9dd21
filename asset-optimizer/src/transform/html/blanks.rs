//! Blanks between words and elements: one where there were several, and none where another stands already.

use super::tokens::BLANKS;

/// What is written of a page's texts.
pub(super) struct Blanks {
    /// Whether the page has letters between which a line break is no blank, as those of Chinese.
    has_wide: bool,
    /// Whether what was written last is such a blank: behind a remark that went, another may follow.
    ends: bool,
}

impl Blanks {
    pub(super) fn of(page: &str) -> Blanks {
        // Entities may stand for any letter.
        let has_wide =
            page.chars().any(is_wide) || page.match_indices("&#").any(|(at, _)| is_wide_entity(&page[at + 2..]));
        Blanks { has_wide, ends: false }
    }

    /// Something else than a text was written.
    pub(super) fn end(&mut self) {
        self.ends = false;
    }

    /// Writes a text with each run of blanks as one: a space, or a line break where a space might be seen instead of nothing.
    pub(super) fn collapse(&mut self, words: &str, made: &mut String) {
        let mut rest = words;
        let mut before = None;
        while let Some(at) = rest.find(BLANKS) {
            let (word, blanks) = rest.split_at(at);
            let end = blanks.find(|c| !BLANKS.contains(&c)).unwrap_or(blanks.len());
            made.push_str(word);
            before = word.chars().last().or(before);
            let after = blanks[end..].chars().next();
            let is_break = blanks[..end].contains(['\n', '\r']);
            let is_narrow =
                |letter: Option<char>| letter.is_some_and(|letter| !is_wide(letter) && letter != '&' && letter != ';');
            let is_space = !is_break || !self.has_wide || (is_narrow(before) && is_narrow(after));
            if !(self.ends && word.is_empty()) {
                made.push(if is_space { ' ' } else { '\n' });
            }
            self.ends = true;
            rest = &blanks[end..];
        }
        self.ends &= rest.is_empty();
        made.push_str(rest);
    }
}

/// Whether a line break beside a letter may be no blank: where writing has none between words. Takes too many for such.
fn is_wide(letter: char) -> bool {
    letter >= '\u{1100}' && !('\u{1e00}'..='\u{2bff}').contains(&letter) && letter != '\u{feff}'
}

fn is_wide_entity(rest: &str) -> bool {
    let (digits, radix) = match rest.strip_prefix(['x', 'X']) {
        Some(hex) => (hex, 16),
        None => (rest, 10),
    };
    let end = digits.find(|digit: char| !digit.is_digit(radix)).unwrap_or(digits.len());
    u32::from_str_radix(&digits[..end], radix).ok().and_then(char::from_u32).is_some_and(is_wide)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_blanks_become_one() {
        let check = |parts: &[&str], to: &str| {
            let mut blanks = Blanks::of(&parts.concat());
            let mut made = String::new();
            for part in parts {
                blanks.collapse(part, &mut made);
            }
            assert_eq!(made, to, "{parts:?}");
        };
        check(&["a \n  b"], "a b");
        check(&["a\n", "\n b"], "a b");
        check(&["a", "\n b"], "a b");
        check(&["\n\n"], " ");
        check(&["a ", "b"], "a b");
        // Between these letters a line break is nothing, and a space is one.
        check(&["中\n文 a\nb\n中"], "中\n文 a b\n中");
        check(&["&#20013;\n&#25991;"], "&#20013;\n&#25991;");
        check(&["“a”\n— é"], "“a” — é");
    }
}
