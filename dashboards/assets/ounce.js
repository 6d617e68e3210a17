// What every page may have beside what it shows without script: times in the reader's zone, tables that sort and filter, keys.
"use strict";

// Times: the page says them in UTC; the reader's own zone is in the title, and in the text where it is a whole date.
for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.getTime())) {
    time.title = at.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
    if (time.dataset.show === "local") time.textContent = at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  }
}

// On a narrow screen the tab of this page may stand outside of what is seen of the strip, where a browser does not know scroll-initial-target.
const tab = document.querySelector(".tabs [aria-current]");
if (tab) {
  const strip = tab.closest(".tabs");
  const [seen, own] = [strip.getBoundingClientRect(), tab.getBoundingClientRect()];
  if (own.right > seen.right || own.left < seen.left) strip.scrollLeft += own.left - seen.left - (seen.width - own.width) / 2;
}

// What scrolls sideways is a stop for Tab, so that keys can scroll it; where all of it is seen, a stop would only be in the way.
const stops = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
for (const box of document.querySelectorAll(".scroll[tabindex]")) stops.observe(box);

// A part of a page that is asked for again and again is left alone while nobody looks at it.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.target.matches("[hx-trigger^='every']")) event.preventDefault();
});

// Tables with data-sortable: a click on a heading, or Enter on it, sorts by that column; numbers by data-value where a cell has one.
function sortBy(table, column, heading) {
  const body = table.tBodies[0];
  const descending = heading.getAttribute("aria-sort") === "ascending" || (!heading.hasAttribute("aria-sort") && heading.classList.contains("num"));
  const value = (row) => {
    const cell = row.cells[column];
    if (!cell) return "";
    const exact = cell.dataset.value;
    return exact === undefined ? cell.textContent.trim() : Number(exact);
  };
  const rows = Array.from(body.rows);
  rows.sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), undefined, { numeric: true });
    return descending ? -order : order;
  });
  body.append(...rows);
  for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
}

for (const table of document.querySelectorAll("table[data-sortable]")) {
  Array.from(table.tHead.rows[0].cells).forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => sortBy(table, column, heading));
  });
}

// Inputs with data-filter="#id": rows of that table, or items of that list, stay where their text has all the words.
for (const input of document.querySelectorAll("input[data-filter]")) {
  const target = document.querySelector(input.dataset.filter);
  if (!target) continue;
  const rows = target.tBodies ? Array.from(target.tBodies).flatMap((body) => Array.from(body.rows)) : Array.from(target.children);
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const told = document.querySelector(input.dataset.told || "#none");
  const filter = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, at) => {
      row.hidden = !words.every((word) => texts[at].includes(word));
      if (!row.hidden) shown += 1;
    });
    if (told) told.textContent = words.length ? `${shown} of ${rows.length} shown` : "";
  };
  input.addEventListener("input", filter);
  if (input.value) filter();
}

// Buttons that only make sense with script are in the page, hidden.
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.querySelector(button.dataset.copy);
    await navigator.clipboard.writeText(source.value || source.textContent);
    const said = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = said; }, 1500);
  });
}

// Forms with data-auto send themselves when something in them is chosen.
for (const form of document.querySelectorAll("form[data-auto]")) {
  form.addEventListener("change", () => form.requestSubmit());
  for (const button of form.querySelectorAll("button[data-without-script]")) button.hidden = true;
}

// Keys: an element with data-key gets the focus, or is followed where it is a link, when that key is pressed outside of any text field.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable]")) return;
  const wanted = Array.from(document.querySelectorAll("[data-key]")).find((element) => element.dataset.key === event.key);
  if (!wanted) return;
  event.preventDefault();
  if (wanted.matches("a")) wanted.click();
  else wanted.focus();
});
