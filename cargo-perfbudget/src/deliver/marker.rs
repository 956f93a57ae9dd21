//! The hidden first line by which a comment of ours is found again.

/// The hidden first line of a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker(String);

/// The longest name.
const NAME_LETTERS_AT_MOST: usize = 64;

/// Of a repository with one comment a pull request.
impl Default for Marker {
    fn default() -> Marker {
        Marker("<!-- cargo-perfbudget: default -->".to_owned())
    }
}

impl Marker {
    /// The marker of that name, which consists of letters, digits, `.`, `_` and single `-`.
    #[must_use]
    pub fn new(name: &str) -> Option<Marker> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        // Two hyphens would end an HTML comment for some readers.
        let fine = (1..=NAME_LETTERS_AT_MOST).contains(&name.len()) && name.bytes().all(plain) && !name.contains("--");
        fine.then(|| Marker(format!("<!-- cargo-perfbudget: {name} -->")))
    }

    /// A text under this marker.
    #[must_use]
    pub fn above(&self, text: &str) -> String {
        format!("{}\n{text}", self.0)
    }

    /// Whether a comment has this marker as its first line.
    #[must_use]
    pub fn is_on(&self, body: &str) -> bool {
        body.lines().next().is_some_and(|line| line.trim_end() == self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_the_comment() {
        for bad in ["", "a b", "-->", "a--b", "ä", "a\nb", "<", &"x".repeat(65)] {
            assert_eq!(Marker::new(bad), None, "{bad:?}");
        }
        assert!(Marker::new("web.api_v2-nightly").is_some());
    }

    #[test]
    fn only_a_whole_first_line_counts() {
        let marker = Marker::new("default").unwrap();
        assert!(marker.is_on(&marker.above("text")) && marker.is_on("<!-- cargo-perfbudget: default -->\r\ntext"));
        for other in [
            "",
            "text\n<!-- cargo-perfbudget: default -->",
            " <!-- cargo-perfbudget: default -->",
            "<!-- cargo-perfbudget: default --> x",
            "<!-- cargo-perfbudget: default2 -->",
        ] {
            assert!(!marker.is_on(other), "{other:?}");
        }
    }
}
