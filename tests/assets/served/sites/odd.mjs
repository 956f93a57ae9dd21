// Makes a site of files whose names mean something in the configuration of a server: usage: odd.mjs FOLDER
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
const names = [
    'a b.js', 'a"b\';}.js', 'a$uri.js', 'ü {} \u2028.js', 'App.js', 'app.js', 'x`y.js', 'a\nb.js', 'a\r\n  X-Odd: yes.js', '{$HOME}.js', '{path}.js', '*.js',
    'a:b.js', 'asset:link.js', '#x.js', '~x.js', '~^', '%41.js', '[x].js', 'q?.js', 'default', '(?i)x.js', '</script>.js', `${'long-'.repeat(30)}.js`,
];
mkdirSync(folder, { recursive: true });
const address = (name) => name.split('/').map(encodeURIComponent).join('/').replaceAll("'", '%27');
for (const name of names) {
    const path = join(folder, name.endsWith('.js') ? name : `${name}.js`);
    mkdirSync(join(path, '..'), { recursive: true });
    const words = 'something that is worth an encoding '.repeat(60);
    writeFileSync(path, `// A script with an odd name.\nglobalThis.loaded = (globalThis.loaded ?? 0) + 1;\nglobalThis.words = '${words}';\n`);
}
const tags = names.map((name) => `<script src="${address(name.endsWith('.js') ? name : `${name}.js`)}"></script>\n`);
writeFileSync(
    join(folder, 'index.html'),
    `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Odd names</title><link rel="icon" href="data:,"></head>
<body><p id="said">…</p>
${tags.join('')}<script>document.querySelector('#said').textContent = loaded === ${names.length} ? 'all are here' : \`only \${loaded} are here\`;</script>
</body></html>
`,
);
