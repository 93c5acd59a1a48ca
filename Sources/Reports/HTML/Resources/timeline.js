// The timeline: a lane for each thread, a column for each step. A canvas as large as its box shows the part of it that
// is scrolled to, so that its cost does not grow with the steps.

const HEADER = 36;
const TRACK_GAP = 2;
const TRACKS = { operation: 16, lock: 14, rcu: 13, freeze: 14 };
const SIGN_TRACK = 22;
const TEXT_LINE = 13;
const TEXT_LINES = 3;
/** Columns of at least this width have the action written out below the sign. */
const READABLE = 84;
const COLUMN = { least: 3, common: 20, most: 148 };

class Timeline {
  /** @param select is called with the column that was clicked. */
  constructor(trace, checker, label, select) {
    this.trace = trace;
    this.checker = checker;
    this.zoom = 1;
    this.selected = 0;
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.sizer = el("div", { class: "sizer" }, this.canvas);
    this.scroller = el("div", { class: "timeline", tabindex: 0, role: "group", "aria-label": label }, this.sizer);
    this.tip = el("div", { class: "tip", hidden: true, "aria-hidden": "true" });
    this.element = el("div", { class: "stage" }, this.scroller, this.tip);
    this.canvas.addEventListener("click", (event) => {
      const hit = this.hit(event);
      if (hit) select(hit.column);
    });
    this.canvas.addEventListener("pointermove", (event) => event.pointerType === "mouse" && this.hover(event));
    this.canvas.addEventListener("pointerleave", () => this.hover(null));
    this.scroller.addEventListener("scroll", () => {
      this.hover(null);
      this.redraw();
    });
    new ResizeObserver(() => this.layOut()).observe(this.scroller);
  }

  show(view) {
    this.view = view;
    this.zoom = 1;
    this.layOut();
  }

  select(column) {
    this.selected = column;
    if (!this.width) return;
    const left = column * this.width;
    const room = this.scroller.clientWidth - this.gutter;
    const at = this.scroller.scrollLeft;
    if (left < at || left + this.width > at + room) {
      this.scroller.scrollLeft = Math.max(0, left - room / 2 + this.width / 2);
    }
    const lane = this.lanes.find((lane) => lane.thread === this.view.row(column)?.thread);
    const { scrollTop, clientHeight } = this.scroller;
    if (lane && (lane.top < scrollTop || lane.top + lane.height > scrollTop + clientHeight - HEADER)) {
      this.scroller.scrollTop = lane.top + lane.height < clientHeight - HEADER ? 0 : lane.top;
    }
    this.redraw();
  }

  /** Makes columns wider or narrower around the selected one. */
  zoomBy(factor) {
    const wanted = this.width * factor;
    this.zoom *= Math.min(Math.max(wanted, COLUMN.least), COLUMN.most) / this.width;
    this.layOut();
    this.scroller.scrollLeft = (this.selected + 0.5) * this.width - (this.scroller.clientWidth - this.gutter) / 2;
  }

  // MARK: Layout

  layOut() {
    if (!this.view || !this.scroller.clientWidth) return;
    const isFirst = !this.width;
    this.gutter = this.scroller.clientWidth < 500 ? 58 : 84;
    const room = this.scroller.clientWidth - this.gutter - 1;
    const fitting = Math.floor(room / Math.max(this.view.length, 1));
    const fair = fitting >= READABLE ? Math.min(fitting, COLUMN.most) : Math.max(fitting, COLUMN.common);
    this.width = Math.min(Math.max(fair * this.zoom, COLUMN.least), COLUMN.most);
    this.isReadable = this.width >= READABLE;
    let top = 0;
    const shown = new Set(Array.from(this.view.rows, (index) => this.trace.rows[index].thread));
    this.lanes = this.trace.threads.filter((thread) => shown.has(thread)).map((thread) => {
      const lane = this.lane(thread, top);
      top += lane.height;
      return lane;
    });
    this.laneOf = new Map(this.lanes.map((lane) => [lane.thread, lane]));
    this.total = { width: this.gutter + this.view.length * this.width, height: HEADER + top };
    this.sizer.style.width = `${this.total.width}px`;
    this.sizer.style.height = `${this.total.height}px`;
    if (isFirst) this.select(this.selected);
    this.redraw();
  }

