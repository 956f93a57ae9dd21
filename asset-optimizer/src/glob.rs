//! Patterns for paths: `*` within a part, `**` across parts, `?`, and a pattern without `/` for names anywhere.

use std::fmt;

/// A pattern that a path may match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(String);

impl Glob {
    /// A pattern.
    ///
    /// # Errors
    /// Where it is empty or leaves the folder.
    pub fn new(pattern: &str) -> Result<Glob, String> {
        let pattern = pattern.trim_start_matches("./");
        if pattern.is_empty() || pattern.starts_with('/') || pattern.split('/').any(|part| part == "..") {
            return Err(format!("`{pattern}` is no pattern for paths below the folder"));
        }
        Ok(Glob(pattern.to_owned()))
    }

    /// Whether a path matches.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        if !self.0.contains('/') {
            let name = path.rsplit('/').next().unwrap_or_default();
            return part_matches(self.0.as_bytes(), name.as_bytes());
        }
        let pattern: Vec<&str> = self.0.split('/').collect();
        let path: Vec<&str> = path.split('/').collect();
        parts_match(&pattern, &path)
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Table of which patterns match which tails, so that many stars take no more than their product.
fn parts_match(pattern: &[&str], path: &[&str]) -> bool {
    let mut reached = vec![false; path.len() + 1];
    reached[0] = true;
    for part in pattern {
        let mut next = vec![false; path.len() + 1];
        for at in 0..=path.len() {
            if *part == "**" {
                next[at] = reached[at] || at > 0 && next[at - 1];
            } else if at > 0 && reached[at - 1] {
                next[at] = part_matches(part.as_bytes(), path[at - 1].as_bytes());
            }
        }
        reached = next;
    }
    reached[path.len()]
}

fn part_matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut on, mut star) = (0, 0, None);
    while on < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, on));
                at += 1;
            }
            Some(&wanted) if wanted == b'?' || wanted == name[on] => {
                at += 1;
                on += 1;
            }
            _ => {
                let Some((star_at, star_on)) = star else { return false };
                star = Some((star_at, star_on + 1));
                at = star_at + 1;
                on = star_on + 1;
            }
        }
    }
    pattern[at..].iter().all(|&rest| rest == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_people_expect() {
        let check = |pattern: &str, path: &str, matches: bool| {
            assert_eq!(Glob::new(pattern).unwrap().matches(path), matches, "{pattern} {path}");
        };
        check("*.js", "a/b/app.js", true);
        check("*.js", "app.jsx", false);
        check("a/*.js", "a/b/app.js", false);
        check("a/**/*.js", "a/b/c/app.js", true);
        check("a/**/*.js", "a/app.js", true);
        check("vendor/**", "vendor/x/y.css", true);
        check("vendor/**", "other/vendor/x", false);
        check("**/x?.css", "x1.css", true);
        check("*a*a*a*a*b", &"a".repeat(5000), false);
        assert!(Glob::new("").is_err() && Glob::new("/a").is_err() && Glob::new("../a").is_err());
    }
}
