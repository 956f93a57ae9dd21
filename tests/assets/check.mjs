// Compares an optimized folder with its source: usage: check.mjs BEFORE AFTER
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import vm from 'node:vm';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { parse } from 'acorn';
import { SourceMapConsumer } from 'source-map-js';

const [before, after] = process.argv.slice(2);
const encoded = { '.br': brotliDecompressSync, '.gz': gunzipSync, '.zst': (bytes) => execFileSync('zstd', ['-dc'], { input: bytes, maxBuffer: 1 << 30 }) };
const problems = [];
const files = function* (root, folder = '') {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) yield* files(root, path);
        else if (entry.isFile()) yield path;
    }
};
const hasZstd = (() => { try { execFileSync('zstd', ['--version']); return true; } catch { return false; } })();
const isScript = (text) => { try { new vm.Script(text); return true; } catch { return false; } };
const licences = (text) => (text.match(/\/\*!.*?\*\//gs) ?? []);

let smaller = 0;
for (const path of files(before)) {
    // A name that is no text is looked at elsewhere.
    if (path.includes('\ufffd')) continue;
    const extension = extname(path);
    if (encoded[extension] && existsSync(join(before, path.slice(0, -extension.length)))) continue;
    const target = join(after, path);
    if (!existsSync(target)) { problems.push(`${path} is missing`); continue; }
    const [was, is] = [readFileSync(join(before, path)), readFileSync(target)];
    if (is.length < was.length) smaller += 1;
    if (extension === '.png' && is.length > was.length) problems.push(`${path} is larger`);
    if (!['.map', '.png'].includes(extension) && !is.equals(was) && was.length < 4e6) {
        // Node's brotli and ours differ by a percent or a few bytes either way on equal input.
        for (const [suffix, weigh, share] of [['.gz', (bytes) => gzipSync(bytes, { level: 9 }), 1], ['.br', brotliCompressSync, 1.02]]) {
            const wire = existsSync(`${target}${suffix}`) ? readFileSync(`${target}${suffix}`).length : is.length;
            const input = Math.min(was.length, weigh(was).length);
            // What would save a few bytes only is not written.
            const slack = existsSync(`${target}${suffix}`) ? 8 : 40;
            if (wire > input * share + slack) problems.push(`${path}${suffix} weighs ${wire} B instead of ${input} B`);
        }
    }
    if (extension === '.js' && isScript(was.toString()) && !isScript(is.toString())) problems.push(`${path} does not parse any more`);
    if (['.js', '.css'].includes(extension) && !is.equals(was)) {
        // An engine may indent a licence anew.
        const flat = (text) => text.toString().replace(/^[ \t]+/gm, '');
        for (const licence of licences(was.toString())) if (!flat(is).includes(flat(licence))) problems.push(`${path} has lost ${licence.slice(0, 40)}`);
    }
    if (extension === '.json' && !is.equals(was) && JSON.stringify(JSON.parse(is)) !== JSON.stringify(JSON.parse(was))) problems.push(`${path} holds something else`);
}
for (const path of files(after)) {
    const extension = extname(path);
    const of = path.slice(0, -extension.length);
    if (!encoded[extension] || !existsSync(join(after, of)) || (extension === '.zst' && !hasZstd)) continue;
    if (!encoded[extension](readFileSync(join(after, path))).equals(readFileSync(join(after, of)))) problems.push(`${path} is not ${of}`);
}
// The long names behind a dot, and where they begin.
const properties = (text) => {
    const tokens = [];
    const read = (sourceType) => { tokens.length = 0; parse(text, { ecmaVersion: 'latest', sourceType, locations: true, allowHashBang: true, onToken: tokens }); };
    try { read('script'); } catch { try { read('module'); } catch { return []; } }
    return tokens.filter((token, at) => token.type.label === 'name' && token.value.length > 7 && tokens[at - 1]?.type.label === '.')
        .map((token) => ({ start: token.loc.start, value: token.value }));
};
// Of the words in a script, the share that its map leads to the same words in a source.
const led = (root, path) => {
    const map = new SourceMapConsumer(JSON.parse(readFileSync(join(root, `${path}.map`))));
    let [looked, found] = [0, 0];
    for (const { start, value } of properties(readFileSync(join(root, path), 'utf8')).slice(0, 2000)) {
        const place = map.originalPositionFor(start);
        const source = place.source && map.sourceContentFor(place.source, true);
        if (!source) continue;
        looked += 1;
        found += source.split('\n').slice(place.line - 1, place.line + 2).join('\n').includes(value);
    }
    return looked > 20 ? found / looked : 1;
};
for (const path of files(after)) {
    if (extname(path) !== '.js' || !existsSync(join(after, `${path}.map`)) || !existsSync(join(before, `${path}.map`))) continue;
    if (readFileSync(join(after, path)).equals(readFileSync(join(before, path)))) continue;
    const [was, is] = [led(before, path), led(after, path)];
    if (is < was - 0.03) problems.push(`${path}: its map leads ${(100 * is).toFixed(1)} % of its words to their sources instead of ${(100 * was).toFixed(1)} %`);
}
for (const problem of problems) console.error(`error: ${problem}`);
if (lstatSync(after).isDirectory() && problems.length === 0) console.log(`${before}: ${smaller} files are smaller`);
process.exitCode = problems.length ? 1 : 0;
