// Loads a site in headless Chromium, uses it a little, and tells what a visitor would see.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

export const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--force-color-profile=srgb'];

// CACHES: with the routes that keep a browser from the outside, it caches nothing.
export const open = async (caches = false) => {
    const profile = mkdtempSync(join(tmpdir(), 'served-'));
    const browser = await chromium.launchPersistentContext(profile, {
        executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
        args: FLAGS,
        viewport: { width: 1000, height: 800 },
        reducedMotion: 'reduce',
    });
    // Nothing outside is asked: what a page wants from there, it gets empty.
    const isOutside = (url) => url.protocol.startsWith('http') && url.hostname !== '127.0.0.1';
    if (!caches) await browser.route(isOutside, (route) => route.fulfill({ headers: { 'access-control-allow-origin': '*' }, json: { crates: [] } }));
    return { browser, close: async () => { await browser.close(); rmSync(profile, { recursive: true, force: true, maxRetries: 5 }); } };
};

// What a visit shows: texts and pictures after each step, errors, failed requests, and bytes of bodies on the wire. Of what was
// preloaded and is not used, Chromium complains when a page was there for some seconds: it is left open for `patience` ms.
export const visit = async (browser, url, steps, patience = 0) => {
    const page = await browser.newPage();
    const seen = { texts: [], pictures: [], errors: [], failed: [], bytes: 0, requests: 0 };
    const place = (text) => text.replaceAll(url, '').replaceAll(/:\d+:\d+/g, '');
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) seen.errors.push(place(`${message.type()}: ${message.text()} (${message.location().url})`)); });
    page.on('pageerror', (error) => seen.errors.push(place(String(error))));
    page.on('requestfailed', (request) => seen.failed.push(place(`${request.url()}: ${request.failure()?.errorText}`)));
    page.on('response', (response) => { if (response.status() >= 400) seen.failed.push(place(`${response.url()}: ${response.status()}`)); });
    const session = await browser.newCDPSession(page);
    await session.send('Network.enable');
    await session.send('Network.setCacheDisabled', { cacheDisabled: true });
    // A browser asks for an icon when it has the time.
    const icons = new Set();
    const urls = new Map();
    const images = new Set();
    session.on('Network.requestWillBeSent', ({ requestId, request, type }) => {
        if (/favicon/.test(request.url)) icons.add(requestId);
        if (type === 'Image') images.add(requestId);
        urls.set(requestId, request.url);
    });
    // Headers are weighed apart: what may be kept for ever is said at the first visit, and pays at the next.
    const heads = new Map();
    const weights = new Map();
    session.on('Network.responseReceived', ({ requestId, response }) => heads.set(requestId, response.encodedDataLength));
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
        if (icons.has(requestId)) return;
        // Each file counts once: a font that the page before had may come from memory, or not, as it happens.
        const length = encodedDataLength - (heads.get(requestId) ?? 0);
        const isKnown = weights.has(urls.get(requestId));
        const known = weights.get(urls.get(requestId)) ?? 0;
        weights.set(urls.get(requestId), Math.max(known, length));
        seen.bytes += Math.max(length - known, 0);
        // An image that waits and is one that the page shows already is asked for again, or not, as it happens.
        if (!isKnown || !images.has(requestId)) seen.requests += 1;
    });
    const settled = async (expected) => {
        if (expected) await page.getByText(expected).filter({ visible: true }).first().waitFor({ timeout: 30_000 }).catch(() => seen.failed.push(`\`${expected}\` is not shown`));
        await page.waitForLoadState('networkidle');
        await page.evaluate(() => document.fonts.ready.then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))));
        seen.texts.push(await page.evaluate(() => document.body.innerText));
        seen.pictures.push(await page.screenshot({ animations: 'disabled', caret: 'hide' }));
    };
    for (const step of steps) {
        if (step.go !== undefined) {
            await page.goto(url + step.go, { waitUntil: 'load' });
            await page.waitForTimeout(patience);
        }
        if (step.click) await page.locator(step.click).first().click({ timeout: 30_000 }).catch(() => seen.failed.push(`\`${step.click}\` cannot be clicked`));
        await settled(step.expect);
    }
    await page.close();
    return seen;
};
