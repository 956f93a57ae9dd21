// Visits a page of two outputs in turns, each time for the first time, over a slow line: hints.mjs WORK SITE PAGE PAIRS BAR
// The server compresses by itself, and says nothing of what a page loads: only the pages do.
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { FLAGS } from './browser.mjs';
import { start } from './servers.mjs';

const [work, site, page, pairs, bar] = process.argv.slice(2);
const LINE = { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 0.75e6 / 8 };
const sides = ['without', 'with'];
const servers = {};
for (const side of sides) servers[side] = await start('nginx', join(work, side, site), join(work, 'nginx', site, side));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });

const visit = async (url) => {
    // Each has a cache of its own, and finds it empty.
    const context = await browser.newContext({ viewport: { width: 1000, height: 800 } });
    const tab = await context.newPage();
    const said = [];
    tab.on('console', (message) => { if (['error', 'warning'].includes(message.type())) said.push(message.text()); });
    await context.route((asked) => asked.hostname !== '127.0.0.1', (route) => route.abort());
    await tab.addInitScript(() => {
        window.seen = { shift: 0, large: 0 };
        new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.seen.shift += entry.value; }).observe({ type: 'layout-shift', buffered: true });
        new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.seen.large = entry.startTime; }).observe({ type: 'largest-contentful-paint', buffered: true });
    });
    const session = await context.newCDPSession(tab);
    await session.send('Network.enable');
    await session.send('Network.emulateNetworkConditions', LINE);
    await tab.goto(url, { waitUntil: 'load', timeout: 120_000 });
    // Chromium complains of what was named and is not used some seconds after that.
    await tab.waitForTimeout(5000);
    const told = await tab.evaluate(() => ({
        load: performance.getEntriesByType('navigation')[0].loadEventEnd,
        first: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
        requests: performance.getEntriesByType('resource').length,
        ...window.seen,
    }));
    await context.close();
    return { ...told, said };
};

const median = (numbers) => { const sorted = [...numbers].sort((one, other) => one - other); return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2; };
const all = { without: [], with: [] };
// The first visit of all warms what is no cache.
for (const side of sides) await visit(servers[side].url + page);
for (let pair = 0; pair < Number(pairs); pair += 1) {
    for (const side of pair % 2 ? [...sides].reverse() : sides) all[side].push(await visit(servers[side].url + page));
}
await browser.close();
for (const side of sides) await servers[side].stop();
const of = (side, what) => median(all[side].map((seen) => seen[what]));
const line = (what, name) => `${name} ${of('without', what).toFixed(0)} → ${of('with', what).toFixed(0)} ms`;
const ratio = median(all.with.map((seen, at) => seen.load / all.without[at].load));
const shifts = sides.map((side) => of(side, 'shift'));
console.log(`${site}${page}: ${line('load', 'load')} (${(100 * ratio).toFixed(1)} %, median of ${pairs} pairs), ${line('first', 'first paint')}, ${line('large', 'largest paint')}, ${of('without', 'requests')} → ${of('with', 'requests')} requests, shift ${shifts.map((shift) => shift.toFixed(4)).join(' → ')}`);
const problems = [];
if (ratio > Number(bar)) problems.push(`it takes ${(100 * ratio).toFixed(1)} % of the time, and may take ${100 * bar} %`);
if (shifts[1] > shifts[0] + 0.001) problems.push('the layout shifts more');
if (of('with', 'requests') > of('without', 'requests')) problems.push('something is asked for twice');
const before = new Set(all.without.flatMap((seen) => seen.said));
for (const text of new Set(all.with.flatMap((seen) => seen.said))) if (!before.has(text.replaceAll(servers.with.url, servers.without.url)) && /preload|integrity|policy/i.test(text)) problems.push(text);
for (const problem of problems) console.error(`error: ${site}${page}: ${problem}`);
process.exit(problems.length ? 1 : 0);
