// Asks for the state of an open page: unread notifications, new records of a list, and what others changed in a record.
// The answer is shown above the page: nothing of it is replaced, and the focus stays where it is.

(() => {
  "use strict";

  const [VISIBLE_MS, HIDDEN_MS, MAX_MS] = [25_000, 180_000, 600_000];
  const region = document.querySelector("[data-state-url]");
  if (!region) return;
  const pageQuery = () => document.querySelector("[data-state-query]")?.dataset.stateQuery ?? "";
  let [timer, etag, query, failures, askedAt] = [null, "", pageQuery(), 0, Date.now()];

  function showNews(news) {
    if ([...region.children].map((line) => line.firstChild.data).join("\n") === news.join("\n")) return;
    const create = (tag, values) => Object.assign(document.createElement(tag), values);
    region.replaceChildren(...news.map((text) => create("p", { textContent: text })));
    const url = new URL(location.href);
    for (const name of ["page", "before"]) url.searchParams.delete(name);
    const link = create("a", { href: url.pathname + url.search, textContent: region.dataset.reload });
    region.lastElementChild?.append(" ", link);
  }

  // Return whether to ask again: not after the session has ended, or where the request is refused.
  async function ask() {
    askedAt = Date.now();
    if (pageQuery() !== query) etag = "";
    query = pageQuery();
    try {
      const headers = etag ? { "If-None-Match": etag } : {};
      const url = `${region.dataset.stateUrl}?${query}`;
      const response = await fetch(url, { headers, cache: "no-store", redirect: "manual" });
      const isTemporary = response.status === 429 || response.status >= 500;
      if (!response.ok && response.status !== 304 && !isTemporary) return false;
      failures = isTemporary ? failures + 1 : 0;
      if (response.ok && pageQuery() === query) {
        const { unread, news } = await response.json();
        etag = response.headers.get("ETag") ?? "";
        const count = document.querySelector("[data-unread]");
        if (count.textContent !== unread) count.textContent = unread;
        count.parentElement.hidden = !unread;
        showNews(news);
      }
    } catch {
      failures += 1; // offline
    }
    return true;
  }

  // Wait longer after failures. The random part keeps the tabs of a restarted browser apart.
  function schedule() {
    const delay = Math.min((document.hidden ? HIDDEN_MS : VISIBLE_MS) * 2 ** failures, MAX_MS);
    const poll = async () => {
      timer = null;
      if (await ask()) schedule();
    };
    timer = setTimeout(poll, Math.max(0, askedAt + delay * (0.9 + 0.2 * Math.random()) - Date.now()));
  }

  document.addEventListener("visibilitychange", () => {
    if (timer === null) return; // asking, or stopped
    clearTimeout(timer);
    schedule();
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (pageQuery() !== query) showNews([]); // they are about another list
  });
  schedule();
})();
