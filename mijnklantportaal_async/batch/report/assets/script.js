"use strict";
// Everything can be read without this script; it adds finding, remembers ticks, and unfolds all for paper.
(() => {
  const everyDetails = () => document.querySelectorAll("details");

  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...everyDetails()].filter((details) => !details.open);
    folded.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => folded.forEach((details) => { details.open = false; }));

  // A browser may refuse to remember anything for a file.
  const job = document.body.dataset.job, shelf = `decisions on ${job}`;
  let kept = {};
  try { kept = JSON.parse(localStorage.getItem(shelf)) || {}; } catch { kept = {}; }
  const open = [...document.querySelectorAll("[data-decision]")];
  const decisions = () => open.map((node) => ({
    row: Number(node.dataset.decision), found: node.querySelector("input:checked").value, id: node.querySelector("[type=text]").value.trim(),
  })).filter((decision) => decision.found);
  function decided() {
    const all = decisions();
    for (const node of open) node.classList.toggle("is-there", node.querySelector("input:checked").value === "there");
    document.getElementById("decided").textContent = all.length;
    document.getElementById("save").disabled = all.length === 0;
    try { localStorage.setItem(shelf, JSON.stringify(Object.fromEntries(all.map((one) => [one.row, one])))); } catch { /* Then they last as long as the page. */ }
  }
  if (open.length) {
    const name = `${job.replace(/[^A-Za-z0-9._-]+/g, "-")}.decisions.json`;
    for (const node of open) {
      const before = kept[node.dataset.decision];
      if (before) {
        [...node.querySelectorAll("[type=radio]")].find((radio) => radio.value === before.found).checked = true;
        node.querySelector("[type=text]").value = before.id || "";
      }
      node.addEventListener("input", decided);
    }
    document.getElementById("file-name").textContent = name;
    document.getElementById("decide").hidden = false;
    document.getElementById("save").addEventListener("click", () => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([JSON.stringify({ version: 1, job, decisions: decisions() }, null, 1)], { type: "application/json" }));
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
    decided();
  }

  const search = document.getElementById("search"), words = document.getElementById("words"), found = document.getElementById("found");
  let index = null, openBefore = null;
  search.hidden = false;
  search.addEventListener("submit", (event) => event.preventDefault());
  words.addEventListener("input", find);

  function textOf(row) {
    const day = row.closest(".day");
    return `${row.textContent} ${day ? day.firstElementChild.textContent : ""}`.toLowerCase().replace(/\s+/g, " ");
  }
  // A number is meant as a whole: 9 finds the ninth, not the nineteenth.
  function matcherOf(word) {
    const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return new RegExp(/^\d+$/.test(word) ? `(?<!\\d)${escaped}(?!\\d)` : escaped);
  }
  function find() {
    index = index || [...document.querySelectorAll("[data-row]")].map((row) => [row, textOf(row)]);
    openBefore = openBefore || [...everyDetails()].map((details) => [details, details.open]);
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean).map(matcherOf), searching = wanted.length > 0;
    let count = 0;
    for (const [row, text] of index) {
      row.hidden = !wanted.every((word) => word.test(text));
      count += row.hidden ? 0 : 1;
    }
    document.body.classList.toggle("searching", searching);
    for (const [details, open] of openBefore) {
      if (!details.querySelector("[data-row]")) continue;
      const holds = details.querySelector("[data-row]:not([hidden])") !== null;
      details.hidden = searching && !holds;
      details.open = searching ? holds : open;
    }
    if (!searching) openBefore = null;
    const inWords = (number) => number.toLocaleString(document.documentElement.lang);
    found.textContent = searching ? found.dataset.found.replace("{count}", inWords(count)).replace("{total}", inWords(index.length)) : "";
  }
})();
