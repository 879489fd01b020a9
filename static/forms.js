// Progressive enhancement of all pages: reading and saving work without it.

(() => {
  "use strict";

  // Close open menus on a click elsewhere and on Escape.
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

  // Leave empty filters out of the URL.
  document.addEventListener("htmx:configRequest", (event) => {
    const { formData, verb } = event.detail;
    if (verb !== "get") return;
    for (const name of new Set(formData.keys())) {
      if (formData.getAll(name).every((value) => value === "")) formData.delete(name);
    }
  });
  // Open the error page of a failed request: an unchanged list would look like its result.
  document.addEventListener("htmx:responseError", (event) => {
    const { requestConfig, pathInfo } = event.detail;
    if (requestConfig.verb === "get") location.assign(pathInfo.finalRequestPath);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "filters" || event.defaultPrevented) return; // htmx sends it and the form remains in use
    for (const field of event.target.elements) {
      if (field.name && field.value === "") field.disabled = true;
    }
  });

  // Formsets: “Add” creates a row from the template, with the next index in its field names.
  const totalForms = (rows) => rows.querySelector(":scope > input[name$='-TOTAL_FORMS']");
  const initialForms = (rows) => rows.querySelector(":scope > input[name$='-INITIAL_FORMS']");
  const isBlank = (item) =>
    !item.matches(".formset-row.has-error") &&
    [...item.querySelectorAll("input, select, textarea")].every(
      (field) => field.type === "hidden" || isAsServed(field),
    );

  function prepareRows(root) {
    for (const rows of root.querySelectorAll("[data-formset]")) {
      const add = rows.querySelector(":scope > [data-formset-add]");
      if (!add) continue; // (lists of files, which are added by upload)
      add.hidden = false;
      const list = rows.querySelector(":scope > [data-formset-list]");
      // Blank rows are only needed without JavaScript.
      while (list.children.length > Number(initialForms(rows).value) && isBlank(list.lastElementChild)) {
        list.lastElementChild.remove();
        totalForms(rows).value = list.children.length;
      }
    }
  }

  function addRow(rows) {
    const index = totalForms(rows).value;
    const template = rows.querySelector(":scope > template[data-formset-empty]");
    const placeholder = template.innerHTML.includes("__prefix__") ? "__prefix__" : "__inner__";
    const list = rows.querySelector(":scope > [data-formset-list]");
    list.insertAdjacentHTML("beforeend", template.innerHTML.replaceAll(placeholder, index));
    totalForms(rows).value = Number(index) + 1;
    const item = list.lastElementChild;
    prepareRows(item);
    item.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    item.dispatchEvent(new Event("input", { bubbles: true }));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-formset-add]");
    if (button) addRow(button.closest("[data-formset]"));
  });

  // Count unsaved changes beside the save button.
  function isAsServed(field) {
    if (field.type === "checkbox" || field.type === "radio") return field.checked === field.defaultChecked;
    if (field.tagName !== "SELECT") {
      // Browsers strip line breaks from the value of an input.
      const served = field.tagName === "INPUT" ? field.defaultValue.replace(/[\r\n]/g, "") : field.defaultValue;
      return field.value === served;
    }
    const served = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex === Math.max(served, 0);
  }

  function watchChanges(form) {
    const state = form.querySelector("[data-unsaved]");
    // On a page with errors, the submitted values are the defaults, so changes cannot be counted; all are unsaved.
    const returned = document.querySelector("[data-error-summary], [data-restored]") !== null;
    let leaving = false;
    const count = () => {
      let changed = 0;
      for (const field of form.elements) {
        if (!field.name || ["hidden", "submit"].includes(field.type) || "ignoreChanges" in field.dataset) continue;
        const differs = !isAsServed(field);
        field.classList.toggle("is-changed", differs);
        if (differs) changed += 1;
      }
      return changed;
    };
    const show = () => {
      const changed = count();
      const counted = changed === 1 ? state.dataset.one : state.dataset.many.replace("%(count)s", changed);
      const text = changed ? counted : state.dataset.none;
      if (state.textContent !== text) state.textContent = text;
    };
    // The composers belong to the form but are elsewhere on the page.
    const update = (event) => {
      if (event.target.form === form || form.contains(event.target)) show();
    };
    document.addEventListener("input", update);
    document.addEventListener("change", update);
    form.addEventListener("submit", () => {
      leaving = true;
    });
    window.addEventListener("beforeunload", (event) => {
      if (!leaving && (returned || count())) event.preventDefault();
    });
    window.addEventListener("pageshow", () => {
      leaving = false;
      show();
      // “Back” restores the input but not the open `<details>` around it.
      for (const field of form.elements) {
        let part = field.matches(".is-changed") && field.closest("details");
        for (; part; part = part.parentElement.closest("details")) part.open = true;
      }
    });
  }

  prepareRows(document);
  document.querySelectorAll("[data-record-form]").forEach(watchChanges);
  // Move the focus to the errors or the result message, at the top of the page.
  (document.querySelector("[data-error-summary]") ?? document.querySelector("main > .notice"))?.focus();
})();
