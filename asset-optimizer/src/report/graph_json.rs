//! Who refers to whom, for programs: versioned, sorted by path.

use serde::Serialize;

use crate::graph::{Timing, Written};
use crate::relink::Linked;

/// The version of the format; it counts up when something is renamed, removed, or changes its meaning.
const SCHEMA: u32 = 1;
/// The JSON Schema of the format.
pub const SCHEMA_TEXT: &str = include_str!("../../schema/graph.json");

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    coverage: Covered,
    files: Vec<File<'a>>,
    missing: Vec<Missing<'a>>,
}

#[derive(Serialize)]
struct Covered {
    proven: usize,
    files: usize,
}

#[derive(Serialize)]
struct File<'a> {
    path: &'a str,
    kind: &'static str,
    proven: bool,
    caching: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_because: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unread_because: Option<&'a str>,
    refers_to: Vec<Refers<'a>>,
}

#[derive(Serialize)]
struct Refers<'a> {
    file: &'a str,
    how: &'static str,
    loaded: &'static str,
    written: &'static str,
    start: usize,
    end: usize,
}

#[derive(Serialize)]
struct Missing<'a> {
    from: &'a str,
    address: &'a str,
    how: &'static str,
}

/// The graph as JSON.
#[must_use]
pub fn render(linked: &Linked) -> String {
    let Linked { graph, named, .. } = linked;
    let coverage = named.coverage();
    let files = graph.files.iter().zip(&named.files).enumerate().map(|(at, (node, file))| File {
        path: node.path.as_str(),
        kind: node.kind.name(),
        proven: file.fate.is_proven(),
        caching: file.caching.name(),
        kept_because: file.why_kept.as_deref(),
        unread_because: node.unread.as_deref(),
        refers_to: graph
            .from(at)
            .iter()
            .map(|reference| Refers {
                file: graph.files[reference.to].path.as_str(),
                how: reference.how.name(),
                loaded: loaded(reference.timing),
                written: written(reference.written),
                start: reference.span.start,
                end: reference.span.end,
            })
            .collect(),
    });
    let missing = graph.missing.iter().map(|missing| Missing {
        from: graph.files[missing.from].path.as_str(),
        address: &missing.address,
        how: missing.how.name(),
    });
    let document = Document {
        schema: SCHEMA,
        coverage: Covered { proven: coverage.proven, files: coverage.files },
        files: files.collect(),
        missing: missing.collect(),
    };
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

fn loaded(timing: Timing) -> &'static str {
    match timing {
        Timing::Now => "now",
        Timing::Aside => "aside",
        Timing::Later => "later",
        Timing::Never => "never",
    }
}

fn written(written: Written) -> &'static str {
    match written {
        Written::Relative => "relative",
        Written::Root => "root",
        Written::Absolute => "absolute",
        Written::Mapped => "mapped",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::Kind;
    use crate::graph::How;
    use crate::graph::tests::graph;

    #[test]
    fn a_graph_is_what_its_schema_says() {
        let mut schemas = boon::Schemas::new();
        let mut compiler = boon::Compiler::new();
        let schema: serde_json::Value = serde_json::from_str(SCHEMA_TEXT).unwrap();
        assert_eq!(schema["properties"]["schema"]["const"], SCHEMA);
        let words = |name: &str| -> Vec<String> {
            schema["$defs"][name]["enum"]
                .as_array()
                .unwrap()
                .iter()
                .map(|word| word.as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(words("kind"), Kind::ALL.map(|kind| kind.name().to_owned()));
        assert_eq!(words("how"), How::ALL.map(|how| how.name().to_owned()));
        compiler.add_resource("graph.json", schema).unwrap();
        let index = compiler.compile("graph.json", &mut schemas).unwrap();
        let graph = graph(&[
            ("index.html", "<script type=module src=a.js></script><img src=gone.png><a href=/a.css>x</a>"),
            ("a.js", "import('./b.js');import(`./${c}.js`)"),
            ("b.js", ""),
            ("a.css", ""),
        ]);
        let named = crate::fingerprint::Named {
            files: graph
                .files
                .iter()
                .map(|file| crate::fingerprint::NamedFile {
                    source: file.path.clone(),
                    name: file.path.clone(),
                    fate: crate::fingerprint::Fate::Alone,
                    why_kept: Some("nobody refers to it".to_owned()),
                    caching: crate::manifest::Caching::Revalidate,
                })
                .collect(),
        };
        let written = render(&Linked { graph, named, ..Linked::default() });
        let written: serde_json::Value = serde_json::from_str(&written).unwrap();
        assert_eq!(written["missing"][0]["address"], "gone.png");
        schemas.validate(&written, index).map_err(|why| format!("{why:#}\n{written:#}")).unwrap();
    }
}
