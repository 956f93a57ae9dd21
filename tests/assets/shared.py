"""Shares results through real stores, and spoils them in every way: usage: shared.py OPTIMIZER HERE [CHECK…]."""
import hashlib
import http.server
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.request

optimizer, here = sys.argv[1], pathlib.Path(sys.argv[2])
work = pathlib.Path.cwd()
SECRET = "not-to-be-seen"
S3 = {"AWS_ACCESS_KEY_ID": "deployer", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1"}
DIST = work / "dist"
started = []


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(words, port, **more):
    process = subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, **more)
    started.append(process)
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        if process.poll() is not None:
            sys.exit(f"error: {words[0]} ended")
        time.sleep(0.1)
    sys.exit(f"error: {words[0]} does not listen on {port}")


def stop(process):
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class Redis:
    """A real one, spoken with in its own words."""

    def __init__(self, *options):
        self.port = free_port()
        self.place = f"redis://127.0.0.1:{self.port}"
        words = ["redis-server", "--port", self.port, "--save", "", "--appendonly", "no", "--requirepass", SECRET, *options]
        self.process = start(words, self.port, cwd=work)
        self.environment = {"REDIS_PASSWORD": SECRET}

    def say(self, *words):
        with socket.create_connection(("127.0.0.1", self.port)) as line:
            reader = line.makefile("rb")

            def one(*words):
                parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
                line.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
                return answer(reader)

            one("AUTH", SECRET)
            return one(*words)

    def entries(self):
        return {key: self.say("GET", key) for key in self.say("KEYS", "*")}


def answer(reader):
    line = reader.readline().rstrip()
    kind, rest = line[:1], line[1:]
    if kind == b"-":
        raise RuntimeError(rest.decode())
    if kind == b"$":
        return None if rest == b"-1" else reader.read(int(rest) + 2)[:-2]
    if kind == b"*":
        return [answer(reader) for _ in range(int(rest))]
    return int(rest) if kind == b":" else rest


def run(words, environment, **more):
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "PERFBUDGET_CACHE_DIR": str(work / "own"), **environment}
    for name in ["CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"]:
        if name in os.environ:
            environment[name] = os.environ[name]
    began = time.monotonic()
    done = subprocess.run([str(word) for word in words], env=environment, capture_output=True, text=True, **more)
    said = done.stdout + done.stderr
    assert SECRET not in said, f"a secret is said: {said}"
    assert "panicked" not in said, said
    return done.returncode, said, time.monotonic() - began


def optimize(places, environment=None, more=(), cache=None):
    """A machine that has nothing but what is shared: what it wrote, its report, and what it said."""
    out = work / "out"
    shutil.rmtree(out, ignore_errors=True)
    words = [optimizer, "optimize", DIST, "--out", out, "--report", work / "report.json", *more]
    if cache:
        words += ["--cache", cache]
    code, said, took = run(words, {"PERFBUDGET_SHARED_CACHE": ",".join(places), **(environment or {})})
    assert code == 0, f"{code}: {said}"
    files = {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}
    report = json.loads((work / "report.json").read_text())
    return files, {tier["tier"]: tier for tier in report["cache"]["tiers"]}, said, took


def same(one, other):
    assert one.keys() == other.keys() and all(one[name] == other[name] for name in one), "another output"


def all_hit(tier):
    assert tier["hits"] > 0 and tier["misses"] == 0 and not tier["is_dropped"], tier


def none_hit(tier):
    assert tier["hits"] == 0, tier


def redis_shares():
    redis = Redis()
    first, tiers, _, _ = optimize([redis.place], redis.environment)
    same(first, REFERENCE)
    none_hit(tiers["redis"])
    assert tiers["redis"]["written"] == len(redis.say("KEYS", "*")) > 20, tiers
    second, tiers, said, _ = optimize([redis.place], redis.environment)
    same(second, REFERENCE)
    all_hit(tiers["redis"])
    assert tiers["redis"]["saved_milliseconds"] > 0 and "redis: " in said and "(100 %)" in said, said
    assert all(redis.say("TTL", key) > 86400 for key in redis.say("KEYS", "*")), "an entry that stays for ever"
    print(f"redis: {tiers['redis']['hits']} results found by another machine, the same bytes; each has an end")


