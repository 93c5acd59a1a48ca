// One violation: what was broken, how it is repeated, and the interleaving that shows it.

function violation(data, words, index) {
  const found = data.record.violations[index];
  const total = data.record.violations.length;
  const { title, interleaving } = interleavingOf(data.record, found);
  return el("section", { class: "violation" },
    el("h2", {}, total > 1 ? `Violation ${index + 1} of ${total}: ` : "Violation: ",
      el("span", { class: "checker" }, found.checker)),
    el("p", { class: "rule" }, found.rule),
    words.page && el("p", { class: "muted" }, "what it means, and where to look: ", el("code", {}, words.page)),
    el("dl", { class: "claims" },
      el("div", {}, el("dt", {}, "expected"), el("dd", {}, found.expected || "-")),
      el("div", {}, el("dt", {}, "seen"), el("dd", { class: "bad" }, found.seen || "-"))),
    facts([
      ["thread", words.thread],
      ["operation", found.operation],
      ["gfn", found.gfn],
      ["level", found.level > 0 && `${found.level} (${levelName(found.level)})`],
      ["place", words.place],
      ...words.sizes.map((size) => [size.name, size.text]),
    ]),
    words.commands.map((one) => command(one.name, one.text)),
    words.notes.map((text) => el("p", {}, text)),
    interleaving && el("h3", {}, title),
    interleaving && explorer(interleaving, title, found.checker, { id: `violation-${index + 1}` }),
    found.events.length > 0 && [el("h3", {}, "Last events of the threads involved, oldest first"), events(found)]);
}

function interleavingOf({ replay }, { reproduction }) {
  if (replay?.interleaving) return { title: "Interleaving", interleaving: replay.interleaving };
  return {
    title: reproduction?.minimized ? "Interleaving of the minimised schedule" : "Interleaving",
    interleaving: reproduction?.interleaving,
  };
}

function explorer(interleaving, title, checker, { id = null, remark = "" } = {}) {
  if (!interleaving.rows.length) return nothing("No step was recorded.");
  return new Explorer(interleaving, { title, checker, id, remark }).element;
}

function events({ events: rows }) {
  return table("Last events",
    [["order", "number"], ["thread", "number"], "event", "gfn", "level", "old", "new"],
    rows.map((row) => ({
      cells: [
        row.order, row.thread, row.event, row.gfn, row.level > 0 ? levelName(row.level) : "", row.old, row.new,
      ],
    })));
}

function nothing(text) {
  return el("p", { class: "muted" }, text);
}
