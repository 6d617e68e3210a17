// The report on paper: black on white whatever the reader's screen is, everything unfolded, nothing to click.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESKTOP, launch, reader } from "../lib/browser.js";
import { report } from "../lib/pages.js";

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

test("a report is printed whole, in black on white", async () => {
  const { page, close } = await reader(browser, { ...DESKTOP, colorScheme: "dark" });
  await page.goto(await report());
  await page.locator(".report details").evaluateAll((all) => all.forEach((details) => { details.open = false; }));
  await page.emulateMedia({ media: "print" });
  const printed = await page.evaluate(() => ({
    ground: getComputedStyle(document.body).backgroundColor,
    ink: getComputedStyle(document.body).color,
    folded: [...document.querySelectorAll(".report details table")].filter((table) => table.getBoundingClientRect().height === 0).length,
    controls: [...document.querySelectorAll(".tabs a, .tools a, form, button")].filter((one) => one.checkVisibility()).length,
  }));
  assert.deepEqual(printed, { ground: "rgb(255, 255, 255)", ink: "rgb(0, 0, 0)", folded: 0, controls: 0 });
  await close();
});
