"""What the Action must do on each event. usage: cases.py TOOL-FOLDER"""
import hashlib, json, shutil, sys
from pathlib import Path

from world import HERE, ROOT, SCRATCH, SHOP, TOKEN, VERSION, World, commit, expect, git, run


def pull_requests(world):
    single = world.single / "perfbudget.yml"
    world.merged(world.slow)
    it = world.act("a pull request", "pull_request", world.pull_request(world.slow), single)
    log = ["growth-over", "::stop-commands::", "Summary - ", "::error file=benches/cart.rs,line="]
    expect(it, failed=True, log=log, exit_code="100", verdict="over", over="8")
    assert len(world.hub.comments) == 1 and "total" in world.hub.comments[1]["body"], world.hub.comments
    assert it.outputs["comment-url"].endswith("#issuecomment-1")
    kept = world.artifacts / "perfbudget-report/perfbudget-report.json"
    assert json.loads(kept.read_text())["verdict"] == "over" and Path(it.outputs["report"]).name == kept.name

    world.check_out(world.slow)
    git(world.shop, "revert", "--no-edit", "HEAD")
    mended = git(world.shop, "rev-parse", "HEAD")
    world.merged(mended)
    it = world.act("the same, mended", "pull_request", world.pull_request(mended), single)
    expect(it, failed=False, exit_code="0", verdict="within", over="0")
    assert len(world.hub.comments) == 1, "one comment a pull request"

    named = SCRATCH / "events/named.yml"
    named.write_text(single.read_text().replace("working-directory: .\n", "working-directory: .\n          name: other\n"))
    it = world.act("a second name", "pull_request", world.pull_request(mended), named)
    expect(it, failed=False, verdict="within")
    assert len(world.hub.comments) == 2 and (world.artifacts / "perfbudget-report-other").is_dir()

    world.hub.comments.clear()
    pull, actor = world.pull_request(mended), ["--actor", "dependabot[bot]"]
    it = world.act("by Dependabot", "pull_request", pull, single, may_write=False, options=actor)
    expect(it, failed=False, log=["pull-requests: write"], verdict="within", comment_url="")


def forks(world):
    world.hub.comments.clear()
    shutil.rmtree(world.artifacts / "perfbudget-report", ignore_errors=True)
    world.merged(world.slow)
    ref = "x;touch${IFS}PWNED"
    pull = world.pull_request(world.slow, "stranger/shop", ref)
    it = world.act("a fork's, one workflow", "pull_request", pull, world.single / "perfbudget.yml", may_write=False)
    expect(it, failed=True, log=["pull-requests: write"], verdict="over", exit_code="100", comment_url="")
    it = world.act("a fork's, the pair", "pull_request", pull, world.pair / "perfbudget.yml", may_write=False)
    expect(it, failed=True, verdict="over", exit_code="100", comment_url="")
    assert not world.hub.requests, "the first of the pair asks GitHub for nothing"

    world.check_out(world.main)
    whose = {"head_branch": ref, "head_repository": {"full_name": "stranger/shop"}, "event": "pull_request"}
    event = {"workflow_run": {"id": 1, "head_sha": world.slow, "conclusion": "failure", "pull_requests": [], **whose}}
    comment = world.pair / "perfbudget-comment.yml"
    it = world.act("the second of the pair", "workflow_run", event, comment)
    expect(it, failed=False, verdict="over", exit_code="0")
    assert len(world.hub.comments) == 1 and world.hub.comments[1]["issue"] == 7

    event["workflow_run"]["head_sha"] = world.main
    world.hub.comments.clear()
    it = world.act("the same for another commit", "workflow_run", event, comment)
    expect(it, failed=True)
    assert not world.hub.comments

    text = (world.pair / "perfbudget.yml").read_text().replace("pull_request:", "pull_request_target:")
    lured = SCRATCH / "events/lured.yml"
    lured.write_text(text)
    it = world.act("pull_request_target", "pull_request_target", pull, lured)
    expect(it, failed=True, log=["`check` does not run on `pull_request_target`"])


