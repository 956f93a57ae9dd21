//! Where a folder is served, and the address of a file there.

use std::fmt;

use crate::asset::{AssetPath, is_unreserved};

/// The path before everything in a folder that is served: with a slash at both ends, of letters that need no escape anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root(String);

impl Default for Root {
    fn default() -> Root {
        Root("/".to_owned())
    }
}

impl Root {
    /// The root that a path is, as `/` or `/app/`.
    ///
    /// # Errors
    /// Where it is none, or holds other letters than `A-Z a-z 0-9 - . _ ~ /`.
    pub fn parse(path: &str) -> Result<Root, String> {
        let is_part = |part: &str| !matches!(part, "" | "." | "..") && part.bytes().all(is_unreserved);
        let inner = path.strip_prefix('/').map(|inner| inner.strip_suffix('/').unwrap_or(inner));
        match inner {
            _ if path == "/" => Ok(Root::default()),
            Some(inner) if inner.split('/').all(is_part) => Ok(Root(format!("/{inner}/"))),
            _ => Err(format!("`{path}` is no path of plain letters between slashes, as `/app/`")),
        }
    }
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The address of a file from the root of its host, with percent signs for all that may mean something: it can stand between
/// quotes of any kind, and in a header.
#[must_use]
pub fn address(root: &Root, name: &AssetPath) -> String {
    let mut address = root.0.clone();
    for byte in name.as_str().bytes() {
        match byte {
            b'/' => address.push('/'),
            byte if is_unreserved(byte) => address.push(char::from(byte)),
            byte => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_is_a_plain_path() {
        let check = |path: &str, expected: Option<&str>| {
            assert_eq!(Root::parse(path).ok().map(|root| root.to_string()).as_deref(), expected, "{path}");
        };
        check("/", Some("/"));
        check("/app", Some("/app/"));
        check("/a/b-c/", Some("/a/b-c/"));
        for wrong in
            ["", "app", "//", "//a", "/a//b", "/a b/", "/a\"", "/a;", "/{x}", "/$x", "/../", "/ü/", "/a\n", "/%41"]
        {
            check(wrong, None);
        }
    }

    #[test]
    fn an_address_says_every_letter_that_means_something_by_its_number() {
        let check = |name: &str, expected: &str| {
            assert_eq!(address(&Root::parse("/app/").unwrap(), &AssetPath::new(name).unwrap()), expected);
        };
        check("a/b-c_d.e~f.js", "/app/a/b-c_d.e~f.js");
        check("a b\"<>'&;,$\n%ü.js", "/app/a%20b%22%3C%3E%27%26%3B%2C%24%0A%25%C3%BC.js");
    }
}
