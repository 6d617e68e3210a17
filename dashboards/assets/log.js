// A log that grows: what is new is appended, the end stays in view while one is there, and what one has selected is left alone.
"use strict";

const log = document.querySelector("pre[data-stream]");
if (log) {
  const tools = document.querySelector("#log-tools");
  const pause = document.querySelector("#log-pause");
  const tail = document.querySelector("#log-tail");
  const said = document.querySelector("#log-said");
  const SAY_MS = 10000;
  let held = "";
  let lines = 0;
  let saidAt = 0;
  let isPaused = false;

  const say = (text) => { if (said.textContent !== text) said.textContent = text; };
  const count = (n) => (n === 1 ? "1 new line" : `${n} new lines`);
  // A reader of the screen is told how much came, now and then: never the log itself.
  const summarise = (now) => {
    if (now || Date.now() - saidAt > SAY_MS) {
      if (lines > 0) say(isPaused ? `${count(lines)} held back` : count(lines));
      if (!isPaused) lines = 0;
      saidAt = Date.now();
    }
  };
  const isSelecting = () => {
    const selection = document.getSelection();
    return selection && !selection.isCollapsed && log.contains(selection.anchorNode);
  };
  const toEnd = () => { if (tail.checked && !isSelecting()) log.scrollTop = log.scrollHeight; };
  // A text node for each event: what is there is not touched, so a selection in it stays.
  const append = (text) => { log.append(document.createTextNode(text)); toEnd(); };

  tools.hidden = false;
  toEnd();
  pause.addEventListener("click", () => {
    isPaused = !isPaused;
    pause.setAttribute("aria-pressed", String(isPaused));
    pause.textContent = isPaused ? "Go on" : "Pause";
    if (!isPaused && held) {
      append(held);
      held = "";
    }
    summarise(true);
  });
  tail.addEventListener("change", toEnd);
  // Who scrolls up reads; who comes back to the end follows again.
  log.addEventListener("scroll", () => {
    const isAtEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 4;
    if (tail.checked !== isAtEnd && log.scrollHeight > log.clientHeight) tail.checked = isAtEnd;
  });

  const source = new EventSource(log.dataset.stream);
  source.addEventListener("message", (event) => {
    const text = event.data + "\n";
    lines += text.split("\n").length - 1;
    if (isPaused) held += text;
    else append(text);
    summarise(false);
  });
  source.addEventListener("end", (event) => {
    source.close();
    say(`The job has ended: ${event.data}.`);
    tail.disabled = true;
  });
  source.addEventListener("open", () => { if (said.textContent.startsWith("The connection")) say(""); });
  source.addEventListener("error", () => {
    // The browser comes back by itself, unless it was told not to.
    say(source.readyState === EventSource.CLOSED
      ? "The log is not followed: too many are. Load the page again for what is new."
      : "The connection was lost; it is being made again.");
  });
  addEventListener("pagehide", () => source.close());
}