def branches(world):
    single = world.single / "perfbudget.yml"
    world.hub.comments.clear()
    git(world.shop, "switch", "-q", "main")
    it = world.act("a push", "push", {"ref": "refs/heads/main", "after": world.main}, single)
    expect(it, failed=False, exit_code="0", verdict="within", comment_url="")
    world.merged(world.slow)
    group = {"base_ref": "refs/heads/main", "base_sha": world.main, "head_sha": world.slow}
    it = world.act("a merge queue", "merge_group", {"action": "checks_requested", "merge_group": group}, single)
    expect(it, failed=True, exit_code="100", verdict="over", comment_url="")
    assert not world.hub.requests and not world.hub.comments


def mistakes(world):
    """What is wrong with the inputs is said before anything is installed."""
    world.check_out(world.main)
    usual = (world.single / "perfbudget.yml").read_text()
    for number, (line, message) in enumerate([
        ("command: chekc", "the input `command` must be one of: check comment install"),
        ('name: "../x"', "the input `name` may have letters"),
        ("comment: maybe", "the input `comment` must be one of: true false"),
        ("working-directory: nowhere", "the input `working-directory` names no folder"),
    ]):
        workflow = SCRATCH / f"events/mistake-{number}.yml"
        workflow.write_text(usual.replace("working-directory: .", f"working-directory: .\n          {line}" if "dir" not in line else line))
        expect(world.act(line, "push", {}, workflow), failed=True, log=[message])


def records(world):
    """What is cheaper is recorded after a push, as a commit or a pull request; what costs more is not."""
    shop, hub = world.shop, world.hub
    world.check_out(world.main)
    git(shop, "switch", "-q", "-C", "main")
    source = (shop / "src/cart.rs").read_text()
    git(shop, "apply", ROOT / "fixtures/shop-regression.patch")
    world.perfbudget("accept", "shop::cart::*", "--reason", "sorted")
    commit(shop, "sort, accepted")
    (shop / "src/cart.rs").write_text(source)
    mended = commit(shop, "mend")

    def push(title, kind, head, failed=False):
        hub.pulls.clear()
        return again(title, kind, head, failed)

    def again(title, kind, head, failed=False):
        git(shop, "switch", "-q", "-C", "main", head)
        git(shop, "push", "-q", "--force", world.remote, "main")
        event = {"ref": "refs/heads/main", "after": head}
        it = world.act(title, "push", event, ROOT / f"templates/examples/record-{kind}.yml", copied=shop)
        expect(it, failed=failed)
        return lambda branch: git(world.remote, "rev-parse", branch), it

    def recorded(head):
        """One commit more, by the workflow, of the record and nothing else, which is that of the cheaper code."""
        who, message, *files = git(world.remote, "log", "-1", "--format=%an <%ae>%n%s", "--name-only", head).split("\n")
        assert who.startswith("github-actions[bot] <41898282+") and message == "Record performance budgets", (who, message)
        assert git(world.remote, "rev-parse", f"{head}^") == mended
        assert [it for it in files if it] and all(not it or it.startswith("perfbudget/") for it in files), files
        # What was accepted stays as the anchor of what may drift.
        added = [it for it in git(world.remote, "diff", "-U0", world.main, head, "--", "perfbudget").split("\n") if it[:1] in "+-"]
        assert all(it.startswith(("+++", "---", "+anchor.")) for it in added), f"the values are not those from before: {added}"

    tip, _ = push("a push that is recorded, by commit", "commit", mended)
    recorded(tip("main"))
    tip, _ = push("one with nothing to record, by commit", "commit", world.main)
    assert tip("main") == world.main
    tip, it = push("one that costs more, by commit", "commit", world.slow, failed=True)
    assert tip("main") == world.slow and "total" in it.log

    tip, _ = push("a push that is recorded, by pull request", "pull-request", mended)
    recorded(tip("perfbudget/record"))
    (pull,) = hub.pulls
    assert tip("main") == mended and (pull["head"]["ref"], pull["base"]) == ("perfbudget/record", "main"), pull
    tip, _ = again("the same again", "pull-request", mended)
    recorded(tip("perfbudget/record"))
    assert len(hub.pulls) == 1, "one pull request, brought up to date"
    git(world.remote, "branch", "-D", "perfbudget/record")
    push("one with nothing to record, by pull request", "pull-request", world.main)
    assert not hub.pulls and not git(world.remote, "branch", "--list", "perfbudget/record")
    # The token reaches git where it pushes to GitHub.
    asked = {"input": "protocol=https\nhost=github.com\n", "env": world.env | {"GH_TOKEN": TOKEN, "GH_HOST": "github.com"}}
    assert f"password={TOKEN}" in run("gh", "auth", "git-credential", "get", **asked)
    world.check_out(world.main)
    git(shop, "branch", "-f", "main", world.main)


