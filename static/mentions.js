// Completes `@name` in internal notes: a list box below the note, by keyboard and touch. Without it, users type usernames.

(() => {
  "use strict";

  const DELAY_MS = 150;
  const MENTION = /(?:^|[^\p{L}\p{N}_@])@([\p{L}\p{N}_.+@-]{0,150})$/u;

  function prepare(input) {
    const list = document.createElement("ul");
    Object.assign(list, { id: `${input.id}-mentions`, className: "mentions", hidden: true, role: "listbox" });
    list.ariaLabel = input.dataset.mentionsLabel;
    input.after(list);
    Object.assign(input, { ariaAutoComplete: "list", ariaHasPopup: "listbox" });
    input.setAttribute("aria-controls", list.id);
    let [timer, chosen] = [null, 0];
    const typed = () => MENTION.exec(input.value.slice(0, input.selectionStart))?.[1];

    function select(index) {
      const options = [...list.children];
      chosen = (index + options.length) % options.length;
      for (const option of options) option.ariaSelected = String(option === options[chosen]);
      options[chosen]?.scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", options[chosen]?.id ?? "");
    }

    function show(users) {
      clearTimeout(timer);
      const options = users.map(({ username, name }, index) => {
        const option = document.createElement("li");
        option.dataset.username = username;
        const textContent = name === username ? name : `${name} (${username})`;
        return Object.assign(option, { id: `${list.id}-${index}`, role: "option", textContent });
      });
      list.replaceChildren(...options);
      list.hidden = !options.length;
      select(0);
    }

    function insert(option = list.children[chosen]) {
      const [end, text] = [input.selectionStart, typed()];
      if (text !== undefined && option) {
        input.setRangeText(`${option.dataset.username} `, end - text.length, end, "end");
      }
      show([]);
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }

    async function offer(text) {
      try {
        const url = `${input.dataset.mentions}?${new URLSearchParams({ q: text })}`;
        const { users } = await (await fetch(url, { redirect: "error" })).json();
        if (typed() === text && document.activeElement === input) show(users);
      } catch {
        // Without suggestions, the username can still be typed.
      }
    }

    input.addEventListener("input", () => {
      clearTimeout(timer);
      const text = typed();
      if (text === undefined) show([]);
      else timer = setTimeout(offer, DELAY_MS, text);
    });
    input.addEventListener("keydown", (event) => {
      if (list.hidden || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "ArrowDown") select(chosen + 1);
      else if (event.key === "ArrowUp") select(chosen - 1);
      else if (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey)) insert();
      else if (event.key === "Escape") show([]);
      else if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return show([]);
      else return;
      event.preventDefault();
    });
    // A touch must not take the focus from the note, which closes the list.
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => insert(event.target.closest("li") ?? undefined));
    for (const type of ["blur", "pointerdown"]) input.addEventListener(type, () => show([]));
  }

  document.querySelectorAll("textarea[data-mentions]").forEach(prepare);
})();
