//! The walls of the house, held by reading its source: who imports whom, and that what is written about it is true.
#![expect(clippy::disallowed_methods, reason = "a test may read the source and run the tool")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_perfbudget::model::Code;
use cargo_perfbudget::model::assumptions::Input;
use cargo_perfbudget::model::worth::FORMULA;

/// Room → the rooms it may import besides `model` and itself. What is not listed imports nothing of ours but `model`.
const ROOMS: [(&str, &[&str]); 18] = [
    ("model", &[]),
    ("error", &[]),
    ("exit", &["error"]),
    ("config", &[]),
    ("sys", &["error"]),
    ("compare", &[]),
    ("attribution", &[]),
    ("judge", &["compare", "config"]),
    ("self_test", &["judge"]),
    ("merge", &[]),
    ("roi", &["compare"]),
    ("render", &[]),
    ("deliver", &["error", "sys"]),
    ("baseline", &["error", "sys"]),
    ("collect", &["config", "error", "sys"]),
    ("cli", &["collect"]),
    (
        "commands",
        &[
            "attribution",
            "baseline",
            "cli",
            "collect",
            "compare",
            "config",
            "deliver",
            "error",
            "exit",
            "judge",
            "merge",
            "render",
            "roi",
            "self_test",
            "sys",
        ],
    ),
    ("lib", &[]),
];

/// The same for the optimizer, where `asset` is the ground floor that all may import.
const OPTIMIZER_ROOMS: [(&str, &[&str]); 32] = [
    ("asset", &[]),
    ("error", &[]),
    ("glob", &[]),
    ("integrity", &[]),
    ("manifest", &["integrity"]),
    ("graph", &["integrity", "manifest", "page", "transform"]),
    ("hints", &["graph", "page", "transform"]),
    ("fingerprint", &["glob", "graph", "manifest"]),
    ("spaces", &["integrity"]),
    ("place", &[]),
    ("sys", &["error", "place", "tools"]),
    ("cache", &["error", "place", "sys"]),
    ("compress", &[]),
    ("tools", &[]),
    ("settings", &["compress", "tools"]),
    ("browserslist", &["error", "settings", "sys"]),
    ("discover", &["error", "sys"]),
    ("transform", &["compress", "integrity", "settings", "spaces", "tools"]),
    ("page", &["transform"]),
    ("serve", &["integrity", "manifest", "page", "transform"]),
    ("seals", &["discover", "integrity", "page", "transform"]),
    ("plan", &["discover", "glob", "page", "seals", "spaces", "transform"]),
    ("choose", &["compress", "settings", "spaces", "transform"]),
    ("kept", &["cache", "choose", "compress"]),
    ("write", &["choose", "error", "sys"]),
    (
        "relink",
        &[
            "cache",
            "choose",
            "discover",
            "error",
            "fingerprint",
            "graph",
            "hints",
            "integrity",
            "kept",
            "manifest",
            "plan",
            "seals",
            "settings",
            "spaces",
            "sys",
            "transform",
            "write",
        ],
    ),
    (
        "report",
        &[
            "cache",
            "choose",
            "discover",
            "error",
            "fingerprint",
            "graph",
            "manifest",
            "optimize",
            "plan",
            "relink",
            "transform",
        ],
    ),
    (
        "optimize",
        &[
            "cache",
            "choose",
            "compress",
            "discover",
            "error",
            "fingerprint",
            "graph",
            "hints",
            "kept",
            "manifest",
            "plan",
            "relink",
            "report",
            "seals",
            "settings",
            "spaces",
            "sys",
            "transform",
            "write",
        ],
    ),
    ("deltas", &["compress", "error", "integrity", "manifest", "relink", "sys"]),
    ("upload", &["compress", "deltas", "error", "integrity", "manifest", "place", "relink", "serve", "sys"]),
    (
        "commands",
        &[
            "browserslist",
            "cache",
            "compress",
            "deltas",
            "error",
            "fingerprint",
            "glob",
            "graph",
            "hints",
            "integrity",
            "manifest",
            "optimize",
            "place",
            "plan",
            "relink",
            "report",
            "serve",
            "settings",
            "sys",
            "transform",
            "upload",
            "write",
        ],
    ),
    ("lib", &[]),
];

/// A crate of this workspace and its walls.
struct House {
    /// Its folder.
    name: &'static str,
    /// Its rooms, with what they may import.
    rooms: &'static [(&'static str, &'static [&'static str])],
    /// The room that all others may import.
    ground: &'static str,
    /// The rooms that know what the user typed.
    typed: &'static [&'static str],
    /// Where serde owns a format.
    formats: &'static [&'static str],
}

