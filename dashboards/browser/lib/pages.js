// All pages of the server, each by a name, with an address that shows something. Ids and names come from the server's own links, so the
// list holds for whatever history is served.

import { SITE } from "./browser.js";

export const PROJECT = process.env.OUNCE_PROJECT || "acme/blinky";
const HERE = `/p/${PROJECT}`;
const NOBODY = "0000000000000000000000000000000000000000";

function decoded(text) {
  return text.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code))).replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}

async function text(path) {
  return (await fetch(new URL(path, SITE))).text();
}

// The addresses that a page leads to.
export async function links(path) {
  const html = await text(path);
  return Array.from(html.matchAll(/\bhref="([^"]*)"/g), (match) => decoded(match[1]));
}

export async function first(path, pattern) {
  const found = (await links(path)).find((href) => pattern.test(href));
  if (!found) throw new Error(`${path} has no link like ${pattern}`);
  return found;
}

// A judged run of a pull request that was over some budget: the report with the most in it.
export async function report() {
  return first(`${HERE}/runs?kind=pull&verdict=over_budget`, /^\/runs\/\d+$/).catch(() => first(`${HERE}/runs`, /^\/runs\/\d+$/));
}

// Longest search for such a report and symbol.
const REPORTS_MAX = 40;
const SYMBOLS_MAX = 12;

// A report, a symbol that it says grew, and a commit that made it grow since some release: { run, symbol, commit }.
export async function growth() {
  const runs = (await links(`${HERE}/runs?state=judged`)).filter((href) => /^\/runs\/\d+$/.test(href));
  for (const run of runs.slice(0, REPORTS_MAX)) {
    const compare = (await links(run)).find((href) => /\/compare\?base=/.test(href));
    if (!compare) continue;
    const symbols = (await links(compare)).filter((href) => /\/symbol\?.*name=/.test(href));
    for (const symbol of symbols.slice(0, SYMBOLS_MAX)) {
      const steps = ((await text(symbol)).split('id="steps"')[1] || "").split("<tr>");
      const commit = steps.find((row) => row.includes('class="worse"'))?.match(/\/p\/[^"]*\/commits\/[0-9a-f]{40}/)?.[0];
      if (commit && (await text(commit)).includes("the last tag before it")) return { run, symbol, commit };
    }
  }
  throw new Error("no report has a symbol that grew since a release");
}

// Everything there is to see, as [name, address]; a name ends up in a file's name.
export async function pages() {
  const run = await report();
  const board = await first(HERE, /\/boards\/[^/]+$/);
  const boardName = board.split("/").at(-1);
  const history = await first(HERE, /\/series\?/);
  const compare = await first(run, /\/compare\?base=/);
  const unfolded = await first(compare, /\/compare\?.*board=/);
  const symbol = await first(`${HERE}/symbols`, /\/symbol\?name=/);
  const group = await first(`${HERE}/symbols`, /\/symbol\?group=/);
  const commit = await first(symbol, /\/commits\/[0-9a-f]{40}$/);
  const build = await first(board, /\/builds\//);
  const job = await first(run, /^\/jobs\/\d+$/);
  const runner = await first("/work", /^\/runners\//).catch(() => first(run, /^\/runners\//));
  return [
    ["projects", "/"],
    ["project", HERE],
    ["project-by-speed", `${HERE}?show=speed&sort=-flash`],
    ["board", board],
    ["history", history],
    ["history-of-a-board", `${HERE}/series?board=${boardName}&scale=relative&along=dates&last=50`],
    ["compare-form", `${HERE}/compare`],
    ["compare", compare],
    ["compare-one-board", unfolded],
    ["symbols", `${HERE}/symbols`],
    ["symbols-by-group", `${HERE}/symbols?by=group&sort=change`],
    ["symbols-since-a-release", await sinceRelease("symbols")],
    ["symbol", symbol],
    ["group", group],
    ["commit", commit],
    ["build", build],
    ["trade-offs", `${HERE}/tradeoffs`],
    ["prices", `${HERE}/prices`],
    ["runs", `${HERE}/runs`],
    ["run", run],
    ...(await otherRuns(run)),
    ["job", job],
    ["work", "/work"],
    ["runner", runner],
    ["lab", "/lab"],
    ["tour", "/tour"],
    ["search", `/search?q=vm&in=${PROJECT}`],
  ];
}

async function sinceRelease(page) {
  const select = (await text(`${HERE}/${page}`)).match(/<select name="since">(.*?)<\/select>/s)?.[1] || "";
  const tag = Array.from(select.matchAll(/value="([^"]+)"/g), (match) => decoded(match[1])).find(Boolean) || "";
  return `${HERE}/${page}?since=${encodeURIComponent(tag)}`;
}

// One run of each other state and verdict that has one.
async function otherRuns(report) {
  const states = ["measuring", "waiting", "refused", "superseded"].map((state) => `state=${state}`);
  const verdicts = ["broken", "incomplete", "unchanged"].map((verdict) => `verdict=${verdict}`);
  const found = [];
  for (const state of [...states, ...verdicts]) {
    const list = await links(`${HERE}/runs?${state}`);
    const run = list.find((href) => /^\/runs\/\d+$/.test(href) && href !== report);
    if (run) found.push([`run-${state.split("=")[1]}`, run]);
  }
  return found;
}

// Where nothing is, or nothing like what was asked for: [name, address, status].
export function emptyPages() {
  return [
    ["no-page", "/nowhere", 404],
    ["no-project", "/p/nobody/nothing", 404],
    ["no-run", "/runs/999999999", 404],
    ["no-job", "/jobs/999999999", 404],
    ["no-runner", "/runners/nobody", 404],
    ["no-board", `${HERE}/boards/nothing`, 404],
    ["no-commit", `${HERE}/commits/${NOBODY}`, 404],
    ["no-build", `${HERE}/builds/${NOBODY}/nothing`, 404],
    ["no-symbol", `${HERE}/symbol?name=${encodeURIComponent("no::such<b>thing</b>")}`, 404],
    ["no-metric", `${HERE}/series?s=nothing/flash`, 400],
    ["no-comparison", `${HERE}/compare?base=nothing&head=latest`, 404],
    ["no-such-board-in-the-matrix", `${HERE}?q=zzzz`, 200],
    ["no-such-symbol-in-the-list", `${HERE}/symbols?q=zzzz`, 200],
    ["no-such-run", `${HERE}/runs?text=zzzz`, 200],
    ["nothing-found", `/search?q=zzzzzz&in=${PROJECT}`, 200],
    ["nothing-searched", "/search", 200],
    ["no-operator", "/audit", 404],
  ];
}
