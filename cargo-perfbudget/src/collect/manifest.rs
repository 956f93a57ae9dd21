//! A manifest whose requirements admit both versions of what a lock file changed. Pure.

use cargo_metadata::semver::{Version, VersionReq};
use toml_span::value::{Table, Value, ValueInner};

use crate::model::Bump;

/// Tables of requirements, wherever they stand: of the package, of a target, of the workspace.
const TABLES: [&str; 3] = ["build-dependencies", "dependencies", "dev-dependencies"];

/// The manifest with wider requirements where its own do not admit all versions of a package that was changed. One that
/// cannot be read is left as it is.
#[must_use]
pub fn loosened(text: &str, bumps: &[Bump]) -> String {
    let Ok(root) = toml_span::parse(text) else { return text.to_owned() };
    let mut edits: Vec<(usize, usize, String)> = Vec::new();
    let mut open: Vec<&Table<'_>> = root.as_table().into_iter().collect();
    while let Some(table) = open.pop() {
        for (key, value) in table {
            let Some(inner) = value.as_table() else { continue };
            open.push(inner);
            if TABLES.contains(&key.name.as_ref()) {
                edits.extend(inner.iter().filter_map(|(name, value)| edit(text, name.name.as_ref(), value, bumps)));
            }
        }
    }
    edits.sort();
    let mut loosened = text.to_owned();
    for (from, to, requirement) in edits.into_iter().rev() {
        loosened.replace_range(from..to, &requirement);
    }
    loosened
}

/// Where a requirement stands, and what takes its place.
fn edit(text: &str, name: &str, value: &Value<'_>, bumps: &[Bump]) -> Option<(usize, usize, String)> {
    let field = |name| value.as_table().and_then(|table| table.get(name)).filter(|field| field.as_str().is_some());
    let version = if value.as_str().is_some() { value } else { field("version")? };
    let package = field("package").and_then(Value::as_str).unwrap_or(name);
    let bump = bumps.iter().find(|bump| bump.name == package)?;
    let ValueInner::String(requirement) = version.as_ref() else { return None };
    let requirement = VersionReq::parse(requirement).ok()?;
    // A version from git stands before its commit.
    let label = |label: &String| Version::parse(label.split(' ').next().unwrap_or_default()).ok();
    let versions: Vec<Version> = bump.before.iter().chain(&bump.after).filter_map(label).collect();
    if versions.iter().all(|version| requirement.matches(version)) {
        return None;
    }
    let (least, most) = (versions.iter().min()?, versions.iter().max()?);
    let (from, to) = (version.span.start, version.span.end);
    let quoted = text.get(from..to)?.starts_with(['"', '\'']);
    let (from, to) = if quoted { (from + 1, to.checked_sub(1)?) } else { (from, to) };
    text.get(from..to)?;
    Some((from, to, format!(">={least}, <={most}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_admit_both_versions_and_nothing_else_is_touched() {
        let bump = |name: &str| Bump { name: name.into(), before: vec!["1.7.1".into()], after: vec!["1.8.0".into()] };
        let manifest = "[package]\nname = \"x\" # a = \"=1.7.1\"\n[dependencies]\na = \"=1.8.0\"\nb = { version = '=1.8.0', features = [] }\n\
            c = \"1\"\nd = { package = \"a\", version = \"=1.8.0\" }\ne = { workspace = true }\nother = \"=1.8.0\"\n\
            [target.'cfg(unix)'.dev-dependencies.a]\nversion = \"1.8\"\n[workspace.dependencies]\na = \"1.8\"\n";
        let expected = manifest
            .replace("a = \"=1.8.0\"\nb", "a = \">=1.7.1, <=1.8.0\"\nb")
            .replace("'=1.8.0'", "'>=1.7.1, <=1.8.0'")
            .replace("\"a\", version = \"=1.8.0\"", "\"a\", version = \">=1.7.1, <=1.8.0\"")
            .replace("\"1.8\"", "\">=1.7.1, <=1.8.0\"");
        assert_eq!(loosened(manifest, &[bump("a"), bump("b"), bump("c")]), expected);
        assert_eq!(loosened(manifest, &[]), manifest);
        assert_eq!(loosened("not [toml", &[bump("a")]), "not [toml");
    }
}
