#!/usr/bin/env bash
# Figure: over 50 behaviour-neutral edits of registry crates (an unrelated function with a match, a renamed private function,
# two neighbouring items swapped), at most 1 is over. Each one that is over is printed with its report.
# usage: neutral-edits.sh [EDITS]
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build --release --locked -q -p cargo-perfbudget
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PERFBUDGET_CACHE_DIR=$work/cache CARGO_TARGET_DIR=$target/figures-neutral
python3 - "$target/release/cargo-perfbudget" "$work" "${1:-50}" <<'PY'
import json, os, pathlib, random, re, shutil, subprocess, sys

tool, work, wanted = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
# Name, version, features, and a bench target where one of them has hundreds of benchmarks of the same kinds.
crates = [
    ("httparse", "1.8.0", []),
    ("crc32fast", "1.5.4", []),
    ("tinyvec", "1.13.3", ["--features", "alloc,real_blackbox", "--bench", "macros"]),
]
random.seed(2)

def run(args, cwd, check=True):
    done = subprocess.run(args, cwd=cwd, capture_output=True, text=True)
    if check and done.returncode != 0:
        sys.exit(f"{args} failed:\n{done.stdout}\n{done.stderr}")
    return done

def fetch(name, version):
    holder = work / f"fetch-{name}"
    (holder / "src").mkdir(parents=True)
    (holder / "src/lib.rs").write_text("")
    (holder / "Cargo.toml").write_text(
        f'[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n[dependencies]\n{name} = "={version}"\n')
    metadata = json.loads(run(["cargo", "metadata", "--format-version", "1"], holder).stdout)
    manifest = next(p["manifest_path"] for p in metadata["packages"] if p["name"] == name)
    root = work / name
    shutil.copytree(pathlib.Path(manifest).parent, root)
    manifest = root / "Cargo.toml"
    manifest.write_text(manifest.read_text() + "\n[workspace]\n")
    run(["git", "init", "-q"], root)
    run(["git", "add", "-A"], root)
    run(["git", "-c", "user.name=x", "-c", "user.email=x@localhost", "commit", "-q", "-m", "as published"], root)
    return root

UNRELATED = """
/// Has nothing to do with anything else here.
pub fn unrelated_%d(number: u32) -> u32 {
    match number {
        0 => 1,
        1..=9 => number.rotate_left(3),
        10 | 20 | 30 => number ^ 0x5a,
        _ => number.wrapping_mul(31),
    }
}
"""

def items(text):
    """The places of top-level functions and impls, from attributes and comments to the closing brace."""
    found, lines, start, depth = [], text.split("\n"), None, 0
    for index, line in enumerate(lines):
        if depth == 0 and start is None and re.match(r"(pub(\([a-z]+\))? )?(const |unsafe )*(fn|impl)\b", line) and "{" in line:
            start = index
            while start > 0 and re.match(r"(///|#\[)", lines[start - 1]):
                start -= 1
        code = re.sub(r"'(\\.|[^\\'])'|\"(\\.|[^\"\\])*\"|//.*", "", line)
        depth += code.count("{") - code.count("}")
        if start is not None and depth == 0:
            found.append((start, index))
            start = None
    return lines, found

def edits(root):
    sources = [path for path in sorted((root / "src").rglob("*.rs")) if path.stat().st_size > 500]
    for number, path in enumerate(sources):
        text = path.read_text()
        yield path, "an unrelated function at the end", text + UNRELATED % number
        lines, found = items(text)
        for (a, b), (c, d) in zip(found, found[1:]):
            swapped = lines[:a] + lines[c:d + 1] + lines[b + 1:c] + lines[a:b + 1] + lines[d + 1:]
            yield path, f"lines {a + 1} and {c + 1} swapped", "\n".join(swapped)
        for name in re.findall(r"^(?:const )?fn ([a-z_0-9]{4,})\(", text, re.M):
            if not re.search(rf"\b{name}!|\bmod {name}\b", text):
                yield path, f"`{name}` renamed", re.sub(rf"\b{name}\b", f"{name}_by_another_name", text)

trials = []
for name, version, features in crates:
    root = fetch(name, version)
    run([tool, "record", "--quiet", *features], root)
    own = [(root, features, *edit) for edit in edits(root)]
    random.shuffle(own)
    trials.append(own)
over = neutral = 0
while neutral < wanted and any(trials):
    for own in trials:
        if neutral >= wanted or not own:
            continue
        root, features, path, what, text = own.pop()
        before = path.read_text()
        path.write_text(text)
        built = run(["cargo", "bench", "--no-run", "-q", *features], root, check=False)
        if built.returncode == 0:
            neutral += 1
            done = run([tool, "check", "--quiet", "--fresh", *features], root, check=False)
            print(f"{neutral:>3} exit {done.returncode}  {root.name} {path.relative_to(root)}: {what}", flush=True)
            if done.returncode not in (0,):
                over += 1
                print(done.stdout, done.stderr)
        path.write_text(before)
print(f"{over} of {neutral} behaviour-neutral edits over")
sys.exit(1 if over * 50 > neutral else 0)
PY
