// What ran of a kernel's code: a table of files, and the lines that never ran.

function codeThatRan({ code }) {
  if (!code) return null;
  const columns = ["file", ["lines", "number"], ["ran", "number"], ["branches", "number"], ["ran", "number"],
    ["functions", "number"], ["ran", "number"]];
  const files = code.files.map((file) => ({
    path: file.path, lines: counts(file.lines), branches: counts(file.branches), functions: counts(file.functions),
  }));
  const ran = (list) => list.filter((entry) => entry.count > 0).length;
  const missing = files.filter((file) => file.path.endsWith(".c") && ran(file.lines) < file.lines.length);
  return section("Code that ran",
    table("Code that ran", columns, files.map((file) => ({
      cells: [file.path, ...[file.lines, file.branches, file.functions]
        .flatMap((list) => [grouped(list.length), grouped(ran(list))])],
    }))),
    missing.length > 0 && [el("h3", {}, "Never ran"), el("ul", {}, missing.map((file) =>
      el("li", {}, el("code", {}, file.path), `: ${rangesOf(file.lines)}`)))]);
}

/** `12=3 14=0` as a list. */
function counts(text) {
  return text.split(" ").filter(Boolean).map((entry) => {
    const end = entry.lastIndexOf("=");
    return { place: entry.slice(0, end), count: Number(entry.slice(end + 1)) };
  });
}

function rangesOf(lines) {
  const ranges = [];
  let isOpen = false;
  for (const { place, count } of lines) {
    if (count === 0) {
      if (isOpen) ranges[ranges.length - 1][1] = place; else ranges.push([place, place]);
    }
    isOpen = count === 0;
  }
  return ranges.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join(", ");
}

/** Changed lines of a commit of a series. */
function changedLines(lines) {
  if (!lines?.length) return null;
  return [el("h3", {}, "Changed lines"), table("Changed lines", ["line", ["ran", "number"], "text"],
    lines.map(({ file, line, text, count }) => ({
      class: count ? null : "missed", cells: [`${file.split("/").pop()}:${line}`, grouped(count), el("code", {}, text)],
    })))];
}
