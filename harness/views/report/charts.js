"use strict";
// Draws each claim's trials when they come into sight, all of them before printing. Text reaches the page as text only.
(() => {
  const drawings = JSON.parse(document.getElementById("drawings").textContent);
  const ROW = 36, COPIES = 120, BAR = 15, SPACE = 0.7;
  const LANES = { act: 0.14, bar: 0.44, older: 0.64, newer: 0.69, below: 0.78, window: 0.95 };
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
    older: { lane: "older", stroke: "var(--served)", strokeWidth: 1.5, strokeDasharray: "2 2" },
    newer: { lane: "newer", stroke: "var(--served)", strokeWidth: 2 },
    asked: { lane: "below", stroke: "var(--soft)", strokeWidth: 1.5 },
    failed: { lane: "below", stroke: "var(--failed)", strokeWidth: 5 },
    met: { lane: "window", stroke: "var(--window)", strokeWidth: 2.5 },
    unmet: { lane: "window", stroke: "var(--window)", strokeWidth: 2.5, strokeDasharray: "3 3" },
  };

  function dash(context, size) {
    context.moveTo(-size / 2, 0);
    context.lineTo(size / 2, 0);
  }

  const indices = (chart) => chart.dataset.trials.split(" ").map(Number);
  const kind = (chart) => chart.dataset.kind ?? "timelines";
  const ofFigure = (chart, name) => [...chart.closest("figure").querySelectorAll(`.chart[data-kind=${name}]`)].flatMap(indices);
  const heights = {
    timelines: (chart) => indices(chart).length * ROW + 26,
    copies: () => COPIES,
    shares: (chart) => indices(chart).reduce((sum, index) => sum + BAR * (drawings[index][7][0].length + SPACE), 26 - BAR * SPACE),
  };

  // A trial is [number, from, to, [[at, serving]...], [[kind, at, told]...], [[kind, from, to, told]...], how many served, shares].
  function unpacked(shown) {
    const bars = [], moments = [], stretches = [], trials = [];
    shown.forEach((index, row) => {
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

  // All rows of a claim, and the lines of how many copies served, have one axis: what happened, or whole windows.
  function times(chart, width) {
    const figure = chart.closest("figure");
    const [from, far, near] = figure.dataset.axis.split(" ").map(Number);
    const to = figure.classList.contains("whole") ? far : near;
    const ticks = Math.max(3, Math.round(width / 90));
    return {
      to,
      plot: { width, marginLeft: 28, marginRight: 12, marginBottom: 22, x: { domain: [from, Math.max(to, from + 0.1)], label: null, clamp: false }, clip: true },
      marks: [
        Plot.gridX({ stroke: "var(--line)", strokeOpacity: 1, ticks }),
        Plot.axisX({ ticks, tickFormat: (x) => `${+x.toFixed(2)} s`, tickSize: 0, clip: false }),
      ],
    };
  }

  function timelines(chart, width) {
    const { to, plot, marks: axis } = times(chart, width);
    const found = unpacked(indices(chart));
    const rows = found.trials.length;
    return Plot.plot({
      ...plot, height: heights.timelines(chart), marginTop: 4,
      y: { domain: [rows, 0], axis: null },
      marks: [
        ...axis,
        Plot.text(found.trials, { y: (d) => d.row + LANES.bar, text: (d) => `${d.number}`, frameAnchor: "left", dx: -24, textAnchor: "start", fill: "currentColor", clip: false }),
        ...marks(found, width),
        Plot.text(found.trials.filter((d) => d.to > to), { y: (d) => d.row + LANES.below - 0.03, text: (d) => `to ${d.to.toFixed(0)} s →`, frameAnchor: "right", textAnchor: "end", fill: "currentColor", stroke: "var(--raised)", strokeWidth: 4 }),
      ],
    });
  }

  // How many served is [[[at, count]...], until, [[from, to, requests a second]...]]; on one scale for a claim.
  function copies(chart, width) {
    const { plot, marks: axis } = times(chart, width);
    const points = [], loads = [];
    for (const index of indices(chart)) {
      const [number, , , , , , [steps, until, asked]] = drawings[index];
      for (const [at, count] of [...steps, [until, steps.at(-1)[1]]]) points.push({ number, at, count });
      for (const [begins, ends, rate] of asked) loads.push({ begins, ends, rate });
    }
    const most = Math.max(1, ...ofFigure(chart, "copies").flatMap((index) => drawings[index][6][0].map(([, count]) => count)));
    return Plot.plot({
      ...plot, height: heights.copies(chart), marginTop: 16, insetTop: 2,
      y: { domain: [0, most], label: null },
      marks: [
        Plot.rect(loads, { x1: "begins", x2: "ends", y1: 0, y2: most, fill: "var(--act)", fillOpacity: 0.2 / Math.max(1, loads.length) }),
        ...axis,
        Plot.axisY({ ticks: most > 2 ? [0, Math.round(most / 2), most] : [0, most], tickFormat: "d", tickSize: 0, clip: false }),
        Plot.gridY({ ticks: [0, most], stroke: "var(--line)", strokeOpacity: 1 }),
        Plot.line(points, { x: "at", y: "count", z: "number", curve: "step-after", stroke: "var(--served)", strokeWidth: 1.5, strokeOpacity: 0.8 }),
        Plot.text(loads.slice(0, 1), { x: "begins", text: (d) => `${d.rate} a second`, frameAnchor: "top", dy: -13, textAnchor: "start", fill: "currentColor", clip: false }),
        Plot.tip(points, Plot.pointer({ x: "at", y: "count", title: (d) => `Trial ${d.number}: ${d.count} served from ${d.at.toFixed(1)} s on` })),
      ],
    });
  }

  // Shares are [[[copy, answers]...], low, high, p]: a bar for each copy, on one scale for a claim.
  function shares(chart, width) {
    const trials = [], bars = [];
    let row = 0;
    for (const index of indices(chart)) {
      const [number, , , , , , , [each, low, high, p]] = drawings[index];
      trials.push({ number, low, high, p, begins: row, ends: row + each.length });
      for (const [name, answers] of each) bars.push({ name, answers, row: row++ });
      row += SPACE;
    }
    const most = Math.max(1, ...ofFigure(chart, "shares").flatMap((index) => [...drawings[index][7][0].map(([, answers]) => answers), drawings[index][7][2]]));
    return Plot.plot({
      width, height: heights.shares(chart), marginLeft: 84, marginRight: Math.min(190, width * 0.45), marginTop: 4, marginBottom: 22,
      x: { domain: [0, most], label: null },
      y: { domain: [row - SPACE, 0], axis: null },
      marks: [
        Plot.rect(trials, { x1: "low", x2: "high", y1: "begins", y2: "ends", fill: "var(--serving)", fillOpacity: 0.7 }),
        Plot.axisX({ ticks: Math.max(2, Math.round(width / 140)), tickSize: 0 }),
        Plot.rect(bars, { x1: 0, x2: "answers", y1: (d) => d.row + 0.22, y2: (d) => d.row + 0.78, fill: "var(--ready)" }),
        Plot.link(trials.flatMap((d) => [d.low, d.high].map((x) => ({ ...d, x }))), { x1: "x", x2: "x", y1: "begins", y2: "ends", stroke: "var(--ink)" }),
        Plot.text(bars, { x: "answers", y: (d) => d.row + 0.5, text: (d) => `${d.answers}  ${d.name}`, dx: 6, textAnchor: "start", fill: "var(--ink)", stroke: "var(--raised)", strokeWidth: 3 }),
        Plot.text(trials, { y: (d) => d.begins + 0.5, text: (d) => `${d.number}`, frameAnchor: "left", dx: -80, textAnchor: "start", fill: "currentColor" }),
        Plot.text(trials, { y: (d) => d.begins + 0.5, text: "p", frameAnchor: "left", dx: -62, textAnchor: "start", fill: "currentColor" }),
      ],
    });
  }

  const KINDS = { timelines, copies, shares };

  function draw(chart, width = chart.clientWidth) {
    const svg = KINDS[kind(chart)](chart, width);
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
    chart.style.minHeight = `${heights[kind(chart)](chart)}px`;
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
