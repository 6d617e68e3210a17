// The walk from a comment to the cause, as each kind of reader takes it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESKTOP, PHONE, launch, none, overhang, reader } from "../lib/browser.js";
import { followByKeys, tabTo } from "../lib/keys.js";
import { PROJECT, report } from "../lib/pages.js";
import { walk } from "../lib/walk.js";

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

async function asReader(how, story) {
  const { page, complaints, close } = await reader(browser, how);
  await story(page);
  none(complaints);
  await close();
}

test("with a mouse, from the comment's link to the CSV", () => asReader(DESKTOP, (page) => walk(page, (link) => link.click())));

test("by keys only, and the focus is always seen", () => asReader(DESKTOP, (page) => walk(page, (link) => followByKeys(page, link))));

test("on a phone, where no page is wider than the screen", () => asReader(PHONE, (page) =>
  walk(page, (link) => link.tap(), async (what) => {
    assert.ok((await overhang(page, PHONE)) <= 0, `${what} is wider than the screen: ${page.url()}`);
  })));

test("without script", () => asReader({ ...DESKTOP, javaScriptEnabled: false }, (page) => walk(page, (link) => link.click())));

test("the first Tab offers the way past the navigation", () => asReader(DESKTOP, async (page) => {
  await page.goto(await report());
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "To the content" });
  assert.ok(await skip.evaluate((element) => element === document.activeElement));
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  assert.ok(await page.evaluate(() => document.querySelector("main").contains(document.activeElement)), "the next stop is in the content");
}));

test("the search is reached by Tab and by its key, and answers", () => asReader(DESKTOP, async (page) => {
  await page.goto(`/p/${PROJECT}`);
  const box = page.getByRole("searchbox").first();
  await tabTo(page, box);
  await page.goto(`/p/${PROJECT}`);
  await page.keyboard.press("/");
  assert.ok(await box.evaluate((element) => element === document.activeElement));
  await page.keyboard.type("latest");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/search\?/);
}));

test("on a phone the tab of the page one is on is seen", () => asReader(PHONE, async (page) => {
  await page.goto(`/p/${PROJECT}/runs`);
  const here = page.locator(".tabs [aria-current]");
  assert.equal(await here.innerText(), "Runs");
  const box = await here.boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= PHONE.viewport.width, `it stands at ${box.x} to ${box.x + box.width}`);
}));
