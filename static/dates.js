// Adds the browser's date picker to date inputs. The input stays plain text, so that what the user sees is what is sent.

(() => {
  "use strict";

  const language = document.documentElement.lang || "en";
  const DAY = /^\s*(?:\d{4}-\d\d-\d\d|\d{1,2}[./-]\d{1,2}[./-]\d{4}|\d{1,2}\.?\s+\p{L}{3,}\.?,?\s+\d{4})/u;

  // Format a date as the server does in this language.
  function formatDate(iso) {
    const [year, month, day] = iso.split("-");
    if (!language.startsWith("en")) return `${day}.${month}.${year}`;
    const name = new Date(Date.UTC(2000, month - 1, 1)).toLocaleDateString("en", { month: "short", timeZone: "UTC" });
    return `${Number(day)} ${name} ${year}`;
  }

  // Return the date at the start of the text in ISO 8601; empty if there is none.
  function parseDate(text) {
    const numbers = /^\s*(\d{1,2})[./-](\d{1,2})[./-](\d{4})/.exec(text);
    if (numbers) return `${numbers[3]}-${numbers[2].padStart(2, "0")}-${numbers[1].padStart(2, "0")}`;
    return /^\s*\d{4}-\d\d-\d\d/.test(text) ? text.trim().slice(0, 10) : "";
  }

  function addPicker(input) {
    const picker = document.createElement("input");
    if (input.disabled || input.parentElement.matches(".date-field") || !picker.showPicker) return;
    picker.type = "date";
    picker.tabIndex = -1;
    picker.dataset.ignoreChanges = "";
    picker.className = "date-picker";
    picker.setAttribute("aria-hidden", "true");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "date-button";
    button.setAttribute("aria-label", input.dataset.choose);
    button.title = input.dataset.choose;
    const wrapper = document.createElement("span");
    wrapper.className = "date-field";
    input.replaceWith(wrapper);
    wrapper.append(input, button, picker);
    button.addEventListener("click", () => {
      picker.value = parseDate(input.value);
      picker.showPicker();
    });
    picker.addEventListener("change", (event) => {
      event.stopPropagation();
      if (!picker.value) return;
      const time = DAY.test(input.value) ? input.value.replace(DAY, "") : "";
      const space = input.dataset.date === "moment" && !time ? " " : "";
      input.value = formatDate(picker.value) + time + space;
      input.focus();
      for (const name of ["input", "change"]) input.dispatchEvent(new Event(name, { bubbles: true }));
    });
    picker.addEventListener("input", (event) => event.stopPropagation());
  }

  const addPickers = (root) => root.querySelectorAll("input[data-date]").forEach(addPicker);
  addPickers(document);
  // A new row of a formset dispatches an input event.
  document.addEventListener("input", (event) => {
    addPickers(event.target.closest?.("[data-formset-row]") ?? event.target);
  });
})();
