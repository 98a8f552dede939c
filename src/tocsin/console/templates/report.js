"use strict";
// Keys and filter. Everything on the page can be read and reached without this.
const cards = [...document.querySelectorAll("details.card")];
const filter = document.getElementById("filter");
const matches = document.getElementById("matches");
const help = document.getElementById("help");

const shown = () => cards.filter((card) => !card.hidden && !card.closest("details.more:not([open])"));

function step(by) {
  const list = shown();
  if (!list.length) return;
  const here = list.findIndex((card) => card.contains(document.activeElement));
  const next = list[here < 0 ? 0 : Math.min(Math.max(here + by, 0), list.length - 1)];
  const summary = next.querySelector("summary");
  summary.focus({ preventScroll: true });
  summary.scrollIntoView({ block: "center" });
}

function narrow() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const card of cards) {
    const text = words.length ? card.textContent.toLowerCase() : "";
    card.hidden = !words.every((word) => text.includes(word));
  }
  const more = document.querySelector("details.more");
  if (more && words.length) more.open = true;
  matches.textContent = words.length ? `${shown().length} / ${cards.length}` : "";
}

function openTarget() {
  const target = /^#incident-\d+$/.test(location.hash) && document.querySelector(location.hash);
  if (target) {
    for (let fold = target; fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target.scrollIntoView();
    target.querySelector("summary").focus({ preventScroll: true });
  }
}

function act(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  if (event.target === filter) {
    if (event.key === "Escape") {
      filter.value = "";
      narrow();
      filter.blur();
    }
    return;
  }
  const actions = {
    j: () => step(1),
    k: () => step(-1),
    "/": () => filter.focus(),
    "?": () => help.showModal(),
  };
  if (Object.hasOwn(actions, event.key)) {
    event.preventDefault();
    actions[event.key]();
  }
}

if (cards.length) {
  document.querySelector(".filter").hidden = false;
  document.addEventListener("keydown", act);
  filter.addEventListener("input", narrow);
  document.getElementById("help-button").addEventListener("click", () => help.showModal());
  document.getElementById("help-close").addEventListener("click", () => help.close());
}
addEventListener("hashchange", openTarget);
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((fold) => { fold.open = true; }));
openTarget();
