// Stands between a client and a server on this machine: counts requests and connections, and fails some of them on purpose.
// usage: between.mjs PORT SERVER-PORT [FAULTS-OF-A-THOUSAND] [SEED]
// A client asks it with `GET /__counts`; `POST /__faults?of=N` changes how many fail.
import http from "node:http";

const [port, behind, faults = "0", seed = "1"] = process.argv.slice(2);
let of = Number(faults);
let state = Number(seed) >>> 0;
const drawn = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};
let counts = {};
let open = 0;
let most = 0;
const agent = new http.Agent({ keepAlive: true, maxSockets: 256 });
const server = http.createServer((request, response) => {
  if (request.url === "/__counts") {
    response.end(JSON.stringify({ ...counts, connections: most }));
    counts = {};
    most = open;
    return;
  }
  if (request.url.startsWith("/__faults")) {
    of = Number(new URL(request.url, "http://x").searchParams.get("of"));
    response.end();
    return;
  }
  const what = request.method === "GET" && request.url.includes("list-type=2") ? "LIST" : request.method;
  counts[what] = (counts[what] ?? 0) + 1;
  const fails = drawn() * 1000 < of;
  const how = fails ? Math.floor(drawn() * 4) : -1;
  if (how === 0) {
    request.resume();
    request.on("end", () => {
      response.writeHead(503, { "content-type": "application/xml" });
      response.end("<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>");
    });
    return;
  }
  if (how === 1) {
    request.socket.destroy();
    return;
  }
  const onward = http.request(
    { host: "127.0.0.1", port: behind, method: request.method, path: request.url, headers: request.headers, agent },
    (answer) => {
      // It was heard, and nobody learns of it.
      if (how === 2) {
        answer.resume();
        request.socket.destroy();
        return;
      }
      response.writeHead(answer.statusCode, answer.headers);
      if (how === 3) {
        answer.once("data", (piece) => {
          response.write(piece.subarray(0, Math.ceil(piece.length / 2)));
          request.socket.destroy();
        });
        answer.once("end", () => request.socket.destroy());
        return;
      }
      answer.pipe(response);
    },
  );
  onward.on("error", () => request.socket.destroy());
  request.pipe(onward);
});
server.on("connection", (socket) => {
  open += 1;
  most = Math.max(most, open);
  socket.on("close", () => (open -= 1));
});
server.keepAliveTimeout = 60000;
server.listen(Number(port), "127.0.0.1");
