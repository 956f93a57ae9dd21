// Compares our style sheets with those of lightningcss for the same targets, and with the licences put back that it loses; and
// with those of cssnano, which asks for no proof.
import { readFileSync, readdirSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';
import cssnano from 'cssnano';
import { transform } from 'lightningcss';
import postcss from 'postcss';

const version = (major) => major << 16;
const targets = { chrome: version(87), edge: version(88), firefox: version(78), safari: version(14), ios_saf: version(14) };
const totals = [0, 0, 0, 0, 0, 0, 0];
const nano = postcss([cssnano()]);
let above = 0;
console.log('file'.padEnd(46) + ['ours', 'lightning', 'ours br', 'their br', 'licensed br', 'nano', 'nano br'].map((cell) => cell.padStart(11)).join(''));
for (const file of readdirSync('dist').sort()) {
    const code = readFileSync(`dist/${file}`);
    const theirs = transform({ filename: file, code, minify: true, targets, errorRecovery: true }).code;
    const ours = readFileSync(`out/${file}`);
    const lost = (code.toString().match(/\/\*![^]*?\*\//g) ?? []).filter((licence) => !theirs.includes(licence));
    const licensed = Buffer.concat([...lost.map((licence) => Buffer.from(`${licence}\n`)), theirs]);
    const small = Buffer.from((await nano.process(code.toString(), { from: undefined })).css);
    const [own, their, fair, nanos] = [ours, theirs, licensed, small].map((sheet) => brotliCompressSync(sheet).length);
    const sizes = [ours.length, theirs.length, own, their, fair, small.length, nanos];
    if (sizes[2] > sizes[4]) above += 1;
    sizes.forEach((size, at) => (totals[at] += size));
    console.log(file.padEnd(46) + sizes.map((size) => String(size).padStart(11)).join(''));
}
console.log('total'.padEnd(46) + totals.map((size) => String(size).padStart(11)).join(''));
console.log(`${above} of them larger in brotli than what lightningcss makes, with its licences`);
