// Progressive enhancement of the record page: uploads by drag and drop with progress, canned answers without a request.

(() => {
  "use strict";

  // Insert a canned answer at the cursor.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    const name = button.dataset.insert;
    const choice = button.dataset.text ? button : document.getElementById(`${name}-canned`).selectedOptions[0];
    if (!choice?.dataset.text) return; // the server asks to choose one
    event.preventDefault();
    const input = document.getElementById(name);
    const { selectionStart: start, selectionEnd: end, value } = input;
    const before = value.slice(0, start).trim() && end === value.length ? "\n\n" : "";
    const after = !start && value.slice(end).trim() ? "\n\n" : "";
    input.setRangeText(before + choice.dataset.text + after, start, end, "end");
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.focus();
  });

  // Focus the textarea of a composer when it is opened.
  document.querySelectorAll("details.composer > summary").forEach((summary) =>
    summary.addEventListener("click", () => {
      const composer = summary.parentElement;
      const input = composer.querySelector("textarea");
      const focusEnd = () => {
        input.focus();
        input.setSelectionRange(input.value.length, input.value.length);
      };
      if (!composer.open) composer.addEventListener("toggle", focusEnd, { once: true });
    }),
  );

  // Ctrl+Enter submits a composer. For a text to the customer, whose button has a name, it only focuses the button.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    if (!event.target.matches(".composer textarea")) return;
    event.preventDefault();
    const button = event.target.closest(".composer").querySelector(".composer-submit button");
    if (button.name) button.focus();
    else button.click();
  });

  // Send files one by one, and keep the other input on the page.
  function addStatusLine(status, name) {
    const line = document.createElement("p");
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", name);
    line.append(`${name} `, bar);
    status.append(line);
    return { line, bar };
  }

  const formField = (page, name) => page.querySelector(`#record-form [name=${name}]`);

  // Return the message for a failed upload: any response without the header X-Files-Received, such as the sign-in page.
  function failureMessage(drop, request) {
    if (request.getResponseHeader("Content-Type")?.startsWith("application/json")) {
      const { message } = JSON.parse(request.responseText);
      if (message) return message;
    }
    return drop.dataset.failed;
  }

  // Take over the tokens of the current session, because the user may have signed in again in another tab. Return an
  // error message, or an empty string.
  async function refreshTokens(drop) {
    try {
      const response = await fetch(location.href);
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const owner = (key) => key?.value.split(".")[0];
      const [oldOwner, newOwner] = [document, page].map((root) => owner(formField(root, "request-key")));
      if (!newOwner) return response.ok ? drop.dataset.signedOut : drop.dataset.failed;
      if (oldOwner !== newOwner) return drop.dataset.otherPerson;
      const token = formField(page, "csrfmiddlewaretoken").value;
      for (const input of document.querySelectorAll("[name=csrfmiddlewaretoken]")) input.value = token;
      return "";
    } catch {
      return drop.dataset.failed;
    }
  }

  function showRetry(failed, file, line, message) {
    line.textContent = `${file.name}: ${message} `;
    line.classList.add("upload-field-errors");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm btn-outline-secondary";
    button.textContent = failed.dataset.retry;
    button.addEventListener("click", async () => {
      button.disabled = true;
      const drop = line.closest("[data-upload-field]"); // (replaced if other files have arrived meanwhile)
      const problem = await refreshTokens(drop);
      if (problem) {
        showRetry(drop, file, line, problem);
        line.querySelector("button").focus();
        return;
      }
      const page = await send(drop, file, line);
      if (page) updatePage(page);
    });
    line.append(button);
  }

  // Upload a file; `failedLine` is the status line of an earlier attempt. Resolves to the new page, or null on failure.
  function send(drop, file, failedLine) {
    const input = drop.querySelector("input[type=file]");
    const body = new FormData();
    for (const name of ["csrfmiddlewaretoken", "request-key"]) body.append(name, formField(document, name).value);
    body.append(input.name, file, file.name);
    const { line, bar } = addStatusLine(drop.querySelector("[data-upload-status]"), file.name);
    failedLine?.remove();
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) bar.value = event.loaded / event.total;
      });
      request.addEventListener("loadend", () => {
        bar.remove();
        if (request.status !== 200 || request.getResponseHeader("X-Files-Received") === null) {
          showRetry(drop, file, line, failureMessage(drop, request));
          resolve(null);
          return;
        }
        const page = new DOMParser().parseFromString(request.responseText, "text/html");
        const refused = page.getElementById(`${input.name}-refused`);
        line.textContent = refused ? refused.textContent.trim() : `${file.name}: ${drop.dataset.done}`;
        line.classList.toggle("upload-field-errors", Boolean(refused));
        resolve(page);
      });
      request.open("POST", drop.dataset.url);
      request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
      request.send(body);
    });
  }

  async function sendAll(drop, files) {
    for (const line of [...drop.querySelector("[data-upload-status]").children]) {
      if (!line.querySelector("button")) line.remove(); // failed files keep their retry button
    }
    let page = null;
    for (const file of files) page = (await send(drop, file)) || page;
    drop.querySelector("input[type=file]").value = "";
    drop.querySelector("input[type=file]").dispatchEvent(new Event("input", { bubbles: true }));
    if (page) updatePage(page);
  }

  // Replace the files and the timeline by those of a new page; keep the upload status and all other input.
  function updatePage(page) {
    const statuses = [...document.querySelectorAll("[data-upload-field] [data-upload-status]")];
    for (const id of ["files", "timeline"]) {
      const section = page.getElementById(id);
      if (section) document.getElementById(id).replaceWith(document.adoptNode(section));
    }
    document.querySelectorAll("[data-upload-field]").forEach((drop, index) => {
      drop.querySelector(".upload-field-errors[role=alert]")?.remove();
      drop.querySelector("[data-upload-status]").replaceWith(statuses[index]);
      prepareDrop(drop);
    });
    window.htmx?.process(document.getElementById("timeline"));
  }

  function prepareDrop(drop) {
    drop.querySelector("button").hidden = true; // choosing files uploads them
    drop.classList.add("is-ready");
    const input = drop.querySelector("input[type=file]");
    input.addEventListener("change", () => sendAll(drop, [...input.files]));
    drop.addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.classList.add("is-dragover");
    });
    drop.addEventListener("dragleave", () => drop.classList.remove("is-dragover"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("is-dragover");
      if (event.dataTransfer.files.length) sendAll(drop, [...event.dataTransfer.files]);
    });
  }

  document.querySelectorAll("[data-upload-field]").forEach(prepareDrop);

  // Attachments stay in their input until the composer or the new record is submitted.
  document.querySelectorAll("[data-attachments]").forEach((area) => {
    const dropZone = area.closest(".composer") ?? area;
    const input = area.querySelector("input[type=file]");
    const error = area.querySelector("[data-too-many]");
    let accepted = input.files;
    // Refuse more files than one request may have.
    input.addEventListener("change", () => {
      const count = input.files.length;
      const limit = Number(area.dataset.maxFiles);
      const isTooMany = count > limit;
      error.hidden = !isTooMany;
      error.textContent = isTooMany ? area.dataset.tooMany.replace("%(most)s", limit).replace("%(count)s", count) : "";
      if (isTooMany) input.files = accepted;
      else accepted = input.files;
    });
    dropZone.addEventListener("dragover", (event) => {
      event.preventDefault();
      dropZone.classList.add("is-dragover");
    });
    dropZone.addEventListener("dragleave", () => dropZone.classList.remove("is-dragover"));
    dropZone.addEventListener("drop", (event) => {
      dropZone.classList.remove("is-dragover");
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      const all = new DataTransfer();
      for (const file of [...input.files, ...event.dataTransfer.files]) all.items.add(file);
      input.files = all.files;
      dropZone.open = true;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  });

  // Whoever sees the record has read its notifications.
  const unread = document.querySelector("form[data-mark-read]");
  if (unread) {
    const body = new FormData(unread);
    body.set("seen", "1");
    fetch(unread.action, { method: "POST", body, redirect: "manual" }).catch(() => {});
  }
})();
