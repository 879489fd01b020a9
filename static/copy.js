// Buttons that copy the value of the input whose id is in `data-copy-from`. Without JavaScript, users select the text.

(() => {
  "use strict";

  async function copy(button) {
    const input = document.getElementById(button.dataset.copyFrom);
    input.select();
    try {
      await navigator.clipboard.writeText(input.value);
    } catch {
      // The clipboard API needs HTTPS; execCommand is the fallback.
      if (!document.execCommand("copy")) return;
    }
    button.textContent = button.dataset.done;
  }

  for (const button of document.querySelectorAll("[data-copy-from]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
})();
