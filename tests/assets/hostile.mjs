// Writes a folder of files that break tools: usage: hostile.mjs FOLDER
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';

const table = Array.from({ length: 256 }, (_, index) => Array(8).fill().reduce((value) => (value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1), index));
const crc32 = (bytes) => (bytes.reduce((sum, byte) => table[(sum ^ byte) & 255] ^ (sum >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;

const root = process.argv[2];
const write = (path, content) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), content);
};
write('plain.js', 'function shown(long) { return long + 1 }\n'.repeat(20));
write('broken.js', 'function ( {');
write('broken.css', 'a { color: red } } }');
write('broken.json', '{ "a": 1, }');
write('empty.js', '');
write('empty.css', '');
write('empty.html', '');
write('empty.png', '');
write('bom.js', '\ufeffvar shown = 1 + 1;');
write('bom.css', '\ufeffa { color : #ff0000 }');
write('bom.json', '\ufeff{ "a" : 1 }');
write('latin1.js', Buffer.from([0x76, 0x61, 0x72, 0x20, 0x61, 0x3d, 0x27, 0xe9, 0x27]));
write('latin1.css', Buffer.from([0x61, 0x7b, 0x62, 0x3a, 0x27, 0xe9, 0x27, 0x7d]));
write('binary.js', Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 97) % 256)));
write('deep.js', '('.repeat(100_000) + ')'.repeat(100_000));
write('deep.css', 'a{'.repeat(100_000));
write('deep.json', '['.repeat(100_000));
write('deep.html', '<b>'.repeat(100_000));
write('deep.svg', `<svg xmlns="http://www.w3.org/2000/svg">${'<g>'.repeat(20_000)}${'</g>'.repeat(20_000)}</svg>`);
write('chain.js', `x = ${Array.from({ length: 20_000 }, (_, index) => `a${index}`).join(' + ')};`);
write('names.js', `var ${Array.from({ length: 70_000 }, (_, index) => `v${index}`).join(',')};`);
write('template.html', '{% extends "base" %}   <p>   {{ name }}   </p>');
write('inline.html', '<!doctype html><script>x = String.raw`<\\/script>`   </script><pre>  a  </pre>');
write('entity.svg', '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg"><text>&b;</text></svg>');
write('script.svg', '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>  alert ( 1 )  </script><rect width="9" height="9"/></svg>');
const header = Buffer.from('89504e470d0a1a0a0000000d494844520000ea600000ea6008060000000000000000', 'hex');
write('huge.png', Buffer.concat([header, Buffer.alloc(64)]));
write('cut.png', header.subarray(0, 20));
write('Case.txt', 'one');
write('case.txt', 'two');
write('stale.js', 'var is = "now";\n'.repeat(20));
write('stale.js.br', brotliCompressSync('var was = "before";'));
write('bomb.js', 'var small = 1;');
write('bomb.js.gz', gzipSync(Buffer.alloc(50_000_000)));
write('lone.css.br', brotliCompressSync('a{b:c}'));
write('half.js', 'a();\n//# sourceMappingURL=half.js.map');
write('half.js.map', '{"version":3,"sources":["x"');
write('missing.js', 'var first = 1 + 1;\n//# sourceMappingURL=missing.js.map');
write('sealed.js', 'var sealed = 1 + 1;');
write('sealed.html', '<script src="sealed.js" integrity="sha384-AAAA"></script>');
write('module.wasm', Buffer.from('0061736d01000000000504', 'hex'));
write('ünïcödé 中.js', 'var shown = 1 + 1;');
write('.hidden/file.js', 'var shown = 1 + 1;');
// One name, its accent as a letter and as a mark behind one.
write('caf\u00e9.js', 'var one = 1 + 1;');
write('cafe\u0301.js', 'var two = 1 + 1;');
writeFileSync(Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([0xe9]), Buffer.from('.js')]), 'var three = 1 + 1;');
for (const [name, text] of [['js', 'var shown = 1 + 1;'], ['css', 'a { color : #ff0000 }'], ['html', '<p>  a  </p>'], ['json', '{ "a" : 1 }'], ['svg', '<svg xmlns="http://www.w3.org/2000/svg"/>']]) {
    write(`utf16.${name}`, Buffer.from(`\ufeff${text}`, 'utf16le'));
    write(`utf16be.${name}`, Buffer.from(`\ufeff${text}`, 'utf16le').swap16());
}
write('bom.html', '\ufeff<!doctype html><p>  a  </p>');
write('bom.svg', '\ufeff<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">  <path d="M 0.0 0.0 L 9.0 9.0"/>  </svg>');
write('zeros.js', Buffer.alloc(5000));
write('zeros.css', Buffer.alloc(5000));
write('zeros.html', Buffer.alloc(5000));
write('separators.js', 'var a = "\u2028\u2029"\u2028var b = 1 + 1\u2029var c');
// Without a bracket, and as deep.
const long = (count, text) => Array(count).fill(text).join('');
write('chains/not.js', `x = ${long(100_000, '!')}1`);
write('chains/minus.js', `x = ${long(100_000, '- ')}1`);
write('chains/typeof.js', `x = ${long(50_000, 'typeof ')}1`);
write('chains/new.js', `x = ${long(50_000, 'new ')}A`);
write('chains/power.js', `x = ${long(50_000, 'a ** ')}1`);
write('chains/empty-arrow.js', `x = ${long(50_000, '() => ')}1`);
write('chains/plus.js', `x = ${long(100_000, 'a + ')}1`);
write('chains/call.js', `x = a${long(30_000, '()')}`);
write('chains/comma.js', `x = (${long(100_000, 'a(), ')}1)`);
write('chains/label.js', `${Array.from({ length: 30_000 }, (_, index) => `l${index}: `).join('')}a()`);
write('chains/template.js', `x = ${long(2000, '`${')}1${long(2000, '}`')}`);
write('chains/await.mjs', `x = ${long(50_000, 'await ')}1`);
write('chains/statements.js', long(100_000, 'a();'));
write('chains/selector.css', `${long(50_000, 'a ')}{color:red}`);
write('chains/list.css', `${long(50_000, '.a,')}b{color:red}`);
write('chains/compound.css', `a${long(50_000, '.b')}{color:red}`);
write('chains/values.css', `a{x:${long(50_000, '- + ')}}`);
write('chains/attributes.html', `<p ${Array.from({ length: 20_000 }, (_, index) => `a${index}=1`).join(' ')}>`);
write('chains/path.svg', `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0${long(50_000, ' l 1.0 1.0')}"/></svg>`);
// A few elements that are drawn a billion times.
const twice = (count, name) => Array.from({ length: count }, (_, index) => name(index)).join('');
const uses = (index) => `<g id="u${index + 1}">${long(10, `<use href="#u${index}"/>`)}</g>`;
write('uses.svg', `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect id="u0" width="1" height="1"/>${twice(10, uses)}</svg>`);
write('outside.svg', '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">  <image href="/etc/passwd" width="9" height="9"/>  </svg>');
write('external.svg', '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg"><text>&a;</text></svg>');
write('enormous.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="1e30" height="1e30">  <rect width="1e30" height="1e30"/>  </svg>');
// Images whose parts hold a thousand times what they weigh.
const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
};
const image = (...chunks) => Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', Buffer.from('0000000a0000000a0806000000', 'hex')), ...chunks, chunk('IEND', Buffer.alloc(0))]);
const pixels = chunk('IDAT', deflateSync(Buffer.alloc(10 * 41)));
const bomb = deflateSync(Buffer.alloc(500_000_000), { level: 1 });
write('bomb-pixels.png', image(chunk('IDAT', bomb)));
write('bomb-profile.png', image(chunk('iCCP', Buffer.concat([Buffer.from('p\0\0'), bomb])), pixels));
write('bomb-text.png', image(chunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0'), bomb])), pixels));
write('bomb.css', 'a{b:c}');
write('bomb.css.br', brotliCompressSync(Buffer.alloc(300_000_000), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }));
