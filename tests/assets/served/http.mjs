// Asks a server for every file, with each encoding and with none, and compares its answers with the files and their manifest.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { encodings } from './servers.mjs';

const suffixes = { br: '.br', gzip: '.gz', zstd: '.zst' };
const decoders = {
    br: brotliDecompressSync,
    gzip: gunzipSync,
    zstd: (bytes) => execFileSync('zstd', ['-dc'], { input: bytes, maxBuffer: 1 << 30 }),
};
// A server may say either of two names of one type.
const bare = (type) => (type ?? '').split(';')[0].trim().replace('application/javascript', 'text/javascript').replace('application/xml', 'text/xml');
const caching = { immutable: 'public, max-age=31536000, immutable', revalidate: 'no-cache' };

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

// What the answers for the files of a folder are to be, by the names that they are served under.
export const wishes = (root, rules) => {
    const read = (path) => JSON.parse(readFileSync(path, 'utf8'));
    const links = read(join(rules, 'links'));
    const files = read(join(root, 'asset-manifest.json')).files;
    return new Map(files.map((file) => [file.name, { caching: caching[file.caching], type: file.type, encodings: file.encodings, link: links[file.source] }]));
};

// Answers with how many requests were made, and what was wrong with their answers.
export const check = async (server, root, rules, most = 400) => {
    const problems = [];
    const wished = wishes(root, rules);
    const all = filesOf(root);
    const own = all.filter((path) => !Object.values(suffixes).some((suffix) => path.endsWith(suffix) && existsSync(join(root, path.slice(0, -suffix.length)))));
    const step = Math.max(1, Math.floor(own.length / most));
    let asked = 0;
    for (const path of own.filter((_, index) => index % step === 0)) {
        const file = readFileSync(join(root, path));
        // Caddy sends people to the folder.
        const place = server.name === 'caddy' ? path.replace(/(^|\/)index\.html$/, '$1') : path;
        const url = `${server.url}/${place.split('/').map(encodeURIComponent).join('/')}`;
        const wish = wished.get(path) ?? { encodings: [] };
        // Both at once, as browsers ask: the smaller one is answered.
        for (const accept of [undefined, 'identity', 'gzip, deflate, br', ...encodings[server.name]]) {
            const wanted = accept === 'gzip, deflate, br' ? ['br', 'gzip'] : [accept];
            const encoding = wanted.find((name) => suffixes[name] && existsSync(join(root, path + suffixes[name])));
            const { status, headers, body } = await ask(url, accept);
            asked += 1;
            const wrong = (what) => problems.push(`${server.name}: /${path} asked with \`${accept ?? 'nothing'}\`: ${what}`);
            if (status !== 200) { wrong(`status ${status}`); continue; }
            if (headers['content-encoding'] !== encoding) wrong(`content-encoding is \`${headers['content-encoding']}\` instead of \`${encoding}\``);
            if (wish.type && wish.type !== 'application/octet-stream' && bare(headers['content-type']) !== bare(wish.type)) wrong(`content-type is \`${headers['content-type']}\` instead of \`${wish.type}\``);
            // A cache in between must not give one's answer to the other.
            if (wish.encodings.length && !/^accept-encoding$/i.test(headers.vary ?? '')) wrong(`vary is \`${headers.vary}\``);
            if (headers['cache-control'] !== wish.caching) wrong(`cache-control is \`${headers['cache-control']}\` instead of \`${wish.caching}\``);
            // A program that reads the manifest makes the pages' own.
            if (server.name !== 'axum' && headers.link !== wish.link) wrong(`link is \`${headers.link}\` instead of \`${wish.link}\``);
            const decoded = encoding ? decoders[encoding](body) : body;
            if (!decoded.equals(file)) wrong('the bytes are not those of the file');
            // Caddy gives none to what it did not compress itself.
            if (headers['content-length'] && Number(headers['content-length']) !== body.length) wrong(`content-length is ${headers['content-length']} instead of ${body.length}`);
        }
    }
    return { asked, problems };
};

// Asks a server that makes a page around each script that a page loads: its tags and its `Link` lead to files that are there.
export const checkEntries = async (server, root) => {
    const problems = [];
    let asked = 0;
    for (const { file } of JSON.parse(readFileSync(join(root, 'asset-manifest.json'), 'utf8')).entries) {
        const wrong = (what) => problems.push(`${server.name}: the page around \`${file}\`: ${what}`);
        const { status, headers, body } = await ask(`${server.url}/entry/${file.split('/').map(encodeURIComponent).join('/')}`);
        const named = [...body.toString().matchAll(/(?:src|href)="(\/[^"]*)"/g)].map((match) => match[1]);
        const linked = [...(headers.link ?? '').matchAll(/<([^>]*)>/g)].map((match) => match[1]);
        if (status !== 200 || !named.length || !linked.length) wrong(`status ${status}, ${named.length} tags, \`Link\` is \`${headers.link}\``);
        for (const address of new Set([...named, ...linked])) {
            const answer = await ask(server.url + address);
            asked += 1;
            if (answer.status !== 200) wrong(`${address}: status ${answer.status}`);
        }
    }
    return { asked, problems };
};
