#!/usr/bin/env bash
# Figure: over 50 behaviour-neutral edits of registry crates, at most 1 is over: an unrelated function, one more arm of a
# match with what the last one says, a renamed private function, neighbours swapped, a module turned around. Only files that
# are compiled here are edited. After most edits the machine code is the same; these are counted apart and not measured.
# Edit and report of each are in target/figures-neutral/edits/; those that are not within are printed, too. A shorter run
# makes the first of the same edits.
# usage: neutral-edits.sh [EDITS]
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/setup.sh
cargo build --release -q "${gate[@]}"
target=$(target_dir)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PERFBUDGET_CACHE_DIR=$work/cache CARGO_TARGET_DIR=$target/figures-neutral
results=$CARGO_TARGET_DIR/edits
rm -rf "$results"
mkdir -p "$results"
python3 - "$target/release/cargo-perfbudget" "$work" "$results" "${1:-50}" <<'PY'
import collections, hashlib, itertools, json, os, pathlib, random, re, shutil, subprocess, sys

tool, work, results, wanted = sys.argv[1], *map(pathlib.Path, sys.argv[2:4]), int(sys.argv[4])
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

def items(text, depth):
    """The lines of functions and impls so deep in braces, from attributes and comments to the closing brace."""
    found, lines, start, now = [], text.split("\n"), None, 0
    head = re.compile(" " * 4 * depth + r"(pub(\([a-z]+\))? )?(const |unsafe )*(fn|impl)\b")
    for index, line in enumerate(lines):
        if now == depth and start is None and head.match(line) and "{" in line:
            start, first = index, found[-1][1] + 1 if found else 0
            # What stands directly above belongs to it, however many lines an attribute takes.
            while start > first and lines[start - 1].strip() and not lines[start - 1].endswith(("{", "}")):
                start -= 1
        code = re.sub(r"'(\\.|[^\\'])'|\"(\\.|[^\"\\])*\"|//.*", "", line)
        now += code.count("{") - code.count("}")
        if start is not None and now == depth:
            found.append((start, index))
            start = None
    return lines, found

def compiled(root):
    """The sources that the compiler read, by what it left for cargo."""
    deps = pathlib.Path(os.environ["CARGO_TARGET_DIR"]) / "release/deps"
    notes = "".join(path.read_text() for path in deps.glob(f"{root.name}-*.d"))
    return [path for path in sorted((root / "src").rglob("*.rs")) if str(path.relative_to(root)) in notes]

def code(root, features):
    """A digest of the machine code of all benchmarks; `None` where they do not build."""
    built = run(["cargo", "bench", "--no-run", "-q", "--message-format=json", *features], root, check=False)
    if built.returncode != 0:
        return None
    messages = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
    digest = hashlib.sha256()
    for executable in sorted(m["executable"] for m in messages if m.get("executable") and m["target"]["kind"] == ["bench"]):
        run(["objcopy", "-O", "binary", "--only-section=.text", executable, work / "text"], root)
        digest.update((work / "text").read_bytes())
    return digest.digest()

def edits(root):
    """Kind → edits of that kind, each with its path, what it is, and the new text."""
    kinds = collections.defaultdict(list)
    for number, path in enumerate(path for path in compiled(root) if path.stat().st_size > 500):
        text = path.read_text()
        own = text.partition("#[cfg(test)]")[0]
        kinds["function"].append((path, "an unrelated function at the end", text + UNRELATED % number))
        lines, found = items(own, 0)
        if len(found) > 2:
            turned = lines[:found[0][0]]
            for start, end in reversed(found):
                turned += lines[start:end + 1] + [""]
            between = [line for (_, end), (start, _) in zip(found, found[1:]) for line in lines[end + 1:start]]
            turned += between + lines[found[-1][1] + 1:]
            kinds["module"].append((path, "turned around", "\n".join(turned) + text[len(own):]))
        for depth in (0, 1):
            lines, found = items(own, depth)
            for (a, b), (c, d) in zip(found, found[1:]):
                swapped = lines[:a] + lines[c:d + 1] + lines[b + 1:c] + lines[a:b + 1] + lines[d + 1:]
                what = f"lines {a + 1} and {c + 1} swapped"
                kinds[f"swap {depth}"].append((path, what, "\n".join(swapped) + text[len(own):]))
        for name in re.findall(r"(?<!#\[test\]\n)^ *(?:unsafe |const )*fn ([a-z_0-9]{4,})[(<]", own, re.M):
            if not re.search(rf"\b{name}!|\bmod {name}\b", text):
                renamed = re.sub(rf"\b{name}\b", f"{name}_by_another_name", text)
                kinds["name"].append((path, f"`{name}` renamed", renamed))
        for arm in re.finditer(r"^( +)_ (=> [^{\n]*,\n)", own, re.M):
            line = own[:arm.start()].count("\n") + 1
            more = text[:arm.start()] + f"{arm[1]}0x07 {arm[2]}" + text[arm.start():]
            kinds["arm"].append((path, f"one more arm on line {line}", more))
    return kinds

def mixed(kinds):
    """All edits in an order of chance, each kind as often as the others while it lasts."""
    for edits in kinds.values():
        random.shuffle(edits)
    return [edit for round in itertools.zip_longest(*kinds.values()) for edit in round if edit]

trials = []
for name, version, features in crates:
    root = fetch(name, version)
    run([tool, "record", "--quiet", *features], root)
    recorded = code(root, features)
    trials.append([(root, features, recorded, *edit) for edit in mixed(edits(root))][::-1])
words = {0: "within", 100: "over", 101: "cannot tell"}
seen = collections.Counter()
made = same = 0
while made < wanted and any(trials):
    for own in trials:
        if made >= wanted or not own:
            continue
        root, features, recorded, path, what, text = own.pop()
        before = path.read_text()
        path.write_text(text)
        built = code(root, features)
        if built is not None:
            made += 1
            said = ""
            if built == recorded:
                same += 1
                word = "the same machine code"
            else:
                done = run([tool, "check", "--quiet", "--fresh", *features], root, check=False)
                word = words.get(done.returncode, f"exit code {done.returncode}")
                seen[word] += 1
                said = done.stdout + done.stderr
            title = f"{made:>3} {word}: {root.name} {path.relative_to(root)}: {what}"
            change = run(["git", "diff", "--", "src"], root).stdout
            (results / f"{made:03}.txt").write_text(f"{title}\n{said}\n{change}")
            print(title if word in ("within", "the same machine code") else f"{title}\n{said}", flush=True)
        path.write_text(before)
counts = "".join(f", {count} {word}" for word, count in seen.items())
summary = f"{made} behaviour-neutral edits: {same} with the same machine code{counts}"
(results / "summary.txt").write_text(summary + "\n")
print(summary)
sys.exit(0 if made == wanted and (made - same - seen["within"]) * 50 <= made else 1)
PY
