"""Renders hostile reports with cmark-gfm, and compares the HTML with that of a harmless report.

usage: hostile.py TOOL
"""

import concurrent.futures
import html.parser
import json
import os
import random
import re
import subprocess
import sys
import tempfile

# Texts that have bent some renderer before: the classes of a review of comments on pull requests, and their relatives.
HASH = "0123456789abcdef0123456789abcdef01234567"
NAMES = [
    # Cells and lines.
    "a|b", "|", "||", "a\\|b", "\\|", "\\\\|", "|\n|-|\n| x |", "x\r\n\r\n| a |\n|---|\n| b |", "\x0b\x0c\x85\u2028\u2029\t",
    # Code spans.
    "`x`", "```", "`", "``", "``` `` `", "`a", "a`", "a`b``c", "`|`", "`\\`", "\\`", "` `", "```sh\nrm -rf /\n```", "~~~\nx\n~~~",
    # HTML.
    "<img src=https://t/x>", "<script>alert(1)</script>", "</details><h1>x", "</td></tr></table>", "<!-- x", "-->", "<!--", "]]>",
    "<?php", "<!DOCTYPE x>", "<![CDATA[x]]>", "<a href='javascript:x'>x</a>", "<input type=checkbox>", "</code></pre>", "<details>",
    "<svg/onload=x>", "&lt;img src=x&gt;", "&#60;img src=x&#62;", "&#x3c;b&#x3e;", "&amp;lt;", "<br>", "<https://t.example>", "<a@b.example>",
    # Links and images.
    "![](https://t.example/x)", "![x][y]", "[x](https://t.example)", "[x]: https://t.example", "[^1]", "[^1]: x", "[x]", "[[x]]",
    "https://t.example/x", "http://t.example", "ftp://t.example", "www.t.example", "WWW.t.example", "mailto:a@b.example", "xmpp:a@b.example/c",
    "a@b.example", "a.b-c_d@a.b", "https:\\//t.example", "javascript:alert(1)", "\\https://t.example", "wwww.t.example", "xwww.t.example",
    # Mentions and references.
    "@org/team", "\\@u", "&#64;user", "&commat;user", "@u", "x @u x", "(@u)", "`@u", "@u`", "@", "@@u", "#123", "\\#1", "&#35;1", "o/r#1", "GH-123", "gh-1",
    HASH, HASH.upper(), f"o/r@{HASH}", f"x {HASH} x", f"({HASH})", "https://github.com/o/r/issues/1",
    # Emphasis, lists, headings, rules.
    "*x*", "**x**", "_x_", "__x__", "~x~", "~~x~~", "***", "---", "===", "___", "# x", "###### x", "- x", "+ x", "* x", "1. x", "1) x",
    "- [ ] x", "- [x] x", "> x", "    x", "\tx", "$x$", "$$x$$", "$`x`$", "> [!NOTE]\n> x", ":---:", "|---|",
    # What nobody sees.
    "\u202etxt.exe", "\u202a\u202b\u202c\u202d", "\u2066\u2067\u2068\u2069", "\u200e\u200f\u061c", "\x00", "a\x00b", "\x1b[31mred",
    "\x1b]8;;http://x\x07x", "\x9b31m", "\x7f", "\x08", "\u200b", "\ufeff", "\xad", "\U000e0041",
    # Nothing, much, and other scripts.
    "", " ", "   ", "\n", "\xa0", "\u3000", "x" * 100_000, "|" * 5_000, "`" * 5_000, "`a" * 2_500, "&" * 5_000, "\U0010ffff" * 2_000,
    "日本語の名前", "e\u0301\u0301\u0301", "👩‍👩‍👧‍👦", "\\", "x\\", "\\\\", "\\\n", "'", '"', "'\"`|\\", "{{ 7 * 7 }}", "{% raw %}", "{# x #}", "${{ x }}", "%0A", "::error::x",
]
LETTERS = list("ab1 |`\\<>&@#[]()!*_~-+=.:/'\"{}$;\n\t") + ["\u202e", "\u2028", "\x00", "\x1b", "é", "www.", "://", "&#", "-->", "<!--", "```", "\\|"]
RANDOM = 200
# Of longer texts, renderings leave out what does not fit.
LONG = 1_000
ALLOWED = {"br", "code", "details", "em", "li", "p", "pre", "strong", "summary", "table", "tbody", "td", "th", "thead", "tr", "ul"}
ATTRIBUTES = {("td", "align"), ("th", "align"), ("code", "class"), ("pre", "lang")}
# What GitHub turns into a link or a notification after Markdown is done with it.
LINKS = re.compile(r"@\w|#\d|\bgh-\d|(?<!\w)[0-9a-f]{17,40}(?!\w)", re.IGNORECASE)
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def evidence(value):
    return {"kind": "exact", "value": value, "repeats": 2, "noise": 0.001}


