// The walk a maintainer takes from a comment to the cause: report, symbol, its history, the commit that grew it, compared with the release
// before it, and the figures as CSV. How a link is followed is the reader's: by mouse, by keys, by touch.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { growth } from "./pages.js";
import { parse } from "./csv.js";

// `follow(locator)` goes where the link leads; `look()` is called on each page. Gives what was seen.
export async function walk(page, follow, look = async () => {}) {
  const at = async (what, pattern) => {
    await page.waitForURL(pattern);
    assert.equal(await page.locator("h1").count(), 1, `${what} has one heading`);
    await look(what);
  };

  // The comment's "all figures" leads to the run.
  const { run, symbol, commit } = await growth();
  await page.goto(run);
  await at("report", /\/runs\/\d+$/);
  assert.ok(await page.locator(".report table").first().isVisible(), "the report has its table");

  await follow(page.getByRole("link", { name: "Unfold: compare" }));
  await at("comparison", /\/compare\?/);
  const grown = page.locator(`.report.board a[href=${JSON.stringify(symbol)}]`).first();
  const name = (await grown.innerText()).trim();
  await follow(grown);

  await at("symbol", /\/symbol\?/);
  const title = (await page.locator("h1").innerText()).trim();
  assert.ok(name.includes(title), `${title} is shown instead of ${name}`);
  assert.ok(await page.locator("section:has(#history) svg").isVisible(), "its history is drawn");
  const step = page.locator(`section:has(#steps) a[href="${commit}"]`).first();
  const short = (await step.innerText()).trim();
  await follow(step);

  await at("commit", /\/commits\/[0-9a-f]{40}$/);
  assert.ok((await page.locator("main").innerText()).includes(short));
  await follow(page.getByRole("navigation", { name: "Compare" }).getByRole("link", { name: /the last tag before it/ }));

  await at("against the release", /\/compare\?/);
  await download(page, follow);
}

// Every owner of bytes that the page lists stands in the file with the same change.
async function download(page, follow) {
  const link = page.getByRole("link", { name: "CSV", exact: true });
  const [file] = await Promise.all([page.waitForEvent("download"), follow(link)]);
  const [columns, ...lines] = parse(await readFile(await file.path(), "utf8"));
  const column = (name) => columns.indexOf(name);
  const inFile = lines.map((line) => `${line[column("board")]} ${line[column("delta_bytes")]}`);
  const onPage = await page.locator(".report.board").evaluateAll((boards) => boards.flatMap((board) => {
    const name = board.querySelector("h2").id.replace(/^board-/, "");
    return Array.from(board.querySelectorAll("td.num[data-value]:first-child"), (cell) => `${name} ${cell.dataset.value}`);
  }));
  assert.ok(onPage.length > 0, "the page lists owners");
  const missing = onPage.filter((row) => {
    const at = inFile.indexOf(row);
    if (at >= 0) inFile.splice(at, 1);
    return at < 0;
  });
  assert.deepEqual(missing, [], "on the page, and not in the file");
}
