// Follows every reference of a folder as a browser resolves it, with parsers of its own, and tells those that lead nowhere.
// usage: crawl.mjs FOLDER: fails where one does; crawl.mjs BEFORE AFTER: fails where one does that did not before, or where
// there are fewer; with --without FILE, FILE is taken for deleted
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, extname, join, posix } from 'node:path';
import { parse } from 'acorn';
import { full } from 'acorn-walk';
import { parse as parsePage } from 'parse5';

const args = process.argv.slice(2);
const at = args.indexOf('--without');
const [, without] = at >= 0 ? args.splice(at, 2) : [];
const encoded = ['.br', '.gz', '.zst'];

const filesOf = (root) =>
    readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
        .filter((path) => !encoded.some((suffix) => path.endsWith(suffix) && existsSync(join(root, path.slice(0, -suffix.length)))))
        .sort();

const literal = (node) =>
    node?.type === 'Literal' && typeof node.value === 'string' ? node.value
    : node?.type === 'TemplateLiteral' && node.expressions.length === 0 ? node.quasis[0].value.cooked
    : undefined;
const isMeta = (node) => node?.type === 'MemberExpression' && node.object.type === 'MetaProperty' && node.property.name === 'url';
const called = (node) => node.name ?? node.property?.name;

// What a script refers to: `own` is relative to itself, `page` to whoever loads it, `root` to the folder, `import` may be bare.
const ofScript = (text, refs) => {
    let program;
    for (const sourceType of ['module', 'script']) {
        try { program = parse(text, { ecmaVersion: 'latest', sourceType, allowHashBang: true, allowReturnOutsideFunction: true }); break; } catch { /* the other */ }
    }
    if (!program) return;
    const add = (base, node) => { const address = literal(node); if (address !== undefined) refs.push([base, address]); };
    const list = (node) => node?.type === 'ArrayExpression' && node.elements.length > 0 && node.elements.every((element) => /\.[a-z0-9]+$/i.test(literal(element) ?? ''));
    full(program, (node) => {
        switch (node.type) {
            case 'ImportDeclaration': case 'ExportAllDeclaration': case 'ExportNamedDeclaration': case 'ImportExpression':
                if (node.source) add('import', node.source);
                break;
            case 'NewExpression':
                if (called(node.callee) === 'URL' && isMeta(node.arguments[1])) add('own', node.arguments[0]);
                if (['Worker', 'SharedWorker'].includes(called(node.callee))) add('page', node.arguments[0]);
                break;
            case 'CallExpression': {
                const name = called(node.callee);
                if (name === 'fetch') add('page', node.arguments[0]);
                if (name === 'importScripts') for (const argument of node.arguments) add('own', argument);
                if (name === 'register' && called(node.callee.object ?? {}) === 'serviceWorker') add('page', node.arguments[0]);
                if (/Function/.test(node.arguments[0]?.type) && list(node.arguments[1])) for (const element of node.arguments[1].elements) add('root', element);
                break;
            }
            case 'AssignmentExpression':
                if (called(node.left) === 'f' && list(node.right)) for (const element of node.right.elements) add('root', element);
                if (['src', 'href'].includes(node.left.property?.name)) add('page', node.right);
                break;
        }
    });
    // Not in a text that looks like a comment.
    const map = /(?:^|[\n;}])\s*\/[/*][#@]\s*sourceMappingURL=([^\s*]+)\s*(?:\*\/)?\s*$/.exec(text);
    if (map) refs.push(['own', map[1]]);
};
const ofStyle = (text, refs) => {
    const bare = text.replace(/\/\*(?![#@])[^]*?\*\//g, '');
    for (const [, double, single, plain] of bare.matchAll(/url\(\s*(?:"([^"]*)"|'([^']*)'|([^)'"\s]*))\s*\)/gi)) refs.push(['own', double ?? single ?? plain]);
    for (const [, one, other] of bare.matchAll(/@import\s*(?:"([^"]*)"|'([^']*)')/gi)) refs.push(['own', one ?? other]);
    const map = /\/\*[#@]\s*sourceMappingURL=(\S+)\s*\*\/\s*$/.exec(text);
    if (map) refs.push(['own', map[1]]);
};
const ofPage = (path, text, refs, maps) => {
    let base;
    const visit = (node) => {
        const value = (name) => node.attrs?.find((attribute) => attribute.name === name)?.value;
        if (node.tagName === 'base') base ??= value('href');
        const add = (address, kind = 'own') => { if (address !== undefined && !/^\s*$|\{\{/.test(address)) refs.push([kind, address.trim()]); };
        const src = { script: 1, img: 1, source: 1, video: 1, audio: 1, track: 1, iframe: 1, embed: 1, input: 1 };
        if (src[node.tagName]) add(value('src'), node.tagName === 'iframe' ? 'link' : 'own');
        if (node.tagName === 'link') add(value('href'), /stylesheet|icon|preload|manifest|prefetch/.test(value('rel') ?? '') ? 'own' : 'link');
        if (['a', 'area'].includes(node.tagName)) add(value('href'), 'link');
        if (['image', 'use'].includes(node.tagName)) add(node.attrs.find((attribute) => attribute.name === 'href')?.value);
        if (node.tagName === 'object') add(value('data'));
        if (node.tagName === 'video') add(value('poster'));
        for (const candidate of (value('srcset') ?? '').split(/,\s+|,$/)) if (candidate.trim()) add(candidate.trim().split(/\s+/)[0]);
        if (value('style')) ofStyle(value('style'), refs);
        const body = node.childNodes?.[0]?.value ?? '';
        if (node.tagName === 'style') ofStyle(body, refs);
        if (node.tagName === 'script' && !value('src')) {
            const type = value('type') ?? '';
            if (type === 'importmap') {
                const map = JSON.parse(body);
                maps.push(Object.fromEntries(Object.entries(map.imports ?? {}).map(([name, address]) => [name, posix.join('/', dirname(path), address)])));
                for (const address of [...Object.values(map.imports ?? {}), ...Object.keys(map.integrity ?? {})]) if (!address.endsWith('/')) add(address);
            } else if (['', 'module', 'text/javascript'].includes(type)) ofScript(body, refs);
        }
        for (const child of [...(node.childNodes ?? []), ...(node.content?.childNodes ?? [])]) visit(child);
    };
    visit(parsePage(text, { scriptingEnabled: false }));
    return base;
};
const ofData = (path, text, refs) => {
    let data;
    try { data = JSON.parse(text); } catch { return; }
    if (path.endsWith('.webmanifest') || data.start_url) for (const icon of data.icons ?? []) refs.push(['own', icon.src]);
    if (/manifest\.json$/.test(path) && !Array.isArray(data)) {
        for (const entry of Object.values(data)) for (const file of [entry?.file, ...(entry?.css ?? []), ...(entry?.assets ?? [])]) if (typeof file === 'string') refs.push(['root', file]);
    }
};

const crawl = (root) => {
    const files = filesOf(root).filter((path) => path !== without);
    const all = new Set(files);
    const pages = files.filter((path) => /\.html?$/.test(path));
    const maps = [];
    const found = [];
    for (const path of files) {
        const refs = [];
        const text = /\.(html?|css|m?js|json|webmanifest|svg)$/.test(path) && statSync(join(root, path)).size < 30e6 ? readFileSync(join(root, path), 'utf8') : '';
        let base;
        switch (extname(path)) {
            case '.html': case '.htm': case '.svg': base = ofPage(path, text, refs, maps); break;
            case '.css': ofStyle(text, refs); break;
            case '.js': case '.mjs': ofScript(text, refs); break;
            case '.json': case '.webmanifest': ofData(path, text, refs); break;
        }
        for (const [kind, address] of refs) found.push({ path, base, kind, address });
    }
    const there = (path, kind) => all.has(path) || (kind === 'link' && [`${path}/index.html`, `${path}.html`, path === '' ? 'index.html' : path.replace(/\/$/, '') + '/index.html'].some((other) => all.has(other)));
    const lead = (from, base, kind, address) => {
        const url = (relative) => { try { return new URL(relative, new URL(base ?? '', `http://own.test/${from.split('/').map(encodeURIComponent).join('/')}`)); } catch { return undefined; } };
        const to = url(address);
        if (!to || to.host !== 'own.test' || !to.protocol.startsWith('http')) return undefined;
        // A browser would stay at the root; what leaves the folder leads nowhere.
        const depth = address.split(/[?#]/)[0].split('/').filter((part) => part === '..').length;
        if (!address.startsWith('/') && base === undefined && depth > from.split('/').length - 1) return undefined;
        return decodeURIComponent(to.pathname.slice(1)).replace(/\/$/, '');
    };
    const imports = Object.assign({}, ...maps);
    let [resolved, outside] = [0, 0];
    const missing = [];
    for (const { path, base, kind, address } of found) {
        if (/^(#|\?|$)/.test(address) || /^[a-z][a-z0-9+.-]*:/i.test(address) || address.startsWith('//')) { outside += 1; continue; }
        const bare = kind === 'import' && !/^[./]/.test(address);
        if (bare) {
            const key = Object.keys(imports).filter((own) => own === address || (own.endsWith('/') && address.startsWith(own))).sort((one, other) => other.length - one.length)[0];
            if (key === undefined) { outside += 1; continue; }
            const to = posix.normalize(imports[key] + address.slice(key.length)).replace(/^\//, '');
            if (all.has(to)) resolved += 1; else missing.push(`${path}: ${address}`);
            continue;
        }
        const froms = kind === 'root' && !address.startsWith('.') ? ['_'] : kind === 'page' && !/\.html?$/.test(path) ? [path, '_', ...new Set(pages.map((page) => (dirname(page) === '.' ? '_' : `${dirname(page)}/_`)))] : [path];
        if (froms.some((from) => { const to = lead(from, base, kind, address); return to !== undefined && there(to, kind); })) resolved += 1;
        else missing.push(`${path}: ${address}`);
    }
    return { files: files.length, resolved, outside, missing };
};

const [before, after] = args;
const was = crawl(before);
const is = after ? crawl(after) : was;
const addresses = (missing) => missing.map((line) => line.slice(line.indexOf(': ') + 2));
const known = after ? addresses(was.missing) : [];
const fresh = is.missing.filter((line) => !known.includes(addresses([line])[0]));
for (const line of fresh) console.error(`error: ${line} is not there`);
if (after && is.resolved < was.resolved) console.error(`error: ${is.resolved} references lead somewhere instead of ${was.resolved}`);
console.log(`${after ?? before}: ${is.resolved} references lead to their files, ${is.missing.length} lead nowhere${after ? `, ${was.missing.length} before` : ''}`);
process.exitCode = fresh.length || is.resolved < was.resolved ? 1 : 0;