def report(text):
    """A report with a row of each kind, in which every text from outside is `text`."""
    benchmark = {"kind": "benchmark", "package": text, "target": text, "group": text, "function": text, "value": text}
    file = {"kind": "artifact", "package": "", "artifact": "file", "file": text}
    target = {"package": text, "name": text}
    both = {"kind": "both", "before": evidence(1000), "after": evidence(2000), "delta": 1.0, "certainty": "real"}
    failed = {"kind": "failed", "before": evidence(1), "code": "benchmark-panicked", "why": text, "hint": text}
    less = dict(both, after=evidence(500), delta=-0.5)
    rows = []

    def row(subject, metric, state, change):
        rows.append({"subject": subject, "metric": metric, "state": state, "change": change, "limit": 0.01, "owner": text, "reason": text})

    row(benchmark, "instructions", "crossed", both)
    row(file, "size", "crossed", both)
    others = [("inherited", both), ("accepted", both), ("improved", less), ("under-regressed", both), ("unmeasured", failed)]
    others += [("new", {"kind": "added", "after": evidence(1)}), ("removed", {"kind": "removed", "before": evidence(1)})]
    others += [("unclaimed", both), ("unchanged", both), ("excluded", both)]
    for at, (state, change) in enumerate(others):
        row(dict(benchmark, value=f"{text}{at}"), "instructions", state, change)
    key = {"subject": benchmark, "metric": "instructions"}
    findings = [
        {"code": "growth-over", "verdict": "over", "key": key, "target": target, "message": text, "hint": text},
        {"code": "growth-over", "verdict": "over", "key": {"subject": file, "metric": "size"}, "message": text, "hint": text},
        {"code": "build-failed", "verdict": "cannot-tell", "target": target, "message": text, "hint": f"x `{text}` x"},
        {"code": "benchmark-panicked", "verdict": "cannot-tell", "key": key, "message": f"run `{text}` {text}"},
        {"code": "rule-unmatched", "verdict": "attention", "message": f"`{text}", "hint": text},
    ]
    band = {"low": 1.0, "mid": 2.0, "high": 3.0}
    figures = {name: band for name in ["cpu-hours", "money", "kwh", "kg-co2e", "waiting-hours", "waiting-money"]}
    stated = {"value": 2.5e9, "line": 3}
    estimated = {"seconds": band, "share": {"value": 1.0, "origin": "default"}, "calls": stated, "page_views": stated, "figures": figures}
    asked = {"seconds": band, "share": {"value": 1.0, "origin": "stated"}, "figures": {}}
    other = {"subject": dict(benchmark, value=f"{text}9"), "metric": "instructions"}
    total = {"rows": 2, "overlaps": False, "figures": figures}
    return {
        "schema": 1, "verdict": "over", "exit_code": 100, "findings": findings, "rows": rows,
        "basis": [{"family": "bytes", "basis": {"kind": "file", "revision": text}},
                  {"family": "instructions", "basis": {"kind": "measured", "revision": text}}],
        "environments": [{"family": "instructions", "facts": {text: text, "libc": text}}],
        "state": {text: text, "toolchain": text},
        "state_changes": [{"name": text, "before": text, "after": text}, {"name": "toolchain", "before": text, "after": text}],
        "places": [{"package": text, "name": text, "file": text, "lines": {text: 1}}],
        "reused": 2,
        "worth": {"currency": text, "check_millis": 1000, "unmatched": [3], "more": total, "less": {"rows": 0, "overlaps": False, "figures": {}},
                  "inputs": {"vcpu-hour": {"value": 0.04, "origin": "default"}, "ci-minute": {"value": 0.1, "origin": "stated"}},
                  "rows": [dict(key, **estimated), dict(other, **asked)]},
        "patch": f"--- a/{text}\n+++ b/{text}\n@@ -1 +1 @@\n-{text}\n+{text}\n",
    }


