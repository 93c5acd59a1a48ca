// How the timeline is drawn. Only what is in sight.

const FONT = "11px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace";
const BOLD = `600 ${FONT}`;

function drawTimeline(timeline) {
  const { canvas, scroller, view } = timeline;
  const width = Math.min(scroller.clientWidth, timeline.total.width);
  const height = Math.min(scroller.clientHeight, timeline.total.height);
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const first = Math.max(0, Math.floor(scroller.scrollLeft / timeline.width) - 1);
  const last = Math.min(view.length - 1, Math.ceil((scroller.scrollLeft + width) / timeline.width));
  const picture = new Picture(timeline, context, { width, height, first, last });
  picture.draw();
}

class Picture {
  constructor(timeline, context, { width, height, first, last }) {
    Object.assign(this, { timeline, context, width, height, first, last });
    this.view = timeline.view;
    this.trace = timeline.trace;
    const style = getComputedStyle(timeline.scroller);
    this.color = (name) => style.getPropertyValue(`--${name}`).trim();
    context.font = FONT;
    context.textBaseline = "middle";
    this.letter = context.measureText("0").width;
  }

  draw() {
    const { context, timeline } = this;
    context.fillStyle = this.color("surface");
    context.fillRect(0, 0, this.width, this.height);
    context.save();
    context.beginPath();
    context.rect(timeline.gutter, HEADER, this.width - timeline.gutter, this.height - HEADER);
    context.clip();
    this.bands();
    for (const lane of timeline.lanes) if (this.isInSight(lane)) this.spans(lane);
    this.path();
    this.steps();
    context.restore();
    this.header();
    this.gutter();
  }

  // MARK: Places

  x(column) {
    return this.timeline.gutter + column * this.timeline.width - this.timeline.scroller.scrollLeft;
  }

  y(lane) {
    return HEADER + lane.top - this.timeline.scroller.scrollTop;
  }

  isInSight(lane) {
    return this.y(lane) < this.height && this.y(lane) + lane.height > HEADER;
  }

  brokenColumn() {
    const { broken } = this.trace;
    return broken < 0 ? -1 : this.view.ceiling(broken);
  }

  // MARK: Behind everything

  bands() {
    const { context, timeline } = this;
    const band = (column, color) => {
      if (column < this.first || column > this.last) return;
      context.fillStyle = color;
      context.fillRect(this.x(column), HEADER, timeline.width, this.height);
    };
    band(this.brokenColumn(), this.color("bad-band"));
    band(timeline.selected, this.color("band"));
    context.strokeStyle = this.color("line");
    context.lineWidth = 1;
    for (const lane of timeline.lanes) {
      const y = Math.round(this.y(lane) + lane.height) - 0.5;
      context.beginPath();
      context.moveTo(0, y);
      context.lineTo(this.width, y);
      context.stroke();
    }
    if (timeline.width < 8) return;
    // Where steps are hidden.
    context.setLineDash([1, 3]);
    for (let column = this.first; column <= this.last; column += 1) {
      if (column === 0 || this.view.hiddenBefore(column) === 0) continue;
      const x = Math.round(this.x(column)) + 0.5;
      context.beginPath();
      context.moveTo(x, HEADER);
      context.lineTo(x, this.height);
      context.stroke();
    }
    context.setLineDash([]);
  }

  // MARK: Spans

  spans(lane) {
    for (const { kind, track, y } of lane.tracks) {
      this.each(track, (span, columns) => this.bar(kind, span, columns, this.y(lane) + y));
    }
    for (const kind of ["wait", "call"]) {
      this.each(lane.spans[kind], (span, columns) => this.shade(kind, columns, this.y(lane) + lane.middle));
    }
  }

  /** The spans of a track that are in sight. */
  each(track, draw) {
    if (this.first > this.last) return;
    const from = this.view.rows[this.first];
    const to = this.view.rows[this.last];
    for (let at = lowerBound(track.length, (index) => track[index].last >= from); at < track.length; at += 1) {
      if (track[at].first > to) return;
      const columns = this.timeline.columns(track[at]);
      if (columns) draw(track[at], columns);
    }
  }

