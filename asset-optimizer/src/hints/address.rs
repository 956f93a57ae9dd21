//! How a page writes the address of a file that it does not name: as it writes those that it does.

use crate::asset::{AssetPath, percent_decoded};

/// The place that the addresses of a page begin at: what stands before the names, and the folder that it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Root {
    /// As it is written: `../`, `/app/`, or nothing.
    prefix: String,
    /// That folder.
    folder: Vec<String>,
}

impl Root {
    /// The root of an address that means a file; `None` where it names another site, or the name in another way.
    pub(super) fn of(address: &str, means: &AssetPath) -> Option<Root> {
        let path = address.split(['?', '#']).next().unwrap_or_default();
        if path.starts_with("//") || path.contains(':') {
            return None;
        }
        let (parts, names): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), means.as_str().split('/').collect());
        let is_same = |(part, name): &(&&str, &&str)| percent_decoded(part).as_deref() == Some(**name);
        let known = parts.iter().rev().zip(names.iter().rev()).take_while(is_same).count();
        let before = &parts[..parts.len() - known];
        let prefix: String = before.iter().map(|part| format!("{part}/")).collect();
        let is_plain = prefix.bytes().all(|byte| is_plain(byte) || byte == b'/');
        let folder = names[..names.len() - known].iter().map(|name| (*name).to_owned()).collect();
        (known > 0 && is_plain).then_some(Root { prefix, folder })
    }

    /// The address of a file; `None` where its letters may be written in more than one way.
    pub(super) fn address(&self, file: &AssetPath) -> Option<String> {
        if !file.as_str().bytes().all(|byte| is_plain(byte) || byte == b'/') {
            return None;
        }
        let parts: Vec<&str> = file.as_str().split('/').collect();
        let parents = parts.len() - 1;
        let shared = self.folder.iter().zip(&parts[..parents]).take_while(|(one, other)| one == other).count();
        let up = "../".repeat(self.folder.len() - shared);
        Some(format!("{}{up}{}", self.prefix, parts[shared..].join("/")))
    }
}

/// Whether a byte stands for itself in every address, and in every attribute.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'@' | b'+')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_as_the_page_writes_others() {
        let path = |text: &str| AssetPath::new(text).unwrap();
        let check = |address: &str, means: &str, file: &str, expected: Option<&str>| {
            let root = Root::of(address, &path(means));
            let found = root.and_then(|root| root.address(&path(file)));
            assert_eq!(found.as_deref(), expected, "{address} → {file}");
        };
        check("js/main.js?v=1", "js/main.js", "js/lib/a.js", Some("js/lib/a.js"));
        check("./js/main.js", "js/main.js", "a.js", Some("./a.js"));
        check("../js/main.js", "js/main.js", "css/a.css", Some("../css/a.css"));
        check("main.js", "docs/main.js", "docs/lib/a.js", Some("lib/a.js"));
        check("main.js", "docs/main.js", "assets/a.js", Some("../assets/a.js"));
        check("/js/main.js", "js/main.js", "a.js", Some("/a.js"));
        check("/app/js/main.js", "js/main.js", "a.js", Some("/app/a.js"));
        check("js/x/../main.js", "js/main.js", "js/a.js", Some("js/x/../a.js"));
        check("my%20js/main.js", "my js/main.js", "my js/a.js", None);
        check("my%20js/main.js", "my js/main.js", "a.js", Some("a.js"));
        check("js/m%61in.js", "js/main.js", "js/@x/a+b.js", Some("js/@x/a+b.js"));
        check("js/main.js", "js/main.js", "js/a'b.js", None);
        check("js/main.js", "js/main.js", "js/a b.js", None);
        check("js/main.js", "js/main.js", "js/ü.js", None);
        check("//cdn.example/js/main.js", "js/main.js", "a.js", None);
        check("https://shop.example/js/main.js", "js/main.js", "a.js", None);
        check("JS/MAIN.js", "js/main.js", "a.js", None);
        check("\"><b>/js/main.js", "js/main.js", "a.js", None);
        check("", "js/main.js", "a.js", None);
    }
}
