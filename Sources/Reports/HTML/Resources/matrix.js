// The page of a matrix: grids whose cells open what is known of them.

function matrixPage({ record }) {
  const cells = [...record.cells, ...record.mutantCells];
  return [
    section("What was run", facts([
      ["seed", record.seed],
      ["threads", `${record.threads} with ${counted(record.operationsPerThread, "operation")} each`],
      ["extent", record.quick ? "quick" : "full"],
      ["cells", grouped(cells.length)],
      ["a rule was broken in", counted(cells.filter(isBroken).length, "cell")],
      ["schedules", grouped(record.schedules)],
      ["distinct within their cells", grouped(record.distinctSchedules)],
      ["time", `${seconds(record.timing.elapsedSeconds)} with ${counted(record.timing.jobs, "job")}`],
      ["ended", record.interrupted && "interrupted before its time"],
      ...originFacts(record),
    ])),
    harnessFaults(record),
    unseen(record),
    record.differences.length > 0 && section("Differences from what is expected", differences(record)),
    record.cells.length > 0 && section("Protocols", legend(record), policyGrids(record)),
    record.mutants.length > 0 && section("Mutants", mutantGrid(record)),
  ];
}

const KNOWN = { OK: "ok", unfinished: "unfinished", "harness fault": "fault" };

function isBroken(cell) {
  return !KNOWN[cell.outcome];
}

function isAsExpected(cell) {
  return cell.expected.includes(cell.outcome);
}

function differences(record) {
  return record.differences.map((one) => el("div", { class: "difference" },
    el("p", {}, el("b", {}, one.cell), `: expected ${one.expected.join(" or ")}, seen `,
      el("b", { class: "bad" }, one.seen)),
    one.command && command("run again", one.command),
    one.token && command("replay", replayText(one.token, record))));
}

/** A kernel's token, which begins with a k, wants the kernel. */
function replayText(token, { kernel }) {
  return `stress replay ${token}${kernel && token.startsWith("k") ? ` --kernel-tree ${kernel.path}` : ""}`;
}

function legend(record) {
  return [
    el("p", {}, "A cell: OK and the schedules run, or the checker that fired; ! not as expected, ~ cut short, "
      + "- not run, ? harness fault. Press one for what is known of it."),
    el("ol", { class: "protocols" }, record.protocols.filter((name) => !isKernel(record, name))
      .map((name) => el("li", {}, name))),
    record.kernel && facts([[record.protocols[record.protocols.length - 1], `${record.kernel.path}, tree `
      + `${record.kernel.tree}, in the scenarios that a kernel has`]]),
  ];
}

/** The column of a kernel tree is the last. */
function isKernel(record, name) {
  return Boolean(record.kernel) && name === record.protocols[record.protocols.length - 1];
}

// MARK: Grids

function policyGrids(record) {
  const place = (cell) => [cell.policy, cell.scenario, cell.protocol].join("\n");
  const found = new Map(record.cells.map((cell) => [place(cell), cell]));
  const columns = record.protocols.map((name, index) => ({
    short: isKernel(record, name) ? name : `P${index + 1}`, name,
  }));
  return record.policies.map((policy) => grid(`policy ${policy}`, columns, record.scenarios.map((scenario) => ({
    name: scenario,
    cells: record.protocols.map((protocol) => {
      const cell = found.get(place({ policy, scenario, protocol }));
      return cell && button(cell, cellText(cell), record);
    }),
  }))));
}

/** A cell of a grid that opens what is known of a cell of the matrix. */
function button(cell, text, record) {
  return { text, name: cellClass(cell), label: cellName(cell), open: () => openCell(cell, record) };
}

function cellName(cell) {
  if (cell.mutant) return `${cell.mutant}, ${cell.strategy}`;
  return `${cell.protocol}, ${cell.policy}, ${cell.scenario}`;
}

function mutantGrid(record) {
  const found = new Map(record.mutantCells.map((cell) => [`${cell.mutant}\n${cell.strategy}`, cell]));
  const raced = new Map(record.timing.threadRuns.map((run) => [run.mutant, run]));
  const columns = [...record.strategies, ...(raced.size ? ["threads"] : [])].map((name) => ({ short: name, name }));
  return [
    el("p", {}, "A cell: the schedule that caught the mutant, from 1, of exhaust the execution, and the checker; ! "
      + "another than expected, or the default or exhaust let it survive."),
    grid("mutant", columns, record.mutants.map((mutant) => {
      const cells = record.strategies.map((strategy) => {
        const cell = found.get(`${mutant}\n${strategy}`);
        return cell && button(cell, caughtText(cell), record);
      });
      const run = raced.get(mutant);
      return { name: mutant, cells: raced.size ? [...cells, run && racedCell(run)] : cells };
    })),
  ];
}

function cellText(cell) {
  const mark = isAsExpected(cell) ? "" : "!";
  if (cell.outcome === "OK") return `OK ${compact(cell.schedules)}${mark}`;
  if (cell.outcome === "unfinished") return cell.schedules === 0 ? "-" : `~${compact(cell.schedules)}`;
  return cell.outcome === "harness fault" ? "?" : cell.outcome + mark;
}