  lane(thread, top) {
    const spans = this.trace.spans.get(thread);
    const tracks = [];
    let y = 5;
    const add = (kind, track, caption) => {
      if (!track.length) return;
      tracks.push({ kind, track, caption, y });
      y += TRACKS[kind] + TRACK_GAP;
    };
    add("operation", spans.operation, "operation");
    add("lock", spans.lock, "mmu_lock");
    add("rcu", spans.rcu, "RCU");
    spans.freezes.forEach((track, index) => add("freeze", track, index ? "" : "frozen"));
    const middle = y + SIGN_TRACK / 2;
    const height = y + SIGN_TRACK + (this.isReadable ? TEXT_LINES * TEXT_LINE : 0) + 5;
    return { thread, top, height, tracks, middle, spans };
  }

  /** The columns that a span is drawn over; null where all its rows are hidden. */
  columns(span) {
    const first = this.view.ceiling(span.first);
    const last = this.view.floor(span.last);
    return first <= last ? { first, last } : null;
  }

  // MARK: Pointing

  hit(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = event.clientX - box.left - this.gutter + this.scroller.scrollLeft;
    const y = event.clientY - box.top - HEADER + this.scroller.scrollTop;
    const column = Math.floor(x / this.width);
    if (event.clientX - box.left < this.gutter || column < 0 || column >= this.view.length) return null;
    const lane = this.lanes.find((lane) => y >= lane.top && y < lane.top + lane.height);
    const place = lane?.tracks.find((track) => {
      const above = lane.top + track.y;
      return y >= above && y < above + TRACKS[track.kind];
    });
    const span = place && covering(place.track, this.view.rows[column]);
    return { column, lane, span };
  }

  /** Shows what is below the pointer, beside it. */
  hover(event) {
    const hit = event && this.hit(event);
    this.tip.hidden = !hit;
    if (!hit) return;
    replace(this.tip, hit.span ? spanDetails(this.trace, hit.span) : stepDetails(this.view, hit.column, this.checker));
    const stage = this.element.getBoundingClientRect();
    const x = event.clientX - stage.left + 14;
    const isRight = x + this.tip.offsetWidth > stage.width;
    this.tip.style.left = `${Math.max(0, isRight ? x - this.tip.offsetWidth - 28 : x)}px`;
    this.tip.style.top = `${event.clientY - stage.top + 16}px`;
  }

  redraw() {
    if (this.isDue || !this.width) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      drawTimeline(this);
    });
  }
}

// MARK: Details

/** What a step did, for a reader who points at it. */
function stepDetails(view, column, checker) {
  const index = view.rows[column];
  const row = view.trace.rows[index];
  return [
    el("p", {}, el("b", {}, `step ${row.step}, thread ${row.thread}: `), el("code", {}, row.action),
      row.repeats > 1 ? ` ×${grouped(row.repeats)}` : ""),
    index === view.trace.broken && el("p", { class: "bad" }, `✗ ${checker}: ${view.trace.blame}`),
    view.preempted[column] === 1 && el("p", {}, "> preempts the thread before it, which could have gone on"),
    (row.changes || []).map((change) => el("p", {}, `${change.table} ${entryName(change)}: `,
      el("code", {}, `${change.old} → ${change.new}`))),
    (row.marks || []).map((mark) => el("p", {}, `${mark.begins ? "begins" : "ends"} ${markName(mark)}`)),
  ];
}

function markName(mark) {
  const names = { operation: "operation", lock: "holding", rcu: "reading under", wait: "waiting for" };
  return `${names[mark.kind] || mark.kind} ${mark.name}`;
}

function spanDetails(trace, span) {
  const last = trace.rows[span.last];
  const steps = `steps ${trace.rows[span.first].step} to ${span.isOpen ? "the end" : last.step}`;
  const lines = (...texts) => texts.map((text, index) => el("p", {}, index === 0 ? el("b", {}, text) : text));
  if (span.kind !== "freeze") return lines(`thread ${span.thread}: ${span.name}`, steps);
  const end = span.isOpen ? "never thawed" : `thawed by thread ${span.thawedBy}: ${span.becomes}`;
  return lines(`${span.name} is FROZEN by thread ${span.thread}`, steps, end);
}
