#!/usr/bin/env bash
# Figure: 100 short benchmarks, built, in under 30 s on 2 cores, which is more than 300 benchmarks a minute in steady work
# (`full` counts gungraun beside it, one process each, too); a second check of unchanged executables in under 2 s.
# usage: throughput.sh [short|full]
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/setup.sh
mode=${1:-full}
cargo build --release -q "${gate[@]}"
target=$(target_dir)
perfbudget=$target/release/cargo-perfbudget
work=$(mktemp -d)
[ -n "${KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
mkdir -p "$work/many/src" "$work/many/benches"
cd "$work/many"
export PERFBUDGET_CACHE_DIR=$work/cache CARGO_TARGET_DIR=$target/figures
cat >Cargo.toml <<'TOML'
[package]
name = "many"
version = "0.0.0"
edition = "2021"
[workspace]
[dev-dependencies]
criterion = { version = "=0.8.2", default-features = false, features = ["cargo_bench_support"] }
[[bench]]
name = "many"
harness = false
TOML
cat >src/lib.rs <<'RUST'
pub fn work(seed: u64, rounds: u64) -> u64 {
    (0..rounds).fold(seed, |sum, round| sum.rotate_left(7) ^ round.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
RUST
cat >benches/many.rs <<'RUST'
use std::hint::black_box;
fn benches(criterion: &mut criterion::Criterion) {
    for index in 0..100u64 {
        criterion.bench_function(&format!("work {index}"), |bencher| {
            bencher.iter(|| many::work(black_box(index), black_box(100 + 17 * index)))
        });
    }
}
criterion::criterion_group!(all, benches);
criterion::criterion_main!(all);
RUST
now() { date +%s.%N; }
seconds() { awk -v from="$1" -v to="$2" 'BEGIN { printf "%.2f", to - from }'; }
cargo bench --no-run -q
"$perfbudget" record --quiet
began=$(now)
"$perfbudget" check --quiet --fresh --no-build-base >"$work/report"
measured=$(seconds "$began" "$(now)")
grep -q '200 unchanged' "$work/report"
began=$(now)
"$perfbudget" check --quiet --no-build-base >"$work/report"
again=$(seconds "$began" "$(now)")
grep -q '100 reused' "$work/report"
awk -v all="$measured" -v again="$again" 'BEGIN {
    printf "100 short benchmarks: %.1f s, %.0f a minute; unchanged: %.2f s\n", all, 6000 / all, again
    if (all > 30 || again > 2) { print "error: slower than 30 s, or than 2 s"; exit 1 }
}'
[ "$mode" = full ] || exit 0

echo "the same hundred with gungraun:"
version=0.20.0
command -v gungraun-runner >/dev/null || cargo install --locked -q gungraun-runner --version $version --root "$work/tools"
export PATH="$work/tools/bin:$PATH"
version=$(gungraun-runner --version | awk '{ print $2 }')
sed -i "s/^criterion = .*/&\ngungraun = \"=$version\"/" Cargo.toml
printf '[[bench]]\nname = "other"\nharness = false\n[profile.bench]\ndebug = true\nstrip = false\n' >>Cargo.toml
cat >benches/other.rs <<'RUST'
use gungraun::{library_benchmark, library_benchmark_group, main};
use std::hint::black_box;
#[library_benchmark]
#[benches::all(iter = 0..100u64)]
fn work(index: u64) -> u64 {
    black_box(many::work(black_box(index), black_box(100 + 17 * index)))
}
library_benchmark_group!(name = all; benchmarks = work);
main!(library_benchmark_groups = all);
RUST
cargo bench --no-run -q --bench other
began=$(now)
cargo bench -q --bench other >"$work/gungraun" 2>&1
other=$(seconds "$began" "$(now)")
awk -v all="$measured" -v other="$other" 'BEGIN {
    printf "gungraun: %.1f s, %.0f a minute; ratio gungraun / ours: %.2f\n", other, 6000 / other, other / all
}'