def examples(world):
    """The other examples, and the workflow that the README shows, as they are written."""
    world.hub.comments.clear()
    mono = SCRATCH / "mono"
    world.check_out(world.main)
    for folder in ["services/server", "libraries/parser"]:
        shutil.copytree(world.shop, mono / folder, copy_function=shutil.copy, ignore=shutil.ignore_patterns(".git", ".github"))
    git(mono, "init", "-q")
    git(mono, "remote", "add", "origin", SHOP)
    # The jobs run side by side and share what is built: two packages of one name would be taken for each other.
    parser = mono / "libraries/parser"
    for file in ["Cargo.toml", "Cargo.lock", "perfbudget.toml"]:
        text = (parser / file).read_text().replace('name = "shop"', 'name = "parser"').replace("shop::", "parser::")
        (parser / file).write_text(text.replace("[lib]", '[lib]\nname = "shop"').replace("bin shop", "bin parser"))
    shutil.rmtree(parser / "perfbudget")
    run("cargo", "perfbudget", "record", "-q", cwd=parser, env=world.env)
    git(mono, "update-ref", "refs/remotes/origin/main", commit(mono, "two projects"))
    git(mono, "apply", "--directory", "services/server", ROOT / "fixtures/shop-regression.patch")
    pull, monorepo = world.pull_request(commit(mono, "sort")), ROOT / "templates/examples/monorepo.yml"
    it = world.act("a monorepo", "pull_request", pull, monorepo, copied=mono)
    expect(it, failed=True)
    said = {body.split("\n", 1)[0]: body for body in (it["body"] for it in world.hub.comments.values())}
    assert set(said) == {"<!-- cargo-perfbudget: server -->", "<!-- cargo-perfbudget: parser -->"}, set(said)
    for name, verdict in [("server", "over"), ("parser", "within")]:
        assert verdict in said[f"<!-- cargo-perfbudget: {name} -->"].split("\n")[1], said
        assert (world.artifacts / f"perfbudget-report-{name}").is_dir()

    world.hub.comments.clear()
    shutil.rmtree(world.artifacts / "perfbudget-report", ignore_errors=True)
    world.merged(world.slow)
    enterprise, text = SCRATCH / "events/enterprise.yml", (ROOT / "templates/examples/enterprise.yml").read_text()
    enterprise.write_text(text.replace("https://github.example.com", world.hub.url))
    pull, nobody = world.pull_request(world.slow), "http://127.0.0.1:1"
    it = world.act("an Enterprise server", "pull_request", pull, enterprise, copied=world.shop, api=nobody)
    expect(it, failed=True, verdict="over", exit_code="100")
    assert len(world.hub.comments) == 1 and all("/api/v3/repos/" in it for it in world.hub.requests), world.hub.requests
    assert not (world.artifacts / "perfbudget-report").exists()

    # As its text says: the record is committed, and the workflow is pasted.
    world.hub.comments.clear()
    folder = SCRATCH / "events/readme"
    folder.mkdir()
    run("python3", HERE / "readme.py", ROOT / "README.md", folder)
    pasted, shards = sorted(folder.iterdir())
    world.merged(world.slow)
    it = world.act("the README's workflow", "pull_request", world.pull_request(world.slow), pasted, copied=world.shop)
    expect(it, failed=True, verdict="over", exit_code="100")
    assert len(world.hub.comments) == 1
    (whole,) = world.hub.comments.values()

    # Two jobs instead of five, each of which builds.
    world.hub.comments.clear()
    text = shards.read_text()
    assert text == (ROOT / "templates/examples/shards.yml").read_text().split("\n", 1)[1]
    shards.write_text(text.replace("[1, 2, 3, 4, 5]", "[1, 2]").replace("$SHARD/5", "$SHARD/2").replace("matrix.shard }}/5", "matrix.shard }}/2"))
    it = world.act("the README's shards", "pull_request", world.pull_request(world.slow), shards, copied=world.shop)
    expect(it, failed=True)
    (merged,) = world.hub.comments.values()
    rows = lambda comment: [line for line in comment["body"].splitlines() if line.startswith("| `")]
    assert rows(merged) == rows(whole) and "growth-over" in merged["body"], merged["body"]
    assert {"perfbudget-part-1", "perfbudget-part-2"} <= {it.name for it in world.artifacts.iterdir()}


