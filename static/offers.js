// Offers what may be meant, while somebody types which record they mean. Without it, the error beside the field does.

(() => {
  "use strict";

  const WAIT = 150;
  let waiting = null;
  let asking = null;

  async function offer(box) {
    const list = box.list;
    const text = box.value.trim();
    if (!list || [...list.options].some((option) => option.value === box.value)) return;
    if (!text) {
      list.replaceChildren();
      return;
    }
    asking?.abort();
    asking = new AbortController();
    const url = new URL(box.dataset.offers, location.href);
    url.searchParams.set("q", text);
    try {
      const answer = await fetch(url, { signal: asking.signal, redirect: "error" });
      if (answer.ok && box.value.trim() === text) list.innerHTML = await answer.text();
    } catch {
      // Nothing is offered; what is typed can be sent all the same.
    }
  }

  document.addEventListener("input", (event) => {
    const box = event.target.closest?.("input[data-offers]");
    if (!box) return;
    clearTimeout(waiting);
    waiting = setTimeout(offer, WAIT, box);
  });
})();
