//! The commands around the gate: list, explain, completions, init, doctor, dry runs, help.

use crate::project::{Project, TOOL, run};
use std::process::Command;

#[test]
fn list_names_everything_that_would_be_measured() {
    let shop = Project::shop();
    shop.perfbudget(&["list"]).is(
        0,
        "\
shop::cart::add #
shop::cart::parse/10
shop::cart::parse/100
shop::cart::parse/400
shop::cart::receipt
shop::cart::remove # of #
shop::cart::total/10
shop::cart::total/100
shop::cart::total/1000
shop::search::find/prefix/10
shop::search::find/prefix/100
shop::search::find/prefix/1000
shop::search::find/two words
shop::search::\"index/build\"
shop::search::\"index/lazy\"
shop::bin shop
",
    );
    let json = shop.perfbudget(&["list", "--json", "find"]).json();
    assert_eq!(json["subjects"].as_array().map(Vec::len), Some(4), "{json}");
    shop.perfbudget(&["list", "--bench", "cart", "total"])
        .is(0, "shop::cart::total/10\nshop::cart::total/100\nshop::cart::total/1000\n");
}

#[test]
fn a_dry_run_prints_the_steps_and_runs_none() {
    let shop = Project::shop();
    // No compiler, no valgrind: only what describes the project.
    for args in [&["--dry-run"][..], &["record", "--dry-run"]] {
        shop.perfbudget(args).ends(0, &["cargo", "--bench", "cart", "valgrind", "--tool=callgrind", "--bin"]);
        assert!(!shop.root.join("perfbudget").exists());
    }
    shop.perfbudget(&["--dry-run", "--bench", "search"]).ends(0, &["search"]).never("EXECUTABLE_OF_CART");
    let dry = shop.perfbudget(&["--dry-run", "--features", "nothing"]);
    assert_eq!(dry.code, 0, "nothing is built, so nothing is found out: {dry:?}");
}

#[test]
fn explain_tells_what_a_code_means() {
    let all = run(Command::new(TOOL).arg("explain"));
    all.ends(0, &["growth-over", "benchmark-missing", "baseline-stale", "metric-seeded"]);
    for line in all.stdout.lines() {
        let code = line.split_whitespace().next().expect("a line begins with a code");
        let one = run(Command::new(TOOL).args(["explain", code]));
        assert!(one.code == 0 && one.stdout.starts_with(&format!("{code}: ")) && one.stderr.is_empty(), "{one:?}");
    }
    run(Command::new(TOOL).args(["explain", "nonsense"])).ends(2, &["`cargo perfbudget explain` lists them"]);
    run(Command::new(TOOL).args(["explain", "growth-ovr"]))
        .is(2, "error: there is no code `growth-ovr`\n  hint: did you mean `growth-over`?\n");
}

#[test]
fn cargo_perfbudget_and_cargo_dash_perfbudget_are_the_same() {
    let project = Project::steps(100);
    let folder = std::path::Path::new(TOOL).parent().expect("the tool lies in a folder").to_owned();
    let path = std::env::join_paths(
        std::iter::once(folder).chain(std::env::split_paths(&std::env::var_os("PATH").expect("there is a PATH"))),
    )
    .expect("a PATH can be joined");
    let mut command = project.tool();
    let through_cargo = {
        let variables: Vec<_> =
            command.get_envs().map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned))).collect();
        let mut cargo = Command::new("cargo");
        for (name, value) in variables {
            match value {
                Some(value) => cargo.env(name, value),
                None => cargo.env_remove(name),
            };
        }
        run(cargo.current_dir(&project.root).env("PATH", path).args(["perfbudget", "explain", "growth-over"]))
    };
    let direct = run(command.args(["explain", "growth-over"]));
    assert_eq!((through_cargo.code, through_cargo.stdout), (direct.code, direct.stdout));
}

#[test]
fn completions_are_what_the_shell_reads() {
    let output = run(Command::new(TOOL).args(["completions", "bash"]));
    for part in ["cargo-perfbudget", "accept", "--self-test"] {
        output.ends(0, &[part]);
    }
    let syntax = run(Command::new("bash").args(["-n", "-c", &output.stdout]));
    assert_eq!((syntax.code, syntax.stderr.as_str()), (0, ""));
    for shell in ["zsh", "fish", "powershell", "elvish"] {
        run(Command::new(TOOL).args(["completions", shell])).ends(0, &["perfbudget"]);
    }
}