const HOUSES: [House; 2] = [
    House {
        name: "cargo-perfbudget",
        rooms: &ROOMS,
        ground: "model",
        typed: &["cli", "commands", "main"],
        formats: SERDE,
    },
    House {
        name: "asset-optimizer",
        rooms: &OPTIMIZER_ROOMS,
        ground: "asset",
        typed: &["commands", "main"],
        formats: &OPTIMIZER_SERDE,
    },
];

/// Where serde owns a format of the optimizer.
const OPTIMIZER_SERDE: [&str; 17] = [
    "browserslist.rs",
    "cache/shared.rs",
    "cache/stock.rs",
    "graph/json.rs",
    "kept.rs",
    "manifest/wire.rs",
    "report/graph_json.rs",
    "report/json.rs",
    "seals/angular.rs",
    "serve/links_json.rs",
    "serve/vite.rs",
    "transform/html/import_map.rs",
    "transform/json.rs",
    "upload/lease.rs",
    "upload/purge.rs",
    "upload/record.rs",
    "upload/text.rs",
];

/// Where serde owns a format.
const SERDE: &[&str] = &[
    "collect/assets/cached.rs",
    "collect/cache.rs",
    "collect/command/dhat.rs",
    "collect/commits.rs",
    "collect/gungraun/",
    "collect/ingest/elements.rs",
    "collect/project.rs",
    "collect/time.rs",
    "render/json",
    "render/sarif.rs",
    "commands/list.rs",
    "deliver/event.rs",
    "deliver/github/",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every source file of every crate, by its path below `src`.
fn all_sources() -> Vec<(String, String)> {
    HOUSES.iter().flat_map(|house| sources(house.name)).collect()
}

/// Every source file of a crate, by its path below `src`.
fn sources(name: &str) -> Vec<(String, String)> {
    let src = root().join(name).join("src");
    let mut folders = vec![src.clone()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
                files.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(files.len() > 30);
    files.sort();
    files
}

fn room_of(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap()
}

#[test]
fn rooms_import_only_what_lies_below_them() {
    for House { name, rooms, ground, .. } in HOUSES {
        for (file, text) in sources(name) {
            let room = room_of(&file);
            if matches!(room, "main" | "lib") || file.contains("tests") {
                continue;
            }
            let (_, allowed) =
                rooms.iter().find(|(own, _)| *own == room).unwrap_or_else(|| panic!("{file}: a new room"));
            for (index, line) in text.lines().enumerate().take_while(|(_, line)| !line.starts_with("#[cfg(test)]")) {
                for imported in line.split("crate::").skip(1).filter(|_| !line.trim_start().starts_with("//")) {
                    let imported =
                        imported.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap();
                    let fine =
                        imported == room || imported == ground || allowed.contains(&imported) || imported.is_empty();
                    assert!(fine, "{name}/{file}:{}: `{room}` must not import `{imported}`", index + 1);
                }
            }
        }
    }
}

#[test]
fn the_outside_world_is_touched_in_the_basement_only() {
    for House { name, typed, formats, .. } in HOUSES {
        for (file, text) in sources(name) {
            let opens_a_door =
                text.contains("expect(clippy::disallowed_methods") || text.contains("allow(clippy::disallowed");
            let in_test_only = text
                .find("#[cfg(test)]")
                .or(text.find("#[cfg(all(test"))
                .is_some_and(|tests| text.find("clippy::disallowed_methods").is_some_and(|door| door > tests));
            assert!(!opens_a_door || file.starts_with("sys/") || in_test_only, "{file} opens a door to the world");
            let serde = text.contains("use serde") || text.contains("serde_json::");
            let is_own = formats.iter().any(|own| file.starts_with(own));
            assert!(!serde || is_own, "{name}/{file} uses serde without owning a format");
            let clap = text.contains("use clap") || text.contains("clap::");
            assert!(!clap || typed.contains(&room_of(&file)), "{name}/{file} knows what the user typed");
        }
    }
}

#[test]
fn every_file_says_what_it_is_and_does_one_job() {
    for (file, text) in all_sources() {
        assert!(text.starts_with("//! "), "{file} has no sentence on top");
        assert!(text.lines().count() <= 500, "{file} has {} lines: two jobs?", text.lines().count());
    }
}

#[test]
fn the_readme_shows_the_help_as_it_is_and_every_code() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let help = Command::new(env!("CARGO_BIN_EXE_cargo-perfbudget")).args(["perfbudget", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let shown = readme.split("<!-- help -->\n```text\n").nth(1).and_then(|rest| rest.split("```").next());
    assert_eq!(
        shown.unwrap_or_default().trim_end(),
        help.trim_end(),
        "the help in README.md is not what `--help` prints"
    );
    let named: BTreeSet<&str> = readme.split('`').collect();
    let missing: Vec<&str> = Code::ALL.iter().map(|code| code.name()).filter(|name| !named.contains(name)).collect();
    assert!(missing.is_empty(), "README.md does not name {missing:?}");
}

/// The entries of a part of `action.yml` as rows of the README: a name, a description, and a default where there is one.
fn action_rows(action: &str, part: &str) -> String {
    let block = action.split(&format!("\n{part}:\n")).nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap();
    let has_default = block.contains("    default: ");
    let mut rows = String::new();
    for entry in block.split_inclusive('\n').fold(Vec::<String>::new(), |mut entries, line| {
        if line.starts_with("    ") {
            entries.last_mut().unwrap().push_str(line)
        } else {
            entries.push(line.to_owned())
        }
        entries
    }) {
        let value = |key: &str| {
            let line = entry.lines().find_map(|line| line.trim().strip_prefix(key));
            line.unwrap_or_default().trim_matches('"').to_owned()
        };
        let name = entry.lines().next().unwrap().trim().trim_end_matches(':');
        let default = Some(value("default: ")).filter(|default| !default.is_empty());
        let default = default.map_or(String::new(), |default| format!("`{default}`"));
        let default = if has_default { format!(" {default} |") } else { String::new() };
        rows.push_str(&format!("| `{name}` | {} |{default}\n", value("description: ")));
    }
    rows
}

#[test]
fn the_readme_shows_the_action_and_its_workflow_as_they_are() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let (readme, action, template) = (read("README.md"), read("action.yml"), read("templates/workflow.yml"));
    for (part, head) in
        [("inputs", "| input | | by default |\n| --- | --- | --- |\n"), ("outputs", "| output | |\n| --- | --- |\n")]
    {
        let shown = readme.split(head).nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap_or_default();
        assert_eq!(shown.trim_end(), action_rows(&action, part).trim_end(), "the {part} in README.md");
    }
    let shown = readme.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let usual: Vec<&str> = template.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(
        usual.join("\n").starts_with(shown.trim_end()),
        "the workflow in README.md is not `templates/workflow.yml`"
    );
    let tag = concat!("cargo-perfbudget/cargo-perfbudget@v", env!("CARGO_PKG_VERSION"), "\n");
    assert!(shown.ends_with(tag), "the workflow in README.md names another version");
}

#[test]
fn the_readme_has_the_formula_and_every_default_of_an_estimate() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for line in FORMULA {
        assert!(readme.contains(&format!("{line}\n")), "README.md does not say `{line}`");
    }
    for terms in Input::ALL.iter().map(|input| input.terms()) {
        let default = match terms.default_written {
            "" => "none".to_owned(),
            default => format!("{default}, {}", terms.source),
        };
        let row = format!("| `{} = {}` | {} | {default} |", terms.name, terms.example, terms.meaning);
        assert!(readme.contains(&row), "README.md has no `{row}`: python3 tests/readme.py");
    }
}

#[test]
fn nothing_is_left_for_later() {
    // Put together here, so that this file does not find itself.
    let words =
        [["to", "do!("].concat(), ["unimple", "mented!("].concat(), ["#[ig", "nore"].concat(), ["db", "g!("].concat()];
    for (file, text) in all_sources() {
        for word in &words {
            assert!(!text.contains(word), "{file} holds `{word}`");
        }
    }
}

#[test]
fn every_dependency_may_come_in() {
    let deny = fs::read_to_string(root().join("deny.toml")).unwrap();
    let allowed: BTreeSet<&str> = deny
        .split("allow = [")
        .nth(1)
        .and_then(|rest| rest.split(']').next())
        .unwrap()
        .split('"')
        .skip(1)
        .step_by(2)
        .collect();
    assert!(allowed.contains("MIT") && !allowed.iter().any(|licence| licence.contains("GPL")));
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata = cargo_metadata::MetadataCommand::parse(String::from_utf8(output.stdout).unwrap()).unwrap();
    assert!(metadata.packages.len() > 20);
    for package in &metadata.packages {
        let text = package.license.as_deref().unwrap_or_else(|| panic!("{} states no licence", package.name));
        let expression = spdx::Expression::parse_mode(text, spdx::ParseMode::LAX).unwrap();
        let fine = expression.evaluate(|requirement| allowed.contains(requirement.to_string().as_str()));
        assert!(fine, "{} is under {text}", package.name);
    }
}
