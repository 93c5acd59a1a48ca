// One interleaving to step through: the timeline, what the chosen step does, the tables after it, and all the steps.

/** Those in the page. */
const EXPLORERS = new Set();

class Explorer {
  /**
   * @param checker the rule that was broken; empty if none was.
   * @param id names it in the page's address; null if it has no place there.
   */
  constructor(interleaving, { title, checker, id, remark }) {
    this.trace = new Trace(interleaving);
    this.checker = checker;
    this.id = id;
    EXPLORERS.add(this);
    const choose = (column) => this.choose(column);
    this.timeline = new Timeline(this.trace, checker, `Timeline: ${title}`, choose);
    this.steps = new Steps(this.trace, checker, `Steps: ${title}`, choose);
    this.tables = new Tables(this.trace);
    this.now = el("div", { class: "now", role: "status" });
    this.slider = el("input", { type: "range", min: 0, value: 0, "aria-label": "Step" });
    this.slider.addEventListener("input", () => this.choose(Number(this.slider.value)));
    this.all = el("input", { type: "checkbox", role: "switch" });
    this.all.addEventListener("change", () => this.show(this.all.checked));
    this.place = el("span", { class: "place" });
    this.hidden = el("span", { class: "muted" });
    this.element = el("section", { class: "explorer", "aria-label": title, id: this.id },
      this.bar(), this.timeline.element, this.legend(), this.now,
      el("div", { class: "panes" }, this.tables.element, this.steps.element),
      el("p", { class: "muted" }, this.hidden, silence(this.trace), remark));
    this.element.addEventListener("keydown", (event) => this.key(event));
    const hasChoice = this.trace.rows.some((_, index) => !this.trace.matters(index));
    const isNothing = !this.trace.rows.some((_, index) => this.trace.matters(index));
    this.all.disabled = !hasChoice || isNothing;
    this.all.checked = isNothing;
    // A rule that no step broke was found broken after the last.
    const last = checker ? this.trace.rows.length - 1 : 0;
    this.chosen = this.trace.broken >= 0 ? this.trace.broken : last;
    this.show(isNothing);
  }

  bar() {
    const button = (label, text, action) =>
      el("button", { type: "button", "aria-label": label, title: label, onclick: action }, text);
    const toBroken = () => this.chooseRow(this.trace.broken);
    return el("div", { class: "bar" },
      button("Step back", "◀", () => this.move(-1)), button("Step on", "▶", () => this.move(1)),
      this.slider, this.place,
      this.trace.broken >= 0 && el("button", { type: "button", onclick: toBroken }, `✗ ${this.checker}`),
      el("label", {}, this.all, " all steps"),
      button("Narrower columns", "−", () => this.timeline.zoomBy(1 / 1.6)),
      button("Wider columns", "+", () => this.timeline.zoomBy(1.6)));
  }

  legend() {
    const used = new Set();
    for (const row of this.trace.rows) {
      used.add(kindOf(row.action));
      if (used.size === Object.keys(SIGNS).length) break;
    }
    const kinds = Object.keys(SIGNS).filter((kind) => used.has(kind));
    const hasPreemption = this.trace.rows.some((row) => row.isPreemption);
    return el("p", { class: "legend muted" },
      kinds.map((kind) => el("span", {}, signIcon(kind), SIGNS[kind].name)),
      hasPreemption && el("span", {}, el("b", { class: "preempt" }, ">"), "preemption"),
      this.trace.broken >= 0 && el("span", {}, el("b", { class: "bad" }, "✗"), this.trace.blame),
      el("span", {}, "keys: ← → step, Home End, v the broken rule, a all steps"));
  }

  // MARK: What is shown

  show(all) {
    this.view = new View(this.trace, all);
    this.slider.max = Math.max(0, this.view.length - 1);
    this.timeline.show(this.view);
    this.steps.show(this.view);
    const hidden = this.trace.rows.length - this.view.length;
    this.hidden.textContent = hidden ? `Not shown as they do not matter: ${counted(hidden, "line")}. ` : "";
    this.chooseRow(this.chosen);
  }

  /** Chooses the column of a row, or the last before it. */
  chooseRow(row) {
    this.choose(Math.max(0, this.view.floor(row)));
  }

  move(by) {
    this.choose(this.column + by);
  }

  choose(column) {
    this.column = Math.min(Math.max(column, 0), this.view.length - 1);
    if (this.column < 0) return;
    this.chosen = this.view.rows[this.column];
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      this.update();
    });
  }

  update() {
    const { column, view, trace } = this;
    const row = view.row(column);
    this.slider.value = column;
    this.slider.setAttribute("aria-valuetext", `step ${row.step}, thread ${row.thread}: ${row.action}`);
    this.place.textContent = `step ${row.step} (${column + 1} of ${view.length})`;
    this.timeline.select(column);
    this.steps.select(column);
    replace(this.now, this.details(column));
    this.tables.show(this.chosen, column > 0 ? view.rows[column - 1] : -1);
    if (this.isMoved && this.id) address(`#${this.id}-step-${row.step}`);
    this.isMoved = true;
    Explorer.last = this;
    if (trace.rows.length) this.element.dataset.step = row.step;
  }

  details(column) {
    const { trace, view } = this;
    const held = trace.holding(view.rows[column]).filter((span) => span.kind !== "call");
    const texts = held.map((span) => (span.kind === "freeze" ? `${span.name} FROZEN` : span.name));
    return [stepDetails(view, column, this.checker),
      texts.length > 0 && el("p", { class: "muted" }, `thread ${view.row(column).thread} in: ${texts.join(", ")}`)];
  }

  // MARK: Keys

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const isSlider = event.target === this.slider;
    const inSteps = event.target === this.steps.element;
    const moves = {
      ArrowLeft: () => this.move(-1), ArrowRight: () => this.move(1),
      Home: () => this.choose(0), End: () => this.choose(this.view.length - 1),
      v: () => trace.broken >= 0 && this.chooseRow(trace.broken),
      a: () => !this.all.disabled && this.all.click(),
    };
    const { trace } = this;
    if (inSteps) {
      Object.assign(moves, {
        ArrowUp: moves.ArrowLeft, ArrowDown: moves.ArrowRight,
        PageUp: () => this.move(-10), PageDown: () => this.move(10),
      });
    }
    const move = moves[event.key];
    if (!move || (isSlider && event.key.length > 1)) return;
    event.preventDefault();
    move();
  }
}

/** Threads of which the record has no row. */
function silence({ silent }) {
  return silent.length ? `No step of thread${silent.length === 1 ? "" : "s"} ${silent.join(", ")}. ` : "";
}

/** Keeps the chosen step in the page's address, so that a link leads to it. */
function address(fragment) {
  try {
    history.replaceState(null, "", fragment);
  } catch {
    // A page shown inside another has no address of its own.
  }
}

/** Chooses the step that the page's address names. */
function followAddress() {
  const match = /^#(.+)-step-(\d+)$/.exec(location.hash);
  const explorer = match && [...EXPLORERS].find((one) => one.id === match[1]);
  if (!explorer) return;
  const row = explorer.trace.rows.findIndex((one) => one.step >= Number(match[2]));
  if (row < 0) return;
  if (!explorer.trace.matters(row) && !explorer.all.disabled && !explorer.all.checked) explorer.all.click();
  explorer.chooseRow(row);
  explorer.element.scrollIntoView();
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const explorer of EXPLORERS) explorer.timeline.redraw();
});

// Arrow keys step even where nothing has the focus.
document.addEventListener("keydown", (event) => {
  if (event.target === document.body && Explorer.last?.element.isConnected) Explorer.last.key(event);
});
