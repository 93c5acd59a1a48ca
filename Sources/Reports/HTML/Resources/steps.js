// The interleaving as a table, as the text report has it. Of its lines only those in sight are in the page.

const LINE = 24;
/** With more threads than this, one column says which it was. */
const MOST_COLUMNS = 4;
/** Of pixels: with fewer, tables and steps do not stand side by side. As in the style sheet. */
const NARROW = 860;

class Steps {
  constructor(trace, checker, label, select) {
    this.trace = trace;
    this.checker = checker;
    this.selected = 0;
    this.lines = el("div", { class: "lines", role: "rowgroup" });
    this.head = el("div", { class: "head line", role: "row" });
    const properties = { class: "steps", role: "grid", tabindex: 0, "aria-label": label, "aria-readonly": "true" };
    this.element = el("div", properties, this.head, this.lines);
    this.element.addEventListener("scroll", () => this.redraw());
    this.lines.addEventListener("click", (event) => {
      const line = event.target.closest("[data-column]");
      if (line) select(Number(line.dataset.column));
    });
    new ResizeObserver(() => this.layOut()).observe(this.element);
  }

  show(view) {
    this.view = view;
    this.element.setAttribute("aria-rowcount", view.length + 1);
    this.layOut();
  }

  layOut() {
    if (!this.view || !this.element.clientWidth) return;
    const isFirst = !this.height;
    const shown = new Set(Array.from(this.view.rows, (index) => this.trace.rows[index].thread));
    const threads = this.trace.threads.filter((thread) => shown.has(thread));
    const layout = this.layout(threads);
    this.isSmall = !layout.values;
    this.threads = layout.threads;
    this.height = LINE * layout.lines;
    this.element.style.setProperty("--columns", layout.columns);
    this.element.classList.toggle("small", this.isSmall);
    const titles = ["step", ...(this.threads ? threads.map((thread) => `thread ${thread}`) : ["thr.", "action"])];
    if (!this.isSmall) titles.push(this.trace.spteTitle, this.trace.externalTitle);
    replace(this.head, titles.map((title) => el("span", { role: "columnheader" }, title)));
    this.lines.style.height = `${this.view.length * this.height}px`;
    if (isFirst) this.select(this.selected);
    this.redraw();
  }

  /**
   * The first arrangement in which nothing is cut and nothing is out of sight: a column a thread or one for all, beside
   * the tables or below them, and at last the values below their step.
   */
  layout(threads) {
    const sizes = this.sizes(threads);
    const panes = this.element.parentElement;
    const letter = letterWidth(this.element);
    const whole = Math.floor((panes.clientWidth - 20) / letter);
    const beside = panes.clientWidth > NARROW ? Math.floor((((panes.clientWidth - 20) * 9) / 14 - 20) / letter) : 0;
    const { lines } = sizes;
    for (const [room, isBelow] of [[beside, false], [whole, true]]) {
      for (const actions of threads.length <= MOST_COLUMNS ? [sizes.actions, null] : [null]) {
        const widths = [8, ...(actions || [4, sizes.longest]), ...sizes.values];
        const needed = widths.reduce((sum, width) => sum + width, 0) + Math.ceil((widths.length * 10) / letter);
        if (needed > room) continue;
        panes.classList.toggle("stacked", isBelow);
        const columns = widths.map((width, index) => (index === 0 ? "8ch" : `minmax(${width}ch, ${width}fr)`));
        return { threads: actions ? threads : null, values: true, lines, columns: columns.join(" ") };
      }
    }
    panes.classList.add("stacked");
    const room = Math.max(12, whole - 16);
    // The function stands in a line of its own, the values in one or two.
    const most = Math.ceil(sizes.longest / room) + (lines > 1 ? 1 : 0)
      + Math.ceil((sizes.values[0] + sizes.values[1] + 15) / room);
    return { threads: null, values: false, lines: 0.25 + most * 0.8, columns: "4.5em 3em minmax(0, 1fr)" };
  }

