"""The world of the Action's cases: the demo project, the Action as it is published, and act, which runs it."""
import json, os, re, shutil, subprocess, time
from pathlib import Path

from github import GitHub

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SCRATCH = ROOT / "target/tmp/action"
ACT = ROOT / "target/tools/action/bin/act"
TOKEN = "ghs_Th1sT0kenMustNotBeSeen0000000000000"
TITLE = 'evil"; touch PWNED; "$(touch PWNED)`touch PWNED` ${{ github.token }}\n::error::INJECTED'
VERSION = re.search(r'^version = "(.*)"$', (ROOT / "Cargo.toml").read_text(), re.M).group(1)
OURS, SHOP = "https://github.com/cargo-perfbudget/cargo-perfbudget", "https://github.com/shop/shop"


def run(*command, cwd=ROOT, expected=0, **options):
    done = subprocess.run([str(it) for it in command], cwd=cwd, text=True, capture_output=True, **options)
    assert done.returncode == expected, f"{command} ended with {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout.strip()


def git(folder, *arguments):
    who = ["-c", "user.name=act", "-c", "user.email=act@localhost", "-c", "init.defaultBranch=main"]
    return run("git", *who, *arguments, cwd=folder)


def commit(folder, message):
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")


class Outcome:
    """What an act run left: its log, its exit code, and what the Action put out."""

    def __init__(self, done):
        self.failed = done.returncode != 0
        lines = re.sub(r"\x1b\[[0-9;]*[A-Za-z]|\r", "", done.stdout + done.stderr).splitlines()
        # A line begins with the name of the workflow and the job, which may hold brackets of any kind.
        self.log = "\n".join(re.sub(r"^\[[^\]]*\] ", "", line) for line in lines)
        self.outputs = dict(re.findall(r"::set-output:: ([a-z-]+)=(.*)", self.log))


