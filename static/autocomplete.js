// Autocomplete of reference inputs. Without it, the error of an ambiguous input lists the matches.

(() => {
  "use strict";

  const DELAY_MS = 150;
  let timer = null;
  let controller = null;

  async function showMatches(input) {
    const list = input.list;
    const text = input.value.trim();
    if (!list || [...list.options].some((option) => option.value === input.value)) return;
    if (!text) {
      list.replaceChildren();
      return;
    }
    controller?.abort();
    controller = new AbortController();
    const url = new URL(input.dataset.autocomplete, location.href);
    url.searchParams.set("q", text);
    try {
      const response = await fetch(url, { signal: controller.signal, redirect: "error" });
      if (response.ok && input.value.trim() === text) list.innerHTML = await response.text();
    } catch {
      // Without matches, the typed text can still be submitted.
    }
  }

  document.addEventListener("input", (event) => {
    const input = event.target.closest?.("input[data-autocomplete]");
    if (!input) return;
    clearTimeout(timer);
    timer = setTimeout(showMatches, DELAY_MS, input);
  });
})();
