// Which rows of a trace are shown, each as a column of the timeline and a line of the table.

class View {
  /** @param all every row, not only those that matter. */
  constructor(trace, all) {
    this.trace = trace;
    const indices = [];
    trace.rows.forEach((row, index) => {
      if (all || trace.matters(index)) indices.push(index);
    });
    this.rows = Int32Array.from(indices);
    this.length = indices.length;
    this.preempted = preemptions(trace.rows, this.rows);
  }

  row(column) {
    return this.trace.rows[this.rows[column]];
  }

  /** The first column that shows this row or a later one; `length` if none does. */
  ceiling(index) {
    return lowerBound(this.length, (column) => this.rows[column] >= index);
  }

  /** The last column that shows this row or an earlier one; -1 if none does. */
  floor(index) {
    return lowerBound(this.length, (column) => this.rows[column] > index) - 1;
  }

  /** Rows left out between a column and the one before it. */
  hiddenBefore(column) {
    return this.rows[column] - (column > 0 ? this.rows[column - 1] : -1) - 1;
  }

  /** The entry's value in a column, where it is news: written, or other than in the column before. */
  news(column, value, isChanged) {
    const row = this.row(column);
    if (row[isChanged]) return `*${row[value]}`;
    return column > 0 && this.row(column - 1)[value] === row[value] ? "" : row[value];
  }
}

/** A thread may be preempted by rows that are hidden: the mark then stands at the first that is shown. */
function preemptions(rows, shown) {
  const marks = new Uint8Array(shown.length);
  let column = 0;
  let isPreempted = false;
  for (let index = 0; column < shown.length; index += 1) {
    isPreempted = isPreempted || rows[index].isPreemption;
    if (shown[column] !== index) continue;
    const isOther = column === 0 || rows[shown[column - 1]].thread !== rows[index].thread;
    marks[column] = isPreempted && (rows[index].isPreemption || isOther) ? 1 : 0;
    isPreempted = false;
    column += 1;
  }
  return marks;
}
