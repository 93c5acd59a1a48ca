// What a run counted: outcomes, race coverage, checkers.

function outcomes(rows) {
  if (!rows.length) return nothing("No operation completed.");
  const columns = ["operation", "outcome", ["count", "number"], ["share", "number"], "", "grade", "meaning"];
  return el("div", { class: "outcomes" }, table("Outcomes", columns, rows.map((row, index) => {
    const isFirst = index === 0 || rows[index - 1].operation !== row.operation;
    return {
      class: isFirst ? "first" : null,
      cells: [
        isFirst ? row.operation : el("span", { class: "again" }, row.operation), row.outcome, grouped(row.count),
        percent(row.share), bar(row.share), row.grade, row.sentence,
      ],
    };
  })));
}

function bar(share) {
  const fill = el("span", { class: "fill" });
  fill.style.width = `${Math.min(Math.max(share, 0), 1) * 100}%`;
  return el("span", { class: "share", "aria-hidden": "true" }, fill);
}

function coverage({ coverage: rows, record }) {
  if (!rows.length) return nothing("Nothing was counted.");
  const missed = new Set(record.coverageWarnings);
  const title = `⚠ ${counted(missed.size, "race")} not met: what a run does not meet it does not test.`;
  return [
    missed.size > 0 && el("p", { class: "warning" }, title),
    table("Race coverage", ["race", ["count", "number"], "meaning"], rows.map((row) => ({
      class: missed.has(row.name) ? "missed" : null,
      cells: [row.name, coverageText(row, missed), row.sentence],
    }))),
  ];
}

function coverageText(row, missed) {
  if (!row.isPossible) return "n/a (one thread)";
  return missed.has(row.name) ? "⚠ not met" : grouped(row.count);
}

function checkers(rows) {
  if (!rows.length) return nothing("None ran, nothing was checked.");
  return table("Checkers", ["checker", ["checks", "number"], "rule"], rows.map((row) => ({
    class: row.checks === 0 ? "missed" : null,
    cells: [row.checker, row.checks === 0 ? "⚠ did not run" : grouped(row.checks), row.rule],
  })));
}
