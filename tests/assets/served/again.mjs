// Visits a site, releases it with one file changed, and visits it again with the cache of the first visit: only that file and what
// names it may be asked for anew. Then the server gives out another byte of a sealed file, which a browser must refuse.
// usage: again.mjs BEFORE AFTER RULES WORK CHANGED: outputs of the optimizer, with the rules of each in RULES/1 and RULES/2.
import { appendFileSync, cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { open } from './browser.mjs';
import { names, start } from './servers.mjs';

const [before, after, rules, work] = process.argv.slice(2, 6).map((path) => resolve(path));
const changed = process.argv[6];
const problems = [];
const { browser, close } = await open(true);

const files = (root) => new Map(JSON.parse(readFileSync(join(root, 'asset-manifest.json'), 'utf8')).files.map((file) => [file.source, file]));
const [were, are] = [files(before), files(after)];
const anew = [...are.values()].filter((file) => were.get(file.source)?.integrity !== file.integrity);
const renamed = anew.filter((file) => file.caching === 'immutable').map((file) => file.source);

// What a visit asks the network for, by path; what a server says has not changed counts for nothing.
const visit = async (url) => {
    const page = await browser.newPage();
    const seen = { fetched: new Set(), same: new Set(), errors: [] };
    page.on('console', (message) => { if (message.type() === 'error') seen.errors.push(message.text()); });
    page.on('pageerror', (error) => seen.errors.push(String(error)));
    const session = await browser.newCDPSession(page);
    await session.send('Network.enable');
    const paths = new Map();
    session.on('Network.requestWillBeSent', ({ requestId, request }) => paths.set(requestId, new URL(request.url).pathname));
    const statuses = new Map();
    session.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode }) => statuses.set(requestId, statusCode));
    const cached = new Set();
    session.on('Network.requestServedFromCache', ({ requestId }) => cached.add(requestId));
    const done = [];
    session.on('Network.responseReceived', ({ requestId, response }) => { if (!response.fromDiskCache && !cached.has(requestId)) done.push(requestId); });
    await page.goto(`${url}/`, { waitUntil: 'networkidle' });
    await page.fill('#search', 'pippin');
    await page.getByText('Pippin').first().waitFor({ timeout: 5000 }).catch(() => seen.errors.push('nothing is found'));
    await page.click('#checkout');
    await page.getByText('Total').first().waitFor({ timeout: 5000 }).catch(() => seen.errors.push('there is no receipt'));
    await page.waitForLoadState('networkidle');
    for (const id of done) (statuses.get(id) === 304 ? seen.same : seen.fetched).add(paths.get(id).replace(/^\/$/, '/index.html').slice(1));
    await page.close();
    return seen;
};

for (const kind of names) {
    const first = await start(kind, before, join(work, kind, 'first'), join(rules, '1'));
    const one = await visit(first.url);
    await first.stop();
    const second = await start(kind, after, join(work, kind, 'second'), join(rules, '2'), first.port);
    const two = await visit(second.url);
    await second.stop();
    const expected = anew.map((file) => file.name).sort();
    const found = [...two.fetched].filter((path) => !/favicon/.test(path)).sort();
    for (const text of [...one.errors, ...two.errors]) problems.push(`${kind}: ${text}`);
    if (!renamed.includes(changed)) problems.push(`\`${changed}\` was not changed`);
    if (found.join() !== expected.join()) problems.push(`${kind}: the second visit fetches ${found.join(', ')} instead of ${expected.join(', ')}`);
    if (one.fetched.size <= two.fetched.size) problems.push(`${kind}: ${two.fetched.size} files are fetched at the second visit, ${one.fetched.size} at the first`);
    console.log(`${kind}: ${one.fetched.size} files at the first visit; after a change of \`${changed}\` ${found.length}: ${found.join(', ')}`);

    const tampered = join(work, kind, 'tampered');
    cpSync(after, tampered, { recursive: true });
    const name = are.get(changed).name;
    appendFileSync(join(tampered, name), ' ');
    for (const suffix of ['.br', '.gz', '.zst']) if (existsSync(join(tampered, name + suffix))) rmSync(join(tampered, name + suffix));
    const third = await start(kind, tampered, join(work, kind, 'third'), join(rules, '2'));
    const three = await visit(third.url);
    await third.stop();
    if (!three.errors.some((text) => /integrity|digest/i.test(text))) problems.push(`${kind}: one more byte in \`${name}\` is no error: ${three.errors.join('; ')}`);
    else console.log(`${kind}: one more byte in \`${name}\`, and the browser refuses it`);
}
await close();
for (const problem of problems) console.error(`error: ${problem}`);
process.exit(problems.length ? 1 : 0);
