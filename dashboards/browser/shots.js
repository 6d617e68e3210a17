// Pictures of all pages, light, dark and as a phone shows them, to look at: `node shots.js FOLDER [NAME…]`. Beside them the page that is
// shown in the README, and the report as it is printed.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DESKTOP, PHONE, launch, reader } from "./lib/browser.js";
import { PROJECT, emptyPages, pages, report } from "./lib/pages.js";

// What is below this of a long page looks like what is above.
const HEIGHT_MAX = 2600;

const [folder, ...names] = process.argv.slice(2);
if (!folder) throw new Error("usage: node shots.js FOLDER [NAME…]");
const isWanted = ([name]) => names.length === 0 || names.includes(name);
await mkdir(folder, { recursive: true });
const browser = await launch();
try {
  const list = [...(await pages()), ...emptyPages()].filter(isWanted);
  await each(list, "light", DESKTOP);
  await each(list, "dark", { ...DESKTOP, colorScheme: "dark" });
  await each(list, "phone", { ...PHONE, deviceScaleFactor: 1 });
  if (isWanted(["readme"])) await forReadme();
  if (isWanted(["print"])) await printed();
} finally {
  await browser.close();
}

async function each(list, kind, how) {
  const { page, close } = await reader(browser, how);
  for (const [name, path] of list) {
    await page.goto(path);
    await page.locator("figure[data-series]:not([data-ready])").waitFor({ state: "detached" });
    const { width } = how.viewport;
    const height = await page.evaluate(() => document.scrollingElement.scrollHeight);
    const clip = { x: 0, y: 0, width, height: Math.min(height, HEIGHT_MAX) };
    await page.screenshot({ path: join(folder, `${name}.${kind}.png`), fullPage: true, clip });
  }
  await close();
}

async function forReadme() {
  const { page, close } = await reader(browser, { viewport: { width: 1400, height: 1000 } });
  await page.goto(`/p/${PROJECT}/tradeoffs`);
  await page.screenshot({ path: join(folder, "dashboard.png") });
  await close();
}

async function printed() {
  const { page, close } = await reader(browser);
  await page.goto(await report());
  await page.pdf({ path: join(folder, "report.pdf"), format: "A4", margin: { top: "15mm", bottom: "15mm", left: "12mm", right: "12mm" } });
  await close();
}
