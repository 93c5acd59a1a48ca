// Latencies as a table with a plot in each line: all on one logarithmic axis.

const PLOT = { width: 260, height: 18, margin: 18 };

function latencies(rows) {
  if (!rows.length) return nothing("Nothing was measured.");
  const least = Math.floor(Math.log10(Math.max(1, Math.min(...rows.map((row) => row.p50)))));
  const most = Math.max(least + 1, Math.ceil(Math.log10(Math.max(1, ...rows.map((row) => row.max)))));
  const scale = (value) =>
    PLOT.margin + ((Math.log10(Math.max(value, 1)) - least) / (most - least)) * (PLOT.width - 2 * PLOT.margin);
  const decades = Array.from({ length: most - least + 1 }, (_, index) => 10 ** (least + index));
  const marks = [["p50", "●"], ["p90", "◆"], ["p99", "|"], ["p99.9", "┃"], ["max", "×"]];
  return [
    table("Latencies",
      ["operation", ["count", "number"], [axis(decades, scale), "plot"], ...marks.map(([name]) => [name, "number"])],
      rows.map((row) => ({
        cells: [row.operation, grouped(row.count), plot(row, decades, scale),
          ...[row.p50, row.p90, row.p99, row.p999, row.max].map(duration)],
      }))),
    el("p", { class: "muted" }, `In the plot: ${marks.map(([name, mark]) => `${mark} ${name}`).join(", ")}; `
      + "the axis is logarithmic."),
  ];
}

function frame(...children) {
  return svg("svg", { viewBox: `0 0 ${PLOT.width} ${PLOT.height}`, width: PLOT.width, height: PLOT.height,
    class: "latency", "aria-hidden": "true" }, children);
}

function axis(decades, scale) {
  const every = Math.ceil(decades.length / 6);
  return frame(decades.filter((_, index) => index % every === 0).map((value) =>
    svg("text", { x: scale(value), y: 13, "text-anchor": "middle" }, duration(value).replace(".0", ""))));
}

function plot(row, decades, scale) {
  const y = PLOT.height / 2;
  const at = (value, d, name) => svg("path", { d, class: name, transform: `translate(${scale(value)} ${y})` });
  return frame(
    decades.map((value) => svg("path", { class: "grid", d: `M${scale(value)} 0V${PLOT.height}` })),
    svg("path", { class: "range", d: `M${scale(row.p50)} ${y}H${scale(row.max)}` }),
    svg("path", { class: "bulk", d: `M${scale(row.p50)} ${y}H${scale(row.p99)}` }),
    at(row.p99, "M0-4V4", "tick"), at(row.p999, "M0-6V6", "thick"), at(row.max, "M-3-3L3 3M3-3L-3 3", "tick"),
    at(row.p90, "M0-4L4 0L0 4L-4 0Z", "dot"), svg("circle", { class: "dot", cx: scale(row.p50), cy: y, r: 3.5 }));
}