def redis_refuses():
    redis = Redis()
    for password in ["wrong", ""]:
        files, tiers, said, _ = optimize([redis.place], {"REDIS_PASSWORD": password})
        same(files, REFERENCE)
        assert tiers["redis"]["is_dropped"] and "the name or the password is wrong" in said, said
    files, _, said, took = optimize([f"redis://127.0.0.1:{free_port()}"])
    same(files, REFERENCE)
    assert "it cannot be reached" in said, said
    code, said, _ = run([optimizer, "optimize", DIST, "--out", work / "no"], {"PERFBUDGET_SHARED_CACHE": f"redis://:{SECRET}@127.0.0.1"})
    assert code == 2 and "REDIS_PASSWORD" in said, said
    redis.say("CONFIG", "SET", "maxmemory", "1mb")
    files, tiers, said, _ = optimize([redis.place], redis.environment)
    same(files, REFERENCE)
    assert "it is full" in said and not tiers["redis"]["is_dropped"], said
    redis.say("ACL", "SETUSER", "reader", "on", f">{SECRET}", "~*", "+@read", "+@connection")
    files, tiers, said, _ = optimize([redis.place], {"REDIS_USERNAME": "reader", **redis.environment})
    same(files, REFERENCE)
    assert "that is not allowed" in said or "it is full" in said, said
    print("redis: wrong and missing passwords, no server, a full one, one that may only be read: said, and the run goes on")


