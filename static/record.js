// The page of one record, made smoother: files by drag and drop with progress, canned answers without a round trip.

(() => {
  "use strict";

  // A canned answer goes where the cursor is.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    const name = button.dataset.insert;
    const choice = button.dataset.text ? button : document.getElementById(`${name}-canned`).selectedOptions[0];
    if (!choice?.dataset.text) return; // the server says that one has to be chosen
    event.preventDefault();
    const box = document.getElementById(name);
    const before = box.value.slice(0, box.selectionStart).trim() && box.selectionEnd === box.value.length ? "\n\n" : "";
    const after = !box.selectionStart && box.value.slice(box.selectionEnd).trim() ? "\n\n" : "";
    box.setRangeText(before + choice.dataset.text + after, box.selectionStart, box.selectionEnd, "end");
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  });

  // Whoever opens a box wants to write in it.
  document.querySelectorAll("details.box > summary").forEach((summary) =>
    summary.addEventListener("click", () => {
      const box = summary.parentElement;
      const text = box.querySelector("textarea");
      const write = () => {
        text.focus();
        text.setSelectionRange(text.value.length, text.value.length);
      };
      if (!box.open) box.addEventListener("toggle", write, { once: true });
    }),
  );

  // Ctrl+Enter sends what is in a box. What the customer is to read asks for a second press: its button has a name.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.matches(".box textarea")) return;
    event.preventDefault();
    const box = event.target.closest(".box");
    const button = box.querySelector(".box-send button");
    if (button.name) button.focus();
    else button.click();
  });

  // Files are sent one by one; what was typed on the page stays where it is.
  function row(status, name) {
    const line = document.createElement("p");
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", name);
    line.append(`${name} `, bar);
    status.append(line);
    return { line, bar };
  }

  const field = (page, name) => page.querySelector(`#record-form [name=${name}]`);

  // Only an answer that says it is about these files is one. Any other (the sign-in page, an error, none) is a failure.
  function failure(drop, request) {
    if (request.getResponseHeader("Content-Type")?.startsWith("application/json")) {
      const { message } = JSON.parse(request.responseText);
      if (message) return message;
    }
    return drop.dataset.failed;
  }

  // Somebody may have signed in again meanwhile, in another tab: then the page's tokens are new.
  async function refreshTokens(drop) {
    try {
      const answer = await fetch(location.href);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const owner = (key) => key?.value.split(".")[0];
      const [mine, present] = [document, page].map((one) => owner(field(one, "request-key")));
      if (!present) return answer.ok ? drop.dataset.signedOut : drop.dataset.failed;
      if (mine !== present) return drop.dataset.otherPerson;
      const token = field(page, "csrfmiddlewaretoken").value;
      for (const each of document.querySelectorAll("[name=csrfmiddlewaretoken]")) each.value = token;
      return "";
    } catch {
      return drop.dataset.failed;
    }
  }

  function offerAgain(failed, file, line, message) {
    line.textContent = `${file.name}: ${message} `;
    line.classList.add("drop-refused");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm btn-outline-secondary";
    button.textContent = failed.dataset.again;
    button.addEventListener("click", async () => {
      button.disabled = true;
      const drop = line.closest("[data-drop]"); // another one by now, if other files have arrived
      const problem = await refreshTokens(drop);
      if (problem) {
        offerAgain(drop, file, line, problem);
        line.querySelector("button").focus();
        return;
      }
      const page = await send(drop, file, line);
      if (page) show(page);
    });
    line.append(button);
  }

  function send(drop, file, again) {
    const input = drop.querySelector("input[type=file]");
    const body = new FormData();
    for (const name of ["csrfmiddlewaretoken", "request-key"]) body.append(name, field(document, name).value);
    body.append(input.name, file, file.name);
    const { line, bar } = row(drop.querySelector("[data-drop-status]"), file.name);
    again?.remove();
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) bar.value = event.loaded / event.total;
      });
      request.addEventListener("loadend", () => {
        bar.remove();
        if (request.status !== 200 || request.getResponseHeader("X-Files-Received") === null) {
          offerAgain(drop, file, line, failure(drop, request));
          resolve(null);
          return;
        }
        const page = new DOMParser().parseFromString(request.responseText, "text/html");
        const refused = page.getElementById(`${input.name}-refused`);
        line.textContent = refused ? refused.textContent.trim() : `${file.name}: ${drop.dataset.done}`;
        line.classList.toggle("drop-refused", Boolean(refused));
        resolve(page);
      });
      request.open("POST", drop.dataset.url);
      request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
      request.send(body);
    });
  }

  async function take(drop, files) {
    for (const line of [...drop.querySelector("[data-drop-status]").children]) {
      if (!line.querySelector("button")) line.remove(); // what did not arrive can still be sent again
    }
    let page = null;
    for (const file of files) page = (await send(drop, file)) || page;
    drop.querySelector("input[type=file]").value = "";
    drop.querySelector("input[type=file]").dispatchEvent(new Event("input", { bubbles: true }));
    if (page) show(page);
  }

  // The lists of files and what happened, as they are now; what is in the fields stays.
  function show(page) {
    const said = [...document.querySelectorAll("[data-drop]")].map((one) => one.querySelector("[data-drop-status]"));
    for (const id of ["files", "timeline"]) {
      const fresh = page.getElementById(id);
      if (fresh) document.getElementById(id).replaceWith(document.adoptNode(fresh));
    }
    document.querySelectorAll("[data-drop]").forEach((one, place) => {
      one.querySelector(".drop-refused[role=alert]")?.remove();
      one.querySelector("[data-drop-status]").replaceWith(said[place]);
      prepare(one);
    });
    window.htmx?.process(document.getElementById("timeline"));
  }

  function prepare(drop) {
    drop.querySelector("button").hidden = true; // choosing is enough
    drop.classList.add("drop-ready");
    const input = drop.querySelector("input[type=file]");
    input.addEventListener("change", () => take(drop, [...input.files]));
    drop.addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.classList.add("drop-over");
    });
    drop.addEventListener("dragleave", () => drop.classList.remove("drop-over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("drop-over");
      if (event.dataTransfer.files.length) take(drop, [...event.dataTransfer.files]);
    });
  }

  document.querySelectorAll("[data-drop]").forEach(prepare);

  // Files that go along with what is said wait in their field until it is sent.
  document.querySelectorAll("[data-attach]").forEach((place) => {
    const box = place.closest(".box") ?? place;
    const input = place.querySelector("input[type=file]");
    const said = place.querySelector("[data-too-many]");
    let chosen = input.files;
    // More files than one request takes are not sent, and that is said at once.
    input.addEventListener("change", () => {
      const count = input.files.length;
      const most = Number(place.dataset.mostFiles);
      said.hidden = count <= most;
      said.textContent = count <= most ? "" : place.dataset.tooMany.replace("%(most)s", most).replace("%(count)s", count);
      if (count > most) input.files = chosen;
      else chosen = input.files;
    });
    box.addEventListener("dragover", (event) => {
      event.preventDefault();
      box.classList.add("drop-over");
    });
    box.addEventListener("dragleave", () => box.classList.remove("drop-over"));
    box.addEventListener("drop", (event) => {
      box.classList.remove("drop-over");
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      const all = new DataTransfer();
      for (const file of [...input.files, ...event.dataTransfer.files]) all.items.add(file);
      input.files = all.files;
      box.open = true;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  });
})();
