"""Writes every workflow that README.md shows into a folder. usage: readme.py README FOLDER"""
import re, sys

blocks = re.findall(r"```ya?ml\n(.*?)```", open(sys.argv[1]).read(), re.S)
workflows = [block for block in blocks if "jobs:" in block]
assert workflows, "the README shows no workflow"
for number, workflow in enumerate(workflows):
    open(f"{sys.argv[2]}/readme-{number}.yml", "w").write(workflow)
