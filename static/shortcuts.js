// Keyboard shortcuts: single keys, except while the user is typing. An element's `data-shortcut` names its key.
// `?` lists them.
// The script is not loaded for users who have turned the shortcuts off.

(() => {
  "use strict";

  const isTyping = (target) =>
    target.isContentEditable ||
    target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=submit], [type=button], [type=file])");
  const isVisible = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;
  const find = (selector) => [...document.querySelectorAll(selector)].find(isVisible);

  function press(element) {
    if (!element) return false;
    if (element.tagName === "SUMMARY") {
      if (!element.parentElement.open) element.click(); // click rather than set `open`, for the listeners of the summary
      (element.parentElement.querySelector("textarea") || element).focus();
    } else if (element.matches("textarea, select, input:not([type=checkbox])")) {
      element.focus();
    } else {
      element.click();
    }
    return true;
  }

  // Rows of a list: focus the link to the record, so that Enter opens it.
  const linkIn = (row) => row?.querySelector("td.subject a") || row?.querySelector("td a");
  const rowLinks = () => [...document.querySelectorAll("table.list tbody tr")].map(linkIn).filter(Boolean);
  function moveFocus(step) {
    const links = rowLinks();
    if (!links.length) return false;
    const row = document.activeElement?.closest("table.list tbody tr");
    const index = row ? links.findIndex((link) => row.contains(link)) : -1;
    const last = links.length - 1;
    const next = index < 0 ? (step > 0 ? 0 : last) : Math.min(Math.max(index + step, 0), last);
    links[next].focus();
    links[next].scrollIntoView({ block: "nearest" });
    return true;
  }

  function toggleHelp() {
    const dialog = document.getElementById("shortcuts");
    if (!dialog) return false;
    if (dialog.open) dialog.close();
    else dialog.showModal();
    return true;
  }

  const handlers = {
    "?": toggleHelp,
    "/": () => {
      const input = document.getElementById("search-everything");
      input?.select();
      return Boolean(input);
    },
    j: () => press(find("[data-shortcut='j']")) || moveFocus(1),
    k: () => press(find("[data-shortcut='k']")) || moveFocus(-1),
    o: () => press(linkIn(document.activeElement?.closest("table.list tbody tr"))),
    e: () => press(find("[data-shortcut='e']") || find("#record-form :is(input:not([type=hidden]), select, textarea)")),
    s: () => press(find("[data-shortcut='s']") || find(".save-bar button[type=submit]")),
    n: () => press(find("[data-shortcut='n']") || find(".page-head a.btn-primary")),
  };

  // Announce the shortcuts to assistive technology.
  const announced = { s: ".save-bar button[type=submit]", n: ".page-head a.btn-primary" };
  function announceKeys() {
    for (const element of document.querySelectorAll("[data-shortcut]")) {
      element.setAttribute("aria-keyshortcuts", element.dataset.shortcut);
    }
    for (const [key, selector] of Object.entries(announced)) find(selector)?.setAttribute("aria-keyshortcuts", key);
  }
  announceKeys();
  document.addEventListener("htmx:afterSettle", announceKeys);

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.key === "Escape" && isTyping(target)) {
      target.blur();
      return;
    }
    if (event.key.length !== 1 || isTyping(target) || (document.querySelector("dialog[open]") && event.key !== "?")) return;
    const key = event.key;
    const isHandled = handlers[key] ? handlers[key]() : press(find(`[data-shortcut='${CSS.escape(key)}']`));
    if (isHandled) event.preventDefault();
  });
})();
