// A chart one zooms in: takes the place of the drawn picture of a history, with the same figures from the API. Without script the picture stays.
"use strict";

(() => {
  const figure = document.querySelector("figure[data-series]");
  if (!figure || typeof uPlot === "undefined") return;

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const grouped = (n) => Math.round(n).toLocaleString("en-US");
  const relative = figure.dataset.scale === "relative";
  const byDate = figure.dataset.along === "dates";
  const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3], [12, 4], [4, 2, 1, 2]];
  const COLOURS = 6;

  const percent = (value, base) => (base ? (100 * (value - base)) / base : null);
  const withUnit = (value, unit) => `${grouped(value)} ${unit}`;

  // Each mark is a line across the plot with a word at its top; what it says in full is in the tip of its commit.
  function marksPlugin(data) {
    return {
      hooks: {
        draw: [(u) => {
          const { ctx } = u;
          ctx.save();
          ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
          let end = -Infinity;
          for (const mark of data.marks) {
            const x = u.valToPos(u.data[0][mark.commit], "x", true);
            if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) continue;
            ctx.strokeStyle = css("--quiet");
            ctx.setLineDash(mark.kind === "step" ? [2, 4] : [6, 4]);
            ctx.beginPath();
            ctx.moveTo(x, u.bbox.top);
            ctx.lineTo(x, u.bbox.top + u.bbox.height);
            ctx.stroke();
            if (x > end) {
              ctx.fillStyle = css("--quiet");
              ctx.fillText(mark.label, x + 3, u.bbox.top + 11 * devicePixelRatio);
              end = x + ctx.measureText(mark.label).width + 12;
            }
          }
          ctx.restore();
        }],
      },
    };
  }

  function tipPlugin(data, tip) {
    const show = (u) => {
      const at = u.cursor.idx;
      if (at == null) { tip.hidden = true; return; }
      const commit = data.commits[at];
      tip.replaceChildren();
      const line = (text, kind) => {
        const p = document.createElement("p");
        p.textContent = text;
        if (kind) p.className = kind;
        tip.append(p);
      };
      line(`${commit.sha.slice(0, 10)} ${commit.summary}`, "head");
      line(`${new Date(commit.committed_ms).toLocaleString()}${commit.author ? `, ${commit.author}` : ""}${commit.pull ? `, #${commit.pull}` : ""}`, "quiet");
      data.series.forEach((series, n) => {
        if (!u.series[n + 1].show) return;
        const value = series.values[at];
        if (value == null) return;
        let before = at - 1;
        while (before >= 0 && series.values[before] == null) before -= 1;
        const same = before >= 0 && series.tools[before] === series.tools[at];
        const delta = same ? value - series.values[before] : 0;
        const moved = before >= 0 && !same ? " (other tools)" : delta ? ` (${delta > 0 ? "+" : "−"}${grouped(Math.abs(delta))})` : "";
        line(`${series.name}: ${withUnit(value, series.unit)}${moved}`);
      });
      for (const mark of data.marks) if (mark.commit === at) line(mark.title, "quiet");
      tip.hidden = false;
      const left = u.valToPos(u.data[0][at], "x") + u.over.offsetLeft;
      tip.style.left = `${Math.max(0, Math.min(left + 12, u.root.clientWidth - tip.offsetWidth - 4))}px`;
      tip.style.top = `${u.over.offsetTop + 8}px`;
    };
    return { hooks: { setCursor: [show] } };
  }

  function zoomTo(u, from, to) {
    const all = u.data[0];
    const [first, last] = [all[0], all[all.length - 1]];
    const width = Math.min(Math.max(to - from, (last - first) / 5000 || 1), last - first);
    const start = Math.min(Math.max(from, first), last - width);
    u.setScale("x", { min: start, max: start + width });
  }

  function wheel(u) {
    u.over.addEventListener("wheel", (event) => {
      event.preventDefault();
      const { min, max } = u.scales.x;
      const at = u.posToVal(event.offsetX, "x");
      const by = event.deltaY < 0 ? 0.8 : 1.25;
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        const step = ((max - min) * (event.deltaX || event.deltaY)) / 800;
        zoomTo(u, min + step, max + step);
      } else zoomTo(u, at - (at - min) * by, at + (max - at) * by);
    }, { passive: false });
  }

  function keys(u, data) {
    const move = (by) => {
      const last = data.commits.length - 1;
      const at = Math.min(Math.max((u.cursor.idx ?? (by > 0 ? -1 : last + 1)) + by, 0), last);
      const x = u.data[0][at];
      if (x < u.scales.x.min || x > u.scales.x.max) {
        const width = u.scales.x.max - u.scales.x.min;
        zoomTo(u, x - width / 2, x + width / 2);
      }
      u.setCursor({ left: u.valToPos(x, "x"), top: 10 });
    };
    u.root.tabIndex = 0;
    u.root.setAttribute("role", "application");
    u.root.setAttribute("aria-label", "Chart: arrows move along the commits, plus and minus zoom, Page Up and Page Down pan, Home shows all, Enter opens the commit");
    u.root.addEventListener("keydown", (event) => {
      const { min, max } = u.scales.x;
      const [middle, width] = [(min + max) / 2, max - min];
      const done = {
        ArrowRight: () => move(1), ArrowLeft: () => move(-1),
        "+": () => zoomTo(u, middle - width / 4, middle + width / 4), "-": () => zoomTo(u, middle - width, middle + width),
        PageDown: () => zoomTo(u, min + width / 2, max + width / 2), PageUp: () => zoomTo(u, min - width / 2, max - width / 2),
        Home: () => zoomTo(u, u.data[0][0], u.data[0][u.data[0].length - 1]),
        Escape: () => u.setCursor({ left: -10, top: -10 }),
        Enter: () => { if (u.cursor.idx != null) location.href = data.commits[u.cursor.idx].href; },
      }[event.key];
      if (done) { event.preventDefault(); done(); }
    });
    u.over.addEventListener("click", () => {
      if (u.cursor.idx != null && u.select.width < 3) location.href = data.commits[u.cursor.idx].href;
    });
  }

  function draw(data) {
    const xs = data.commits.map((commit, at) => (byDate ? commit.committed_ms / 1000 : at));
    // Along dates x has to grow: a commit older than its parent stands beside it.
    for (let at = 1; byDate && at < xs.length; at += 1) if (xs[at] <= xs[at - 1]) xs[at] = xs[at - 1] + 0.001;
    // Relative figures go on across other tools where some commit was weighed by both, and end where none was.
    const linked = (series) => series.values.map((value, at) => {
      const link = series.links.findLast((one) => one.commit <= at);
      return value == null || (link && link.factor == null) ? null : value * (link ? link.factor : 1);
    });
    const since = (values) => {
      const base = values.find((value) => value != null);
      return values.map((value) => (value == null ? null : percent(value, base)));
    };
    const ys = data.series.map((series) => (relative ? since(linked(series)) : series.values));
    const holder = document.createElement("div");
    holder.className = "plot";
    const tip = document.createElement("div");
    tip.className = "tip";
    tip.hidden = true;
    const axis = { stroke: () => css("--quiet"), grid: { stroke: () => css("--grid"), width: 1 }, ticks: { stroke: () => css("--grid") } };
    const unit = data.series.length && data.series.every((series) => series.unit === data.series[0].unit) ? data.series[0].unit : "";
    const options = {
      width: figure.clientWidth,
      height: 380,
      cursor: { drag: { x: true, y: false }, focus: { prox: 24 }, points: { size: 7 } },
      scales: { x: { time: byDate } },
      axes: [
        byDate ? axis : { ...axis, space: 76, values: (u, ticks) => ticks.map((at) => (Number.isInteger(at) && data.commits[at] ? data.commits[at].sha.slice(0, 7) : "")) },
        { ...axis, size: 84, values: (u, ticks) => ticks.map((tick) => (relative ? `${tick > 0 ? "+" : ""}${+tick.toFixed(3)} %` : `${grouped(tick)} ${unit}`)) },
      ],
      legend: { live: false },
      series: [{}, ...data.series.map((series, n) => ({
        label: series.name,
        stroke: () => css(`--series-${(n % COLOURS) + 1}`),
        dash: DASHES[Math.floor(n / COLOURS) * 3 % DASHES.length],
        width: 2,
        paths: series.exact ? uPlot.paths.stepped({ align: 1 }) : undefined,
        points: { show: series.values.length < 120 || !series.exact, size: 5 },
        spanGaps: false,
      }))],
      plugins: [marksPlugin(data), tipPlugin(data, tip)],
    };
    const u = new uPlot(options, [xs, ...ys], holder);
    u.root.append(tip);
    figure.querySelector(".drawn").hidden = true;
    figure.prepend(holder);
    figure.dataset.ready = "yes";
    wheel(u);
    keys(u, data);
    figure.ounceChart = u;
    new ResizeObserver(() => u.setSize({ width: figure.clientWidth, height: 380 })).observe(figure);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => u.redraw());
  }

  fetch(figure.dataset.series, { headers: { accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(String(answer.status)))))
    .then((data) => {
      if (data.commits.length > 1) draw(data);
      else figure.dataset.ready = "no: of fewer than two commits the drawn picture says all";
    })
    .catch((error) => { figure.dataset.ready = `no: ${error.message}`; });
})();
