// Writes damaged copies of real files, the same ones every time: usage: mutants.mjs FROM TO HOW-MANY [SEED]
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';

const [from, to, count, seed = '1'] = process.argv.slice(2);
let state = Number(seed) >>> 0;
// Mulberry32: small, and good enough to choose places.
const random = (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
};
const pieces = ['(', ')', '{', '}', '[', ']', '<', '>', '"', "'", '`', '/', '\\', '/*', '*/', '<!--', '-->', '</script>', '${', ';', ',', '=>', '...', '\n', '\0', '\u2028', '\ufeff', 'é', '😀', '@import ', '!important', 'url(', '&', '<p>', '</p>', '<pre>', '<svg>', '<table>', '<template>', ':is(', '#', '0', '-', '\xff'].map((text) => (text === '\xff' ? Buffer.from([0xff]) : Buffer.from(text)));
const cut = (bytes, at, length, instead = Buffer.alloc(0)) => Buffer.concat([bytes.subarray(0, at), instead, bytes.subarray(at + length)]);
const mutations = [
    (bytes) => cut(bytes, random(bytes.length), 1 + random(20)),
    (bytes) => cut(bytes, random(bytes.length), 0, pieces[random(pieces.length)]),
    (bytes) => cut(bytes, random(bytes.length), 1, pieces[random(pieces.length)]),
    (bytes) => cut(bytes, random(bytes.length), 0, bytes.subarray(random(bytes.length)).subarray(0, random(200))),
    (bytes) => bytes.subarray(0, random(bytes.length)),
    (bytes) => cut(bytes, random(bytes.length), 1, Buffer.from([random(256)])),
];
const all = readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(m?js|css|html|svg|json|png|wasm)$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
// Pieces of large files: a mutant is worked on in a moment.
const read = (path) => {
    const bytes = readFileSync(path);
    const at = random(Math.max(1, bytes.length - 20_000));
    return ['.png', '.wasm'].includes(extname(path)) ? bytes : bytes.subarray(at, at + 20_000);
};
mkdirSync(to, { recursive: true });
for (let index = 0; index < Number(count); index += 1) {
    const path = all[random(all.length)];
    let bytes = read(path);
    for (let times = random(4); times >= 0 && bytes.length > 1; times -= 1) bytes = mutations[random(mutations.length)](bytes);
    writeFileSync(join(to, `${index}${extname(path)}`), bytes);
}