def ourselves(world):
    """As `uses: ./`, built from source and kept in the cache, with another version of the tool on the way."""
    world.env["PATH"] = world.path_with_another_version()
    # The dependencies are not what is tried here, and need not be built a second time.
    for part in ["deps", "build", ".fingerprint"]:
        run("cp", "-a", world.tool / part, SCRATCH / "built/release")
    workflow = SCRATCH / "events/ourselves.yml"
    text = (world.single / "perfbudget.yml").read_text().replace(f"cargo-perfbudget/cargo-perfbudget@{world.pin}", "./")
    workflow.write_text(text.replace("working-directory: .", "working-directory: fixtures/shop"))
    for round, line in [("built", "Building cargo-perfbudget"), ("again", "comes from the cache")]:
        it = world.act(f"uses: ./, {round}", "push", {}, workflow, local="ourselves")
        expect(it, failed=False, log=[line], verdict="within")


def releases(world):
    """A release is installed where its sum is known and right, and else nothing is."""
    folder, runner, mirror = SCRATCH / "action", SCRATCH / "runner", SCRATCH / "runner/mirror"
    mirror.mkdir()
    (SCRATCH / "runner/output").touch()
    inputs = {"COMMAND": "check", "COMMENT": "true", "CHECK_RUN": "false", "UPLOAD": "true", "CACHE": "true", "NAME": ""}
    env = world.env | {"PATH": world.path_with_another_version()} | {f"INPUT_{name}": value for name, value in inputs.items()}
    env |= {"INPUT_WORKING_DIRECTORY": ".", "MEASURED_EVENT": "", "GITHUB_EVENT_NAME": "push", "RUNNER_TEMP": str(runner)}
    env |= {"GITHUB_ACTION_PATH": str(folder), "GITHUB_OUTPUT": str(runner / "output"), "GITHUB_PATH": str(runner / "path")}

    # Where sh is bash, it would have taken this function over; dash knows of none.
    run("bash", "--posix", folder / "action/start.sh", "plan", env=env | {"BASH_FUNC_ls%%": "() { false; }"}, expected=2)

    def plan():
        (runner / "output").write_text("")
        run("sh", folder / "action/start.sh", "plan", cwd=folder, env=env)
        return dict(line.split("=", 1) for line in (runner / "output").read_text().splitlines())

    planned = plan()
    assert planned["install"] == "source" and planned["cache"] == "true", planned
    archive = mirror / f"v{VERSION}" / planned["archive"]
    archive.parent.mkdir()
    run("tar", "-czf", archive, "-C", world.tool, "cargo-perfbudget")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    checksums = folder / "action/checksums.txt"
    env["INPUT_RELEASE_URL"] = f"file://{mirror}"
    for sum, expected in [("0" * 64, 1), (digest, 0)]:
        checksums.write_text(f"{sum}  {archive.name}\n")
        planned = plan()
        assert planned["install"] == "release" and planned["cache"] == "false", planned
        names = {"HOW": "install", "VERSION": "version", "ROOT": "root", "ARCHIVE": "archive"}
        variables = {variable: planned[name] for variable, name in names.items()}
        run("sh", folder / "action/start.sh", "install", cwd=folder, env=env | variables, expected=expected)
        assert (runner / "perfbudget-tool/bin/cargo-perfbudget").exists() == (expected == 0)
    print("-- a release: refused with another sum, installed with its own")


if __name__ == "__main__":
    world = World(sys.argv[1])
    try:
        for case in [pull_requests, forks, branches, mistakes, records, examples, ourselves, releases]:
            if not sys.argv[2:] or case.__name__ in sys.argv[2:]:
                case(world)
    except Exception:
        print(getattr(world.last, "log", ""), flush=True)
        raise