  bar(kind, span, columns, y) {
    const { context } = this;
    const name = kind === "lock" && /write/.test(span.name) ? "write" : kind;
    const height = TRACKS[kind];
    const left = this.x(columns.first) + 1.5;
    const right = this.x(columns.last + 1) - 1.5;
    context.fillStyle = this.color(`${name}-fill`);
    context.strokeStyle = this.color(name);
    context.lineWidth = 1;
    context.fillRect(left, y, right - left, height);
    if (name === "lock") context.setLineDash([3, 2]);
    context.strokeRect(left, y + 0.5, right - left, height - 1);
    context.setLineDash([]);
    this.label(span.name, Math.max(left, this.timeline.gutter) + 4, right - 3, y + height / 2 + 0.5);
    const isThawedByOther = kind === "freeze" && !span.isOpen && span.thawedBy !== span.thread;
    if (isThawedByOther) this.thaw(span, columns.last, y + height);
  }

  /** From an entry's freezer to another thread that thaws it. */
  thaw(span, column, y) {
    const other = this.timeline.laneOf.get(span.thawedBy);
    if (!other) return;
    const { context } = this;
    const x = this.x(column) + this.timeline.width / 2;
    context.strokeStyle = this.color("freeze");
    context.lineWidth = 2;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x, this.y(other) + other.middle);
    context.stroke();
  }

  shade(kind, columns, middle) {
    const { context } = this;
    context.fillStyle = this.color(`${kind}-fill`);
    const left = this.x(columns.first) + 1;
    context.fillRect(left, middle - SIGN_TRACK / 2 + 1, this.x(columns.last + 1) - 1 - left, SIGN_TRACK - 2);
  }

  label(text, left, right, y) {
    const room = Math.floor((right - left) / this.letter);
    if (room < 2) return;
    this.context.fillStyle = this.color("text");
    this.context.fillText(text.length > room ? `${text.slice(0, room - 1)}…` : text, left, y);
  }

  // MARK: Steps

  middle(column) {
    const lane = this.timeline.laneOf.get(this.view.row(column).thread);
    return { lane, x: this.x(column) + this.timeline.width / 2, y: this.y(lane) + lane.middle };
  }

  /** The line of execution through the lanes. */
  path() {
    const { context } = this;
    for (let column = Math.max(this.first, 1); column <= this.last; column += 1) {
      const from = this.middle(column - 1);
      const to = this.middle(column);
      const isPreemption = this.view.preempted[column] === 1;
      context.strokeStyle = this.color(isPreemption ? "preempt" : "path");
      context.lineWidth = isPreemption ? 2 : 1;
      const x = this.x(column);
      context.beginPath();
      context.moveTo(from.x, from.y);
      context.lineTo(x, from.y);
      context.lineTo(x, to.y);
      context.lineTo(to.x, to.y);
      context.stroke();
    }
  }

  steps() {
    const { timeline } = this;
    const scale = Math.min(1, timeline.width / 13);
    const broken = this.brokenColumn();
    for (let column = this.first; column <= this.last; column += 1) {
      const { lane, x, y } = this.middle(column);
      if (!this.isInSight(lane)) continue;
      const { action } = this.view.row(column);
      this.context.fillStyle = this.color("surface");
      if (timeline.width >= 8) this.context.fillRect(x - 7, y - 7, 14, 14);
      drawSign(this.context, kindOf(action), x, y, this.color(column === broken ? "bad" : "text"), scale);
      if (timeline.isReadable) this.action(column, x, y + SIGN_TRACK / 2 + TEXT_LINE / 2);
    }
  }

  /** The action below its sign, in as many lines as there is room for. Its function is told with the step. */
  action(column, x, y) {
    const room = Math.floor((this.timeline.width - 6) / this.letter);
    const row = this.view.row(column);
    const lines = wrapped(placed(row.action)[0] + (row.repeats > 1 ? ` ×${row.repeats}` : ""), room, TEXT_LINES);
    this.context.textAlign = "center";
    this.context.fillStyle = this.color(this.view.rows[column] === this.trace.broken ? "bad" : "text");
    lines.forEach((line, index) => this.context.fillText(line, x, y + index * TEXT_LINE));
    this.context.textAlign = "left";
  }

  // MARK: Above everything

  header() {
    const { context, timeline } = this;
    context.fillStyle = this.color("surface");
    context.fillRect(0, 0, this.width, HEADER);
    context.save();
    context.beginPath();
    context.rect(timeline.gutter, 0, this.width - timeline.gutter, HEADER);
    context.clip();
    context.textAlign = "center";
    const every = Math.ceil((this.letter * 7) / timeline.width);
    for (let column = this.first; column <= this.last; column += 1) {
      const x = this.x(column) + timeline.width / 2;
      if (column % every === 0 && Math.abs(column - timeline.selected) >= every) {
        context.fillStyle = this.color("muted");
        context.fillText(String(this.view.row(column).step), x, 10);
      }
      if (this.view.preempted[column] && timeline.width >= 8) {
        context.fillStyle = this.color("preempt");
        context.font = BOLD;
        context.fillText(">", this.x(column), 27);
        context.font = FONT;
      }
    }
    this.flag(timeline.selected, String(this.view.row(timeline.selected)?.step ?? ""), 10, "accent", "surface");
    this.flag(this.brokenColumn(), `✗ ${timeline.checker}`, 27, "bad", "surface");
    context.textAlign = "left";
    context.restore();
    context.strokeStyle = this.color("line");
    context.lineWidth = 1;
    context.strokeRect(-1, HEADER - 0.5, this.width + 2, 0);
  }

  flag(column, text, y, color, ink) {
    if (column < this.first || column > this.last || !text) return;
    const { context, timeline } = this;
    context.font = BOLD;
    const width = context.measureText(text).width + 8;
    const wanted = this.x(column) + timeline.width / 2;
    const x = Math.min(Math.max(wanted, timeline.gutter + width / 2), Math.max(this.width, width) - width / 2);
    context.fillStyle = this.color(color);
    context.fillRect(x - width / 2, y - 8, width, 16);
    context.fillStyle = this.color(ink);
    context.fillText(text, x, y + 0.5);
    context.font = FONT;
  }

  gutter() {
    const { context, timeline } = this;
    const width = timeline.gutter;
    context.fillStyle = this.color("surface");
    context.fillRect(0, HEADER, width, this.height);
    context.save();
    context.beginPath();
    context.rect(0, HEADER, this.width, this.height - HEADER);
    context.clip();
    for (const lane of timeline.lanes) {
      if (!this.isInSight(lane)) continue;
      const top = this.y(lane);
      context.fillStyle = this.color("muted");
      for (const { caption, kind, y } of lane.tracks) {
        const short = width < 70 ? caption.replace("operation", "op").replace("mmu_", "") : caption;
        context.fillText(short, 8, top + y + TRACKS[kind] / 2 + 0.5);
      }
      context.fillStyle = this.color("text");
      context.font = BOLD;
      context.fillText(width < 70 ? `thr. ${lane.thread}` : `thread ${lane.thread}`, 8, top + lane.middle);
      context.font = FONT;
      const bottom = Math.round(top + lane.height) - 0.5;
      context.strokeStyle = this.color("line");
      context.beginPath();
      context.moveTo(0, bottom);
      context.lineTo(width, bottom);
      context.stroke();
    }
    context.restore();
    context.strokeStyle = this.color("line");
    context.beginPath();
    context.moveTo(width - 0.5, 0);
    context.lineTo(width - 0.5, this.height);
    context.stroke();
  }
}

/** Text in lines of at most `room` letters, broken at spaces where it can be; what does not fit ends in an ellipsis. */
function wrapped(text, room, most) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines[lines.length - 1];
    if (line && line.length + 1 + word.length <= room) lines[lines.length - 1] = `${line} ${word}`;
    else if (line) lines.push(word);
    else lines[lines.length - 1] = word;
  }
  const shown = lines.slice(0, most).map((line) => (line.length > room ? `${line.slice(0, room - 1)}…` : line));
  if (lines.length > most) shown[most - 1] = `${shown[most - 1].slice(0, room - 1)}…`;
  return shown;
}
