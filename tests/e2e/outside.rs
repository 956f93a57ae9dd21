//! What lies outside of the repository, what is not installed, and what runs out.

use crate::project::{Output, Project, run};
use std::path::Path;
use std::process::Command;

/// Makes the benchmark depend on a library at that path, which is a repository of its own.
fn depend_on(project: &Project, path: &str) {
    project.replace(
        "Cargo.toml",
        "[dev-dependencies]",
        &format!("[dependencies]\ncost = {{ path = {path:?} }}\n\n[dev-dependencies]"),
    );
    project.write("src/lib.rs", "//! Uses the library.\n\npub use cost::more;\n");
}

fn write_library(folder: &Path, more: &str) {
    std::fs::create_dir_all(folder.join("src")).expect("a folder can be made");
    let manifest = format!("[package]\nname = \"cost\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{more}");
    std::fs::write(folder.join("Cargo.toml"), manifest).expect("a file can be written");
    let source = "//! A library.\n\n/// More.\npub fn more(count: u64) -> u64 {\n    count + 1\n}\n";
    std::fs::write(folder.join("src/lib.rs"), source).expect("a file can be written");
}

#[test]
fn a_base_with_a_submodule_is_built_with_the_submodule_as_it_pins_it() {
    let project = Project::steps(10_000);
    let library = project.beside("library");
    write_library(&library, "");
    let there = project.moved_to(library.clone());
    there.init();
    let root = library.parent().expect("it lies beside the project").join("project");
    let project = there.moved_to(root);
    let url = library.to_str().expect("the path is text");
    project.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, "cost"]);
    depend_on(&project, "cost");
    project.commit("a submodule");
    project.record_and_branch();
    project.perfbudget(&[]).ends(0, &["within: "]);
    project.set_steps(11_000);
    project.perfbudget(&[]).ends(100, &["growth-over steps::steps::steps"]).never("base-unbuildable");
}

#[test]
fn a_dependency_of_the_same_name_is_not_what_is_built() {
    let project = Project::steps(1_000);
    let older = project.beside("older");
    write_library(&older, "\n[workspace]\n");
    let manifest = std::fs::read_to_string(older.join("Cargo.toml")).expect("it was written");
    let manifest = manifest.replace("cost", "steps").replace("0.1.0", "0.0.1");
    std::fs::write(older.join("Cargo.toml"), manifest).expect("a file can be written");
    // As a package has it that criterion itself depends on.
    let older = "[dev-dependencies]\nolder = { package = \"steps\", path = \"../older\" }";
    project.replace("Cargo.toml", "[dev-dependencies]", older);
    project.write("src/main.rs", "fn main() {}\n");
    project.perfbudget(&["list"]).is(0, "steps::steps::steps\nsteps::bin steps\n");
    project.perfbudget(&["record", "-q"]).ends(0, &[]);
}

#[test]
fn a_path_dependency_outside_of_the_repository_is_said_to_keep_the_base_from_being_built() {
    let project = Project::steps(10_000);
    let library = project.beside("cost");
    // By itself, or the workspace that the tests lie in would claim it.
    write_library(&library, "\n[workspace]\n");
    depend_on(&project, "../cost");
    project.commit("a path dependency");
    project.record_and_branch();
    project.perfbudget(&[]).ends(0, &["within: "]);
    project.set_steps(11_000);
    project
        .perfbudget(&[])
        .ends(101, &["base-unbuildable", "cost", "path dependency outside of the repository", "cannot tell: "])
        .never("growth-over");
}

/// Runs the tool with a baseline folder on a disk of so many bytes, in a name space of its own.
fn on_a_full_disk(project: &Project, args: &str) -> Output {
    let mount = project.root.join("perfbudget");
    std::fs::create_dir_all(&mount).expect("a folder can be made");
    let tool = project.tool();
    let script = format!(
        "mount -t tmpfs -o size=4k tmpfs '{mount}' && cp -r '{mount}.kept/.' '{mount}' 2>/dev/null; \
         head -c 4096 /dev/zero > '{mount}/ballast' 2>/dev/null; '{}' {args}; code=$?; \
         find '{mount}' -name '*.toml*' -o -name '.*.tmp*'; exit $code",
        tool.get_program().to_string_lossy(),
        mount = mount.display(),
    );
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]).current_dir(&project.root);
    for (name, value) in tool.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    run(&mut command)
}

#[test]
fn a_full_disk_is_said_and_leaves_no_half_of_a_baseline() {
    let project = Project::steps(10_000);
    let output = on_a_full_disk(&project, "record");
    output.ends(101, &["cannot write", "No space left on device"]);
    assert_eq!(output.stdout.lines().filter(|line| line.contains("perfbudget/")).count(), 0, "{output:?}");
}

#[test]
fn doctor_installs_what_is_missing_when_told_to() {
    let shop = Project::shop();
    let tools = shop.beside("tools");
    std::fs::create_dir_all(&tools).expect("a folder can be made");
    let path = std::env::var_os("PATH").expect("there is a PATH");
    let folders = std::env::split_paths(&path).filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    for tool in folders.filter(|tool| !tool.file_name().to_string_lossy().starts_with("valgrind")) {
        // The first of a name is the one that is found.
        let _ = std::os::unix::fs::symlink(tool.path(), tools.join(tool.file_name()));
    }
    // The system's package manager, as far as it matters: what it installs is on the PATH from then on.
    let valgrind = std::env::split_paths(&path).map(|folder| folder.join("valgrind")).find(|path| path.is_file());
    let valgrind = valgrind.expect("valgrind is there");
    for name in ["apt-get", "dnf", "pacman", "sudo"] {
        let _ = std::fs::remove_file(tools.join(name));
        // Debian's valgrind is a script that wants to be called by its own path.
        let (from, to) = (valgrind.display(), tools.join("valgrind"));
        let to = to.display();
        let install = format!("#!/bin/sh\nprintf '#!/bin/sh\\nexec {from} \"$@\"\\n' >'{to}'\nchmod +x '{to}'\n");
        std::fs::write(tools.join(name), install).expect("a file can be written");
        run(Command::new("chmod").arg("+x").arg(tools.join(name)));
    }
    let with = [("PATH", tools.to_str().expect("the path is text"))];
    shop.perfbudget_with(&with, &["doctor"]).ends(101, &["missing valgrind: "]);
    shop.perfbudget_with(&with, &["doctor", "--fix"]).ends(0, &["ok valgrind: ", "running: ", "install"]);
    shop.perfbudget_with(&with, &["doctor"]).ends(0, &["everything is there"]);
}
