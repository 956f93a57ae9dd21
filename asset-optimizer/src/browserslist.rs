//! The browsers that a project says it is for: `.browserslistrc`, or `browserslist` in `package.json`.

use std::path::{Path, PathBuf};

use browserslist::{Opts, resolve};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::settings::Targets;
use crate::sys::files;

/// The files that are looked for in a folder, in this order.
const NAMES: [&str; 3] = [".browserslistrc", "browserslist", "package.json"];
/// The environment whose section is taken, as the tools of this format do where nobody says another one.
const ENVIRONMENT: &str = "production";
/// The largest file that is read.
const LIMIT_BYTES: u64 = 1 << 20;

/// What the project of a folder says, and the file that says it: the nearest above the folder, up to where its repository
/// begins. A folder that a build made has no say of its own.
///
/// # Errors
/// Where a file cannot be read, or a query in it cannot be.
pub fn near(dist: &Path) -> Result<Option<(PathBuf, Targets)>> {
    let dist = files::resolved(dist)?;
    for folder in dist.ancestors().skip(1) {
        for name in NAMES {
            let path = folder.join(name);
            if !files::is_file(&path) {
                continue;
            }
            if let Some(targets) = in_file(&path)? {
                return Ok(Some((path, targets)));
            }
        }
        if files::exists(&folder.join(".git")) {
            break;
        }
    }
    Ok(None)
}

/// What a file says, if it says anything about browsers that are known here.
///
/// # Errors
/// Where it cannot be read, or a query in it cannot be.
pub fn in_file(path: &Path) -> Result<Option<Targets>> {
    let bytes = files::read(path, LIMIT_BYTES)?;
    let bytes = bytes.ok_or_else(|| Error::usage(format!("there is no `{}`", path.display())))?;
    let text = String::from_utf8_lossy(&bytes);
    let queries = if path.extension().is_some_and(|extension| extension == "json") {
        of_package(&text)
    } else {
        Ok(of_list(&text))
    };
    let targets = queries.and_then(|queries| meant(&queries));
    targets.map_err(|(line, why)| {
        Error::usage(format!("cannot read `{}`, line {line}: {why}", path.display()))
            .hint("see https://browsersl.ist for what can be asked, or name the browsers with `--targets`")
    })
}

/// A query and its line, from one.
type Query = (usize, String);
/// The line, and what is wrong there.
type Wrong = (usize, String);

/// The queries of a list, those of its section for production where it has one.
fn of_list(text: &str) -> Vec<Query> {
    let (mut plain, mut own) = (Vec::new(), Vec::new());
    let mut section: Option<bool> = None;
    for (line, written) in (1..).zip(text.lines()) {
        let written = written.split('#').next().unwrap_or_default().trim();
        if let Some(names) = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = Some(names.split_whitespace().any(|name| name == ENVIRONMENT));
        } else if !written.is_empty() {
            let query = (line, written.to_owned());
            match section {
                None => plain.push(query),
                Some(true) => own.push(query),
                Some(false) => {}
            }
        }
    }
    if own.is_empty() { plain } else { own }
}

/// The queries of a `package.json`.
fn of_package(text: &str) -> std::result::Result<Vec<Query>, Wrong> {
    let package: Value =
        serde_json::from_str(text).map_err(|why| (why.line(), "it is not JSON, or something is missing".to_owned()))?;
    let Some(said) = package.get("browserslist") else { return Ok(Vec::new()) };
    let said = match said {
        Value::Object(sections) => sections.get(ENVIRONMENT).or(sections.get("defaults")),
        other => Some(other),
    };
    let start = text.find("\"browserslist\"").unwrap_or(0);
    let line_of = |at: usize| 1 + text[..at].matches('\n').count();
    let query = |said: &Value| match said {
        Value::String(query) => {
            let written = Value::String(query.clone()).to_string();
            let at = text[start..].find(&written).map_or(start, |at| start + at);
            Ok((line_of(at), query.clone()))
        }
        other => Err((line_of(start), format!("`{other}` is no query"))),
    };
    match said {
        None => Ok(Vec::new()),
        Some(Value::Array(queries)) => queries.iter().map(query).collect(),
        Some(one) => Ok(vec![query(one)?]),
    }
}

