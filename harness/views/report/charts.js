"use strict";
// Draws each claim's trials when they come into sight, all of them before printing. Text reaches the page as text only.
(() => {
  const drawings = JSON.parse(document.getElementById("drawings").textContent);
  const ROW = 36;
  const LANES = { act: 0.14, bar: 0.44, below: 0.75, window: 0.95 };
  const LOOKS = {
    act: { lane: "act", symbol: "triangle", rotate: 180, fill: "var(--act)", r: 5.5 },
    created: { lane: "bar", symbol: "circle", fill: "var(--raised)", stroke: "var(--served)", strokeWidth: 1.5, r: 3.5 },
    ended: { lane: "bar", symbol: "times", stroke: "var(--ended)", strokeWidth: 2.5, r: 4.5 },
    silent: { lane: "bar", symbol: { draw: (context, size) => dash(context, Math.sqrt(size)) }, stroke: "var(--ended)", strokeWidth: 2.5, r: 4.5 },
    served: { lane: "bar", symbol: "circle", fill: "var(--served)", stroke: "var(--raised)", r: 4.5 },
    unready: { lane: "below", symbol: "diamond", fill: "var(--raised)", stroke: "var(--ready)", strokeWidth: 1.5, r: 3.5 },
    ok: { lane: "below", symbol: "square", fill: "var(--ink)", r: 3.5 },
    no: { lane: "below", symbol: "square", fill: "var(--raised)", stroke: "var(--ink)", strokeWidth: 1.5, r: 3.5 },
  };
  const LINES = {
    asked: { lane: "below", stroke: "var(--soft)", strokeWidth: 1.5 },
    failed: { lane: "below", stroke: "var(--failed)", strokeWidth: 5 },
    met: { lane: "window", stroke: "var(--window)", strokeWidth: 2.5 },
    unmet: { lane: "window", stroke: "var(--window)", strokeWidth: 2.5, strokeDasharray: "3 3" },
  };

  function dash(context, size) {
    context.moveTo(-size / 2, 0);
    context.lineTo(size / 2, 0);
  }

  // A trial is [number, from, to, [[at, serving]...], [[kind, at, told]...], [[kind, from, to, told]...]].
  function unpacked(indices) {
    const bars = [], moments = [], stretches = [], trials = [];
    indices.forEach((index, row) => {
      const [number, from, to, serving, points, spans] = drawings[index];
      const most = Math.max(1, ...serving.map(([, count]) => count));
      trials.push({ row, number, from, to });
      serving.forEach(([at, count], n) => {
        const until = n + 1 < serving.length ? serving[n + 1][0] : to;
        if (count) bars.push({ row, from: at, to: until, high: (0.36 * count) / most });
      });
      points.forEach(([kind, at, told]) => moments.push({ row, kind, at, told }));
      spans.forEach(([kind, begins, ends, told]) => stretches.push({ row, kind, from: begins, to: ends, told }));
    });
    return { bars, moments, stretches, trials };
  }

  function marks({ bars, moments, stretches, trials }, width) {
    const lane = (kind) => (d) => d.row + LANES[kind];
    const found = [
      Plot.ruleY(trials, { y: lane("bar"), x1: "from", x2: "to", stroke: "var(--line)" }),
      Plot.rect(bars, { x1: "from", x2: "to", y1: (d) => d.row + LANES.bar - d.high / 2, y2: (d) => d.row + LANES.bar + d.high / 2, fill: "var(--serving)" }),
      Plot.ruleX(moments.filter((d) => d.kind === "act"), { x: "at", y1: (d) => d.row + LANES.act, y2: (d) => d.row + 0.62, stroke: "var(--act)", strokeWidth: 1.5 }),
    ];
    for (const [kind, { lane: where, ...look }] of Object.entries(LINES)) {
      const these = stretches.filter((d) => d.kind === kind);
      found.push(Plot.link(these, { x1: "from", x2: "to", y1: lane(where), y2: lane(where), ...look }));
      if (where === "window") found.push(Plot.ruleX(these, { x: "to", y1: (d) => d.row + 0.86, y2: (d) => d.row + 1, stroke: look.stroke, strokeWidth: 2.5 }));
    }
    for (const [kind, { lane: where, ...look }] of Object.entries(LOOKS)) {
      found.push(Plot.dot(moments.filter((d) => d.kind === kind), { x: "at", y: lane(where), ...look }));
    }
    const tips = [
      ...moments.map((d) => ({ x: d.at, y: d.row + LANES[LOOKS[d.kind].lane], told: d.told })),
      ...stretches.map((d) => ({ x: (d.from + d.to) / 2, y: d.row + LANES[LINES[d.kind].lane], told: d.told })),
    ];
    found.push(Plot.tip(tips, Plot.pointer({ x: "x", y: "y", title: "told", lineWidth: Math.min(28, width / 12) })));
    return found;
  }

  function draw(chart, width = chart.clientWidth) {
    const figure = chart.closest("figure");
    const [from, far, near] = figure.dataset.axis.split(" ").map(Number);
    const to = figure.classList.contains("whole") ? far : near;
    const found = unpacked(chart.dataset.trials.split(" ").map(Number));
    const rows = found.trials.length;
    const svg = Plot.plot({
      width, height: rows * ROW + 26, marginLeft: 22, marginRight: 12, marginTop: 4, marginBottom: 22,
      x: { domain: [from, Math.max(to, from + 0.1)], label: null, clamp: false },
      y: { domain: [rows, 0], axis: null },
      clip: true,
      marks: [
        Plot.gridX({ stroke: "var(--line)", strokeOpacity: 1, ticks: Math.max(3, Math.round(width / 90)) }),
        Plot.axisX({ ticks: Math.max(3, Math.round(width / 90)), tickFormat: (x) => `${+x.toFixed(2)} s`, tickSize: 0, clip: false }),
        Plot.text(found.trials, { y: (d) => d.row + LANES.bar, text: (d) => `${d.number}`, frameAnchor: "left", dx: -18, textAnchor: "start", fill: "currentColor", clip: false }),
        ...marks(found, width),
        Plot.text(found.trials.filter((d) => d.to > to), { y: (d) => d.row + LANES.below - 0.03, text: (d) => `to ${d.to.toFixed(0)} s →`, frameAnchor: "right", textAnchor: "end", fill: "currentColor", stroke: "var(--raised)", strokeWidth: 4 }),
      ],
    });
    svg.setAttribute("aria-hidden", "true"); // its many parts have labels, but no roles
    chart.setAttribute("role", "img");
    chart.setAttribute("aria-label", chart.dataset.label);
    chart.replaceChildren(svg);
    chart.drawnWidth = width;
  }

  document.getElementById("no-charts")?.remove();
  const charts = [...document.querySelectorAll(".chart")];
  const inSight = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) if (isIntersecting && !target.drawnWidth) draw(target);
  }, { rootMargin: "600px" });
  for (const chart of charts) {
    chart.style.minHeight = `${chart.dataset.trials.split(" ").length * ROW + 26}px`;
    inSight.observe(chart);
  }

  let waiting = 0;
  addEventListener("resize", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => {
      for (const chart of charts) if (chart.drawnWidth && chart.drawnWidth !== chart.clientWidth) draw(chart);
    });
  });

  // At first a chart ends soon after the last thing that happened, however long was watched on.
  for (const button of document.querySelectorAll(".whole-windows")) {
    const figure = button.closest("figure");
    const [, far, near] = figure.dataset.axis.split(" ").map(Number);
    button.hidden = near >= far;
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(figure.classList.toggle("whole")));
      for (const chart of figure.querySelectorAll(".chart")) draw(chart);
    });
  }

  // What is folded opens for a link that leads into it, and for paper; there the journals' entries stay out.
  function opened() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (target) target.scrollIntoView();
  }
  addEventListener("hashchange", opened);
  opened();

  const PAPER = 680;
  let unfolded = [];
  addEventListener("beforeprint", () => {
    for (const chart of charts) draw(chart, PAPER);
    unfolded = [...document.querySelectorAll("details:not([open]):not(.raw)")];
    for (const one of unfolded) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of unfolded) one.open = false;
    for (const chart of charts) draw(chart);
  });
})();
