// Builds elements. Text from a record becomes text nodes and nothing else: no markup is ever made from a string.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes, `on…` handlers, and children: elements, texts, or arrays of them. */
function el(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children);
}

function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

function replace(element, ...children) {
  element.textContent = "";
  append(element, children);
}

/** A term and what it is, for each pair that has something to say. */
function facts(pairs) {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "" && value !== false);
  return el("dl", { class: "facts" }, shown.map(([name, value]) => {
    const isWide = String(value).length > 30;
    return el("div", { class: isWide ? "wide" : null }, el("dt", {}, name), el("dd", {}, value));
  }));
}

/** A table that scrolls in a box of its own. A column is a title, or a title and a class for its cells. */
function table(caption, columns, rows) {
  const titles = columns.map((column) => (Array.isArray(column) ? column : [column, null]));
  const head = titles.map(([title, name]) => el("th", { scope: "col", class: name }, title));
  const cell = (content, index) =>
    index === 0
      ? el("th", { scope: "row", class: titles[index][1] }, content)
      : el("td", { class: titles[index][1] }, content);
  return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    el("table", {},
      el("thead", {}, el("tr", {}, head)),
      el("tbody", {}, rows.map((row) => el("tr", { class: row.class }, row.cells.map(cell))))));
}

/** A heading and what stands below it; nothing where there is nothing. */
function section(title, ...children) {
  return el("section", {}, el("h2", {}, title), children);
}

/** A command, whole and on its own line, with a button that copies it. */
function command(label, text) {
  const code = el("code", {}, text);
  const button = el("button", { type: "button", class: "copy", "aria-label": `Copy the command: ${label}` }, "Copy");
  const done = el("span", { class: "unseen", role: "status" });
  button.addEventListener("click", async () => {
    const copied = await copy(text, code);
    button.textContent = copied ? "Copied" : "Press Ctrl+C";
    done.textContent = button.textContent;
    setTimeout(() => {
      button.textContent = "Copy";
      done.textContent = "";
    }, 2000);
  });
  return el("div", { class: "command" }, el("span", { class: "label" }, label), code, button, done);
}

/** Puts text on the clipboard; where a page may not, it selects the text for its reader to do so. */
async function copy(text, element) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const range = document.createRange();
    range.selectNodeContents(element);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    return document.execCommand("copy");
  }
}