#[test]
fn the_optimizer_is_a_part_of_us_or_says_that_it_is_not() {
    let assets = |words: &[&str]| run(Command::new(TOOL).args(["perfbudget", "assets"]).args(words));
    if cfg!(feature = "assets") {
        assets(&["--help"]).ends(0, &["cargo perfbudget assets optimize dist --out public", "130 stopped"]);
        assets(&["report", "nowhere"]).ends(2, &["error: `nowhere` is not a folder"]);
        run(Command::new(TOOL).args(["completions", "bash"])).ends(0, &["--dry-run", "--watch"]);
    } else {
        for words in [&["optimize", "dist", "--out", "public"][..], &["--help"], &[]] {
            assets(words).ends(2, &["was built without the feature `assets`", "hint: ", "`asset-optimizer`"]);
        }
    }
}

#[test]
fn init_writes_a_configuration_that_changes_nothing_and_never_overwrites_one() {
    let shop = Project::recorded_shop();
    shop.perfbudget(&["init"]).ends(
        0,
        &[
            "wrote perfbudget.toml",
            "shop::cart",
            "shop::search",
            "next:",
            "#. cargo perfbudget doctor",
            "#. cargo",
            "#. cargo",
        ],
    );
    let text = shop.read("perfbudget.toml");
    shop.perfbudget(&[]).ends(0, &["within: "]);
    shop.perfbudget(&["init"])
        .is(2, "error: `perfbudget.toml` is there already\n  hint: edit it, or remove it first\n");
    assert_eq!(shop.read("perfbudget.toml"), text);
}

#[test]
fn doctor_finds_a_healthy_machine_and_names_what_is_missing() {
    let shop = Project::shop();
    shop.perfbudget(&["doctor"]).ends(
        0,
        &[
            "ok cargo: ",
            "ok git: ",
            "ok valgrind: ",
            "# bench targets may be built on a known harness",
            "everything is there",
        ],
    );
    let tools = shop.beside("tools");
    std::fs::create_dir_all(&tools).expect("a folder can be made");
    for tool in ["git", "cargo", "rustc", "id", "cc", "ld", "as"] {
        let path = std::env::split_paths(&std::env::var_os("PATH").expect("there is a PATH"))
            .map(|folder| folder.join(tool))
            .find(|path| path.is_file());
        let Some(path) = path else { continue };
        std::os::unix::fs::symlink(path, tools.join(tool)).expect("a link can be made");
    }
    let path = tools.to_string_lossy().into_owned();
    shop.perfbudget_with(&[("PATH", &path)], &["doctor"])
        .ends(101, &["missing valgrind: ", "install", "valgrind", "doctor --fix"]);
    shop.perfbudget_with(&[("PATH", &path)], &[]).ends(101, &["tool-missing", "doctor"]);
}

#[test]
fn a_folder_without_a_project_is_a_mistake_of_the_command_line() {
    // Not below the build folder of this very workspace, which cargo would find.
    let folder = std::env::temp_dir().join(format!("perfbudget-e2e-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let nothing = Project::empty("nothing").moved_to(folder.clone());
    for args in [&[][..], &["record"], &["list"], &["accept", "x", "--reason", "y"], &["init"]] {
        nothing.perfbudget(args).ends(2, &["Cargo.toml", "--manifest-path"]);
    }
    nothing.perfbudget(&["--no-such-option"]).ends(2, &["--no-such-option"]);
    nothing.perfbudget(&["--format", "xml"]).ends(2, &["xml", "terminal", "json", "markdown"]);
    std::fs::remove_dir_all(folder).expect("a folder can be removed");
}

#[test]
fn help_shows_the_exit_codes() {
    run(Command::new(TOOL).arg("--help"))
        .ends(0, &["Usage: cargo perfbudget", "Exit codes:", "# over budget", "# cannot tell"]);
    run(Command::new(TOOL).args(["perfbudget", "--version"])).ends(0, &["perfbudget"]);
}
