// An interleaving in the order in which its views ask for it: what lasts from which row to which, and what stands in
// each entry after a row. Nothing here draws.

/** Bars of frozen entries that one lane has room for. */
const MOST_FREEZES = 4;

/** What the row to blame has to do with the broken rule. */
const BLAMES = {
  breaks: "breaks the rule", found: "where the rule was found broken",
  wroteLast: "wrote last what the rule found broken at the end",
  parts: "from here on the statistics are not what the tables hold",
};

class Trace {
  constructor(interleaving) {
    this.rows = interleaving.rows;
    this.spteTitle = interleaving.spteTitle;
    this.externalTitle = interleaving.externalTitle;
    this.broken = brokenRow(interleaving);
    const blame = this.rows[this.broken]?.blame || "breaks";
    this.blame = BLAMES[blame] || BLAMES.breaks;
    this.sign = blame === "breaks" || blame === "found" ? "!" : "?";
    const seen = new Set(this.rows.map((row) => row.thread));
    const others = [...seen].filter((thread) => !interleaving.threads.includes(thread)).sort((a, b) => a - b);
    this.threads = [...interleaving.threads, ...others].filter((thread) => seen.has(thread));
    this.silent = interleaving.threads.filter((thread) => !seen.has(thread));
    this.entries = entriesOf(interleaving);
    this.spans = spansOf(this);
  }

  /** Whether a row is shown when only those that matter are. */
  matters(index) {
    const row = this.rows[index];
    return row.matters || row.changesSpte || row.changesExternal || index === this.broken;
  }

  /** The spans of a thread that cover a row. */
  holding(index) {
    const tracks = this.spans.get(this.rows[index].thread);
    return tracks ? tracks.all().map((track) => covering(track, index)).filter(Boolean) : [];
  }
}

/** The row that is to blame for the broken rule; that of the step that broke it may have been folded into a spin. */
function brokenRow({ rows, violationStep: step }) {
  const told = rows.findIndex((row) => row.blame);
  if (told >= 0) return told;
  if (step === null || step === undefined) return -1;
  const exact = rows.findLastIndex((row) => row.step === step);
  if (exact >= 0) return exact;
  return rows.findLastIndex((row) => row.step < step && step - row.step < row.repeats);
}

// MARK: Entries

/** By name: what was in the entry at first, and what was written there in which row. */
function entriesOf({ rows, entries }) {
  const found = new Map();
  const make = (place, value) => {
    const entry = {
      table: place.table, gfn: place.gfn, level: place.level, key: `${place.table} ${entryName(place)}`,
      page: Number(place.gfn) || 0, initial: value, writes: [],
    };
    found.set(entry.key, entry);
    return entry;
  };
  for (const entry of entries || []) make(entry, entry.value);
  rows.forEach((row, index) => {
    for (const change of row.changes || []) {
      const entry = found.get(`${change.table} ${entryName(change)}`) || make(change, change.old);
      entry.writes.push({ row: index, thread: row.thread, old: change.old, value: change.new });
    }
  });
  return found;
}

/** The last write to an entry up to a row; undefined if there is none. */
function lastWrite(entry, row) {
  return entry.writes[lowerBound(entry.writes.length, (index) => entry.writes[index].row > row) - 1];
}

function valueAt(entry, row) {
  const write = lastWrite(entry, row);
  return write ? write.value : entry.initial;
}

// MARK: Spans

/** What lasts longer than a step, of one thread. The spans of each track follow each other without overlapping. */
class Tracks {
  constructor() {
    this.operation = [];
    this.lock = [];
    this.rcu = [];
    this.wait = [];
    this.call = [];
    this.freezes = [];
  }

  all() {
    return [this.operation, this.lock, this.rcu, this.wait, this.call, ...this.freezes];
  }
}

function covering(track, row) {
  const span = track[lowerBound(track.length, (index) => track[index].last >= row)];
  return span && span.first <= row ? span : null;
}

