// The page of a search of every interleaving: a grid for each initial table, operation by operation.

function exhaustPage({ record }) {
  const ended = (end) => record.items.filter((item) => item.end === end).length;
  const size = (item) => Math.max(item.classes, item.states);
  const total = (name) => record.items.reduce((sum, item) => sum + item[name], 0);
  return [
    section("What was run", facts([
      ["subject", record.protocolName], ["mutant", record.mutant], ["policy", record.policy],
      ["BUSY and yields a thread, at most", String(record.answers)],
      ["preemptions, at most", record.preemptions !== null && String(record.preemptions)],
      ["items", grouped(record.items.length)], ["complete", grouped(ended("complete"))],
      ["not complete", ended("partial") && grouped(ended("partial"))],
      ["not run", ended("not run") && grouped(ended("not run"))],
      ["classes", total("classes") && grouped(total("classes"))],
      ["states", total("states") && grouped(total("states"))], ["shard", record.shard],
      ["time", `${seconds(record.timing.elapsedSeconds)} with ${counted(record.timing.jobs, "job")}`],
      ["ended", record.interrupted && "interrupted before its time"],
      ...originFacts(record),
    ])),
    harnessFaults(record),
    unseen(record),
    record.violation && section("Violation", exhaustViolation(record)),
    codeThatRan(record),
    section("Items", el("p", {}, "A cell: how many classes two operations have, or states, from "
      + "this table, on the diagonal the operation with itself, in the first column alone; ~ not complete, - not run, "
      + "or the rule that was broken. Press one for what ran."),
      exhaustTables(record).map((name) => exhaustGrid(record, name, size))),
  ];
}

function exhaustTables(record) {
  return [...new Set(record.items.map((item) => item.table))];
}

function exhaustGrid(record, name, size) {
  const items = record.items.filter((item) => item.table === name);
  const found = new Map(items.map((item) => [item.operations, item]));
  const operations = [...new Set(items.flatMap((item) => item.operations.split(" x ")))];
  const cell = (item) => item && {
    text: exhaustText(record, item, size), name: EXHAUST_CLASSES[item.end] || "fault",
    label: `${item.operations}, ${item.table}`, open: () => openItem(record, item, size),
  };
  const triples = items.filter((item) => item.operations.split(" x ").length > 2);
  if (triples.length) {
    return grid(name, [{ short: "all", name: "all" }], triples.map((item) => ({
      name: item.operations, cells: [cell(item)],
    })));
  }
  const columns = [{ short: "alone", name: "alone" }, ...operations.map((one) => ({ short: one, name: one }))];
  return grid(name, columns, operations.map((row) => ({
    name: row,
    cells: [cell(found.get(row)), ...operations.map((column) =>
      cell(found.get(`${row} x ${column}`) || found.get(`${column} x ${row}`)))],
  })));
}

const EXHAUST_CLASSES = { complete: "ok", partial: "unfinished", "not run": "unfinished", violation: "wrong" };

function exhaustText(record, item, size) {
  if (item.end === "violation") {
    const { violation } = record;
    const isTold = violation && violation.operations === item.operations && violation.table === item.table;
    return isTold ? violation.checker : "broken";
  }
  if (item.end === "not run") return "-";
  return `${item.end === "partial" ? "~" : ""}${compact(size(item))}`;
}

// How operations are named to the command, and tables of items that have none.
const NAMED = { 1: "single", 2: "pair", 3: "triple" };
const UNNAMED = /^(scenario |its own)/;

function exhaustCommand(record, item) {
  const names = item.operations.split(" x ");
  const preemptions = record.preemptions === null ? "" : ` --preemptions ${record.preemptions}`;
  const option = NAMED[names.length];
  const subject = record.kernel
    ? ` --kernel-tree ${record.kernel.path}` : ` --protocol ${record.protocolName}`;
  const mutant = record.mutant ? ` --mutant ${record.mutant}` : "";
  return `stress exhaust --${option} ${names.join(",")} --table ${item.table}${subject}${mutant} --policy `
    + `${record.policy} --answers ${record.answers}${preemptions}`;
}

function openItem(record, item, size) {
  const { violation } = record;
  const isTold = violation && violation.operations === item.operations && violation.table === item.table;
  openDialog(`${item.operations}, ${item.table}`, facts([
    ["end", item.end], [item.states ? "states" : "classes", grouped(size(item))],
    ["explored, at least", item.explored && percent(item.explored)],
    ["complete with preemptions, at most", item.bound !== null && String(item.bound)],
    ["executions", grouped(item.executions)], ["longest execution", `${grouped(item.longest)} steps`],
  ]), NAMED[item.operations.split(" x ").length] && !UNNAMED.test(item.table)
    && command("run again", exhaustCommand(record, item)), isTold && exhaustViolation(record));
}

function exhaustViolation(record) {
  const { violation } = record;
  return [
    facts([
      ["rule", `${violation.checker}: ${violation.rule}`], ["operations", violation.operations],
      ["table", violation.table], ["expected", violation.expected], ["seen", violation.seen],
      ["verified", `${violation.verified} of ${counted(violation.replays, "replay")}`],
    ]),
    violation.token
      ? command("replay", replayText(violation.token, record))
      : nothing("Not reproduced: there is no token."),
    violation.interleaving && explorer(violation.interleaving, "Interleaving", violation.checker, {}),
  ];
}
