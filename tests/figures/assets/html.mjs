// Compares pages that were optimized with those of html-minifier-next, in brotli 11: usage: html.mjs BEFORE AFTER SITE…
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { getPreset, minify } from 'html-minifier-next';

const [before, after, ...sites] = process.argv.slice(2);
const brotli = (text) => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: Buffer.byteLength(text) } }).length;
// Its own preset of what is safe, and what else changes no page: quotes, entities, scripts and styles.
const options = { ...getPreset('conservative'), decodeEntities: true, removeAttributeQuotes: true, minifyCSS: true, minifyJS: true };
const row = (name, ...cells) => console.log(name.padEnd(24), ...cells.map((cell) => String(cell).padStart(14)));
const n = (number) => number.toLocaleString('en');
row('site', 'pages', 'bytes', 'peer', 'ours', 'peer br 11', 'ours br 11', 'ours larger');
let larger = false;
for (const site of sites) {
    const sums = { pages: 0, bytes: 0, peer: 0, ours: 0, peerBrotli: 0, oursBrotli: 0, larger: 0 };
    for (const path of readdirSync(join(before, site), { recursive: true }).filter((path) => path.endsWith('.html')).sort()) {
        const text = readFileSync(join(before, site, path), 'utf8');
        // What it cannot read counts as it is.
        const peer = await minify(text, options).catch(() => text);
        const ours = readFileSync(join(after, site, path), 'utf8');
        const [peerBrotli, oursBrotli] = [brotli(peer), brotli(ours)];
        sums.pages += 1;
        sums.bytes += Buffer.byteLength(text);
        sums.peer += Buffer.byteLength(peer);
        sums.ours += Buffer.byteLength(ours);
        sums.peerBrotli += peerBrotli;
        sums.oursBrotli += oursBrotli;
        sums.larger += oursBrotli > peerBrotli ? 1 : 0;
        if (process.env.EACH) console.log(path, Buffer.byteLength(text), peerBrotli, oursBrotli);
    }
    row(site, ...Object.values(sums).map(n));
    if (sums.oursBrotli > sums.peerBrotli) {
        console.error(`error: ${site} is larger than with html-minifier-next`);
        larger = true;
    }
}
process.exitCode = larger ? 1 : 0;
