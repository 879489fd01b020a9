// API reference: copy buttons, and the current section in the table of contents. The page works without it.

(() => {
  "use strict";

  const status = document.querySelector("[data-copied]");

  function select(element) {
    const range = document.createRange();
    range.selectNodeContents(element);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }

  async function copy(button) {
    const code = button.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      // The clipboard API needs HTTPS; as a fallback, select the text and try execCommand.
      select(code);
      if (!document.execCommand("copy")) return;
    }
    const label = button.textContent;
    button.textContent = status.textContent = status.dataset.copied;
    window.setTimeout(() => {
      button.textContent = label;
      status.textContent = "";
    }, 2000);
  }

  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }

  const links = new Map();
  for (const link of document.querySelectorAll(".ref-toc ul ul a")) links.set(link.hash.slice(1), link);
  const visible = new Set();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) visible.add(target.id);
        else visible.delete(target.id);
      }
      const current = [...links.keys()].find((id) => visible.has(id));
      for (const [id, link] of links) {
        if (id !== current) link.removeAttribute("aria-current");
        else if (!link.hasAttribute("aria-current")) {
          link.setAttribute("aria-current", "location");
          const toc = link.closest(".ref-toc");
          const { top, bottom } = link.getBoundingClientRect();
          const frame = toc.getBoundingClientRect();
          if (top < frame.top || bottom > frame.bottom) toc.scrollTop += top - frame.top - frame.height / 2;
        }
      }
    },
    { rootMargin: "-80px 0px -50% 0px" },
  );
  for (const id of links.keys()) observer.observe(document.getElementById(id));
})();
