"""Writes the generated parts of README.md: the help, the tables of codes and of the Action, the estimate of worth.
usage: readme.py EXECUTABLE"""
import re, subprocess, sys

tool = sys.argv[1]
run = lambda *args: subprocess.run([tool, *args], capture_output=True, text=True, check=True).stdout
readme = open("README.md").read()
rows = ["| code | | by default |", "| --- | --- | --- |"]
for line in run("explain").splitlines():
    code, sentence = line.split(None, 1)
    verdict = re.search(r"By default: ([a-z ]+)\.", run("explain", code)).group(1)
    rows.append(f"| `{code}` | {sentence} | {verdict} |")
readme = re.sub(r"(<!-- codes -->\n\n).*?(?=\n\n## )", lambda m: m.group(1) + "\n".join(rows), readme, flags=re.S) \
    if "| code | | by default |" in readme else readme.replace("<!-- codes -->\n", "<!-- codes -->\n\n" + "\n".join(rows) + "\n")
help_text = run("perfbudget", "--help").rstrip()
readme = re.sub(r"(<!-- help -->\n```text\n).*?```", lambda m: m.group(1) + help_text + "\n```", readme, flags=re.S)
roi = run("explain", "roi").split("\n\n")
readme = re.sub(r"(<!-- roi -->\n```text\n).*?```", lambda m: m.group(1) + "\n".join(line[2:] for line in roi[1].splitlines()) + "\n```", readme, flags=re.S)
inputs = ["| key | | default |", "| --- | --- | --- |"]
for entry in re.split(r"\n(?=[a-z])", roi[3].rstrip()):
    key, text = entry.split("\n", 1)
    about, default = re.match(r"(.*?); .*?\. (?:Default: (.*)|No default)\.$", " ".join(text.split())).groups()
    inputs.append(f"| `{key}` | {about} | {default or 'none'} |")
readme = re.sub(r"(<!-- roi inputs -->\n\n).*?(?=\n\n)", lambda m: m.group(1) + "\n".join(inputs), readme, flags=re.S)
action = open("action.yml").read()
for part, head in [("inputs", "| input | | by default |\n| --- | --- | --- |\n"), ("outputs", "| output | |\n| --- | --- |\n")]:
    rows = ""
    for entry in re.split(r"\n(?=  [a-z])", action.split(f"\n{part}:\n")[1].split("\n\n")[0]):
        values = dict(re.findall(r"^    (\w+): (.*)$", entry, re.M))
        default = values.get("default", "").strip('"')
        last = f" `{default}` |" if default else "  |" if part == "inputs" else ""
        rows += f"| `{entry.split(':')[0].strip()}` | {values['description'].strip(chr(34))} |{last}\n"
    before, after = readme.split(head)
    readme = before + head + rows + "\n" + after.split("\n\n", 1)[1].lstrip("\n")
open("README.md", "w").write(readme)
