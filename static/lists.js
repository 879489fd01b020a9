// Progressive enhancement of lists, bulk selection, quick edits, search and the home page. All of them work without it.

(() => {
  "use strict";

  // Selecting rows of a list: the number of selected rows, and a checkbox for all rows of the page.
  const rowCheckboxes = () => [...document.querySelectorAll("input[name=chosen]")];

  function updateSelection() {
    const status = document.querySelector("[data-selection-status]");
    const selectAll = document.querySelector("[data-select-all]");
    const count = rowCheckboxes().filter((checkbox) => checkbox.checked).length;
    if (status) {
      const texts = status.dataset;
      const text = count === 0 ? texts.none : count === 1 ? texts.one : texts.several.replace("%(count)s", count);
      if (status.textContent !== text) status.textContent = text;
      for (const button of document.querySelectorAll("[data-needs-selection]")) button.disabled = count === 0;
    }
    if (selectAll) {
      selectAll.hidden = false;
      selectAll.checked = count > 0 && count === rowCheckboxes().length;
      selectAll.indeterminate = count > 0 && !selectAll.checked;
    }
  }

  let lastClicked = null;
  document.addEventListener("click", (event) => {
    const clicked = event.target.closest("input[name=chosen]");
    if (!clicked) return;
    if (event.shiftKey && lastClicked?.isConnected) {
      const checkboxes = rowCheckboxes();
      const [first, last] = [checkboxes.indexOf(lastClicked), checkboxes.indexOf(clicked)].sort((a, b) => a - b);
      for (const checkbox of checkboxes.slice(first, last + 1)) checkbox.checked = clicked.checked;
    }
    lastClicked = clicked;
    updateSelection();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-select-all]")) {
      for (const checkbox of rowCheckboxes()) checkbox.checked = event.target.checked;
    }
    if (event.target.matches("[data-select-all], input[name=chosen]")) updateSelection();
    // In a bulk edit, editing a field checks “change this field”.
    const line = event.target.closest("[data-bulk-field]");
    if (line && event.target.name !== "set") line.querySelector("input[name=set]").checked = true;
  });
  document.addEventListener("click", (event) => {
    const line = event.target.closest("[data-formset-add]")?.closest("[data-bulk-field]");
    if (line) line.querySelector("input[name=set]").checked = true;
  });
  window.addEventListener("pageshow", updateSelection);

  // Move columns within their menu; its button saves the order. (Without JavaScript, each move is saved at once.)
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-column] button");
    if (!button) return;
    event.preventDefault();
    const line = button.closest("[data-column]");
    const other = button.name === "up" ? line.previousElementSibling : line.nextElementSibling;
    if (!other?.querySelector("button")) return;
    if (button.name === "up") other.before(line);
    else other.after(line);
    button.focus();
  });

  // Quick-edit menus: position them at their cell, and return the focus there.
  let openerId = null;

  function positionMenu(menu, opener) {
    const cell = opener.closest("td").getBoundingClientRect();
    menu.showPopover();
    const { width, height } = menu.getBoundingClientRect();
    const left = Math.max(8, Math.min(cell.left, window.innerWidth - width - 8));
    const below = cell.bottom + 4;
    menu.style.left = `${left}px`;
    menu.style.top = `${below + height < window.innerHeight ? below : Math.max(8, cell.top - height - 4)}px`;
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    const link = event.detail.elt.closest?.("a.quick-link");
    if (!link) return;
    if (!HTMLElement.prototype.showPopover) {
      event.preventDefault();
      location.assign(link.href);
    }
    openerId = link.id;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    updateSelection();
    if (event.detail.target.id === "quick-slot") {
      const menu = event.detail.target.querySelector("[popover]");
      const opener = document.getElementById(openerId);
      if (!menu || !opener) return;
      positionMenu(menu, opener);
      (menu.querySelector("[aria-pressed=true]") || menu.querySelector("button, select")).focus();
      menu.addEventListener("toggle", (change) => {
        if (change.newState === "closed" && menu.contains(document.activeElement)) opener.focus();
      });
    }
    if (event.detail.requestConfig?.elt.matches?.(".quick-form")) {
      const slot = document.getElementById("quick-slot");
      slot.querySelector("[popover]")?.hidePopover?.();
      slot.replaceChildren();
      document.getElementById(openerId)?.focus();
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

  // Keep the menu above the list open when the list is swapped: opening it blurs the search input, which sends a request.
  const menus = () => [...document.querySelectorAll("#list-menus details")];
  let openIndex = -1;
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (event.detail.target.id === "list-menus") openIndex = menus().findIndex((menu) => menu.open);
  });
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target.id === "list-menus" && openIndex >= 0) menus()[openIndex].open = true;
  });

  // Arrow keys and Escape in the results of the global search.
  const results = () => document.getElementById("search-suggestions");
  const search = document.querySelector(".topbar-search");
  search?.addEventListener("keydown", (event) => {
    const links = [...results().querySelectorAll("a")];
    const current = links.indexOf(document.activeElement);
    if (event.key === "Escape" && links.length) {
      results().replaceChildren();
      search.querySelector("input").focus();
      event.preventDefault();
    } else if (event.key === "ArrowDown" && links.length) {
      links[Math.min(current + 1, links.length - 1)].focus();
      event.preventDefault();
    } else if (event.key === "ArrowUp" && current >= 0) {
      (links[current - 1] || search.querySelector("input")).focus();
      event.preventDefault();
    }
  });
  search?.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !search.contains(event.relatedTarget)) results().replaceChildren();
  });
  document.addEventListener("click", (event) => {
    if (search && !search.contains(event.target)) results().replaceChildren();
  });

  // Record the visit to the home page, which decides what is news next time.
  const visit = document.querySelector("form[data-visit]");
  if (visit) {
    const body = new FormData(visit);
    fetch(visit.action, { method: "POST", body, redirect: "manual" }).catch(() => {});
  }
  updateSelection();
})();
