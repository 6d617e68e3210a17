// A reader with a keyboard only: goes from place to place with Tab, follows with Enter, and has to see where they are.

import assert from "node:assert/strict";

// More than any page has places to stop at.
const TABS_MAX = 1500;

// Follows a link by keys.
export async function followByKeys(page, target) {
  await tabTo(page, target);
  await page.keyboard.press("Enter");
}

// Presses Tab until the focus is there. Each stop on the way has to be seen.
export async function tabTo(page, target) {
  const wanted = await target.elementHandle();
  for (let n = 0; n < TABS_MAX; n += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(stopped);
    assert.equal(stop.problem, "", `${page.url()}: ${stop.what}`);
  }
  assert.fail(`${page.url()}: ${await target.innerText()} is never reached`);
}

// Runs in the page: what has the focus, and why that cannot be seen.
function stopped() {
  const element = document.activeElement;
  if (!element || element === document.body) return { what: "the page", problem: "" };
  const what = element.outerHTML.slice(0, 160);
  const box = element.getBoundingClientRect();
  const isInside = box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight && box.width > 0 && box.height > 0;
  if (!isInside) return { what, problem: "it has the focus and is outside of what is seen" };
  const style = getComputedStyle(element);
  const marked = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return { what, problem: marked ? "" : "it has the focus and nothing shows it" };
}
