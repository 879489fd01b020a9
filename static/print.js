// The print button. Without JavaScript, the page tells the user to print with the browser.

(() => {
  "use strict";

  const button = document.querySelector("[data-print]");
  button.hidden = false;
  document.querySelector("[data-no-script]").hidden = true;
  button.addEventListener("click", () => window.print());
})();
