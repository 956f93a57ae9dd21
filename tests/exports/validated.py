"""Fails where Microsoft's validator found something in a SARIF file that is not known and wanted.

usage: validated.py LOG
"""

import json
import sys

# What its rules ask for and we do not give, each with the reason.
WANTED = {}

log = json.load(open(sys.argv[1], encoding="utf-8-sig"))
found = [result for run in log["runs"] for result in run["results"] if result["ruleId"] not in WANTED]
notes = [note for run in log["runs"] for call in run.get("invocations", []) for note in call.get("toolExecutionNotifications", [])]
for result in found + notes:
    print(f"error: {sys.argv[1]}: {result.get('ruleId', '')} {json.dumps(result['message'])}", file=sys.stderr)
done = all(call["executionSuccessful"] for run in log["runs"] for call in run.get("invocations", [{"executionSuccessful": False}]))
sys.exit(1 if found or notes or not done else 0)
