// A browser that looks at the server as one of its readers does, and what it has to complain about.
//
// Debian's own chromium is driven, so nothing but two modules is installed; they lie outside the source tree.

import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";

const modules = process.env.OUNCE_BROWSER_MODULES;
const from = createRequire(modules ? join(modules, "package.json") : import.meta.url);
const { chromium } = from("playwright-core");
const axe = from("axe-core");

// Longest a page may take to answer: a test that waits says so and does not hang.
const ANSWER_MS_MAX = 20_000;

export const SITE = address("OUNCE_SITE");
export const DESKTOP = { viewport: { width: 1280, height: 900 } };
export const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

export function address(variable) {
  const text = process.env[variable];
  if (!text) throw new Error(`${variable} is not set: it says where the server listens, as http://127.0.0.1:8420`);
  return text.replace(/\/$/, "");
}

export function launch() {
  return chromium.launch({ executablePath: process.env.OUNCE_CHROMIUM || onPath("chromium"), timeout: ANSWER_MS_MAX });
}

function onPath(program) {
  const places = (process.env.PATH || "").split(delimiter).map((folder) => join(folder, program));
  const found = places.find((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!found) throw new Error(`no ${program} on the PATH: install Debian's package ${program}, or say where it is by OUNCE_CHROMIUM`);
  return found;
}

// Opens a page for a reader: `page`, and `complaints`, which a test looks at in the end. Errors in the console are among them (what the
// content security policy stops is said there), scripts that fail, answers that failed in the server, and requests to anybody else.
export async function reader(browser, how = DESKTOP, site = SITE) {
  const context = await browser.newContext({ baseURL: site, locale: "en-GB", timezoneId: "UTC", colorScheme: "light", ...how });
  context.setDefaultTimeout(ANSWER_MS_MAX);
  const page = await context.newPage();
  const complaints = [];
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin !== site && url.protocol !== "data:") complaints.push(`asked ${url.origin} for ${url.pathname}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 500) complaints.push(`${response.status()} at ${response.url()}`);
  });
  page.on("pageerror", (error) => complaints.push(`a script failed at ${page.url()}: ${error.message}`));
  page.on("console", (message) => {
    // The page itself may be one that says "not found"; what a page loads has to be there.
    const isPageItself = message.location().url === page.url() && message.text().startsWith("Failed to load resource");
    if (["error", "warning"].includes(message.type()) && !isPageItself) complaints.push(`console at ${page.url()}: ${message.text()}`);
  });
  return { page, complaints, close: () => context.close() };
}

// Fails with all of these lines; assert itself would cut them.
export function none(lines) {
  if (lines.length > 0) throw new Error(["", ...new Set(lines)].join("\n  "));
}

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

// What axe finds against these rules, a line each place. It is given to the page by the debugger, as the policy lets no script in.
export async function violations(page) {
  await page.evaluate(axe.source);
  return page.evaluate(async (tags) => {
    const options = { runOnly: { type: "tag", values: tags }, rules: { "target-size": { enabled: true } }, resultTypes: ["violations"] };
    const found = await window.axe.run(document, options);
    return found.violations.flatMap((rule) =>
      rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary.split("\n").slice(1).join(";").trim()}`));
  }, RULES);
}

// Pixels that the page is wider than the reader's screen.
export function overhang(page, how) {
  return page.evaluate((width) => document.scrollingElement.scrollWidth - width, how.viewport.width);
}
