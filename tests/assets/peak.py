"""Runs a command and says what it took: usage: peak.py FILE COMMAND… writes `SECONDS PEAK-MIB` to FILE, and ends as it does."""
import resource
import subprocess
import sys
import time

began = time.monotonic()
code = subprocess.run(sys.argv[2:], check=False).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
with open(sys.argv[1], "w", encoding="utf-8") as file:
    file.write(f"{time.monotonic() - began:.1f} {peak:.0f}\n")
sys.exit(code if code >= 0 else 128 - code)