function mustCatch(cell) {
  return cell.strategy === "portfolio" || cell.strategy === "exhaust";
}

function caughtText(cell) {
  if (cell.outcome === "OK") return `survived${mustCatch(cell) ? "!" : ""}`;
  if (!isBroken(cell)) return cellText(cell);
  return `${cell.failure ? cell.failure.schedule + 1 : cell.schedules} ${cell.outcome}${isAsExpected(cell) ? "" : "!"}`;
}

function cellClass(cell) {
  const isSurvivor = cell.mutant && cell.outcome === "OK";
  const isWrong = isSurvivor ? mustCatch(cell) : !KNOWN[cell.outcome] || cell.outcome === "OK";
  if (isWrong && !isAsExpected(cell)) return "wrong";
  return isSurvivor ? "survived" : KNOWN[cell.outcome] || "broken";
}

function racedCell(run) {
  const known = {
    survived: { text: `survived${run.mayMiss ? "" : "!"}`, name: run.mayMiss ? "survived" : "wrong" },
    skipped: { text: "skipped", name: "unfinished" },
    unfinished: { text: "-", name: "unfinished" },
    "harness fault": { text: "?", name: "fault" },
  };
  const label = `${run.mutant}, threads`;
  return {
    ...(known[run.outcome] || { text: `${run.seconds.toFixed(1)}s ${run.outcome}`, name: "broken" }),
    label,
    open: () => openDialog(label, facts([
      ["mutant", run.mutant], ["policy", run.policy], ["outcome", run.outcome], ["rounds", grouped(run.rounds)],
      ["time", seconds(run.seconds)], ["threads may miss it", run.mayMiss],
    ])),
  };
}

/** Cells are buttons; one of them takes part in the order of the tab key, arrow keys lead to the others. */
function grid(title, columns, rows) {
  const body = el("tbody", {}, rows.map((row) => el("tr", {},
    el("th", { scope: "row" }, row.name),
    row.cells.map((cell) => el("td", {}, cell
      ? el("button", { type: "button", class: cell.name, tabindex: -1, "aria-label": `${cell.label}: ${cell.text}`,
        onclick: cell.open }, cell.text)
      : "-")))));
  const first = body.querySelector("button");
  if (first) first.tabIndex = 0;
  body.addEventListener("keydown", (event) => moveInGrid(event, body));
  return el("div", { class: "scroll" }, el("table", { class: "grid" },
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, title),
      columns.map(({ short, name }) => el("th", { scope: "col", title: name }, short)))),
    body));
}

function moveInGrid(event, body) {
  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  const step = steps[event.key];
  const cell = event.target.closest("td");
  if (!step || !cell) return;
  event.preventDefault();
  let [row, column] = [cell.parentElement.sectionRowIndex, cell.cellIndex];
  do {
    row += step[0];
    column += step[1];
    const button = body.rows[row]?.cells[column]?.querySelector("button");
    if (!button) continue;
    event.target.tabIndex = -1;
    button.tabIndex = 0;
    button.focus();
    return;
  } while (body.rows[row]?.cells[column]);
}

// MARK: Cells

function cellFacts(cell) {
  return [
    ["protocol", cell.protocol], ["mutant", cell.mutant], ["policy", cell.policy], ["scenario", cell.scenario],
    ["strategy", cell.strategy], ["schedules", `${grouped(cell.schedules)} of ${grouped(cell.limit)}`],
    ["distinct", grouped(cell.distinctSchedules)], ["outcome", cell.outcome],
    ["expected", cell.expected.join(" or ")], ["reason", cell.reason],
  ];
}

const SHORT = "A matrix records the last steps that matter; stress replay TOKEN --trace --html FILE shows all of them.";

function openCell(cell, record) {
  const title = cellName(cell);
  const { failure } = cell;
  openDialog(title, facts(cellFacts(cell)), failure && [
    facts([
      ["at schedule", grouped(failure.schedule)], ["found", sizeText(failure.found)],
      ["minimised", failure.minimized && sizeText(failure.minimized)],
      ["verified", `${failure.verified} of ${counted(failure.replays, "replay")}, event hash ${failure.eventHash}`],
    ]),
    failure.token
      ? command("replay", replayText(failure.token, record))
      : nothing("Not reproduced: there is no token."),
    command("run again", failure.command),
    failure.interleaving
      ? explorer(failure.interleaving, `Interleaving of ${title}`, cell.outcome, { remark: SHORT })
      : nothing("The record has no interleaving of it."),
  ]);
}

function openDialog(title, ...children) {
  const close = el("button", { type: "button", onclick: () => dialog.close() }, "Close");
  const heading = el("div", { class: "title" }, el("h2", {}, title), close);
  const dialog = el("dialog", { "aria-label": title }, heading, children);
  dialog.addEventListener("close", () => {
    dialog.remove();
    for (const explorer of EXPLORERS) if (!explorer.element.isConnected) EXPLORERS.delete(explorer);
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  // Arrow keys step at once.
  dialog.querySelector(".timeline")?.focus();
}
