"""Reads the reports in each folder as those who take the formats read them, and holds them against the JSON.

usage: read.py XSD FOLDER…
"""

import csv
import io
import json
import math
import pathlib
import sys

import junitparser
import xmlschema
from prometheus_client import parser as text_format
from prometheus_client.openmetrics import parser as openmetrics

SIGNS = "=+-@\t\r"
# Base units of ours in one of OpenMetrics.
SCALES = {"seconds": 1e9, "ratio": 1e6}


def check(fine, what):
    if not fine:
        sys.exit(f"error: {what}")


def entries(report):
    """What a report speaks of: its numbers by name, and findings that are about none."""
    name = lambda of: (of["subject"]["name"], of["metric"])
    keyed = {name(row) for row in report["rows"]} | {name(finding["key"]) for finding in report["findings"] if "key" in finding}
    return keyed, [finding for finding in report["findings"] if "key" not in finding]


def junit(folder, report, schema):
    schema.validate(str(folder / "report.xml"))
    suites = junitparser.JUnitXml.fromfile(str(folder / "report.xml"))
    keyed, others = entries(report)
    cases = [case for suite in suites for case in suite]
    check(len(cases) == len(keyed) + len(others) == suites.tests, f"{folder}: {len(cases)} cases")
    failed = [case for case in cases if any(isinstance(result, junitparser.Failure) for result in case.result)]
    over = {json.dumps(finding.get("key", finding["message"])) for finding in report["findings"] if finding["verdict"] == "over"}
    check(len(failed) == len(over) == suites.failures, f"{folder}: {len(failed)} failures, {len(over)} over")
    check(suites.errors == sum(suite.errors for suite in suites), f"{folder}: errors")


def metrics(folder, report):
    text = (folder / "report.txt").read_bytes().decode()
    samples = {}
    for family in openmetrics.text_string_to_metric_families(text):
        check(family.type == "gauge", f"{folder}: {family.name} is a {family.type}")
        check(not family.unit or family.name.endswith("_" + family.unit), f"{folder}: the unit of {family.name}")
        for sample in family.samples:
            samples[sample.name, tuple(sorted(sample.labels.items()))] = sample.value
    # The Pushgateway's format has the same samples, but for the end and the unit, which are comments there.
    pushed = sum(len(family.samples) for family in text_format.text_string_to_metric_families(text))
    check(pushed == len(samples) == sum(not line.startswith("#") for line in text.rstrip("\n").split("\n")), f"{folder}: {pushed} samples")
    measured = {name for name, _ in samples if name.startswith("perfbudget_measured")}
    for row in report["rows"]:
        after = row["change"].get("after")
        if after is None:
            continue
        labels = {"subject": row["subject"]["name"], "metric": row["metric"], "package": row["subject"].get("package", "")}
        found = [name for name in measured if (name, tuple(sorted(labels.items()))) in samples]
        check(len(found) == 1, f"{folder}: {labels} is in {found}")
        value = samples[found[0], tuple(sorted(labels.items()))]
        expected = after.get("value", after.get("estimate")) / SCALES.get(found[0].rsplit("_", 1)[1], 1)
        check(math.isclose(value, expected), f"{folder}: {labels}: {value} instead of {expected}")
    check(samples["perfbudget_verdict", (("verdict", report["verdict"]),)] == 1, f"{folder}: verdict")
    check(sum(value for (name, _), value in samples.items() if name == "perfbudget_findings") == len(report["findings"]), f"{folder}: findings")


def table(folder, report):
    raw = (folder / "report.csv").read_bytes()
    check(raw.endswith(b"\r\n") and raw.count(b"\n") == raw.count(b"\r\n"), f"{folder}: line breaks")
    lines = list(csv.DictReader(io.StringIO(raw.decode(), newline=""), strict=True))
    keyed, others = entries(report)
    check(len(lines) == len(keyed) + len(others), f"{folder}: {len(lines)} lines")
    for line in lines:
        check(None not in line and None not in line.values(), f"{folder}: {line}")
        for name, cell in line.items():
            is_number = name in {"before", "after", "delta", "limit"}
            check(is_number and (not cell or math.isfinite(float(cell))) or cell.lstrip()[:1] not in tuple(SIGNS) or not cell, f"{folder}: {name}: {cell!r}")
    totals = {name: sum(finding["verdict"] == name for finding in report["findings"]) > 0 for name in ["over", "cannot-tell"]}
    for name, there in totals.items():
        check(any(line["verdict"] == name for line in lines) == there, f"{folder}: {name}")


schema = xmlschema.XMLSchema(sys.argv[1])
for folder in map(pathlib.Path, sys.argv[2:]):
    report = json.loads((folder / "report.json").read_text())
    junit(folder, report, schema)
    metrics(folder, report)
    table(folder, report)
    print(f"ok -- {folder.name}: {len(report['rows'])} numbers and {len(report['findings'])} findings, read back from each format")
