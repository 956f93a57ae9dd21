// Pages that hold digests of files and of inline scripts: usage: seals.mjs make FOLDER | check BEFORE AFTER
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const hash = (algorithm, bytes) => `${algorithm}-${createHash(algorithm).update(bytes).digest('base64')}`;
const [verb, before, after] = process.argv.slice(2);

const make = (root) => {
    const of = (path, ...algorithms) => algorithms.map((algorithm) => hash(algorithm, readFileSync(join(root, path)))).join(' ');
    const write = (path, text) => writeFileSync(join(root, path), text);
    const [script, style, held] = ['\n  const first = 1 + 1;\n  console.log(first, first);\n', '\n  body { color : #ff0000 }\n', '\n  console . log ( 1 ) ;\n'];
    const map = { imports: { bootstrap: './js/bootstrap.esm.js' }, integrity: { './js/bootstrap.esm.js': of('js/bootstrap.esm.js', 'sha384') } };
    write('index.html', `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="script-src 'self' '${hash('sha256', script)}' '${hash('sha512', JSON.stringify(map, null, 2))}' 'nonce-abc' '${hash('sha256', 'nothing')}'; style-src 'self' '${hash('sha384', style)}'">
    <link rel="stylesheet" href="css/bootstrap.css" integrity="${of('css/bootstrap.css', 'sha384', 'sha512')}" crossorigin="anonymous">
    <link rel="preload" as="script" href="/js/bootstrap.bundle.js" integrity="${of('js/bootstrap.bundle.js', 'sha256').replace('+', '&#x2B;')}">
    <script type="importmap">${JSON.stringify(map, null, 2)}</script>
    <style>${style}</style>
  </head>
  <body>
    <p   class="text">It  works.</p>
    <script src="js/bootstrap.bundle.js" integrity="${of('js/bootstrap.bundle.js', 'sha512')}"></script>
    <script>${script}</script>
  </body>
</html>
`);
    write('wrong.html', `<link rel="stylesheet" href="css/bootstrap-grid.css" integrity="${hash('sha384', 'wrong')}">`);
    write('template.html', `{% if x %}<link rel="stylesheet" href="css/bootstrap-reboot.css" integrity="${of('css/bootstrap-reboot.css', 'sha384')}">{% endif %}`);
    write('worker.js', `const files = { 'js/bootstrap.js' : '${of('js/bootstrap.js', 'sha256')}' };\n`);
    write('_headers', `/headers.html\n  Content-Security-Policy: script-src '${hash('sha256', held)}'\n`);
    write('headers.html', `<!doctype html>\n\n\n<p   class="text">It</p>\n\n<script>${held}</script>`);
};

const check = (before, after) => {
    const problems = [];
    let held = 0;
    const holds = (page, path, listed) => {
        const bytes = readFileSync(join(after, path));
        for (const one of listed.trim().split(/\s+/)) {
            held += 1;
            const is = hash(one.split('-')[0], bytes);
            if (is !== one) problems.push(`${page} holds ${one} of ${path}, which is ${is}`);
        }
    };
    const resolve = (page, address) => (address.startsWith('/') ? address.slice(1) : join(dirname(page), address));
    const plain = (text) => text.replaceAll('&#x2B;', '+').replaceAll('&amp;', '&');
    for (const page of readdirSync(after).filter((name) => name.endsWith('.html') && !['wrong.html', 'template.html'].includes(name))) {
        const text = readFileSync(join(after, page), 'utf8');
        for (const [tag] of text.matchAll(/<(?:script|link)\b[^>]*\bintegrity=[^>]*>/g)) {
            const value = (name) => plain(tag.match(new RegExp(`\\b${name}=(?:"([^"]*)"|([^\\s>]*))`)).slice(1).find((found) => found !== undefined));
            holds(page, resolve(page, value(tag.startsWith('<link') ? 'href' : 'src')), value('integrity'));
        }
        for (const [, body] of text.matchAll(/<script type="?importmap"?>(.*?)<\/script>/gs)) {
            for (const [address, listed] of Object.entries(JSON.parse(body).integrity)) holds(page, resolve(page, address), listed);
        }
        const policy = text.match(/http-equiv="?Content-Security-Policy"? content="([^"]*)"/)?.[1];
        for (const [, body] of text.matchAll(/<(?:script|style)(?:| type="?importmap"?)>(.*?)<\/(?:script|style)>/gs)) {
            held += 1;
            const allows = policy ?? readFileSync(join(after, '_headers'), 'utf8');
            if (!['sha256', 'sha384', 'sha512'].some((algorithm) => allows.includes(`'${hash(algorithm, body)}'`))) problems.push(`${page} does not allow its \`${body}\``);
        }
        if (policy && (!policy.includes("'nonce-abc'") || !policy.includes(hash('sha256', 'nothing')))) problems.push(`${page} has lost a source`);
    }
    const size = (root, path) => readFileSync(join(root, path)).length;
    for (const path of ['index.html', 'headers.html', 'css/bootstrap.css', 'js/bootstrap.bundle.js', 'js/bootstrap.esm.js']) {
        if (size(after, path) >= size(before, path)) problems.push(`${path} is no smaller`);
    }
    for (const path of ['css/bootstrap-grid.css', 'css/bootstrap-reboot.css', 'js/bootstrap.js']) {
        if (!readFileSync(join(after, path)).equals(readFileSync(join(before, path)))) problems.push(`${path} has changed, and its digest is held`);
    }
    if (!existsSync(join(after, 'index.html.br')) || held < 9) problems.push(`${held} digests were looked at`);
    for (const problem of problems) console.error(`error: ${problem}`);
    process.exitCode = problems.length ? 1 : 0;
};

if (verb === 'make') make(before);
else check(before, after);
