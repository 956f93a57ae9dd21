#!/usr/bin/env bash
# Figure: a bisect over 64 commits, all in one target folder, builds at most 7 of them, and none when it is asked again. The
# good commit comes before the 64 and is built, too. A build is a call of `cargo bench`, counted by a cargo that stands between.
# usage: bisect.sh [COMMITS] [SLOWER]   TOOL=path/to/cargo-perfbudget skips building it
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/setup.sh
if [ -z "${TOOL:-}" ]; then
    cargo build --release -q "${gate[@]}"
    TOOL=$(target_dir)/release/cargo-perfbudget
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PERFBUDGET_CACHE_DIR=$work/cache
unset CARGO_TARGET_DIR
python3 - "$TOOL" "$work" "${1:-64}" "${2:-}" <<'PY'
import json, math, os, pathlib, random, re, shutil, subprocess, sys, time

tool, work, commits = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
slower = int(sys.argv[4]) if sys.argv[4] else random.randint(1, commits)
cargo, log = shutil.which("cargo"), work / "cargo.log"
shim = work / "cargo"
shim.write_text(f'#!/bin/sh\ncase "$1" in bench) git rev-parse HEAD >> {log};; esac\nexec {cargo} "$@"\n')
shim.chmod(0o755)
root = work / "project"
(root / "benches").mkdir(parents=True)
(root / "src").mkdir()
shop = pathlib.Path("fixtures/shop")
(root / ".gitignore").write_text("/target\n")
(root / "Cargo.lock").write_text((shop / "Cargo.lock").read_text().replace('name = "shop"', 'name = "steps"'))
(root / "Cargo.toml").write_text("""[package]
name = "steps"
version = "0.1.0"
edition = "2021"
[workspace]
[lib]
bench = false
[dev-dependencies]
criterion = { version = "0.8", default-features = false, features = ["cargo_bench_support"] }
[[bench]]
name = "steps"
harness = false
""")
(root / "benches/steps.rs").write_text("""use criterion::{criterion_group, criterion_main, Criterion};
fn all(c: &mut Criterion) {
    c.bench_function("sum", |b| b.iter(|| steps::sum(std::hint::black_box(10_000))));
}
criterion_group!(benches, all);
criterion_main!(benches);
""")

def git(*args):
    me = ["-c", "user.name=x", "-c", "user.email=x@localhost", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *me, *args], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.strip()

def commit(number):
    more = " + count / 20" if number >= slower else ""
    (root / "src/lib.rs").write_text(
        "#[inline(never)]\npub fn sum(count: u64) -> u64 {\n"
        f"    (0..count{more}).fold(0, |sum, step| std::hint::black_box(sum + step))\n}}\n\npub fn number() -> u64 {{\n    {number}\n}}\n")
    git("add", "-A")
    git("commit", "-q", "-m", f"number {number}")

git("init", "-q")
commit(0)
git("tag", "good")
for number in range(1, commits + 1):
    commit(number)

def bisect():
    log.write_text("")
    began = time.monotonic()
    done = subprocess.run([tool, "bisect", "--good", "good", "--bad", "main", "--format", "json", "steps::steps::sum"],
        cwd=root, capture_output=True, text=True, env=dict(os.environ, CARGO=str(shim)))
    if done.returncode != 0:
        sys.exit(f"exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return json.loads(done.stdout), set(log.read_text().split()), time.monotonic() - began, done.stderr

report, built, seconds, said = bisect()
print(said, end="")
of_them = built - {git("rev-parse", "good")}
most = 1 + math.ceil(math.log2(commits))
print(f"{commits} commits, number {slower} is slower: found {report['first_bad'][0]['subject']!r}; built {len(of_them)} of them"
      f" (at most {most}) and the good one before them, in {seconds:.1f} s")
for moved in report["cause"]["moved"]:
    print(f"  {moved['function']}: {moved['before']} -> {moved['after']}")
again, rebuilt, seconds, _ = bisect()
print(f"asked again: {len(rebuilt)} built, in {seconds:.1f} s")
assert report["first_bad"][0]["subject"] == f"number {slower}" and again["first_bad"] == report["first_bad"]
assert len(of_them) <= most and report["built"] == len(built) and not rebuilt
PY