def slow_and_dead():
    """A server that takes the connection and never answers; and one that dies, or is emptied, in the middle."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        for place in [f"redis://127.0.0.1:{port}", "s3://bucket/cache"]:
            environment = {**S3, "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{port}"}
            files, _, said, took = optimize([place], environment, ["--shared-cache-timeout", "1"])
            same(files, REFERENCE)
            assert "is not asked any more" in said and took < BASELINE + 8, f"{took}: {said}"
    for event in ["dies", "is emptied"]:
        for wait in [0.05, 0.2, 0.5, 1.0]:
            redis = Redis()
            optimize([redis.place], redis.environment)

            def strike(redis=redis, event=event, wait=wait):
                time.sleep(wait)
                if event == "dies":
                    stop(redis.process)
                else:
                    for _ in range(20):
                        redis.say("FLUSHALL")
                        time.sleep(0.02)

            hand = threading.Thread(target=strike)
            hand.start()
            files, _, said, _ = optimize([redis.place], redis.environment, ["--shared-cache-timeout", "1"])
            same(files, REFERENCE)
            hand.join()
    print("dead: stores that never answer are given up after the stated second; one that dies or is emptied in the middle costs time only")


def sealed(key, millis, result):
    """An entry as it is sealed without a secret: SHA-256 of the key, the milliseconds and the result, each with its length."""
    parts = [bytes.fromhex(key), struct.pack("<Q", millis), result]
    digest = hashlib.sha256(b"".join(struct.pack("<Q", len(part)) + part for part in parts)).digest()
    return b"perfkep2" + digest + struct.pack("<Q", millis) + result


def poisoned():
    redis = Redis()
    optimize([redis.place], redis.environment)
    kept = redis.entries()
    name = lambda key: key.decode().split("/", 1)[1].replace("/", "")
    some = next(iter(kept.items()))
    assert sealed(name(some[0]), struct.unpack("<Q", some[1][40:48])[0], some[1][48:]) == some[1], "not sealed as we say"
    keys = sorted(kept)
    damages = {
        "truncated": lambda key: kept[key][: len(kept[key]) // 2],
        "empty": lambda key: b"",
        "another's": lambda key: kept[keys[(keys.index(key) + 1) % len(keys)]],
        "one bit": lambda key: kept[key][:-1] + bytes([kept[key][-1] ^ 1]),
        "large": lambda key: b"perfkep2" + bytes(40 << 20),
    }
    for what, damage in damages.items():
        spoilt = keys if what != "large" else keys[:2]
        for key in spoilt:
            redis.say("SET", key, damage(key))
        files, tiers, said, _ = optimize([redis.place], redis.environment)
        same(files, REFERENCE)
        assert ("is damaged" in said) if what != "large" else ("too large" in said), f"{what}: {said}"
        if what != "large":
            none_hit(tiers["redis"])
            _, tiers, _, _ = optimize([redis.place], redis.environment)
            all_hit(tiers["redis"])
        redis.say("FLUSHALL")
        optimize([redis.place], redis.environment)
    # What is sealed well and does not hold together: the encoded file is not of the plain one.
    for key in keys:
        entry = kept[key]
        head = int.from_bytes(entry[48:52], "little")
        facts = json.loads(entry[52 : 52 + head])
        if facts["encoded"]:
            body = bytearray(entry[48:])
            for at in range(52 - 48 + head, 52 - 48 + head + facts["length"]):
                body[at] = 0x20
            redis.say("SET", key, sealed(name(key), 1, bytes(body)))
    files, _, _, _ = optimize([redis.place], redis.environment)
    same(files, REFERENCE)
    # A stranger who knows how entries are made, and not the secret.
    keyed = {**redis.environment, "PERFBUDGET_CACHE_SECRET": SECRET}
    redis.say("FLUSHALL")
    optimize([redis.place], keyed)
    for key in sorted(redis.entries()):
        redis.say("SET", key, sealed(name(key), 1, kept[key][48:] if key in kept else b""))
    files, tiers, said, _ = optimize([redis.place], keyed)
    same(files, REFERENCE)
    none_hit(tiers["redis"])
    assert "sealed otherwise" in said, said
    _, tiers, _, _ = optimize([redis.place], keyed)
    all_hit(tiers["redis"])
    for secret in [{}, {"PERFBUDGET_CACHE_SECRET": "another"}]:
        files, tiers, _, _ = optimize([redis.place], {**redis.environment, **secret, "PERFBUDGET_SHARED_CACHE_READ_ONLY": "1"})
        same(files, REFERENCE)
        none_hit(tiers["redis"])
    print(f"poisoned: {len(keys)} entries in {len(damages)} ways, encodings of something else, and forged ones against a secret: none got in, all were mended")


def untrusted():
    redis = Redis()
    event = work / "event.json"
    for head, writes in [("them/shop", False), ("us/shop", True)]:
        redis.say("FLUSHALL")
        event.write_text(json.dumps({"pull_request": {"head": {"repo": {"full_name": head}}, "base": {"repo": {"full_name": "us/shop"}}}}))
        environment = {**redis.environment, "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(event)}
        optimize([redis.place], environment)
        assert bool(redis.say("KEYS", "*")) == writes, head
    event.write_text(event.read_text().replace('"repo": {"full_name": "us/shop"}}, "base"', '"repo": null}, "base"'))
    kept = redis.entries()
    _, tiers, _, _ = optimize([redis.place], environment)
    all_hit(tiers["redis"])
    assert redis.entries() == kept
    redis.say("FLUSHALL")
    optimize([redis.place], redis.environment, ["--shared-cache-read-only"])
    assert not redis.say("KEYS", "*")
    print("untrusted: the run of a fork reads and adds nothing")


def in_tiers():
    redis, port = Redis(), free_port()
    (work / "s3/bucket").mkdir(parents=True)
    start([os.environ["S3_SERVER"], "--access-key", S3["AWS_ACCESS_KEY_ID"], "--secret-key", SECRET, "--host", "127.0.0.1", "--port", port, work / "s3"], port)
    environment = {**S3, **redis.environment, "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{port}"}
    places = [redis.place, "s3://bucket/cache", str(work / "share")]
    optimize(places, environment)
    stored = lambda folder: sum(1 for path in folder.rglob("*") if path.is_file() and path.parent.name != "bucket")
    count = len(redis.say("KEYS", "*"))
    files, tiers, _, _ = optimize(places, environment)
    all_hit(tiers["redis"])
    assert tiers["s3"]["hits"] + tiers["s3"]["misses"] == 0, "what is near is not asked for farther"
    redis.say("FLUSHALL")
    files, tiers, _, _ = optimize(places, environment, cache=work / "near")
    same(files, REFERENCE)
    all_hit(tiers["s3"])
    assert len(redis.say("KEYS", "*")) == count and tiers["folder"]["written"] == count, "what is far fills what is near"
    shutil.rmtree(work / "s3/bucket/cache")
    redis.say("FLUSHALL")
    _, tiers, _, _ = optimize(places, environment)
    all_hit(tiers["share"])
    every = ["--shared-cache", ",".join(places), "--cache", work / "near", "--format", "json"]
    code, said, _ = run([optimizer, "cache", "stats", *every], environment)
    found = {stock["place"]: stock["entries"] for stock in json.loads(said)}
    assert code == 0 and found == {str(work / "near"): count, redis.place: None, "s3://bucket/cache": count, str(work / "share"): count}, said
    half = sum(path.stat().st_size for path in (work / "near").rglob("*") if path.is_file()) // 2
    code, said, _ = run([optimizer, "cache", "prune", *every, "--max-size", f"{half >> 10}K", "--dry-run"], environment)
    assert code == 0 and all(stock["removed"] > 0 for stock in json.loads(said) if stock["entries"]), said
    run([optimizer, "cache", "prune", *every, "--max-size", f"{half >> 10}K"], environment)
    code, said, _ = run([optimizer, "cache", "stats", *every], environment)
    left = {stock["place"]: stock for stock in json.loads(said) if stock["entries"] is not None}
    assert all(0 < stock["entries"] < count and stock["bytes"] <= half for stock in left.values()), said
    code, said, _ = run([optimizer, "cache", "prune", "--cache", work / "near"], environment)
    assert code == 2 and "--older-than" in said, said
    files, _, said, _ = optimize(["s3://bucket/cache"], {**environment, "AWS_SECRET_ACCESS_KEY": "no"})
    same(files, REFERENCE)
    assert "not allowed" in said, said
    # Another server, which has no buckets but those that were made.
    port = free_port()
    start(["moto_server", "-H", "127.0.0.1", "-p", port], port)
    environment = {**S3, "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{port}"}
    files, _, said, _ = optimize(["s3://nowhere/cache"], environment)
    same(files, REFERENCE)
    assert "there is no such bucket" in said, said
    urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/bucket", method="PUT"))
    optimize(["s3://bucket/cache"], environment)
    _, tiers, _, _ = optimize(["s3://bucket/cache"], environment)
    all_hit(tiers["s3"])
    print("tiers: the nearest is asked first, a far one fills it; stats and prune; wrong keys and buckets are said")


class Actions(http.server.BaseHTTPRequestHandler):
    """GitHub's cache as its second version speaks: three calls of `CacheService` in protocol buffers, and blobs at addresses
    that are signed. Entries are written once."""

    protocol_version = "HTTP/1.1"
    entries, blobs, calls, limit = {}, {}, [], None

    def fields(self, body):
        found, at = {}, 0
        while at < len(body):
            tag, at = self.varint(body, at)
            if tag & 7 == 0:
                found[tag >> 3], at = self.varint(body, at)
            else:
                length, at = self.varint(body, at)
                found[tag >> 3], at = body[at : at + length], at + length
        return found

    def varint(self, body, at):
        value, shift = 0, 0
        while True:
            byte = body[at]
            value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
            if byte < 128:
                return value, at

    def said(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.fields(self.rfile.read(int(self.headers["Content-Length"])))
        call = self.path.rsplit("/", 1)[1]
        assert self.headers["Authorization"] == f"Bearer {SECRET}" and self.headers["Content-Type"] == "application/protobuf"
        assert self.path.startswith("/twirp/github.actions.results.api.v1.CacheService/"), self.path
        self.calls.append(call)
        if self.limit is not None and len(self.calls) > self.limit:
            return self.said(429, b'{"code": "resource_exhausted", "msg": "too many"}')
        text = lambda number, value: bytes([number << 3 | 2, len(value)]) + value if len(value) < 128 else bytes([number << 3 | 2, len(value) & 127 | 128, len(value) >> 7]) + value
        version = body[3] if call == "CreateCacheEntry" else body[4]
        key = (body[2], version)
        address = lambda: f"http://{self.headers['Host']}/blobs/{hashlib.sha256(key[0]).hexdigest()}?sig={SECRET}".encode()
        if call == "CreateCacheEntry":
            if key in self.entries:
                return self.said(409, b'{"code": "already_exists", "msg": "there is one"}')
            self.entries[key] = None
            return self.said(200, b"\x08\x01" + text(2, address()))
        if call == "FinalizeCacheEntryUpload":
            assert len(self.blobs[hashlib.sha256(key[0]).hexdigest()]) == body[3]
            self.entries[key] = body[3]
            return self.said(200, b"\x08\x01")
        if self.entries.get(key) is None:
            return self.said(200, b"")
        return self.said(200, b"\x08\x01" + text(2, address()))

    def do_PUT(self):
        bytes_ = self.rfile.read(int(self.headers["Content-Length"]))
        name, _, query = self.path.removeprefix("/blobs/").partition("?")
        assert f"sig={SECRET}" in query, self.path
        if "comp=blocklist" in query or "comp=block" in query:
            sys.exit("blocks are not expected")
        assert self.headers["x-ms-blob-type"] == "BlockBlob"
        self.blobs[name] = bytes_
        self.said(201)

    def do_GET(self):
        name, _, query = self.path.removeprefix("/blobs/").partition("?")
        assert f"sig={SECRET}" in query, self.path
        self.said(200, self.blobs[name])

    def log_message(self, *_):
        pass


def actions():
    # act's server, as in its runner on this machine.
    port, folder = free_port(), work / "acted"
    (folder / ".github/workflows").mkdir(parents=True)
    shutil.copytree(DIST, folder / "dist")
    optimize_ = f"cd {folder} && {optimizer} optimize dist --out out --replace --report report.json --shared-cache actions://"
    steps = [{"run": optimize_}, {"run": f"mv {folder}/report.json {folder}/cold.json"}, {"run": optimize_}]
    workflow = {"on": "push", "jobs": {"one": {"runs-on": "here", "env": {"ACTIONS_RUNTIME_TOKEN": SECRET}, "steps": steps}}}
    (folder / ".github/workflows/w.yml").write_text(json.dumps(workflow))
    subprocess.run("git init -q && git add -A && git -c user.name=a -c user.email=a@localhost commit -qm a", shell=True, cwd=folder, check=True)
    code, said, _ = run(["act", "push", "--bind", "-P", "here=-self-hosted", "--cache-server-port", port, "--cache-server-addr", "127.0.0.1",
                         "--cache-server-path", work / "act-cache"], {"XDG_CACHE_HOME": str(work / "act")}, cwd=folder)
    assert code == 0, said
    tier = lambda name: json.loads((folder / name).read_text())["cache"]["tiers"][1]
    none_hit(tier("cold.json"))
    all_hit(tier("report.json"))
    assert tier("report.json")["tier"] == "actions" and tier("cold.json")["written"] > 20
    # The second version, which GitHub's own runners have.
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Actions)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {"ACTIONS_RESULTS_URL": f"http://127.0.0.1:{server.server_port}/", "ACTIONS_RUNTIME_TOKEN": SECRET, "ACTIONS_CACHE_SERVICE_V2": "True"}
    _, tiers, said, _ = optimize(["actions://"], environment)
    assert tiers["actions"]["written"] > 20, said
    files, tiers, said, _ = optimize(["actions://"], environment)
    same(files, REFERENCE)
    all_hit(tiers["actions"])
    Actions.limit = len(Actions.calls) + 5
    files, tiers, said, _ = optimize(["actions://"], environment)
    same(files, REFERENCE)
    assert "the store is asked too much" in said and tiers["actions"]["is_dropped"], said
    code, said, _ = run([optimizer, "optimize", DIST, "--out", work / "no", "--shared-cache", "actions://"], {})
    assert code == 101 and "ACTIONS_RESULTS_URL" in said, f"{code}: {said}"
    print("actions: both versions of GitHub's cache, a limit of requests, and where there is none")


def measurements():
    redis, shop = Redis(), work / "shop"
    git = lambda *words: subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@localhost", *words], cwd=shop, check=True, capture_output=True)
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "the shop")
    environment = {**redis.environment, "PERFBUDGET_SHARED_CACHE": redis.place, **CARGO}
    gate = lambda *words, **more: run(["cargo", "perfbudget", *words], {**environment, **more}, cwd=shop)
    code, said, cold = gate("record")
    assert code == 0, said
    git("add", "-A")
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@localhost", "commit", "-qm", "recorded"], cwd=shop, capture_output=True)

    def fresh():
        shutil.rmtree(shop / "target/perfbudget")

    fresh()
    code, said, took = gate("check", "--report", work / "gate.json")
    assert code == 0 and "shared cache: " in said and "redis 15 of 15 (100 %)" not in said, said
    report = json.loads((work / "gate.json").read_text())
    tiers = {tier["tier"]: tier for tier in report["cache"]["tiers"]}
    # Fifteen benchmarks, and the frontend.
    assert report["reused"] == 15 and tiers["redis"]["hits"] > 15 and tiers["redis"]["misses"] == 0, report["cache"]
    assert report["cache"]["saved_milliseconds"] >= tiers["redis"]["saved_milliseconds"] > 0
    fresh()
    code, said, _ = gate("check", "--format", "markdown")
    assert code == 0 and "shared cache" in said and "s of work saved" in said, said
    # A stranger's entry that names a file outside of the repository is none.
    fresh()
    for key, entry in redis.entries().items():
        if b'"opened":{' in entry:
            name = key.decode().split("/", 1)[1].replace("/", "")
            body = json.loads(entry[48:]) | {"opened": {"../../../../etc/hostname": "absent"}}
            redis.say("SET", key, sealed(name, 1, json.dumps(body).encode()))
    code, said, _ = gate("check", "--report", work / "gate.json")
    assert code == 0 and json.loads((work / "gate.json").read_text())["reused"] == 0, said
    code, said, _ = gate("cache", "stats")
    assert code == 0 and "measurements: 15 results" in said and "assets: " in said and redis.place in said, said
    code, said, _ = gate("cache", "prune", "--max-size", "0K")
    assert code == 0 and "15 removed" in said, said
    code, said, _ = gate("check", PERFBUDGET_SHARED_CACHE=f"redis://:{SECRET}@127.0.0.1")
    assert code == 2 and "REDIS_PASSWORD" in said, said
    print("measurements: found by another checkout, said in terminal, JSON and comment; forged ones are refused; stats and prune")


CARGO = {name: os.environ[name] for name in ["CARGO_TARGET_DIR"] if name in os.environ}
CHECKS = [redis_shares, redis_refuses, slow_and_dead, poisoned, untrusted, in_tiers, actions, measurements]
DIST.mkdir()
random.seed(7)
for number in range(24):
    lines = [f"export function f{number}_{line}(value) {{ if (value > {random.randrange(1000)}) {{ return value * {line} }} else {{ return '{line}' }} }}" for line in range(20)]
    (DIST / f"part{number}.js").write_text("\n".join(lines))
(DIST / "index.html").write_text("<!doctype html><meta charset=utf-8><title>shop</title><link rel=stylesheet href=site.css>"
                                 + "".join(f"<script type=module src=part{number}.js></script>" for number in range(24)) + "<p>é" * 50)
(DIST / "site.css").write_text("p { margin: 0px; color: #ff0000 }\n" * 40)
REFERENCE, _, _, BASELINE = optimize([])
try:
    wanted = sys.argv[3:]
    for check in CHECKS:
        if not wanted or check.__name__ in wanted:
            check()
finally:
    for process in started:
        if process.poll() is None:
            stop(process)
