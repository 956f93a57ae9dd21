//! The comment at the end of a script or a style sheet that names its source map.

/// What names a map in a script or a style sheet.
const MARK: &str = "sourceMappingURL=";
/// How far from the end such a comment may begin, where its map is a file.
pub const TAIL_BYTES: u64 = 4096;

/// The address of the source map that a text names in its last line that is not empty.
#[must_use]
pub fn map_reference(text: &str) -> Option<&str> {
    let line = text.trim_end().rsplit(['\n', '\r']).next()?;
    let at = line.rfind(MARK)?;
    let before = line[..at].trim_end();
    let is_comment = ["//#", "//@", "/*#", "/*@"].iter().any(|open| before.ends_with(open));
    let address = line[at + MARK.len()..].split(|c: char| c.is_whitespace() || c == '*').next()?;
    let address = address.trim_end_matches(['\'', '"']);
    (is_comment && !address.is_empty()).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_comment_names_the_map() {
        let check = |text: &str, address: Option<&str>| assert_eq!(map_reference(text), address, "{text}");
        check("a()\n//# sourceMappingURL=a.js.map\n", Some("a.js.map"));
        check("a{}\n/*# sourceMappingURL=a.css.map */", Some("a.css.map"));
        check("a()//# sourceMappingURL=a.js.map", Some("a.js.map"));
        check("a()\n//@ sourceMappingURL=data:application/json;base64,e30=", Some("data:application/json;base64,e30="));
        check("x = '//# sourceMappingURL=a.js.map'\nb()", None);
        check("sourceMappingURL=a.js.map", None);
        check("", None);
    }
}
