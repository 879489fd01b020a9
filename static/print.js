// The button that prints: without a script the browser's own does.

(() => {
  "use strict";

  const button = document.querySelector("[data-print]");
  button.hidden = false;
  document.querySelector("[data-no-script]").hidden = true;
  button.addEventListener("click", () => window.print());
})();
