// Makes smoother what already works without it: nothing here is needed to read or save anything.

(() => {
  "use strict";

  // Menus close when one looks elsewhere.
  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (menu !== except) menu.open = false;
    }
  };
  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    const menu = document.querySelector("details.menu[open]");
    if (event.key === "Escape" && menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // Filters that are not used stay out of the address.
  document.addEventListener("htmx:configRequest", (event) => {
    const { formData, verb } = event.detail;
    if (verb !== "get") return;
    for (const name of new Set(formData.keys())) {
      if (formData.getAll(name).every((value) => value === "")) formData.delete(name);
    }
  });
  // What is not an answer is shown as the page that it is: a list that does not move would look like one.
  document.addEventListener("htmx:responseError", (event) => {
    const { requestConfig, pathInfo } = event.detail;
    if (requestConfig.verb === "get") location.assign(pathInfo.finalRequestPath);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "filters" || event.defaultPrevented) return; // htmx sends it, and the form stays
    for (const field of event.target.elements) {
      if (field.name && field.value === "") field.disabled = true;
    }
  });

  // Rows of a list: "Add" makes a new one from the template, with the next number in its names.
  const total = (rows) => rows.querySelector(":scope > input[name$='-TOTAL_FORMS']");
  const initial = (rows) => rows.querySelector(":scope > input[name$='-INITIAL_FORMS']");
  const isBlank = (item) =>
    !item.matches(".rows-item-wrong") &&
    [...item.querySelectorAll("input, select, textarea")].every(
      (field) => field.type === "hidden" || isAsServed(field),
    );

  function prepareRows(root) {
    for (const rows of root.querySelectorAll("[data-rows]")) {
      const add = rows.querySelector(":scope > [data-rows-add]");
      if (!add) continue; // (files: they come by upload)
      add.hidden = false;
      const list = rows.querySelector(":scope > [data-rows-list]");
      // The spare rows are for those without a script.
      while (list.children.length > Number(initial(rows).value) && isBlank(list.lastElementChild)) {
        list.lastElementChild.remove();
        total(rows).value = list.children.length;
      }
    }
  }

  function addRow(rows) {
    const number = total(rows).value;
    const template = rows.querySelector(":scope > template[data-rows-empty]");
    const placeholder = template.innerHTML.includes("__prefix__") ? "__prefix__" : "__inner__";
    const list = rows.querySelector(":scope > [data-rows-list]");
    list.insertAdjacentHTML("beforeend", template.innerHTML.replaceAll(placeholder, number));
    total(rows).value = Number(number) + 1;
    const item = list.lastElementChild;
    prepareRows(item);
    item.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    item.dispatchEvent(new Event("input", { bubbles: true }));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-rows-add]");
    if (button) addRow(button.closest("[data-rows]"));
  });

  // What is not saved yet is counted beside the button that saves it.
  function isAsServed(field) {
    if (field.type === "checkbox" || field.type === "radio") return field.checked === field.defaultChecked;
    if (field.tagName !== "SELECT") {
      // A box for one line has no line breaks, whatever its value was served with.
      const served = field.tagName === "INPUT" ? field.defaultValue.replace(/[\r\n]/g, "") : field.defaultValue;
      return field.value === served;
    }
    const served = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex === Math.max(served, 0);
  }

  function watch(form) {
    const state = form.querySelector("[data-unsaved]");
    // A page that came back with errors has unsaved changes that its fields no longer show as such.
    const returned = document.querySelector("[data-error-summary], [data-returned]") !== null;
    let leaving = false;
    const count = () => {
      let changed = 0;
      for (const field of form.elements) {
        if (!field.name || ["hidden", "submit"].includes(field.type) || "aside" in field.dataset) continue;
        const differs = !isAsServed(field);
        field.classList.toggle("form-changed", differs);
        if (differs) changed += 1;
      }
      return changed;
    };
    const show = () => {
      const changed = count();
      const words = changed === 1 ? state.dataset.one : state.dataset.many.replace("%(count)s", changed);
      const text = changed ? words : state.dataset.none;
      if (state.textContent !== text) state.textContent = text;
    };
    // Its boxes for comments stand elsewhere on the page.
    const note = (event) => {
      if (event.target.form === form || form.contains(event.target)) show();
    };
    document.addEventListener("input", note);
    document.addEventListener("change", note);
    form.addEventListener("submit", () => {
      leaving = true;
    });
    window.addEventListener("beforeunload", (event) => {
      if (!leaving && (returned || count())) event.preventDefault();
    });
    window.addEventListener("pageshow", () => {
      leaving = false;
      show();
      // Back brings what was typed, and leaves closed what was opened for it.
      for (const field of form.elements) {
        let part = field.matches(".form-changed") && field.closest("details");
        for (; part; part = part.parentElement.closest("details")) part.open = true;
      }
    });
  }

  prepareRows(document);
  document.querySelectorAll("[data-record-form]").forEach(watch);
  // What is wrong, or what came of what was sent, is read first; the page stays at its top, where that stands.
  (document.querySelector("[data-error-summary]") ?? document.querySelector("main > .notice"))?.focus();
})();