class World:
    def __init__(self, tool):
        self.kept, self.artifacts = SCRATCH / "kept", SCRATCH / "artifacts"
        for name in ["action", "shop", "kept", "artifacts", "pins.git", "events", "act", "runner", "shop.git", "mono"]:
            shutil.rmtree(SCRATCH / name, ignore_errors=True)
            (SCRATCH / name).mkdir(parents=True)
        self.hub = GitHub("shop/shop", TOKEN, self.artifacts)
        self.tool, self.count, self.last, self.remote = Path(tool), 0, None, SCRATCH / "shop.git"
        self.env = {key: value for key, value in os.environ.items() if not key.startswith(("GITHUB_", "ACTIONS_"))}
        self.env |= {
            "PATH": f"{tool}:{os.environ['PATH']}",
            "CARGO_TARGET_DIR": str(SCRATCH / "built"),
            "PERFBUDGET_CACHE_DIR": str(SCRATCH / "cache"),
            "XDG_CACHE_HOME": str(SCRATCH / "act"),
            "KEPT": str(self.kept),
            "ARTIFACTS": str(self.artifacts),
            # The commit of a tag is asked for at GitHub; here, at a copy.
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_0": f"url.{SCRATCH / 'pins.git'}.insteadOf",
            "GIT_CONFIG_VALUE_0": OURS,
            # What is pushed to GitHub comes here.
            "GIT_CONFIG_KEY_1": f"url.{self.remote}.insteadOf",
            "GIT_CONFIG_VALUE_1": SHOP,
            # The command-line program `gh` asks this host by plain HTTP, and here the server of ours in its place.
            "GH_HOST": "github.localhost",
            "HTTP_PROXY": self.hub.url,
        }
        self.publish()
        self.open_shop()

    def publish(self):
        """The Action as GitHub would serve it: what is committed or about to be, without what was built."""
        self.action = SCRATCH / "action"
        for name in run("git", "ls-files", "-co", "--exclude-standard", "-z").split("\0"):
            source, target = ROOT / name, self.action / name
            if name and source.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target, follow_symlinks=False)
        git(self.action, "init", "-q")
        self.pin = commit(self.action, "release")
        git(self.action, "tag", "-a", f"v{VERSION}", "-m", "release")
        run("git", "clone", "-q", "--bare", self.action, SCRATCH / "pins.git")

    def open_shop(self):
        """The demo project: `main` with its record and the generated workflows, and a pull request that sorts too much."""
        self.shop = SCRATCH / "shop"
        # With new times, or cargo would take what an earlier run built of other sources for theirs.
        options = {"dirs_exist_ok": True, "ignore": shutil.ignore_patterns("target"), "copy_function": shutil.copy}
        shutil.copytree(ROOT / "fixtures/shop", self.shop, **options)
        git(self.shop, "init", "-q")
        git(self.shop, "remote", "add", "origin", SHOP)
        self.perfbudget("record", "-q")
        self.perfbudget("init", "--workflow", "pair")
        self.pair = self.keep_workflows("pair")
        print(self.perfbudget("init", "--workflow"))
        self.perfbudget("init", "--workflow", expected=2)  # nothing is overwritten
        commit(self.shop, "record")
        self.single = self.keep_workflows("single", remove=False)
        self.main = git(self.shop, "rev-parse", "HEAD")
        git(self.shop, "update-ref", "refs/remotes/origin/main", self.main)
        git(self.remote, "init", "-q", "--bare")
        git(self.shop, "push", "-q", self.remote, "main")
        git(self.shop, "switch", "-q", "-c", "change")
        git(self.shop, "apply", ROOT / "fixtures/shop-regression.patch")
        self.slow = commit(self.shop, "sort")
        self.head = self.slow

    def path_with_another_version(self):
        other = SCRATCH / "other/cargo-perfbudget"
        other.parent.mkdir(exist_ok=True)
        other.write_text("#!/bin/sh\necho cargo-perfbudget 0.0.0\n")
        other.chmod(0o755)
        return f"{other.parent}:{os.environ['PATH']}"

    def perfbudget(self, *arguments, expected=0):
        return run("cargo", "perfbudget", *arguments, cwd=self.shop, env=self.env, expected=expected)

    def keep_workflows(self, name, remove=True):
        folder = self.shop / ".github/workflows"
        kept = SCRATCH / "events" / name
        shutil.copytree(folder, kept)
        if remove:
            shutil.rmtree(folder)
        return kept

    def check_out(self, commit):
        git(self.shop, "checkout", "-q", "--force", "--detach", commit)

    def merged(self, head):
        """The merge that GitHub makes of a pull request, and that a workflow gets to see."""
        self.check_out(self.main)
        git(self.shop, "merge", "-q", "--no-ff", "-m", "merge", head)

    def act(self, title, event, payload, workflow, local="consumer", may_write=True, options=(), copied=None, api=None):
        """`copied`: a folder that act copies to where it works, as a checkout would, so that the workflow is run as it is written."""
        self.count += 1
        self.hub.may_write, self.hub.requests[:] = may_write, []
        path = SCRATCH / f"events/{self.count}.json"
        payload = {"repository": {"full_name": "shop/shop", "default_branch": "main"}, **payload}
        path.write_text(json.dumps(payload))
        pins = dict(re.findall(r"uses: ([a-z-]+/[a-z-]+)[a-z/-]*@([0-9a-f]{40})", (ROOT / "action.yml").read_text()))
        pins |= dict(re.findall(r"uses: ([a-z-]+/[a-z-]+)@([0-9a-f]{40}|v[0-9.]+)", workflow.read_text()))
        stand_ins = {f"actions/{it.name}": it for it in (HERE / "stand-ins").iterdir()}
        stand_ins["cargo-perfbudget/cargo-perfbudget"] = self.action
        locals_ = [f"--local-repository={name}@{pin}={stand_ins[name]}" for name, pin in pins.items()]
        folder = copied or (self.action if local == "ourselves" else self.shop)
        bind = local == "consumer" and not copied
        # act would copy the folder to another place each time, where all is built again: the checkout stays where it is.
        bound = SCRATCH / f"events/{self.count}.yml"
        bound.write_text(workflow.read_text().replace("working-directory: .\n", f"working-directory: {folder}\n"))
        if bind:
            workflow = bound
        command = [ACT, event, *(["--bind"] if bind else []), "-P", "ubuntu-24.04=-self-hosted", "-W", workflow, "-e", path, *locals_, *options]
        # Unmasked, so that a token that is printed is found.
        command += ["-s", f"GITHUB_TOKEN={TOKEN}", "--insecure-secrets", "--env", f"GITHUB_API_URL={api or self.hub.url}"]
        began = time.monotonic()
        how = {"cwd": folder, "env": self.env, "text": True, "capture_output": True, "timeout": 900}
        done = subprocess.run([str(it) for it in command], **how)
        outcome = Outcome(done)
        (SCRATCH / f"events/{self.count}.log").write_text(outcome.log)
        shown = [outcome.outputs.get(name) or "-" for name in ("verdict", "over", "exit-code", "comment-url")]
        print(f"-- {title}: {time.monotonic() - began:.0f} s, {' '.join(shown)}", flush=True)
        self.last = outcome
        assert TOKEN not in outcome.log, "the token is in the log"
        assert not list(folder.rglob("PWNED")), "a title was executed"
        assert not re.search(r"^\W*::error::INJECTED", outcome.log, re.M), "a title became a command"
        return outcome

    def pull_request(self, head, repository="shop/shop", ref="change"):
        head = {"ref": ref, "sha": head, "repo": {"full_name": repository}}
        pull = {"number": 7, "state": "open", "title": TITLE, "head": head, "base": {"ref": "main", "sha": self.main}}
        self.hub.pulls = [pull]
        return {"action": "synchronize", "number": 7, "pull_request": pull}


def expect(outcome, failed, log=(), **outputs):
    assert outcome.failed == failed, f"the job {'failed' if outcome.failed else 'passed'}"
    for name, value in outputs.items():
        name = name.replace("_", "-")
        assert outcome.outputs.get(name) == value, f"{name} is {outcome.outputs.get(name)!r} and not {value!r}"
    for text in log:
        assert text in outcome.log, f"the log lacks {text!r}"
