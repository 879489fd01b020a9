// Single keys, wherever nobody is typing. What a key presses carries it as `data-key`; `?` lists them.
// Not loaded at all for people who have turned the keys off.

(() => {
  "use strict";

  const isTyping = (target) =>
    target.isContentEditable ||
    target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=submit], [type=button], [type=file])");
  const isSeen = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;
  const find = (selector) => [...document.querySelectorAll(selector)].find(isSeen);

  function press(element) {
    if (!element) return false;
    if (element.tagName === "SUMMARY") {
      if (!element.parentElement.open) element.click(); // what is in it may want to know
      (element.parentElement.querySelector("textarea") || element).focus();
    } else if (element.matches("textarea, select, input:not([type=checkbox])")) {
      element.focus();
    } else {
      element.click();
    }
    return true;
  }

  // The lines of a list: the link to the record is what has the focus, so that Enter opens it.
  const linkIn = (row) => row?.querySelector("td.subject a") || row?.querySelector("td a");
  const lines = () => [...document.querySelectorAll("table.list tbody tr")].map(linkIn).filter(Boolean);
  function line(step) {
    const links = lines();
    if (!links.length) return false;
    const row = document.activeElement?.closest("table.list tbody tr");
    const at = row ? links.findIndex((link) => row.contains(link)) : -1;
    const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + step, 0), links.length - 1);
    links[next].focus();
    links[next].scrollIntoView({ block: "nearest" });
    return true;
  }

  function showKeys() {
    const dialog = document.getElementById("keys");
    if (!dialog) return false;
    if (dialog.open) dialog.close();
    else dialog.showModal();
    return true;
  }

  const own = {
    "?": showKeys,
    "/": () => {
      const box = document.getElementById("search-everything");
      box?.select();
      return Boolean(box);
    },
    j: () => press(find("[data-key='j']")) || line(1),
    k: () => press(find("[data-key='k']")) || line(-1),
    o: () => press(linkIn(document.activeElement?.closest("table.list tbody tr"))),
    e: () => press(find("[data-key='e']") || find("#record-form :is(input:not([type=hidden]), select, textarea)")),
    s: () => press(find("[data-key='s']") || find(".savebar button[type=submit]")),
    n: () => press(find("[data-key='n']") || find(".page-head a.btn-primary")),
  };

  // Whoever cannot see the list of keys is told which one presses what.
  const told = { s: ".savebar button[type=submit]", n: ".page-head a.btn-primary" };
  function tell() {
    for (const element of document.querySelectorAll("[data-key]")) {
      element.setAttribute("aria-keyshortcuts", element.dataset.key);
    }
    for (const [key, selector] of Object.entries(told)) find(selector)?.setAttribute("aria-keyshortcuts", key);
  }
  tell();
  document.addEventListener("htmx:afterSettle", tell);

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.key === "Escape" && isTyping(target)) {
      target.blur();
      return;
    }
    if (event.key.length !== 1 || isTyping(target) || (document.querySelector("dialog[open]") && event.key !== "?")) return;
    const key = event.key;
    const done = own[key] ? own[key]() : press(find(`[data-key='${CSS.escape(key)}']`));
    if (done) event.preventDefault();
  });
})();