/// What queries mean together.
fn meant(queries: &[Query]) -> std::result::Result<Option<Targets>, Wrong> {
    let options = Opts { mobile_to_desktop: false, ignore_unknown_versions: true };
    for (index, (line, query)) in queries.iter().enumerate() {
        // One that takes away, or says `and`, needs something before it.
        let alone = if index == 0 { vec![query.as_str()] } else { vec!["chrome 100", query] };
        resolve(&alone, &options).map_err(|why| (*line, format!("`{query}`: {why}")))?;
    }
    let last = queries.last().map_or(1, |(line, _)| *line);
    let all: Vec<&str> = queries.iter().map(|(_, query)| query.as_str()).collect();
    if all.is_empty() {
        return Ok(None);
    }
    let mut targets = Targets::NONE;
    for browser in resolve(&all, &options).map_err(|why| (last, why.to_string()))? {
        let Some(oldest) = targets.oldest(browser.name()) else { continue };
        let Some(version) = version(browser.version()) else { continue };
        *oldest = Some(oldest.map_or(version, |known| known.min(version)));
    }
    Ok(Some(targets).filter(|targets| *targets != Targets::NONE))
}

/// `15.2-15.3` as its first version; `None` for `all` and `TP`.
fn version(text: &str) -> Option<u32> {
    let first = text.split('-').next()?;
    let mut parts = first.split('.');
    let major: u32 = parts.next()?.parse().ok()?;
    let minor: u32 = parts.next().map_or(Some(0), |minor| minor.parse().ok())?;
    (major < 256 && minor < 256).then_some(major << 16 | minor << 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> std::result::Result<String, Wrong> {
        meant(&of_list(text)).map(|targets| targets.map_or(String::new(), |targets| targets.to_string()))
    }

    fn package(text: &str) -> std::result::Result<String, Wrong> {
        let targets = of_package(text).and_then(|queries| meant(&queries))?;
        Ok(targets.map_or(String::new(), |targets| targets.to_string()))
    }

    #[test]
    fn a_list_says_which_browsers() {
        assert_eq!(
            list("# ours\nchrome >= 100 # old\nfirefox 102, ie 11\n").unwrap(),
            "chrome 100, firefox 102, ie 11"
        );
        assert_eq!(list("chrome 90\nchrome 91\nnot chrome 90").unwrap(), "chrome 91");
        assert_eq!(list("chrome 90\n[production]\nsafari 15.2-15.3\n[development]\nie 11").unwrap(), "safari 15.2");
        assert_eq!(list("chrome 90\n[ssr]\nie 11").unwrap(), "chrome 90");
        assert_eq!(list("node 20").unwrap(), "");
        assert_eq!(list("").unwrap(), "");
        assert!(!list("defaults").unwrap().is_empty());
    }

    #[test]
    fn a_package_says_which_browsers() {
        for said in
            [r#""chrome 100""#, r#"["chrome 100"]"#, r#"{"production": ["chrome 100"], "development": "ie 11"}"#]
        {
            assert_eq!(package(&format!("{{\"browserslist\": {said}}}")).unwrap(), "chrome 100");
        }
        assert_eq!(package("{}").unwrap(), "");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        assert_eq!(
            list("chrome 90\n\nnetscape 4").unwrap_err(),
            (3, "`netscape 4`: unknown browser: 'netscape'".into())
        );
        assert_eq!(list("not ie 11").unwrap_err().0, 1);
        assert_eq!(package("{\n\"browserslist\": [\n\"chrome 90\",\n\"whatever\"]}").unwrap_err().0, 4);
        assert_eq!(package("{\n\"browserslist\": 3}").unwrap_err().0, 2);
        assert_eq!(package("{\n").unwrap_err().0, 2);
    }
}
