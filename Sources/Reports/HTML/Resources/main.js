// Reads the record from the page and shows it.

const PAGES = { matrix: matrixPage, exhaust: exhaustPage, series: seriesPage };
const data = JSON.parse(document.getElementById("data").textContent);
append(document.getElementById("page"), [PAGES[data.kind] ? PAGES[data.kind](data) : runPage(data)]);
document.getElementById("text").open = false;
followAddress();
window.addEventListener("hashchange", followAddress);
