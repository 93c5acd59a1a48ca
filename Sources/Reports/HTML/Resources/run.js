// The page of a run: a soak, an exploration, a replay or a minimising.

function runPage(data) {
  const { kind, record } = data;
  const isCampaign = kind === "soak" || kind === "explore";
  const cleanTrace = kind === "replay" && !record.violations.length && record.replay?.interleaving;
  return [
    section("What was run", facts(runFacts(data))),
    harnessFaults(record),
    unseen(record),
    data.violations.map((words, index) => violation(data, words, index)),
    cleanTrace && section("Interleaving", explorer(cleanTrace, "Interleaving", "", { id: "replay" })),
    isCampaign && section("Race coverage", coverage(data)),
    isCampaign && section("Outcomes", outcomes(record.outcomes)),
    codeThatRan(record),
    kind === "soak" && section("Latency", latencies(record.timing.latencies)),
    section("Checkers", checkers(record.checkers)),
  ];
}

function harnessFaults({ harnessFaults: faults }) {
  if (!faults.length) return null;
  return section("Harness faults", el("ul", { class: "bad" }, faults.map((fault) => el("li", {}, fault))));
}

/** Changes of a kernel tree that the run could not see. */
function unseen({ kernel }) {
  if (!kernel?.unseen?.length) return null;
  const named = ({ name, file, reason }) => el("li", {}, `${reason}: ${name ? `${name} (${file})` : file}`);
  return section(`Changed since commit ${kernel.base.slice(0, 12)}, and outside what this can see`,
    el("ul", { class: "bad" }, kernel.unseen.map(named)));
}

/** Where what was run comes from. */
function originFacts({ kernel, build }) {
  return [
    ["commit", kernel?.commit],
    ["changed files", kernel?.changed?.length && kernel.changed.join(", ")],
    ["compiler", kernel?.compiler],
    ["tool", build && `stress ${build.version}${build.commit ? `, commit ${build.commit}` : ""}`
      + (build.hasChanges ? " with local changes" : "")],
  ];
}

function runFacts({ kind, record }) {
  const ran = { soak: soakFacts, explore: exploreFacts }[kind];
  const { timing } = record;
  return [
    ...subjectFacts(record),
    ...originFacts(record),
    ...(ran ? ran(record) : []),
    ["token's scenario", record.replay?.scenario],
    ["size", record.replay && sizeText(record.replay.size)],
    ["time", timing.elapsedSeconds > 0 && seconds(timing.elapsedSeconds)],
    ["peak memory", timing.peakResidentBytes > 0 && mebibytes(timing.peakResidentBytes)],
    ["ended", record.interrupted && "interrupted before its time"],
  ];
}

function subjectFacts({ kernel, protocol, mutant, policy }) {
  const subject = kernel
    ? [["kernel", `Linux ${kernel.version}`], ["tree", `${kernel.path} (${kernel.tree})`]]
    : [["protocol", protocol], ["mutant", mutant || "none"]];
  return [...subject, ["policy", policy]];
}

function soakFacts(record) {
  const mix = Object.entries(record.mix).filter(([, weight]) => weight > 0).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    ["seed", record.seed],
    ["threads", `${record.threads}, ${record.timing.liveThreads} live at once`],
    ["rounds", grouped(record.rounds)],
    ["operations", operationsText(record)],
    ["guest", `${record.memoryGiB} GiB`],
    ["busy", `${record.busyPercent.toFixed(1)} %`],
    ["perturb", record.perturb],
    ["mix", mix.map(([name, weight]) => `${name}=${weight}`).join(", ")],
  ];
}

function exploreFacts(record) {
  const explored = record.exploration;
  if (!explored) return [["seed", record.seed]];
  const elapsed = record.timing.elapsedSeconds;
  const share = (explored.newShare * 100).toFixed(1);
  return [
    ["seed", record.seed],
    ["scenario", explored.scenario],
    ["threads", `${record.threads} with ${counted(explored.operationsPerThread, "operation")} each`],
    ["strategy", explored.strategy],
    ["shard", explored.shard],
    ["schedules", withRate(explored.schedules, elapsed)],
    ["distinct by happens-before", (explored.distinctIsExact ? "" : "about ") + grouped(explored.distinctSchedules)],
    ["new at the end", explored.window > 0 && `${share} % of the last ${grouped(explored.window)}`],
    ["schedule points", withRate(explored.schedulePoints, elapsed)],
    ["operations", operationsText(record)],
  ];
}

function operationsText({ operations, timing }) {
  return `${grouped(operations)}, ${grouped(Math.round(timing.operationsPerSecond))}/s`;
}

function withRate(count, elapsed) {
  return elapsed > 0 ? `${grouped(count)}, ${grouped(Math.round(count / elapsed))}/s` : grouped(count);
}

function sizeText(size) {
  return [
    counted(size.threads, "thread"), counted(size.operations, "operation"), counted(size.steps, "step"),
    counted(size.preemptions, "preemption"),
  ].join(", ");
}
