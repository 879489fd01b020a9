// Puts the browser's own calendar beside a box for a day. The box stays plain text: what is seen in it is what is sent.

(() => {
  "use strict";

  const language = document.documentElement.lang || "en";
  const DAY = /^\s*(?:\d{4}-\d\d-\d\d|\d{1,2}[./-]\d{1,2}[./-]\d{4}|\d{1,2}\.?\s+\p{L}{3,}\.?,?\s+\d{4})/u;

  // As the server writes a day in this language, and reads it.
  function written(iso) {
    const [year, month, day] = iso.split("-");
    if (!language.startsWith("en")) return `${day}.${month}.${year}`;
    const name = new Date(Date.UTC(2000, month - 1, 1)).toLocaleDateString("en", { month: "short", timeZone: "UTC" });
    return `${Number(day)} ${name} ${year}`;
  }

  function inBox(text) {
    const numbers = /^\s*(\d{1,2})[./-](\d{1,2})[./-](\d{4})/.exec(text);
    if (numbers) return `${numbers[3]}-${numbers[2].padStart(2, "0")}-${numbers[1].padStart(2, "0")}`;
    return /^\s*\d{4}-\d\d-\d\d/.test(text) ? text.trim().slice(0, 10) : "";
  }

  function prepare(box) {
    const calendar = document.createElement("input");
    if (box.disabled || box.parentElement.matches(".date-box") || !calendar.showPicker) return;
    calendar.type = "date";
    calendar.tabIndex = -1;
    calendar.dataset.aside = "";
    calendar.className = "date-picker";
    calendar.setAttribute("aria-hidden", "true");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "date-button";
    button.setAttribute("aria-label", box.dataset.choose);
    button.title = box.dataset.choose;
    const around = document.createElement("span");
    around.className = "date-box";
    box.replaceWith(around);
    around.append(box, button, calendar);
    button.addEventListener("click", () => {
      calendar.value = inBox(box.value);
      calendar.showPicker();
    });
    calendar.addEventListener("change", (event) => {
      event.stopPropagation();
      if (!calendar.value) return;
      const time = DAY.test(box.value) ? box.value.replace(DAY, "") : "";
      const before = box.dataset.date === "moment" && !time ? " " : "";
      box.value = written(calendar.value) + time + before;
      box.focus();
      for (const name of ["input", "change"]) box.dispatchEvent(new Event(name, { bubbles: true }));
    });
    calendar.addEventListener("input", (event) => event.stopPropagation());
  }

  const prepareAll = (root) => root.querySelectorAll("input[data-date]").forEach(prepare);
  prepareAll(document);
  document.addEventListener("input", (event) => prepareAll(event.target.closest?.("[data-rows-item]") ?? event.target)); // a new row
})();