function spansOf(trace) {
  const tracks = new Map(trace.threads.map((thread) => [thread, new Tracks()]));
  const end = trace.rows.length - 1;
  const open = new Map();
  const frozen = new Map();
  const begin = (key, span) => open.set(key, { last: end, isOpen: true, ...span });
  const close = (key, track, row) => {
    const span = open.get(key);
    if (!span) return false;
    open.delete(key);
    track.push({ ...span, last: row, isOpen: false });
    return true;
  };
  const isTold = trace.rows.some((row) => row.changes);

  trace.rows.forEach((row, index) => {
    const own = tracks.get(row.thread);
    for (const mark of row.marks || []) {
      const key = `${mark.kind} ${row.thread}`;
      const track = own[mark.kind];
      if (!track || mark.kind === "call") continue;
      if (mark.begins) {
        close(key, track, index - 1);
        begin(key, { kind: mark.kind, name: mark.name, first: index, thread: row.thread });
      } else if (!close(key, track, index)) {
        const last = track.length ? track[track.length - 1].last + 1 : 0;
        track.push({ kind: mark.kind, name: mark.name, first: last, last: index, thread: row.thread });
      }
    }
    const key = `call ${row.thread}`;
    const call = callOf(row.action);
    if (call && call.status && !close(key, own.call, index)) {
      own.call.push({ kind: "call", name: call.name, first: index, last: index, thread: row.thread });
    } else if (call && !call.status) {
      begin(key, { kind: "call", name: call.name, first: index, thread: row.thread });
    }
    const changes = isTold ? row.changes || [] : focusChanges(trace, index);
    for (const change of changes) freeze(tracks, frozen, change, row.thread, index);
  });

  for (const span of open.values()) tracks.get(span.thread)[span.kind].push(span);
  for (const span of frozen.values()) if (span.track) span.track.push({ ...span, last: end, isOpen: true });
  return tracks;
}

/** The changes of the entry that the table is about, where a record has no others. */
function focusChanges(trace, index) {
  const row = trace.rows[index];
  if (!row.changesSpte || index === 0) return [];
  return [{ table: "", gfn: trace.spteTitle, level: 0, old: trace.rows[index - 1].spte, new: row.spte }];
}

/** Opens the span of an entry that becomes FROZEN in its freezer's lane, and closes it with whoever thaws it. */
function freeze(tracks, frozen, change, thread, row) {
  const key = `${change.table} ${change.gfn} ${change.level}`;
  const span = frozen.get(key);
  if (span && change.new !== "FROZEN") {
    frozen.delete(key);
    if (span.track) {
      span.track.isBusy = false;
      span.track.push({ ...span, last: row, thawedBy: thread, becomes: change.new });
    }
  } else if (!span && change.new === "FROZEN") {
    const slots = tracks.get(thread).freezes;
    let track = slots.find((slot) => !slot.isBusy);
    if (!track && slots.length < MOST_FREEZES) slots.push(track = []);
    if (track) track.isBusy = true;
    const place = change.level ? `${change.table} ${entryName(change)}` : change.gfn;
    frozen.set(key, { kind: "freeze", name: place, first: row, thread, track });
  }
}

// MARK: Actions

/** An action without the operation that begins with it, and without the function of a kernel that it is in. */
function ownAction(action) {
  return action.replace(/^[a-z][a-z0-9-]* 0x[0-9a-f]+(-0x[0-9a-f]+)?: /, "").replace(/ \[\w+(?: [^\]]*)?\]$/, "");
}

/** The SEAMCALL that an action begins or ends; null for another. */
function callOf(action) {
  const match = /^(.*?)(?: begins\b| -> ([A-Z_0-9]+))/.exec(ownAction(action));
  return match && /^(VM's end: )?[A-Z]/.test(match[1]) ? { name: match[1], status: match[2] || "" } : null;
}

/** What kind of step it is, for the sign that stands for it. */
function kindOf(action) {
  const text = ownAction(action);
  if (callOf(action)) return "call";
  if (/waits|cpu_relax|kicks vCPUs/.test(text)) return "wait";
  if (/^(VP\.ENTER|guest access)/.test(text)) return "guest";
  if (/unlock/.test(text)) return "unlock";
  if (/_lock/.test(text)) return "lock";
  if (/^lost /.test(text)) return "lost";
  if (/^(cmpxchg|xchg|fetch_and|atomic)/.test(text)) return "exchange";
  if (/^(WRITE_ONCE|store)/.test(text)) return "write";
  // What an operation looks at first is told by its name.
  return /^(read|READ_ONCE)\b|^[a-z][a-z0-9-]* 0x[0-9a-f-x]+$/.test(text) ? "read" : "other";
}
