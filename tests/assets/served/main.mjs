// Serves sites before and after optimizing, visits them, and compares: usage: main.mjs SITES WORK
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';
import { open, visit } from './browser.mjs';
import { check, checkEntries } from './http.mjs';
import { names, start } from './servers.mjs';

const [sites, work] = process.argv.slice(2).map((path) => resolve(path));
const PATIENCE = 5000;
const problems = [];

// Pixels that differ by more than antialiasing.
const difference = (one, other) => {
    const [before, after] = [PNG.sync.read(one), PNG.sync.read(other)];
    if (before.width !== after.width || before.height !== after.height) return Infinity;
    return pixelmatch(before.data, after.data, null, before.width, before.height, { threshold: 0.1, includeAA: false });
};

const compare = (where, before, after, mayFail) => {
    const wrong = (what) => problems.push(`${where}: ${what}`);
    for (const kind of ['errors', 'failed']) {
        // Some sites want a server of their own behind them: nothing new may fail.
        for (const text of after[kind]) if (!mayFail || !before[kind].includes(text)) wrong(`${kind}: ${text}`);
        if (!mayFail) for (const text of before[kind]) wrong(`before, already: ${kind}: ${text}`);
    }
    before.texts.forEach((text, index) => {
        if (text !== after.texts[index]) wrong(`step ${index + 1} shows another text: ${JSON.stringify(after.texts[index].slice(0, 300))} instead of ${JSON.stringify(text.slice(0, 300))}`);
        const pixels = difference(before.pictures[index], after.pictures[index]);
        if (pixels > 0) wrong(`step ${index + 1} looks different in ${pixels} pixels`);
    });
    // Images that wait are not asked for.
    const areOther = where.endsWith(' with hints') ? after.requests > before.requests : before.requests !== after.requests;
    if (areOther && !mayFail) wrong(`${after.requests} requests instead of ${before.requests}`);
    // Digests are bytes that nothing compresses: of a small site they may be more than what was saved.
    const mayGrow = where.endsWith(' with hints') ? Math.max(before.bytes, 1) * 0.1 : 0;
    if (after.bytes >= before.bytes + mayGrow) wrong(`${after.bytes} B on the wire instead of ${before.bytes} B`);
};

// A page that the server makes itself, around what a script of the output needs.
const around = async (server, out) => {
    const [{ file }] = JSON.parse(readFileSync(join(out, 'asset-manifest.json'), 'utf8')).entries;
    const seen = await visit(browser, server.url, [{ go: `/entry/${file}`, expect: 'Around: a,b, b,a; and 42' }]);
    for (const text of [...seen.errors, ...seen.failed]) problems.push(`the page around \`${file}\`: ${text}`);
};

const { browser, close } = await open();
for (const [name, { steps, mayFail }] of Object.entries(JSON.parse(readFileSync(join(sites, 'sites.json'))))) {
    for (const kind of names) {
        const before = await start(kind, join(sites, name), join(work, kind, name, 'before'));
        const was = await visit(browser, before.url, steps);
        for (const [own, how, patience] of [[name, '', 0], [`${name}-hints`, ' with hints', PATIENCE]]) {
            const [out, rules] = [join(work, 'out', own), join(work, 'rules', own)];
            const after = await start(kind, out, join(work, kind, own, 'after'), rules);
            const found = problems.length;
            const answers = await check(after, out, rules);
            problems.push(...answers.problems);
            if (kind === 'axum') {
                const entries = await checkEntries(after, out);
                problems.push(...entries.problems);
                answers.asked += entries.asked;
                if (name === 'ring') await around(after, out);
            }
            // A page that misses its own server says so after a while.
            const is = await visit(browser, after.url, steps, mayFail ? 0 : patience);
            compare(`${name} from ${kind}${how}`, was, is, mayFail);
            await after.stop();
            const words = is.texts.join(' ').split(/\s+/).length;
            if (found === problems.length) console.log(`${name} from ${kind}${how}: ${steps.length} views, ${words} words, ${is.requests} requests, ${was.bytes} B before, ${is.bytes} B after; ${answers.asked} answers as they should be`);
        }
        await before.stop();
    }
}
await close();
for (const problem of problems) console.error(`error: ${problem}`);
process.exit(problems.length ? 1 : 0);
