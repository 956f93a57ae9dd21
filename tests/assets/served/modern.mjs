// Visits a site whose images are there as AVIF: a browser takes these, and shows nearly the same. usage: modern.mjs BEFORE AFTER RULES WORK
import { join, resolve } from 'node:path';
import { PNG } from 'pngjs';
import { open } from './browser.mjs';
import { start } from './servers.mjs';

const [before, after, rules, work] = process.argv.slice(2).map((path) => resolve(path));
// How much a colour may differ, of 255, on average over the whole page.
const MOST_DIFFERENCE = 1.5;
const { browser, close } = await open();
const seen = async (root, own, said) => {
    const server = await start('nginx', root, join(work, own), said);
    const page = await browser.newPage();
    const failed = [];
    page.on('requestfailed', (request) => failed.push(request.url()));
    await page.goto(`${server.url}/`, { waitUntil: 'networkidle' });
    const images = await page.$$eval('img', (all) => all.map((one) => [one.currentSrc.split('.').pop(), one.naturalWidth]));
    const picture = PNG.sync.read(await page.screenshot({ fullPage: true }));
    await page.close();
    await server.stop();
    return { images, picture, failed };
};
const [was, is] = [await seen(before, 'before'), await seen(after, 'after', rules)];
await close();
const problems = [...is.failed];
const kinds = is.images.map(([kind]) => kind);
if (!kinds.includes('avif') || is.images.some(([, width]) => width === 0)) problems.push(`images are shown as ${is.images}`);
if (was.picture.data.length !== is.picture.data.length) problems.push('the page has another size');
let sum = 0;
was.picture.data.forEach((level, at) => (sum += Math.abs(level - is.picture.data[at])));
const difference = sum / was.picture.data.length;
if (difference > MOST_DIFFERENCE) problems.push(`the page differs by ${difference} of 255`);
for (const problem of problems) console.error(`error: ${problem}`);
if (!problems.length) console.log(`${kinds.filter((kind) => kind === 'avif').length} of ${kinds.length} images are shown as AVIF, ${difference.toFixed(2)} of 255 from what was built`);
process.exit(problems.length ? 1 : 0);
