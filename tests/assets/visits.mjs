// Visits a page with headless Chromium until a file appears; says how often, and what failed.
// usage: visits.mjs URL STOP-FILE
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const [url, stop] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
const failed = new Set();
const greetings = new Set();
let visits = 0;
while (!existsSync(stop)) {
  const page = await browser.newPage();
  const said = [];
  page.on("console", (message) => (message.type() === "error" ? failed.add(message.text()) : said.push(message.text())));
  page.on("pageerror", (error) => failed.add(String(error)));
  page.on("requestfailed", (request) => failed.add(`${request.url()}: ${request.failure()?.errorText}`));
  page.on("response", (response) => response.status() >= 400 && !response.url().endsWith("favicon.ico") && failed.add(`${response.url()}: ${response.status()}`));
  await page.goto(url, { waitUntil: "load" });
  const title = await page.title();
  // The script says its greeting with the page's title: of one release both.
  if (said.length !== 1 || said[0] !== `${title} ${title}`) failed.add(`${title}: ${said}`);
  greetings.add(title);
  visits += 1;
  await page.close();
}
await browser.close();
console.log(JSON.stringify({ visits, greetings: greetings.size, failed: [...failed] }));
