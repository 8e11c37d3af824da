"use strict";
// The theme is set before anything is drawn.
const root = document.documentElement;
const themes = ["auto", "light", "dark"];
const store = {
  get() { try { return localStorage.getItem("contracts-theme"); } catch { return null; } },
  set(name) { try { localStorage.setItem("contracts-theme", name); } catch { /* a file may have no storage */ } },
};
let theme = themes.includes(store.get()) ? store.get() : "auto";
const wear = () => theme === "auto" ? root.removeAttribute("data-theme") : root.setAttribute("data-theme", theme);
wear();
root.classList.add("js");

document.addEventListener("DOMContentLoaded", () => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const search = document.getElementById("q");
  const shown = document.getElementById("shown");
  const boxes = all("input[name=verdict]");
  const rows = new Map(all("tr[data-of]").map((row) => [row.dataset.of, row]));
  const entries = all("[data-v]").map((node) => ({ node, row: rows.get(node.id), verdicts: node.dataset.v.split(" "), text: null }));

  const filter = () => {
    const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const count = { ARTICLE: 0, DETAILS: 0 };
    for (const entry of entries) {
      entry.text ??= entry.node.textContent.toLowerCase();
      const fits = entry.verdicts.some((one) => wanted.has(one)) && words.every((word) => entry.text.includes(word));
      entry.node.hidden = !fits;
      if (entry.row) entry.row.hidden = !fits;
      count[entry.node.tagName] += fits;
    }
    shown.textContent = `${count.ARTICLE} findings, ${count.DETAILS} operations`;
  };
  search.addEventListener("input", filter);
  boxes.forEach((box) => box.addEventListener("change", filter));
  search.form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || document.activeElement === search) return;
    event.preventDefault();
    search.focus();
  });
  filter();

  // A link to what is folded opens it; one to an operation that the filter hides shows it again.
  const reveal = () => {
    const found = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!found) return;
    const folded = found.closest("details");
    if (folded) folded.open = true;
    const hidden = found.closest("[hidden]");
    if (hidden) { search.value = ""; boxes.forEach((box) => { box.checked = true; }); filter(); }
    if (folded || hidden) found.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();

  const button = document.getElementById("theme");
  const name = () => { button.textContent = `Theme: ${theme}`; };
  button.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    store.set(theme);
    wear();
    name();
  });
  name();

  const copied = async (text) => {
    try { await navigator.clipboard.writeText(text); return true; } catch { return false; }
  };
  const selected = (node) => {
    getSelection().selectAllChildren(node);
    const done = document.execCommand("copy");
    return done;
  };
  for (const copy of all("button.copy")) copy.addEventListener("click", async () => {
    const code = copy.previousElementSibling;
    const done = await copied(code.textContent) || selected(code);
    copy.textContent = done ? "Copied" : "Selected";
    setTimeout(() => { copy.textContent = "Copy"; }, 1600);
  });
});
