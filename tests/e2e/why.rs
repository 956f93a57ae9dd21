//! Why something is over: the functions that cost more, and the change of the lock file that it belongs to.

use crate::project::{Project, STEPS_MANIFEST};

const DEPENDENCIES: &str = "\
[dependencies]
calm = { version = \"=1.0.0\", registry = \"mine\" }
hidden = { version = \"=1.0.0\", registry = \"mine\" }
tied-a = { version = \"=1.0.0\", registry = \"mine\" }
work = { version = \"=1.0.0\", registry = \"mine\" }

";
const LIBRARY: &str = "\
pub fn run(count: u64) -> u64 {
    own(count) + work::spin(count) + hidden::spin(count) + calm::spin(count) + tied_a::spin(count)
}

#[inline(never)]
fn own(count: u64) -> u64 {
    (0..count).fold(0, |sum, step| std::hint::black_box(sum + step))
}
";
const BENCH: &str = "\
use criterion::{criterion_group, criterion_main, Criterion};
use std::hint::black_box;

fn all(c: &mut Criterion) {
    c.bench_function(\"run\", |b| b.iter(|| steps::run(black_box(1_000))));
}

criterion_group!(benches, all);
criterion_main!(benches);
";

/// A registry in a folder: version 1.0.0 of each package, and 1.1.0, of which `work` and `hidden` cost twice as much.
fn registry(project: &Project) {
    let folder = project.beside("registry");
    let package = |name: &str, version: &str, needs: &str, inline: &str, times: u64| {
        let own = folder.join(format!("{name}-{version}"));
        let write = |path: &str, text: String| {
            let path = own.join(path);
            std::fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a folder can be made");
            std::fs::write(path, text).expect("a file can be written");
        };
        write(".cargo-checksum.json", "{\"files\":{}}".into());
        write(
            "Cargo.toml",
            format!(
                "[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2021\"\n\n[dependencies]\n{needs}\n"
            ),
        );
        write(
            "src/lib.rs",
            format!(
                "#[inline({inline})]\npub fn spin(count: u64) -> u64 {{\n    \
                 (0..count * {times}).fold(0, |sum, step| std::hint::black_box(sum ^ step))\n}}\n"
            ),
        );
    };
    for (version, times) in [("1.0.0", 1), ("1.1.0", 2)] {
        // Those two must move together.
        let needs = format!("tied-b = {{ version = \"={version}\", registry = \"mine\" }}");
        package("tied-a", version, &needs, "never", 1);
        package("tied-b", version, "", "never", 1);
        package("calm", version, "", "never", 1);
        package("work", version, "", "never", times);
        package("hidden", version, "", "always", times);
    }
    let address = "sparse+https://registry.invalid/";
    let config = format!(
        "[registries.mine]\nindex = \"{address}\"\n\n[source.mine]\nregistry = \"{address}\"\nreplace-with = \"here\"\n\n\
         [source.here]\ndirectory = {folder:?}\n"
    );
    project.write(".cargo/config.toml", &config);
}

/// A recorded project that rests on that registry's packages, on a branch.
fn recorded() -> Project {
    let project = Project::steps(1);
    registry(&project);
    project.write(
        "Cargo.toml",
        &STEPS_MANIFEST.replace("[dev-dependencies]", &format!("{DEPENDENCIES}[dev-dependencies]")),
    );
    project.write("src/lib.rs", LIBRARY);
    project.write("benches/steps.rs", BENCH);
    project.record_and_branch();
    project
}

fn bump(project: &Project, name: &str) {
    let line = format!("{name} = {{ version = \"=1.0.0\"");
    project.replace("Cargo.toml", &line, &line.replace("1.0.0", "1.1.0"));
}

#[test]
fn growth_is_explained_by_the_functions_that_moved() {
    let project = recorded();
    project.replace("src/lib.rs", "(0..count)", "(0..count + 500)");
    project
        .perfbudget(&["check"])
        .ends(100, &["growth-over steps::steps::run", "why: `steps::own` +#"])
        .never("lock file");
    let report = project.perfbudget(&["check", "--format", "json"]).json();
    let cause = &report["causes"][0];
    let sum: i64 = cause["moved"]
        .as_array()
        .expect("functions")
        .iter()
        .map(|moved| moved["after"].as_i64().unwrap() - moved["before"].as_i64().unwrap())
        .sum();
    let total = cause["after"].as_i64().unwrap() - cause["before"].as_i64().unwrap();
    assert_eq!(sum + cause["more_delta"].as_i64().unwrap() + cause["residue"].as_i64().unwrap(), total);
    assert!(total > 1_000);
}

#[test]
fn growth_in_the_functions_of_a_changed_dependency_belongs_to_it() {
    let project = recorded();
    bump(&project, "work");
    bump(&project, "calm");
    project.perfbudget(&["check"]).ends(
        100,
        &[
            "growth-over steps::steps::run",
            "why: `work::spin` +#",
            "lock file: +# of +# (#%) is in the functions of `work # → #`",
        ],
    );
    // What was measured before has its profile, too.
    project.perfbudget(&["check"]).ends(100, &["why: `work::spin` +#", "# reused"]);
}

#[test]
fn growth_that_is_inlined_is_found_by_changing_the_lock_file_step_by_step() {
    let project = recorded();
    for name in ["calm", "hidden", "tied-a"] {
        bump(&project, name);
    }
    project
        .perfbudget(&["check"])
        .ends(100, &["why: `steps::run` +#", "lock file: changed", "cargo perfbudget check --bisect-lock"]);
    let status = project.git(&["status", "--porcelain"]);
    project.perfbudget(&["check", "--bisect-lock", "--offline"]).ends(
        100,
        &[
            "lock file: `hidden # → #` +#; with the base's it is",
            "lock file, # of # changes, up to `",
            "lock file, the base's: ",
        ],
    );
    assert_eq!(project.git(&["status", "--porcelain"]), status);
    // Nothing is asked of a lock file that did not change.
    project.git(&["checkout", "-q", "--", "."]);
    project.replace("src/lib.rs", "(0..count)", "(0..count + 500)");
    project
        .perfbudget(&["check", "--bisect-lock"])
        .ends(100, &["cannot bisect the lock file", "no package of another version"]);
}
