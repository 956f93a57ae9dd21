"""Compares our PNGs with oxipng's, file by file."""

import os
import sys

import oxipng

USUAL = {"level": 4, "strip": oxipng.StripChunks.safe()}
MAX = {"level": 6, "strip": oxipng.StripChunks.safe(), "optimize_alpha": True, "deflate": oxipng.Deflaters.zopfli(15)}
RUNS = [(out, options) for out, options in [("out", USUAL), ("max", MAX)] if os.path.isdir(out)]

short = []
for out, options in RUNS:
    before = ours = theirs = 0
    names = sorted(os.listdir("dist" if out == "out" else "small"))
    for name in names:
        with open(f"dist/{name}", "rb") as file:
            original = file.read()
        size = os.path.getsize(f"{out}/{name}")
        try:
            peer = min(len(oxipng.optimize_from_memory(original, **options)), len(original))
        except oxipng.PngError as why:
            print(f"{name}: oxipng: {why}")
            peer = len(original)
        before, ours, theirs = before + len(original), ours + size, theirs + peer
        if size > peer:
            short.append(f"{out}/{name}: {size} B, oxipng {peer} B")
    print(f"{out}: {len(names)} files, {before} B before, ours {ours} B, oxipng {theirs} B")
for line in short:
    print(f"short: {line}")
sys.exit(1 if short else 0)
