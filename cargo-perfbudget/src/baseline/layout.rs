//! Where a baseline file lies: one file per family, environment, and bench target or package.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::model::{Environment, Family};

/// What the records of one file share, and so where the file lies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Which metrics.
    pub family: Family,
    /// Must match to compare.
    pub environment: Environment,
    /// The package of the bench target or of the artifacts; empty for what belongs to none.
    pub package: String,
    /// The bench target; `None` for all but benchmarks.
    pub target: Option<String>,
}

/// The file name of what belongs to no package.
fn without_package(family: Family) -> &'static str {
    match family {
        Family::Bytes => "files",
        Family::Build => "build",
        Family::Entries => "entries",
        Family::Assets => "frontend",
        Family::Instructions | Family::Heap | Family::Native | Family::Time => "commands",
    }
}

/// The most letters that are kept of one name. Arbitrary: two of them and a folder fit into the 260 of Windows.
const MOST_LETTERS: usize = 100;

impl Place {
    /// The file's path in the baseline folder, with `/`: `instructions-x86_64-unknown-linux-gnu-1a2b3c4d/shop.cart.toml`.
    ///
    /// Only people read meaning into it. The file itself says what it is about, so a renamed file stays what it was.
    #[must_use]
    pub fn path(&self) -> String {
        let file = match &self.target {
            Some(target) => format!("{}.{}", component(&self.package), component(target)),
            None if self.package.is_empty() => without_package(self.family).to_owned(),
            None if self.package == without_package(self.family) => suffixed(&self.package),
            None => component(&self.package),
        };
        format!("{}/{file}.toml", self.folder())
    }

    fn folder(&self) -> String {
        let facts = &self.environment.0;
        let target = facts.get("target").map_or_else(|| "any".to_owned(), |target| component(target));
        if self.family == Family::Bytes && facts.len() == 1 && facts.contains_key("target") {
            return format!("{}-{target}", self.family);
        }
        let mut hash = Sha256::new();
        for text in facts.iter().flat_map(|(name, fact)| [name, fact]) {
            // The length in front keeps two lists of facts from reading as one text.
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
        format!("{}-{target}-{}", self.family, start_of(&hash.finalize()))
    }
}

/// A name as part of a file name that every system can hold, and that no other name has.
fn component(name: &str) -> String {
    if is_plain(name) { name.to_owned() } else { suffixed(name) }
}

fn suffixed(name: &str) -> String {
    let kept = |letter: char| if letter.is_ascii_alphanumeric() || "_-".contains(letter) { letter } else { '_' };
    let letters: String = name.chars().take(MOST_LETTERS).map(kept).collect();
    format!("{letters}-{}", start_of(&Sha256::digest(name.as_bytes())))
}

/// Whether a name can stand as it is. Upper case cannot, because some systems would fold it into another name.
fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    !name.is_empty()
        && name.len() <= MOST_LETTERS
        && name.bytes().all(plain)
        && !is_reserved(name)
        && !looks_suffixed(name)
}

/// Whether Windows keeps the name for a device.
fn is_reserved(name: &str) -> bool {
    match name.strip_prefix("com").or_else(|| name.strip_prefix("lpt")) {
        Some(port) => port.len() == 1 && port.bytes().all(|byte| byte.is_ascii_digit()),
        None => ["con", "prn", "aux", "nul"].contains(&name),
    }
}

fn looks_suffixed(name: &str) -> bool {
    name.rsplit_once('-').is_some_and(|(_, end)| end.len() == 8 && end.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The first eight hexadecimal digits of a digest.
fn start_of(digest: &[u8]) -> String {
    digest.iter().take(4).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(family: Family, facts: &[(&str, &str)], package: &str, target: Option<&str>, expected: &str) {
        let environment = Environment(facts.iter().map(|(name, fact)| ((*name).into(), (*fact).into())).collect());
        let place = Place { family, environment, package: package.into(), target: target.map(Into::into) };
        assert_eq!(place.path(), expected);
    }

    const LINUX: (&str, &str) = ("target", "x86_64-unknown-linux-gnu");

    #[test]
    fn a_path_says_family_target_package_and_bench_target() {
        let folder = "instructions-x86_64-unknown-linux-gnu-0f8f7b87";
        let facts = [LINUX, ("libc", "glibc 2.36")];
        check(Family::Instructions, &facts, "shop", Some("cart"), &format!("{folder}/shop.cart.toml"));
        check(Family::Bytes, &[LINUX], "shop", None, "bytes-x86_64-unknown-linux-gnu/shop.toml");
        check(Family::Bytes, &[LINUX], "", None, "bytes-x86_64-unknown-linux-gnu/files.toml");
        check(Family::Time, &[], "shop", Some("cart"), "time-any-e3b0c442/shop.cart.toml");
    }

    #[test]
    fn names_that_a_file_cannot_have_get_a_hash() {
        let check = |name: &str, expected: &str| assert_eq!(component(name), expected);
        check("my-cart_2", "my-cart_2");
        check("a/../b", "a____b-900ea8b7");
        check("Cart", "Cart-6d2d59ae");
        check("é", "_-4a99557e");
        check("", "-e3b0c442");
        check("aux", "aux-321f6814");
        check("com1", "com1-957a49c3");
        check("common", "common");
        check(&"x".repeat(101), &format!("{}-c675a2e6", "x".repeat(100)));
    }

    #[test]
    fn two_names_never_share_a_file() {
        let names = ["a.b", "a b", "a_b", "A_b", "a_B", &component("a.b"), &component("a b"), "files", "aux", "AUX"];
        let mut files: Vec<String> = names.iter().map(|name| component(name).to_lowercase()).collect();
        files.sort();
        files.dedup();
        assert_eq!(files.len(), names.len(), "{files:?}");
        let place = |package: &str| Place {
            family: Family::Bytes,
            environment: Environment::default(),
            package: package.into(),
            target: None,
        };
        assert_ne!(place("").path(), place("files").path());
    }
}
