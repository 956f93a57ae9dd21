// Visits a page with headless Chromium, waits until a file appears, and visits it again: what each answer of a script was.
// usage: deltas.mjs URL READY-FILE SWITCHED-FILE
import { existsSync, writeFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [url, ready, switched] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
const context = await browser.newContext();
const failed = [];

async function visit() {
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  const answers = new Map();
  session.on("Network.responseReceived", ({ requestId, response, type }) => {
    if (type === "Script") answers.set(requestId, { url: response.url, headers: response.headers, cached: response.fromDiskCache });
  });
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (answers.has(requestId)) answers.get(requestId).bytes = encodedDataLength;
  });
  page.on("pageerror", (error) => failed.push(String(error)));
  page.on("requestfailed", (request) => failed.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on("response", (response) => response.status() >= 400 && !response.url().endsWith("favicon.ico") && failed.push(`${response.url()}: ${response.status()}`));
  await page.goto(url, { waitUntil: "load" });
  const version = await page.evaluate("globalThis.said");
  // What is to be a dictionary is kept a moment after it was read.
  await page.waitForTimeout(1500);
  await page.close();
  return { version, answers: [...answers.values()] };
}

const first = await visit();
writeFileSync(ready, "");
while (!existsSync(switched)) await new Promise((done) => setTimeout(done, 50));
const second = await visit();
await browser.close();
console.log(JSON.stringify({ first, second, failed }));
