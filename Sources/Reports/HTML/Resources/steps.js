// The interleaving as a table, as the text report has it. Of its lines only those in sight are in the page.

const LINE = 24;
/** With more threads than this, one column says which it was. */
const MOST_COLUMNS = 4;

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
    this.isSmall = this.element.clientWidth < 520;
    this.height = this.isSmall ? LINE * 1.75 : LINE;
    const isWide = !this.isSmall && threads.length <= MOST_COLUMNS;
    this.threads = isWide ? threads : null;
    this.element.style.setProperty("--columns", this.isSmall ? "4.5em 3em minmax(0, 1fr)" : this.columns().join(" "));
    this.element.classList.toggle("small", this.isSmall);
    const titles = ["step", ...(isWide ? threads.map((thread) => `thread ${thread}`) : ["thr.", "action"])];
    if (!this.isSmall) titles.push(this.trace.spteTitle, this.trace.externalTitle);
    replace(this.head, titles.map((title) => el("span", { role: "columnheader" }, title)));
    this.lines.style.height = `${this.view.length * this.height}px`;
    if (isFirst) this.select(this.selected);
    this.redraw();
  }

  /** As wide as their longest text, up to a limit: what does not fit the box is scrolled to. */
  columns() {
    const { view, threads, trace } = this;
    const order = threads ? new Map(threads.map((thread, index) => [thread, index])) : null;
    const actions = threads ? threads.map((thread) => `thread ${thread}`.length) : [8];
    const values = [trace.spteTitle.length, trace.externalTitle.length];
    for (let column = 0; column < view.length; column += 1) {
      const row = view.row(column);
      const at = order ? order.get(row.thread) : 0;
      const mark = view.rows[column] === trace.broken ? this.checker.length + 2 : 0;
      actions[at] = Math.max(actions[at], row.action.length + mark + (row.repeats > 1 ? 6 : 0));
      values[0] = Math.max(values[0], row.spte.length + 1);
      values[1] = Math.max(values[1], row.external.length + 1);
    }
    const most = Math.max(24, Math.floor(96 / actions.length));
    const widths = [...actions.map((length) => [length, most]), ...values.map((length) => [length, 30])];
    return ["8ch", ...(threads ? [] : ["4ch"]), ...widths.map(([length, most]) => {
      const width = Math.min(Math.max(length, 4), most);
      return `minmax(${width}ch, ${width}fr)`;
    })];
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
    const action = el("code", { role: "gridcell" }, row.action, row.repeats > 1 ? ` x${row.repeats}` : "",
      breaks && el("strong", {}, ` !${this.checker}`));
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
