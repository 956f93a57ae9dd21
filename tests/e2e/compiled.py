#!/usr/bin/env python3
"""Stands between cargo and rustc in the end-to-end tests: what one test compiled, the others need not compile again.

Half of the time of these tests was spent on compiling the same few benchmarks. What rustc left is kept by all that it read:
arguments, variables, sources and libraries. A compilation that failed is never kept, nor one that has state of its own.

Usage: RUSTC_WRAPPER=compiled.py, E2E_COMPILED=<folder to keep in>, E2E_SLOT=<folder whose path does not matter>
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def option(args, name):
    """The value of `--name value` or `--name=value`."""
    for at, arg in enumerate(args):
        if arg == name and at + 1 < len(args):
            return args[at + 1]
        if arg.startswith(name + "="):
            return arg[len(name) + 1 :]
    return None


def codegen(args):
    """The values of `-C name=value` by their names."""
    pairs = zip(args, args[1:])
    return dict(value.split("=", 1) for flag, value in pairs if flag == "-C" and "=" in value)


def libraries(args):
    """The files that `--extern name=path` names."""
    values = (value for flag, value in zip(args, args[1:]) if flag == "--extern")
    return [value.split("=", 1)[1] for value in values if "=" in value]


def read(dep_info):
    """What rustc says that it read: files, and variables with their values."""
    files, variables = [], {}
    for line in dep_info.read_text().splitlines():
        if line.startswith("# env-dep:"):
            name, _, value = line[len("# env-dep:") :].partition("=")
            variables[name] = value
        elif line.endswith(":") and not line.startswith("#"):
            files.append(line[:-1].replace("\\ ", " "))
    return files, variables


class Slot:
    """The folder of a test: registry crates are the same in each."""

    def __init__(self, path):
        self.path = path

    def without(self, text):
        return text.replace(self.path, "{slot}")

    def within(self, text):
        return text.replace("{slot}", self.path)


def fingerprint(rustc, args, slot):
    compiler = os.stat(shutil.which(rustc))
    chosen = {
        name: slot.without(value)
        for name, value in os.environ.items()
        if name.startswith(("CARGO", "RUST")) and name not in ("CARGO_MAKEFLAGS", "RUSTC_WRAPPER") or name == "OUT_DIR"
    }
    parts = [rustc, compiler.st_size, compiler.st_mtime_ns, slot.without(os.getcwd()), [slot.without(arg) for arg in args]]
    return hashlib.sha256(json.dumps([parts, sorted(chosen.items())]).encode()).hexdigest()


def is_same(entry, slot):
    """Whether everything that was read then is the same now."""
    try:
        inputs = json.loads((entry / "inputs").read_text())
        variables = ((os.environ.get(name, ""), slot.within(value)) for name, value in inputs["variables"].items())
        files = ((digest(slot.within(path)), value) for path, value in inputs["files"].items())
        return all(now == then for now, then in (*variables, *files))
    except OSError:
        return False


def restored(folder, out, slot):
    """Whether something kept was put in place."""
    for entry in sorted(folder.iterdir()) if folder.is_dir() else []:
        if is_same(entry, slot):
            restore(entry, out, slot)
            return True
    return False


def restore(entry, out, slot):
    for kept in (entry / "outputs").iterdir():
        target = out / kept.name
        target.unlink(missing_ok=True)
        if kept.suffix == ".d":
            target.write_text(slot.within(kept.read_text()))
        else:
            shutil.copy(kept, target)
    sys.stdout.write(slot.within((entry / "stdout").read_text()))
    sys.stderr.write(slot.within((entry / "stderr").read_text()))


def keep(folder, out, stem, args, said, slot):
    outputs = [path for path in out.iterdir() if path.stem.removeprefix("lib") == stem]
    dep_info = out / f"{stem}.d"
    if dep_info not in outputs:
        return
    files, variables = read(dep_info)
    folder.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".staged-"))
    (staged / "outputs").mkdir()
    for path in outputs:
        if path.suffix == ".d":
            (staged / "outputs" / path.name).write_text(slot.without(path.read_text()))
        else:
            shutil.copy(path, staged / "outputs" / path.name)
    inputs = {
        "files": {slot.without(path): digest(path) for path in files + libraries(args)},
        "variables": {name: slot.without(value) for name, value in variables.items()},
    }
    (staged / "inputs").write_text(json.dumps(inputs))
    (staged / "stdout").write_text(slot.without(said.stdout.decode()))
    (staged / "stderr").write_text(slot.without(said.stderr.decode()))
    staged.rename(folder / staged.name.removeprefix(".staged-"))


def main():
    rustc, args = sys.argv[1], sys.argv[2:]
    place, slot, out = os.environ.get("E2E_COMPILED"), Slot(os.environ.get("E2E_SLOT", "")), option(args, "--out-dir")
    settings = codegen(args)
    keepable = place and slot.path and out and option(args, "--crate-name") and "incremental" not in settings
    # Only the project's and the base's builds: what a build from nothing costs is what some tests ask for.
    if not keepable or not any(slot.without(out).startswith(root) for root in ("{slot}/target/", "{slot}/cache/base/")):
        os.execvp(rustc, [rustc, *args])
    out = Path(out)
    stem = option(args, "--crate-name") + settings.get("extra-filename", "")
    folder = Path(place) / fingerprint(rustc, args, slot)
    if restored(folder, out, slot):
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w") as lock:
        # Two tests that begin at once need the same: the second waits for the first.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if restored(folder, out, slot):
            return
        said = subprocess.run([rustc, *args], capture_output=True)
        sys.stdout.buffer.write(said.stdout)
        sys.stderr.buffer.write(said.stderr)
        if said.returncode == 0:
            keep(folder, out, stem, args, said, slot)
    sys.exit(said.returncode)


main()
