// The tables after a row: the mirror beside the S-EPT, entry by entry, and the direct root below.

/** Entries that are drawn at once; of more, those that were written last. */
const MOST_ENTRIES = 120;

class Tables {
  constructor(trace) {
    this.trace = trace;
    const entries = [...trace.entries.values()];
    this.pairs = [
      { title: "Mirror and S-EPT", tables: ["mirror", "S-EPT"], names: ["mirror SPTE", "S-EPT"] },
      { title: "Direct root", tables: ["direct"], names: ["direct SPTE"] },
    ].map((pair) => ({ ...pair, lines: linesOf(entries.filter((entry) => pair.tables.includes(entry.table))) }))
      .filter((pair) => pair.lines.length);
    this.writes = trace.rows.flatMap((row, index) => (row.changes ? [index] : []));
    this.body = el("div", {});
    this.element = el("section", { class: "tables", "aria-label": "The tables after this step" }, this.body);
  }

  /** @param since the row shown before: what rows between wrote is marked as well. */
  show(row, since) {
    const { trace } = this;
    const now = trace.rows[row];
    replace(this.body,
      el("p", { class: "watched" }, `${trace.spteTitle}: `, el("code", {}, now.spte), " · ",
        `${trace.externalTitle}: `, el("code", {}, now.external)),
      this.pairs.map((pair) => this.pair(pair, row, since)),
      !this.pairs.length && el("p", { class: "muted" }, "The record tells of no other entry."));
    this.reveal(this.body.querySelector("td.now") || this.body.querySelector("td.since"));
  }

  /** Scrolls the tables, and not the page, to a cell. */
  reveal(cell) {
    if (!cell) return;
    const box = this.element.getBoundingClientRect();
    const { top, bottom } = cell.getBoundingClientRect();
    if (top < box.top || bottom > box.bottom) this.element.scrollTop += top - box.top - box.height / 2;
  }

  pair(pair, row, since) {
    const chosen = this.chosen(pair, row);
    const hidden = pair.lines.length - chosen.length;
    return [
      el("table", { class: "tree" },
        el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "entry"),
          pair.names.map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", {}, chosen.map((line) => el("tr", {},
          el("th", { scope: "row", class: `level${line.level}` },
            el("span", { class: "level" }, levelName(line.level)), " ", line.gfn),
          pair.tables.map((name) => this.cell(line.entries[name], row, since)))))),
      hidden > 0 && el("p", { class: "muted" }, `Not shown, as written longer ago or later: ${grouped(hidden)} of `
        + `${grouped(pair.lines.length)} entries.`),
    ];
  }

  cell(entry, row, since) {
    if (!entry) return el("td", {});
    const write = lastWrite(entry, row);
    const value = write ? write.value : entry.initial;
    const isNew = Boolean(write) && write.row > since;
    const isLoose = !/^(-|no table)$/.test(value) && !this.isLinked(entry, row);
    const names = [isNew && (write.row === row ? "now" : "since"), isLoose && "loose", value === "-" && "muted"];
    return el("td", { class: names.filter(Boolean).join(" ") || null },
      isNew ? `*${value}` : value,
      value === "FROZEN" && write ? ` by thread ${write.thread}` : "",
      isNew && el("small", {}, ` was ${write.old}`),
      isNew && write.row !== row && el("small", {}, `, step ${this.trace.rows[write.row].step}`),
      isLoose && el("small", {}, " (not linked)"));
  }

  /** Whether the entry above points to a table. */
  isLinked(entry, row) {
    if (entry.level >= 4) return true;
    const span = 512 ** entry.level;
    const above = `0x${(Math.floor(entry.page / span) * span).toString(16)}/${levelName(entry.level + 1)}`;
    const parent = this.trace.entries.get(`${entry.table} ${above}`);
    return !parent || /^(blocked )?table/.test(valueAt(parent, row));
  }

  /** All entries of a pair; of too many, those that were written last before a row, and what is above them. */
  chosen(pair, row) {
    if (pair.lines.length <= MOST_ENTRIES) return pair.lines;
    const wanted = new Set();
    let at = lowerBound(this.writes.length, (index) => this.writes[index] > row) - 1;
    for (; at >= 0 && wanted.size < MOST_ENTRIES / 2; at -= 1) {
      for (const change of this.trace.rows[this.writes[at]].changes) {
        const page = Number(change.gfn) || 0;
        for (let level = change.level; level <= 4; level += 1) {
          const span = 512 ** (level - 1);
          wanted.add(`${Math.floor(page / span) * span} ${level}`);
        }
      }
    }
    return pair.lines.filter((line) => wanted.has(`${line.page} ${line.level}`)).slice(0, MOST_ENTRIES);
  }
}

/** The entries of tables that are shown side by side, those of one place in one line, each table below its entry. */
function linesOf(entries) {
  const lines = new Map();
  for (const entry of entries) {
    const name = entryName(entry);
    if (!lines.has(name)) lines.set(name, { gfn: entry.gfn, level: entry.level, page: entry.page, entries: {} });
    lines.get(name).entries[entry.table] = entry;
  }
  return [...lines.values()].sort((a, b) => a.page - b.page || b.level - a.level);
}
