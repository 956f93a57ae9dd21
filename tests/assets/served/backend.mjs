// Visits pages whose tags a backend made, and compares them with the page of the build: usage: backend.mjs SITES OUT RULES WORK NAME…
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { open, visit } from './browser.mjs';
import { start } from './servers.mjs';

const [sites, out, rules, work] = process.argv.slice(2, 6).map((path) => resolve(path));
const made = process.argv.slice(6);
const { steps } = JSON.parse(readFileSync(join(sites, 'sites.json'))).vite;
const problems = [];
const { browser, close } = await open();
const server = await start('nginx', out, work, rules);
const seen = (page) => visit(browser, server.url, steps.map((step) => (step.go ? { ...step, go: page } : step)), 5000);
const was = await seen('/');
for (const name of made) {
    const is = await seen(`/${name}.html`);
    for (const text of [...is.errors, ...is.failed]) problems.push(`${name}: ${text}`);
    if (is.texts.join() !== was.texts.join()) problems.push(`${name} shows another text: ${is.texts.join()} instead of ${was.texts.join()}`);
    if (is.requests !== was.requests) problems.push(`${name}: ${is.requests} requests instead of ${was.requests}`);
}
await server.stop();
await close();
for (const problem of problems) console.error(`error: ${problem}`);
if (!problems.length) console.log(`${made.length} pages of a backend show what the page of the build does, with ${was.requests} requests`);
process.exit(problems.length ? 1 : 0);