class Page(html.parser.HTMLParser):
    """The tags in their order, without those that a text may rightly have, and the text outside of code."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.words, self.codes, self.wrong, self.inside = [], [], [], [], 0

    def handle_starttag(self, tag, attributes):
        if tag not in ALLOWED or any((tag, name) not in ATTRIBUTES for name, _ in attributes):
            self.wrong.append(self.get_starttag_text())
        if tag == "code":
            self.inside += 1
            self.codes.append("")
        else:
            self.tags.append(tag)

    def handle_endtag(self, tag):
        if tag == "code":
            self.inside -= 1
        else:
            self.tags.append("/" + tag)

    def handle_data(self, data):
        if self.inside:
            self.codes[-1] += data
        else:
            self.words.append(data)

    def handle_comment(self, data):
        if not re.fullmatch(r" cargo-perfbudget: default ", data):
            self.wrong.append(f"<!--{data}-->")

    def handle_decl(self, decl):
        self.wrong.append(f"<!{decl}>")

    unknown_decl = handle_decl

    def handle_pi(self, data):
        self.wrong.append(f"<?{data}>")


def page(markdown):
    extensions = [word for name in ["table", "autolink", "strikethrough", "tasklist", "tagfilter", "footnotes"] for word in ["-e", name]]
    done = subprocess.run(["cmark-gfm", *extensions, "--unsafe"], input=markdown.encode(), capture_output=True, check=True)
    parsed = Page()
    parsed.feed(done.stdout.decode())
    parsed.close()
    return parsed


def rendered(text):
    """What is posted as a comment, and what the summary of a job says."""
    with tempfile.TemporaryDirectory() as folder:
        path, summary, event = (os.path.join(folder, name) for name in ["report.json", "summary.md", "event.json"])
        with open(path, "w", encoding="utf-8") as file:
            json.dump(report(text), file)
        with open(event, "w", encoding="utf-8") as file:
            file.write("{}")
        env = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI"))}

        def comment(*options, **more):
            done = subprocess.run([tool, "comment", "--report", path, *options], cwd=folder, env=dict(env, **more), capture_output=True)
            if done.returncode != 0:
                raise SystemExit(f"error: exit code {done.returncode} with {text[:80]!r}: {done.stderr.decode()}")
            return done.stdout.decode()

        body = json.loads(comment("--dry-run").splitlines()[-1])["body"]
        comment(GITHUB_EVENT_NAME="push", GITHUB_EVENT_PATH=event, GITHUB_STEP_SUMMARY=summary, GITHUB_REPOSITORY="o/r")
        with open(summary, encoding="utf-8") as file:
            return body, file.read()


def tables(tags):
    """How many cells each row of each table has."""
    found = []
    for tag in tags:
        if tag == "table":
            found.append([])
        elif tag == "tr":
            found[-1].append(0)
        elif tag in ("td", "th"):
            found[-1][-1] += 1
    return found


def problems(text, models):
    found = []
    for what, markdown, model in zip(["comment", "summary"], rendered(text), models):
        shown = page(markdown)
        words = "\n".join(shown.words)
        tags, expected = shown.tags, model.tags
        if not text.strip():
            # An empty reason, owner or hint is none.
            tags, expected = ([tag for tag in tags if tag != "br"] for tags in (tags, expected))
        if len(text) > LONG:
            # Less of it is shown, and what is shown is whole.
            if "thead" not in tags or not all(len(set(cells)) == 1 for cells in tables(tags)):
                found.append(f"{what}: tables with rows of {tables(tags)} cells")
        elif tags != expected:
            at = next((at for at, pair in enumerate(zip(tags, expected)) if pair[0] != pair[1]), -1)
            found.append(f"{what}: other tags from {at} on: {tags[at:at + 4]}, not {expected[at:at + 4]}")
        if shown.wrong:
            found.append(f"{what}: not allowed: {shown.wrong[:3]}")
        if link := LINKS.search(words):
            found.append(f"{what}: becomes a link: {words[max(0, link.start() - 30):link.end() + 30]!r}")
        if control := CONTROLS.search(markdown):
            found.append(f"{what}: {control.group()!r} is still there")
        if len(markdown.encode()) > (65_000 if what == "comment" else 1_000_000):
            found.append(f"{what}: {len(markdown)} bytes")
        # A name that holds nothing to replace is shown as it is.
        if re.fullmatch(r"[ -!#-&(-\[\]-~]{1,30}", text) and text.strip() == text and not any(text in code for code in shown.codes):
            found.append(f"{what}: {text!r} is nowhere shown as it is")
    return text, found


def main():
    source = random.Random(20260901)
    texts = NAMES + ["".join(source.choices(LETTERS, k=source.randint(1, 40))) for _ in range(RANDOM)]
    models = [page(markdown) for markdown in rendered("x")]
    for model in models:
        assert not model.wrong and not LINKS.search("\n".join(model.words)), (model.wrong, model.words)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for text, found in pool.map(lambda text: problems(text, models), texts):
            failed += bool(found)
            for line in found:
                print(f"{text[:60]!r}: {line}")
    tags = models[0].tags
    counts = ", ".join(f"{tags.count(tag)} {name}" for tag, name in [("table", "tables"), ("tr", "rows"), ("td", "cells"), ("details", "details")])
    print(f"{len(texts)} hostile texts, each as every text of a report with {counts}")
    print(f"{len(texts) - failed} inert, {failed} not")
    return 1 if failed else 0


tool = os.path.abspath(sys.argv[1])
sys.exit(main())
