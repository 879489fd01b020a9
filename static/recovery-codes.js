// Buttons that copy and print recovery codes. The download works without JavaScript.

(() => {
  "use strict";

  const copy = document.querySelector("[data-copy-codes]");
  const print = document.querySelector("[data-print-codes]");
  const codes = document.getElementById("recovery-codes");
  const text = [...codes.querySelectorAll("code")].map((code) => code.textContent).join("\n");

  async function copyCodes() {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // The clipboard API needs HTTPS; execCommand is the fallback.
      getSelection().selectAllChildren(codes);
      if (!document.execCommand("copy")) return;
    }
    copy.textContent = copy.dataset.done;
  }

  copy.hidden = print.hidden = false;
  copy.addEventListener("click", copyCodes);
  print.addEventListener("click", () => window.print());
})();
