"""A GitHub that remembers: comments, open pull requests and artifacts, on a loopback address."""
import io, json, threading, zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

REFUSED = {"message": "Resource not accessible by integration", "documentation_url": "https://docs.github.com/rest"}


class GitHub:
    def __init__(self, repository, token, artifacts):
        self.repository, self.token, self.artifacts = repository, token, Path(artifacts)
        self.comments, self.pulls, self.requests, self.may_write = {}, [], [], True
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self):
                length = int(self.headers.get("content-length") or 0)
                body = json.loads(self.rfile.read(length) or b"null")
                url = urlsplit(self.path)
                hub.requests.append(f"{self.command} {url.path}")
                known = self.headers.get("authorization") in (f"Bearer {hub.token}", f"token {hub.token}")
                is_blob = url.path.startswith("/blob/")
                if is_blob == known:  # the token belongs to the API, and to nobody it redirects to
                    return self.answer(401, {"message": "Bad credentials"})
                self.answer(*hub.answer(self.command, url.path, parse_qs(url.query), body))

            do_GET = do_POST = do_PATCH = do

            def answer(self, status, body, headers=()):
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("content-type", "application/json; charset=utf-8")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        # Artifacts lie with somebody else, as GitHub's do.
        self.url, self.store = self.serve(Handler), self.serve(Handler)

    def serve(self, handler):
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    def answer(self, method, path, query, body):
        # An Enterprise server has its API below a path.
        path = path.removeprefix("/api/v3")
        base = f"/repos/{self.repository}/"
        parts = path.removeprefix(base).split("/") if path.startswith(base) else [path]
        page = slice(100 * (int(query.get("page", ["1"])[0]) - 1), 100 * int(query.get("page", ["1"])[0]))
        match method, parts:
            case ("POST" | "PATCH"), _ if not self.may_write:
                return 403, REFUSED
            case "GET", ["issues", number, "comments"]:
                return 200, [it for it in self.comments.values() if it["issue"] == int(number)][page]
            case "POST", ["issues", number, "comments"]:
                return 201, self.write(len(self.comments) + 1, int(number), body["body"])
            case "PATCH", ["issues", "comments", name]:
                return 200, self.write(int(name), self.comments[int(name)]["issue"], body["body"])
            case "GET", ["pulls"]:
                owner, branch = query["head"][0].split(":", 1)
                is_it = lambda it: it["state"] == "open" and it["head"]["ref"] == branch and it["head"]["repo"]["full_name"].startswith(owner + "/")
                return 200, [it for it in self.pulls if is_it(it)]
            case "POST", ["pulls"]:
                head = {"ref": body["head"], "repo": {"full_name": self.repository}}
                self.pulls.append({"number": 8, "state": "open", **body, "head": head, "html_url": "https://github.com/x/pull/8"})
                return 201, self.pulls[-1]
            case "GET", ["actions", "runs", _, "artifacts"]:
                named = [it for it in enumerate(sorted(self.artifacts.iterdir())) if it[1].name == query["name"][0]]
                found = [{"id": index, "name": it.name, "size_in_bytes": 1000, "expired": False} for index, it in named]
                return 200, {"total_count": len(found), "artifacts": found}
            case "GET", ["actions", "artifacts", index, "zip"]:
                return 302, {}, [("location", f"{self.store}/blob/{index}")]
            case "GET", [blob] if blob.startswith("/blob/"):
                packed = io.BytesIO()
                with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                    for file in sorted(self.artifacts.iterdir())[int(blob.removeprefix("/blob/"))].iterdir():
                        archive.write(file, file.name)
                return 200, packed.getvalue()
        return 404, {"message": "Not Found"}

    def write(self, name, issue, body):
        url = f"https://github.com/{self.repository}/pull/{issue}#issuecomment-{name}"
        author = {"login": "github-actions[bot]", "id": 41898282, "type": "Bot"}
        self.comments[name] = {"id": name, "issue": issue, "body": body, "html_url": url, "user": author}
        return self.comments[name]
