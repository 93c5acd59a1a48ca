// The page of a series: commits down, what each changes, and the interleaving of what it breaks.

function seriesPage({ record, words, verdicts }) {
  const own = record.commits.slice(1);
  const broken = record.commits.filter((commit) => commit.breaks.length);
  return [
    section("What was run", facts([
      ["repository", record.repository], ["range", record.range], ["Linux", record.version],
      ["commits", grouped(own.length)], ["seed", record.seed], ["schedules", grouped(record.schedules)],
      ["executions of an item, at most", grouped(record.executions)],
      ["compilers", record.commits.flatMap((commit) => commit.builds.map((build) => build.compiler))
        .filter((name, index, all) => all.indexOf(name) === index).join(", ")],
      ["time", `${seconds(record.timing.elapsedSeconds)} with ${counted(record.timing.jobs, "job")}`],
      ["ended", record.interrupted && "interrupted before its time"],
      ...originFacts(record),
    ])),
    harnessFaults(record),
    section("Commits", el("p", {}, "Press a verdict for what the commit changes and what was run of it."),
      seriesTable(record, words, verdicts)),
    codeThatRan(record),
    broken.map((commit) => seriesFailures(record, words, commit)),
  ];
}

function seriesTable(record, words, verdicts) {
  const columns = [{ short: "verdict", name: "verdict" }, { short: "states", name: "states" },
    { short: "distinct", name: "distinct schedules" }, { short: "time", name: "time" }];
  return grid("commit", columns, record.commits.map((commit, index) => {
    const cell = (text) => ({
      text, name: seriesClass(commit), label: `${words[index]} ${commit.subject}`,
      open: () => openCommit(record, words, verdicts, index),
    });
    return {
      name: `${words[index]} ${commit.commit.slice(0, 12)} ${commit.subject}`,
      cells: [cell(verdicts[index]), commit.pairs && cell(compact(commit.pairs.states)),
        commit.schedules && cell(compact(commit.schedules.distinct)),
        cell(seconds(record.timing.commits[index] || 0))],
    };
  }));
}

function seriesClass(commit) {
  if (commit.breaks.length || commit.state === "does not build") return "wrong";
  if (commit.stillBroken.length) return "broken";
  if (commit.state === "harness fault") return "fault";
  return commit.state === "tried" ? "ok" : "unfinished";
}

function openCommit(record, words, verdicts, index) {
  const commit = record.commits[index];
  openDialog(`${words[index]} ${commit.subject}`, facts([
    ["commit", commit.commit], ["author", commit.author], ["verdict", verdicts[index]], ["reason", commit.reason],
    ["changed", commit.changed.join(", ")], ["needs what its parent did not", commit.demands.join(", ")],
    ["pairs", commit.pairs && `${grouped(commit.pairs.complete)} of ${grouped(commit.pairs.items)} complete, `
      + `${grouped(commit.pairs.states)} states`],
    ["of operations", commit.pairs && commit.pairs.operations.join(", ")],
    ["schedules", commit.schedules && `${grouped(commit.schedules.schedules)}, `
      + `${grouped(commit.schedules.distinct)} distinct`],
  ]), commit.unseen.length > 0 && [el("h3", {}, "Changed, and outside what this can see"),
    el("ul", { class: "bad" }, commit.unseen.map(({ name, file, reason }) =>
      el("li", {}, `${reason}: ${name ? `${name} (${file})` : file}`)))], changedLines(commit.lines));
}

function seriesFailures(record, words, commit) {
  return commit.breaks.map((failure) => section(
    `${words[commit.number]} breaks ${failure.checker}: ${commit.subject}`,
    facts([
      ["rule", `${failure.checker}: ${failure.rule}`], ["found by", `${failure.engine}: ${failure.place}`],
      ["first seen at", failure.foundAt !== commit.number && words[failure.foundAt]],
      ["expected", failure.expected], ["seen", failure.seen],
      ["verified", `${failure.verified} of ${counted(failure.replays, "replay")}`],
    ]),
    failure.token
      ? command("replay", `stress replay ${failure.token} --kernel-tree linux`)
      : nothing("Not reproduced: there is no token."),
    failure.interleaving && explorer(failure.interleaving, "Interleaving", failure.checker,
      { id: `commit-${commit.number}` })));
}
