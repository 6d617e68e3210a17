// Every page, for every reader: nothing that axe knows to hinder people, nothing wider than a phone, nothing in the console, no other host
// asked.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESKTOP, PHONE, SITE, address, launch, none, overhang, reader, violations } from "../lib/browser.js";
import { PROJECT, emptyPages, pages } from "../lib/pages.js";

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

// Looks at each page in light and in dark; all that is wrong is told at once.
async function looksAt(list, how, site = SITE) {
  const { page, complaints, close } = await reader(browser, how, site);
  const wrong = [];
  for (const [name, path, status = 200] of list) {
    const answer = await page.goto(path, { waitUntil: "load" });
    if (answer.status() !== status) wrong.push(`${name} ${path}: ${answer.status()} instead of ${status}`);
    const wide = await overhang(page, how);
    if (wide > 0) wrong.push(`${name} ${path}: ${wide} px wider than the screen`);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      for (const place of await violations(page)) wrong.push(`${name} ${path}, ${colorScheme}: ${place}`);
    }
  }
  await close();
  none([...wrong, ...complaints]);
}

test("the pages at a desk", async () => looksAt(await pages(), DESKTOP));
test("the pages on a phone", async () => looksAt(await pages(), PHONE));
test("where nothing is, at a desk", () => looksAt(emptyPages(), DESKTOP));
test("where nothing is, on a phone", () => looksAt(emptyPages(), PHONE));

test("without script every page has its tables and pictures, and says nothing of script", async () => {
  const { page, complaints, close } = await reader(browser, { ...DESKTOP, javaScriptEnabled: false });
  for (const [name, path] of await pages()) {
    await page.goto(path);
    assert.equal(await page.locator("h1").count(), 1, `${name} ${path}`);
    if (["board", "history", "symbol", "trade-offs", "build"].includes(name)) {
      assert.ok(await page.locator("main svg").first().isVisible(), `${name} ${path} has no picture`);
    }
    for (const control of await page.locator("[data-copy], .with-script").all()) assert.ok(!(await control.isVisible()), `${name} ${path}`);
  }
  none(complaints);
  await close();
});

test("a project without figures, and one with few", async () => {
  const { page, close } = await reader(browser);
  await page.goto("/");
  const others = await page.locator("main a[href^='/p/']").evaluateAll((found) => found.map((a) => a.getAttribute("href")));
  await close();
  const roots = [...new Set(others)].filter((href) => /^\/p\/[^/]+\/[^/]+$/.test(href) && href !== `/p/${PROJECT}`);
  const parts = ["", "/series", "/compare", "/symbols", "/tradeoffs", "/prices", "/runs"];
  await looksAt(roots.flatMap((root) => parts.map((part) => [root + part, root + part])), PHONE);
});

test("a server that knows nothing yet", { skip: !process.env.OUNCE_EMPTY_SITE && "OUNCE_EMPTY_SITE is not set" }, async () => {
  const site = address("OUNCE_EMPTY_SITE");
  for (const how of [DESKTOP, PHONE]) await looksAt([["projects", "/"], ["work", "/work"], ["search", "/search?q=vm"]], how, site);
});
