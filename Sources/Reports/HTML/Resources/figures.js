// Numbers as the text report writes them.

/** Digits in groups of three: `1,204,331`. */
function grouped(count) {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

function counted(count, noun) {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** At most four characters up to a billion, rounded down: `870`, `34k`, `1M`. */
function compact(count) {
  if (count < 1e3) return String(count);
  return count < 1e6 ? `${Math.floor(count / 1e3)}k` : `${Math.floor(count / 1e6)}M`;
}

function percent(share) {
  return `${(share * 100).toFixed(2)}%`;
}

/** A time with the unit that keeps it short: `870ns`, `12.4us`, `3.1ms`, `2.0s`. */
function duration(nanoseconds) {
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${(nanoseconds / 1e3).toFixed(1)}us`;
  return nanoseconds < 1e9 ? `${(nanoseconds / 1e6).toFixed(1)}ms` : `${(nanoseconds / 1e9).toFixed(1)}s`;
}

function seconds(elapsed) {
  return `${elapsed.toFixed(elapsed > 0 && elapsed < 1 ? 3 : 1)} s`;
}

function mebibytes(bytes) {
  return `${Math.floor(bytes / (1 << 20))} MiB`;
}

const LEVELS = { 1: "4K", 2: "2M", 3: "1G", 4: "512G" };

function levelName(level) {
  return LEVELS[level] || `level ${level}`;
}

/** An entry as the actions name it: `0x201/4K`. */
function entryName(entry) {
  return `${entry.gfn}/${levelName(entry.level)}`;
}

/** Index of the first element of a sorted array for which `test` holds; its length if there is none. */
function lowerBound(length, test) {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (test(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
