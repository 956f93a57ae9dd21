// Compares our scripts with those of swc, oxc and terser: gzip -9 and brotli 11 of the minified bytes, both by Node's zlib.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { minify as oxc } from 'oxc-minify';
import swc from '@swc/core';
import { minify as terser } from 'terser';

const gzip = (text) => gzipSync(text, { level: 9 }).length;
const brotli = (text) => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
// What others leave out of licences that the harness does not know is no gain of theirs.
const licence = /\/\*(?:(?!\*\/)[^])*?@(?:lic|preserve|copyright|cc_on)(?:(?!\*\/)[^])*\*\/|\/\/!.*/g;
const totals = { ours: 0, swc: 0, oxc: 0, best: 0 };
const short = [];
const skipTerser = process.env.TERSER === 'no';
console.log(['file', 'ours gz', 'swc gz', 'oxc gz', 'terser gz', 'ours br', 'swc br', 'oxc br'].map((cell, at) => cell.padStart(at ? 10 : 0).padEnd(at ? 0 : 12)).join(' '));
for (const file of readdirSync('dist').sort()) {
    const source = readFileSync(`dist/${file}`, 'utf8');
    const ours = readFileSync(`out/${file}`);
    const licences = (ours.toString().match(licence) ?? []).map((text) => `\n${text}`).join('');
    const others = {
        swc: (await swc.minify(source, { compress: true, mangle: true })).code,
        oxc: (await oxc(file, source, { compress: true, mangle: true })).code,
        terser: skipTerser || source.length > 8e6 ? undefined : (await terser(source)).code,
    };
    const gz = Object.fromEntries(Object.entries({ ours, ...others }).map(([name, code]) => [name, code ? gzip(code) : 0]));
    const fair = others.terser ? gzip(others.terser + licences) : 0;
    const br = { ours: brotli(ours), swc: brotli(others.swc + licences), oxc: brotli(others.oxc + licences) };
    totals.ours += gz.ours;
    totals.swc += gz.swc;
    totals.oxc += gz.oxc;
    totals.best += Math.min(gz.swc, gz.oxc);
    console.log([file.padEnd(12), ...[gz.ours, gz.swc, gz.oxc, gz.terser, br.ours, br.swc, br.oxc].map((size) => String(size).padStart(10))].join(' '));
    if (br.ours > Math.min(br.swc, br.oxc)) short.push(`${file}: brotli is ${br.ours - Math.min(br.swc, br.oxc)} B above the smaller of swc and oxc`);
    if (fair && gz.ours > 1.005 * fair) short.push(`${file}: gzip is ${(gz.ours / fair).toFixed(4)} of terser's`);
    const name = file.slice(0, -3);
    const used = (folder) => spawnSync(process.execPath, ['uses.cjs', name, `${folder}/${file}`], { encoding: 'utf8', maxBuffer: 1 << 28, timeout: 60_000 });
    const error = (run) => run.stderr.match(/^\w*Error.*/m)?.[0] ?? run.stderr.slice(0, 300);
    const [before, after] = [used('dist'), used('out')];
    if (before.status !== 0 || before.stdout.length < 100) short.push(`${file}: is not used by the test itself: ${error(before)}`);
    if (after.status !== 0) short.push(`${file}: does not run in Node: ${error(after)}`);
    else if (after.stdout !== before.stdout) short.push(`${file}: does something else in Node`);
    else console.error(`${file}: loaded and used in Node, it says the same ${before.stdout.length} bytes as its original`);
}
console.log(`gzip -9, summed: ours ${totals.ours}, swc ${totals.swc}, oxc ${totals.oxc}, the smaller of the two for each file ${totals.best}`);
if (totals.ours > 2_280_000) short.push(`the sum is ${totals.ours - 2_280_000} B above 2,280,000`);
for (const line of short) console.log(`short: ${line}`);
process.exitCode = short.length ? 1 : 0;
