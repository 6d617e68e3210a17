// The chart one zooms in: by dragging, by the wheel, by keys; and how smoothly, with 10 000 commits.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, none, reader } from "../lib/browser.js";
import { first, PROJECT } from "../lib/pages.js";

const COMMITS = 10_000;
const STEPS = 60;

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

async function chart(path, { stretched = false } = {}) {
  const { page, complaints, close } = await reader(browser);
  if (stretched) await page.route("**/api/**", (route) => stretch(route));
  await page.goto(path);
  await page.locator("figure[data-ready='yes']").waitFor();
  const range = () => page.evaluate(() => {
    const { min, max } = document.querySelector("figure.history").ounceChart.scales.x;
    return max - min;
  });
  const plot = await page.locator(".plot .u-over").boundingBox();
  const at = (share) => [plot.x + plot.width * share, plot.y + plot.height / 2];
  return { page, complaints, close, range, at };
}

// The server's own answer, as if its history had so many commits: what is there is repeated, each round a little higher.
async function stretch(route) {
  const answer = await route.fetch();
  const data = await answer.json();
  const many = (list, change = (value) => value) =>
    Array.from({ length: COMMITS }, (_, n) => change(list[n % list.length], Math.floor(n / list.length)));
  const commits = many(data.commits);
  const series = data.series.map((one) => ({
    ...one,
    values: many(one.values, (value, round) => (value == null ? null : value + 37 * round)),
    tools: many(one.tools),
  }));
  await route.fulfill({ response: answer, json: { ...data, commits, series } });
}

test("dragging, the wheel and keys change what is seen", async () => {
  const { page, complaints, close, range, at } = await chart(await first(`/p/${PROJECT}`, /\/series\?/));
  const all = await range();

  await page.mouse.move(...at(0.3));
  await page.mouse.down();
  await page.mouse.move(...at(0.6), { steps: 8 });
  await page.mouse.up();
  const dragged = await range();
  assert.ok(dragged < all * 0.4 && dragged > all * 0.2, `three tenths were dragged over, ${dragged} of ${all} are seen`);

  await page.mouse.wheel(0, -120);
  await page.waitForFunction((before) => {
    const { min, max } = document.querySelector("figure.history").ounceChart.scales.x;
    return max - min < before;
  }, dragged);

  const plot = page.getByRole("application");
  await plot.focus();
  await page.keyboard.press("Home");
  assert.equal(await range(), all);
  await page.keyboard.press("+");
  assert.equal(await range(), all / 2);
  await page.keyboard.press("-");
  assert.equal(await range(), all);
  await page.keyboard.press("ArrowLeft");
  assert.ok(await page.locator(".tip").isVisible(), "a commit is told");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/commits\/[0-9a-f]{40}$/);
  none(complaints);
  await close();
});

// Without choice the page draws a series of each board.
test(`${STEPS} steps of the wheel over ${COMMITS} commits of each board`, async (t) => {
  const { page, complaints, close, range, at } = await chart(`/p/${PROJECT}/series`, { stretched: true });
  const all = await range();
  assert.ok(all >= COMMITS - 1, `${all} commits are drawn`);
  await page.mouse.move(...at(0.7));
  await page.evaluate(() => {
    window.frames_ms = [];
    let before = performance.now();
    const tick = (now) => {
      window.frames_ms.push(now - before);
      before = now;
      window.ticking = requestAnimationFrame(tick);
    };
    window.ticking = requestAnimationFrame(tick);
  });
  // In by half of the steps, out by the others: what is drawn goes from everything to a few commits and back.
  const began = performance.now();
  for (let step = 0; step < STEPS / 2; step += 1) await page.mouse.wheel(0, -120);
  const deepest = await range();
  for (let step = STEPS / 2; step < STEPS; step += 1) await page.mouse.wheel(0, 120);
  const took = performance.now() - began;
  const frames = await page.evaluate(() => {
    cancelAnimationFrame(window.ticking);
    return window.frames_ms.slice(1);
  });
  assert.ok(deepest < all / 100, `from ${all} commits it goes to ${deepest}`);
  frames.sort((a, b) => a - b);
  const share = (of) => frames[Math.min(frames.length - 1, Math.floor(frames.length * of))].toFixed(1);
  const lines = await page.evaluate(() => document.querySelector("figure.history").ounceChart.series.length - 1);
  t.diagnostic(`zoom, ${lines} series of ${COMMITS}: ${STEPS} steps in ${took.toFixed(0)} ms, ${frames.length} frames; `
    + `p50 ${share(0.5)} ms, p99 ${share(0.99)} ms, longest ${share(1)} ms`);
  none(complaints);
  await close();
});
