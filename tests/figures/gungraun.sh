#!/usr/bin/env bash
# Figure: gungraun and ours on the same twenty functions: equal within the wrapper's constant cost. Sixteen do not use the heap:
# there the difference must be the same for all, within SPREAD instructions. Four do: their first call in a fresh process also
# sets the allocator up, so gungraun's number is compared with our first iteration, too, and both differences are printed.
# usage: gungraun.sh [RUNNER_VERSION]
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/setup.sh
version=${1:-$(grep -A1 '^name = "gungraun"' fixtures/shop/till/Cargo.lock | sed -n 's/^version = "\(.*\)"/\1/p')}
cargo build --release -q "${gate[@]}"
target=$(target_dir)
work=$(mktemp -d)
[ -n "${KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
mkdir -p "$work/twenty/src" "$work/twenty/benches"
cd "$work/twenty"
export PERFBUDGET_CACHE_DIR=$work/cache CARGO_TARGET_DIR=$target/figures-gungraun
cat >Cargo.toml <<TOML
[package]
name = "twenty"
version = "0.0.0"
edition = "2021"
[workspace]
[dev-dependencies]
criterion = { version = "=0.8.2", default-features = false, features = ["cargo_bench_support"] }
gungraun = "=$version"
[[bench]]
name = "ours"
harness = false
[[bench]]
name = "theirs"
harness = false
TOML
cat >functions.py <<'PY'
# Name, argument, body of a function of `n: u64` that returns a number.
BODIES = [
    ("add", 7, "n + 1"),
    ("sum", 100, "(0..n).fold(0, |a, b| black_box(a + b))"),
    ("fibonacci", 50, "(0..n).fold((0u64, 1u64), |(a, b), _| (b, black_box(a.wrapping_add(b)))).0"),
    ("recursion", 12, "if n < 2 { n } else { recursion(n - 1) + recursion(n - 2) }"),
    ("gcd", 40902, "let (mut a, mut b) = (n, 24140); while b != 0 { (a, b) = (b, a % b); } a"),
    ("collatz", 27, "let (mut x, mut c) = (n, 0); while x != 1 { x = if x % 2 == 0 { x / 2 } else { 3 * x + 1 }; c += 1; } c"),
    ("sieve", 250, "let mut s = [true; 256]; let mut c = 0; for i in 2..n as usize { if s[i] { c += 1; let mut j = i * i; while j < n as usize { s[j] = false; j += i; } } } c"),
    ("matrix", 3, "let a = [[n; 8]; 8]; let mut s = 0u64; for i in 0..8 { for j in 0..8 { s += (0..8).map(|k| black_box(a[i][k]) * a[k][j]).sum::<u64>(); } } s"),
    ("bubble", 32, "let mut v = [0u64; 32]; for i in 0..32 { v[i] = (n * 7 + i as u64 * 13) % 31; } for i in 0..32 { for j in 0..31 - i { if v[j] > v[j + 1] { v.swap(j, j + 1); } } } v[5]"),
    ("unstable", 64, "let mut v = [0u64; 64]; for (i, x) in v.iter_mut().enumerate() { *x = (n * 31 + i as u64 * 97) % 61; } v.sort_unstable(); v[9]"),
    ("search", 77, "const T: [u64; 100] = { let mut t = [0; 100]; let mut i = 0; while i < 100 { t[i] = i as u64 * 3; i += 1; } t }; black_box(&T).binary_search(&n).unwrap_or_else(|i| i) as u64"),
    ("crc", 255, "TEXT.bytes().fold(n as u32, |c, b| (0..8).fold(c ^ u32::from(b), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xedb8_8320 } else { c >> 1 })) as u64"),
    ("chars", 5, "black_box(TEXT).chars().filter(|c| *c as u64 > n).count() as u64"),
    ("parse", 9, "black_box(\"18446744073709551\").parse::<u64>().unwrap_or(n)"),
    ("fnv", 1469, "TEXT.bytes().fold(n, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3))"),
    ("bits", 200, "(0..n).map(|x| u64::from(black_box(x).count_ones())).sum()"),
    ("collect", 100, "(0..n).map(black_box).collect::<Vec<u64>>().iter().sum()"),
    ("format", 1234567, "format!(\"{n} of {}\", n + 1).len() as u64"),
    ("tree", 20, "(0..n).map(|x| (x * 7 % 20, x)).collect::<std::collections::BTreeMap<u64, u64>>().values().sum()"),
    ("stable", 200, "let mut v: Vec<u64> = (0..n).map(|x| x * 7919 % 211).collect(); v.sort(); v[10]"),
]
HEAP = ["collect", "format", "tree", "stable"]
PY
python3 - <<'PY'
from functions import BODIES
text = "use std::hint::black_box;\nstatic TEXT: &str = \"the quick brown fox, größer als nötig, jumps over the lazy dog\";\n"
ours = "use std::hint::black_box;\nfn all(c: &mut criterion::Criterion) {\n"
theirs = "use gungraun::{library_benchmark, library_benchmark_group, main};\nuse std::hint::black_box;\n"
for name, argument, body in BODIES:
    text += f"#[inline(never)]\npub fn {name}(n: u64) -> u64 {{ {body} }}\n"
    ours += f'    c.bench_function("{name}", |b| b.iter(|| twenty::{name}(black_box({argument}))));\n'
    theirs += f"#[library_benchmark]\n#[bench::once({argument})]\nfn {name}(n: u64) -> u64 {{ black_box(twenty::{name}(black_box(n))) }}\n"
open("src/lib.rs", "w").write("#![allow(clippy::all)]\n" + text.replace("use std::hint::black_box;\n", "use std::hint::black_box;\n", 1))
open("benches/ours.rs", "w").write(ours + "}\ncriterion::criterion_group!(benches, all);\ncriterion::criterion_main!(benches);\n")
names = ", ".join(name for name, _, _ in BODIES)
theirs += f"library_benchmark_group!(name = all, benchmarks = [{names}]);\nmain!(library_benchmark_groups = all);\n"
open("benches/theirs.rs", "w").write(theirs)
PY
"$target/release/cargo-perfbudget" doctor --fix >"$work/doctor" || { cat "$work/doctor"; exit 1; }
"$target/release/cargo-perfbudget" check --quiet --no-build-base --format json --output "$work/report.json" || true
SPREAD=${SPREAD:-4} python3 - "$work/report.json" <<'PY'
import json, os, sys
from functions import BODIES, HEAP

spread = int(os.environ["SPREAD"])
values = {}
for row in json.load(open(sys.argv[1]))["rows"]:
    after = row["change"].get("after")
    if after and "value" in after:
        values[row["subject"]["name"], row["metric"]] = after["value"]
print(f"{'function':12}{'gungraun':>10}{'ours':>10}{'difference':>12}{'ours, first':>13}{'difference':>12}")
plain, heap = {}, {}
for name, _, _ in BODIES:
    theirs = values[f"twenty::theirs::all/{name}/once", "instructions"]
    ours = values[f"twenty::ours::{name}", "instructions"]
    first = values[f"twenty::ours::{name}", "instructions-first"]
    print(f"{name:12}{theirs:10}{ours:10}{theirs - ours:+12}{first:13}{theirs - first:+12}")
    (heap if name in HEAP else plain)[name] = (theirs - ours, theirs - first)
steady = sorted(difference for difference, _ in plain.values())
constant = steady[len(steady) // 2]
outliers = {name: both for name, both in plain.items() if abs(both[0] - constant) > spread}
print(f"\nwithout the heap: {len(plain) - len(outliers)} of {len(plain)} differ by {constant:+} ± {spread} instructions: the call through the wrapper")
for name, (difference, _) in outliers.items():
    print(f"error: {name} differs by {difference:+}")
for name, (difference, first) in heap.items():
    print(f"with the heap: {name} differs by {difference:+} from the steady state, by {first:+} from the first iteration: the allocator is cold")
sys.exit(1 if outliers else 0)
PY
