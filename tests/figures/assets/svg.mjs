// Compares our icons with those of svgo: as they are and in brotli 11, and with their originals pixel by pixel.
import { readFileSync, readdirSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';
import { Resvg } from '@resvg/resvg-js';
import { optimize } from 'svgo';

const brotli = (text) => brotliCompressSync(text).length;
const rendered = (text) => {
    const image = new Resvg(text, { fitTo: { mode: 'width', value: 256 } }).render();
    return { width: image.width, height: image.height, pixels: Buffer.from(image.pixels) };
};
const sums = { files: 0, original: 0, ours: 0, svgo: 0, 'original br': 0, 'ours br': 0, 'svgo br': 0 };
const short = [];
for (const file of readdirSync('dist')) {
    const original = readFileSync(`dist/${file}`, 'utf8');
    const ours = readFileSync(`out/${file}`, 'utf8');
    const svgo = optimize(original, { path: file }).data;
    sums.files += 1;
    for (const [name, text] of Object.entries({ original, ours, svgo })) {
        sums[name] += Buffer.byteLength(text);
        sums[`${name} br`] += brotli(text);
    }
    const [before, after] = [rendered(original), rendered(ours)];
    if (before.width !== after.width || before.height !== after.height || !before.pixels.equals(after.pixels)) {
        short.push(`${file} renders to other pixels`);
    }
}
for (const [name, sum] of Object.entries(sums)) console.log(`${name.padEnd(12)} ${String(sum).padStart(9)}`);
if (sums['ours br'] > sums['svgo br']) short.push(`brotli is ${sums['ours br'] - sums['svgo br']} B above svgo`);
for (const line of short) console.log(`short: ${line}`);
process.exitCode = short.length ? 1 : 0;