  /** In letters: the longest action of each thread and of all, both values; and the lines that a step takes. */
  sizes(threads) {
    const { view, trace } = this;
    const order = new Map(threads.map((thread, index) => [thread, index]));
    const actions = threads.map((thread) => `thread ${thread}`.length);
    const values = [trace.spteTitle.length, trace.externalTitle.length];
    let lines = 1;
    for (let column = 0; column < view.length; column += 1) {
      const row = view.row(column);
      const at = order.get(row.thread);
      const mark = view.rows[column] === trace.broken ? this.checker.length + 2 : 0;
      const [action, place] = placed(row.action);
      if (place) lines = 1.75;
      const length = Math.max(action.length + mark + (row.repeats > 1 ? `${row.repeats}`.length + 2 : 0), place.length);
      actions[at] = Math.max(actions[at], length);
      values[0] = Math.max(values[0], row.spte.length + 1);
      values[1] = Math.max(values[1], row.external.length + 1);
    }
    return { actions, longest: Math.max(8, ...actions), values, lines };
  }

  select(column) {
    this.selected = column;
    if (!this.height) return;
    const room = this.element.clientHeight - LINE;
    const top = column * this.height;
    const at = this.element.scrollTop;
    if (top < at || top + this.height > at + room) this.element.scrollTop = Math.max(0, top - room / 2);
    this.redraw();
  }

  redraw() {
    if (this.isDue || !this.height) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      const first = Math.max(0, Math.floor(this.element.scrollTop / this.height) - 5);
      const count = Math.ceil(this.element.clientHeight / this.height) + 10;
      const last = Math.min(this.view.length, first + count);
      const lines = [];
      for (let column = first; column < last; column += 1) lines.push(this.line(column));
      replace(this.lines, lines);
    });
  }

  line(column) {
    const { view, trace } = this;
    const row = view.row(column);
    const breaks = view.rows[column] === trace.broken;
    const [text, place] = placed(row.action);
    const action = el("code", { role: "gridcell", title: row.action }, text, row.repeats > 1 ? ` x${row.repeats}` : "",
      breaks && el("strong", {}, ` ${trace.sign}${this.checker}`), place && el("small", {}, place));
    const spte = view.news(column, "spte", "changesSpte");
    const external = view.news(column, "external", "changesExternal");
    const cells = this.threads
      ? this.threads.map((thread) => (thread === row.thread ? action : el("span", { role: "gridcell" })))
      : [el("span", { role: "gridcell" }, row.thread), action];
    const value = (text) => el("code", { role: "gridcell", class: text.startsWith("*") ? "written" : null }, text);
    const isSelected = column === this.selected;
    const properties = {
      class: ["line", breaks && "bad", isSelected && "selected"].filter(Boolean).join(" "), role: "row",
      "aria-rowindex": column + 2, "aria-selected": String(isSelected), "data-column": column,
    };
    const line = el("div", properties,
      el("span", { role: "rowheader", class: "number" }, view.preempted[column] ? "> " : "", row.step),
      cells, this.isSmall ? this.values(spte, external) : [value(spte), value(external)]);
    line.style.top = `${column * this.height}px`;
    line.style.height = `${this.height}px`;
    return line;
  }

  /** Both values in a line of their own, where there is no room beside the action. */
  values(spte, external) {
    const texts = [spte && `SPTE ${spte}`, external && external !== "-" && `S-EPT ${external}`].filter(Boolean);
    return el("small", { role: "gridcell" }, texts.join(" · "));
  }
}

/** An action, and the function of a kernel that it is in, with its brackets; empty if there is none. */
function placed(action) {
  const match = /^(.*) (\[\w+(?: [^\]]*)?\])$/.exec(action);
  return match ? [match[1], match[2]] : [action, ""];
}

/** How wide a letter of the table is, in pixels. */
function letterWidth(element) {
  const probe = el("code", {}, "0".repeat(64));
  probe.style.position = "absolute";
  probe.style.visibility = "hidden";
  element.append(probe);
  const width = probe.getBoundingClientRect().width / 64;
  probe.remove();
  return width || 8;
}
