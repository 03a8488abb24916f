// The poll's part of the edit dialog: a list of options that grows as one types.

const MAX_OPTIONS = 50;

export function poll({ $, fill, fail, say }) {
  const list = $("options");
  const inputs = () => [...list.querySelectorAll("input")];

  function addOption(text = "", before = null) {
    const li = document.createElement("li");
    const input = document.createElement("input");
    const remove = document.createElement("button");
    input.className = "field";
    input.maxLength = 200;
    input.dir = "auto";
    input.value = text;
    remove.type = "button";
    remove.className = "btn small";
    remove.textContent = "×";
    remove.addEventListener("click", () => {
      const next = li.nextElementSibling ?? li.previousElementSibling;
      li.remove();
      labelOptions();
      (next?.querySelector("input") ?? $("more")).focus();
    });
    li.append(input, remove);
    list.insertBefore(li, before);
    labelOptions();
    return input;
  }

  function labelOptions() {
    inputs().forEach((input, i) => {
      input.setAttribute("aria-label", `Option ${i + 1}`);
      input.placeholder = `Option ${i + 1}`;
      input.nextElementSibling.setAttribute("aria-label", `Remove option ${i + 1}`);
    });
    $("count").textContent = `${inputs().length} of ${MAX_OPTIONS}`;
    $("more").disabled = inputs().length >= MAX_OPTIONS;
  }

  // Many lines pasted are many options; the first goes where the cursor is.
  list.addEventListener("paste", (event) => {
    const lines = event.clipboardData.getData("text/plain").split(/\r?\n/).map((l) => l.trim()).filter(Boolean);
    if (lines.length < 2) return;
    event.preventDefault();
    const li = event.target.closest("li");
    const room = MAX_OPTIONS - inputs().filter((i) => i.value.trim() && i !== event.target).length;
    const taken = lines.slice(0, room);
    event.target.value = taken.shift() ?? "";
    for (const input of inputs()) if (!input.value.trim() && input !== event.target) input.closest("li").remove();
    let last = event.target;
    const next = li.nextSibling;
    for (const line of taken) last = addOption(line.slice(0, 200), next);
    labelOptions();
    last.focus();
    if (lines.length > room) fail(`A poll holds ${MAX_OPTIONS} options; ${lines.length - room} lines were left out.`);
    else say(`${lines.length} options`);
  });

  list.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    const next = event.target.closest("li").nextElementSibling?.querySelector("input");
    if (next) next.focus();
    else if (inputs().length < MAX_OPTIONS && event.target.value.trim()) addOption().focus();
  });

  $("more").addEventListener("click", () => addOption().focus());

  return {
    words: { add: "Add a poll", edit: "Edit the poll", title: "Question", untitled: "Ask something first." },

    show({ max_choices: max = 1, results = "live", options = ["", ""] } = {}) {
      fill({ max, results });
      list.replaceChildren();
      for (const text of options) addOption(text);
    },

    read() {
      const options = inputs().map((i) => i.value.trim()).filter(Boolean);
      if (!options.length) return fail("Give at least one option.", inputs()[0] ?? $("more"));
      const most = Number($("max").value);
      if (!Number.isInteger(most) || most < 1 || most > options.length) {
        return fail(`Choices each: 1 to ${options.length}.`, $("max"));
      }
      return { options, max_choices: most, results: $("results").value };
    },
  };
}
