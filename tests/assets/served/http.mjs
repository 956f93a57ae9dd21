// Asks a server for every file, with each encoding and with none, and compares its answers with the files.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import http from 'node:http';
import { extname, join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { encodings } from './servers.mjs';

const suffixes = { br: '.br', gzip: '.gz', zstd: '.zst' };
const decoders = {
    br: brotliDecompressSync,
    gzip: gunzipSync,
    zstd: (bytes) => execFileSync('zstd', ['-dc'], { input: bytes, maxBuffer: 1 << 30 }),
};
// A server may say either of two names of one type.
const types = {
    '.html': /^text\/html\b/, '.css': /^text\/css\b/, '.js': /^(text|application)\/javascript\b/, '.mjs': /^(text|application)\/javascript\b/,
    '.json': /^application\/json\b/, '.svg': /^image\/svg\+xml\b/, '.wasm': /^application\/wasm\b/, '.png': /^image\/png\b/, '.woff2': /^font\/woff2\b/,
};

export const filesOf = (root) =>
    readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1));

const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
const ask = (url, accept) =>
    new Promise((told, failed) => {
        const headers = accept ? { 'accept-encoding': accept } : {};
        http.get(url, { agent, headers }, (response) => {
            const chunks = [];
            response.on('data', (chunk) => chunks.push(chunk));
            response.on('end', () => told({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }));
        }).on('error', failed);
    });

// Answers with how many requests were made, and what was wrong with their answers.
export const check = async (server, root, most = 400) => {
    const problems = [];
    const all = filesOf(root);
    const own = all.filter((path) => !Object.values(suffixes).some((suffix) => path.endsWith(suffix) && existsSync(join(root, path.slice(0, -suffix.length)))));
    const step = Math.max(1, Math.floor(own.length / most));
    let asked = 0;
    for (const path of own.filter((_, index) => index % step === 0)) {
        const file = readFileSync(join(root, path));
        const url = `${server.url}/${path.split('/').map(encodeURIComponent).join('/')}`;
        // Both at once, as browsers ask: the smaller one is answered.
        for (const accept of [undefined, 'identity', 'gzip, deflate, br', ...encodings[server.name]]) {
            if (path.endsWith('index.html') && server.name === 'caddy') continue; // it sends people to the folder
            const wanted = accept === 'gzip, deflate, br' ? ['br', 'gzip'] : [accept];
            const encoding = wanted.find((name) => suffixes[name] && existsSync(join(root, path + suffixes[name])));
            const { status, headers, body } = await ask(url, accept);
            asked += 1;
            const wrong = (what) => problems.push(`${server.name}: /${path} asked with \`${accept ?? 'nothing'}\`: ${what}`);
            if (status !== 200) { wrong(`status ${status}`); continue; }
            if (headers['content-encoding'] !== encoding) wrong(`content-encoding is \`${headers['content-encoding']}\` instead of \`${encoding}\``);
            const type = types[extname(path)];
            if (type && !type.test(headers['content-type'] ?? '')) wrong(`content-type is \`${headers['content-type']}\``);
            // A cache in between must not give one's answer to the other.
            const varies = Object.values(suffixes).some((suffix) => existsSync(join(root, path + suffix)));
            if (varies && encoding && !/accept-encoding/i.test(headers.vary ?? '')) wrong(`vary is \`${headers.vary}\``);
            const decoded = encoding ? decoders[encoding](body) : body;
            if (!decoded.equals(file)) wrong('the bytes are not those of the file');
            // Caddy gives none to what it did not compress itself.
            if (headers['content-length'] && Number(headers['content-length']) !== body.length) wrong(`content-length is ${headers['content-length']} instead of ${body.length}`);
        }
    }
    return { asked, problems };
};
