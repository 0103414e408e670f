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
  const shelf = `ticks of ${document.body.dataset.job}`;
  let ticked = {};
  try { ticked = JSON.parse(localStorage.getItem(shelf)) || {}; } catch { ticked = {}; }
  for (const box of document.querySelectorAll("[data-tick]")) {
    box.checked = ticked[box.dataset.tick] === true;
    box.addEventListener("change", () => {
      ticked[box.dataset.tick] = box.checked;
      try { localStorage.setItem(shelf, JSON.stringify(ticked)); } catch { /* Then the tick lasts as long as the page. */ }
    });
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
