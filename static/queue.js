// Makes the queue and the lists smoother; each of these works without it, by a page of its own.

(() => {
  "use strict";

  // Ticking rows of a list: all of the page by one box, and how many they are.
  const boxes = () => [...document.querySelectorAll("input[name=chosen]")];

  function tell() {
    const said = document.querySelector("[data-many-said]");
    const all = document.querySelector("[data-pick-all]");
    const ticked = boxes().filter((box) => box.checked).length;
    if (said) {
      const words = said.dataset;
      const text = ticked === 0 ? words.none : ticked === 1 ? words.one : words.several.replace("%(count)s", ticked);
      if (said.textContent !== text) said.textContent = text;
      for (const button of document.querySelectorAll("[data-many-chosen]")) button.disabled = ticked === 0;
    }
    if (all) {
      all.hidden = false;
      all.checked = ticked > 0 && ticked === boxes().length;
      all.indeterminate = ticked > 0 && !all.checked;
    }
  }

  let lastTicked = null;
  document.addEventListener("click", (event) => {
    const box = event.target.closest("input[name=chosen]");
    if (!box) return;
    if (event.shiftKey && lastTicked?.isConnected) {
      const rows = boxes();
      const [from, to] = [rows.indexOf(lastTicked), rows.indexOf(box)].sort((a, b) => a - b);
      for (const each of rows.slice(from, to + 1)) each.checked = box.checked;
    }
    lastTicked = box;
    tell();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) {
      for (const box of boxes()) box.checked = event.target.checked;
    }
    if (event.target.matches("[data-pick-all], input[name=chosen]")) tell();
    // What somebody begins to fill in is meant.
    const line = event.target.closest("[data-bulk-line]");
    if (line && event.target.name !== "set") line.querySelector("input[name=set]").checked = true;
  });
  document.addEventListener("click", (event) => {
    const line = event.target.closest("[data-rows-add]")?.closest("[data-bulk-line]");
    if (line) line.querySelector("input[name=set]").checked = true;
  });
  window.addEventListener("pageshow", tell);

  // Columns are moved in their menu, and kept by its button. (Without a script, each move is kept at once.)
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move] button");
    if (!button) return;
    event.preventDefault();
    const line = button.closest("[data-move]");
    const other = button.name === "up" ? line.previousElementSibling : line.nextElementSibling;
    if (!other?.querySelector("button")) return;
    if (button.name === "up") other.before(line);
    else other.after(line);
    button.focus();
  });

  // The menu in which one thing of a record is set: beside what it is about, and the focus goes back there.
  let askedBy = null;

  function place(menu, anchor) {
    const box = anchor.closest("td").getBoundingClientRect();
    menu.showPopover();
    const { width, height } = menu.getBoundingClientRect();
    const left = Math.max(8, Math.min(box.left, window.innerWidth - width - 8));
    const below = box.bottom + 4;
    menu.style.left = `${left}px`;
    menu.style.top = `${below + height < window.innerHeight ? below : Math.max(8, box.top - height - 4)}px`;
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    const link = event.detail.elt.closest?.("a.quick");
    if (!link) return;
    if (!HTMLElement.prototype.showPopover) {
      event.preventDefault();
      location.assign(link.href);
    }
    askedBy = link.id;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    tell();
    if (event.detail.target.id === "quick-slot") {
      const menu = event.detail.target.querySelector("[popover]");
      const anchor = document.getElementById(askedBy);
      if (!menu || !anchor) return;
      place(menu, anchor);
      (menu.querySelector("[aria-pressed=true]") || menu.querySelector("button, select")).focus();
      menu.addEventListener("toggle", (change) => {
        if (change.newState === "closed" && menu.contains(document.activeElement)) anchor.focus();
      });
    }
    if (event.detail.requestConfig?.elt.matches?.(".quick-form")) {
      const slot = document.getElementById("quick-slot");
      slot.querySelector("[popover]")?.hidePopover?.();
      slot.replaceChildren();
      document.getElementById(askedBy)?.focus();
    }
  });
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest?.(".quick-form");
    if (!form || !["ArrowDown", "ArrowUp"].includes(event.key) || event.target.tagName === "SELECT") return;
    const buttons = [...form.parentElement.querySelectorAll(".quick-form button")];
    const step = event.key === "ArrowDown" ? 1 : -1;
    const next = buttons[buttons.indexOf(event.target) + step];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  });

  // A menu above the list stays open when the list is swapped: leaving the search box may have caused it.
  const menus = () => [...document.querySelectorAll("#list-export details")];
  let opened = -1;
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (event.detail.target.id === "list-export") opened = menus().findIndex((menu) => menu.open);
  });
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target.id === "list-export" && opened >= 0) menus()[opened].open = true;
  });

  // What is found while somebody types in the box for everything.
  const found = () => document.getElementById("search-found");
  const search = document.querySelector(".topbar-search");
  search?.addEventListener("keydown", (event) => {
    const links = [...found().querySelectorAll("a")];
    const here = links.indexOf(document.activeElement);
    if (event.key === "Escape" && links.length) {
      found().replaceChildren();
      search.querySelector("input").focus();
      event.preventDefault();
    } else if (event.key === "ArrowDown" && links.length) {
      links[Math.min(here + 1, links.length - 1)].focus();
      event.preventDefault();
    } else if (event.key === "ArrowUp" && here >= 0) {
      (links[here - 1] || search.querySelector("input")).focus();
      event.preventDefault();
    }
  });
  search?.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !search.contains(event.relatedTarget)) found().replaceChildren();
  });
  document.addEventListener("click", (event) => {
    if (search && !search.contains(event.target)) found().replaceChildren();
  });

  // Being at home is noted, so that next time it is known what is new.
  const visit = document.querySelector("form[data-visit]");
  if (visit) {
    const note = new FormData(visit);
    fetch(visit.action, { method: "POST", body: note, redirect: "manual" }).catch(() => {});
  }
  tell();
})();
