// Reads the record from the page and shows it.

const data = JSON.parse(document.getElementById("data").textContent);
append(document.getElementById("page"), [data.kind === "matrix" ? matrixPage(data) : runPage(data)]);
document.getElementById("text").open = false;
followAddress();
window.addEventListener("hashchange", followAddress);
