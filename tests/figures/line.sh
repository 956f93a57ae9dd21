#!/usr/bin/env bash
# Figure: load + compare + judge + render of 10,000 benchmarks with 5 metrics each takes under 100 ms and 200 MB, and twice
# as many take about twice as long. The quickest of many passes is held against bounds that a busy machine keeps, too; what
# it costs in instructions is in our own baseline.
# usage: line.sh [short|full]
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/setup.sh
need python3 python3
python3 - "${1:-full}" <<'PY'
import json, os, subprocess, sys, tempfile

seconds = {"short": "1", "full": "5"}[sys.argv[1]]
build = subprocess.run(
    ["cargo", "bench", "--locked", "--no-run", "-p", "cargo-perfbudget", "--no-default-features", "--features", "github", "--bench", "line",
     "--message-format=json"],
    check=True, stdout=subprocess.PIPE, text=True)
messages = [json.loads(line) for line in build.stdout.splitlines() if line.startswith("{")]
executable = [m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == "line"][-1]
quickest = {}
with tempfile.TemporaryDirectory() as home:
    # Only the two largest, whose names end like this.
    subprocess.run(
        [executable, "--bench", "--noplot", "--warm-up-time", "1", "--measurement-time", seconds, "0000$"],
        check=True, env=dict(os.environ, CRITERION_HOME=home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for size in (10_000, 20_000):
        with open(f"{home}/line/{size}/new/sample.json") as file:
            samples = json.load(file)
        each = sorted(nanos / passes for nanos, passes in zip(samples["times"], samples["iters"]))
        quickest[size] = each[0] / 1e6
        print(f"{size:,} benchmarks x 5 metrics: {each[0] / 1e6:.1f} ms, median {each[len(each) // 2] / 1e6:.1f} ms")
once = subprocess.Popen([executable, "--test", "line/10000"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(once.pid, 0)
assert status == 0, "the benchmark fails"
megabytes = usage.ru_maxrss * 1024 / 1e6
ratio = quickest[20_000] / quickest[10_000]
print(f"twice as many: x{ratio:.2f}; memory of a process with 10,000: {megabytes:.0f} MB")
assert quickest[10_000] < 300, "10,000 benchmarks take three times as long as they may on a quiet machine"
assert ratio < 3, "the time does not grow linearly"
assert megabytes < 200, "10,000 benchmarks take more than 200 MB"
PY
