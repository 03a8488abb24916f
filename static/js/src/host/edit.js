// The dialog that adds or edits an activity.
import { createFairForm } from "./fair.js";

const MAX_OPTIONS = 50;

/**
 * @param {object} deps
 * @param {(method, path, body?) => Promise} deps.call
 * @param {(sentence: string) => void} deps.say
 * @param {() => object[]} deps.activities of the event, as the API gives them
 */
export function createEditor({ call, say, activities }) {
  const dialog = document.getElementById("edit-dialog");
  const form = document.getElementById("edit-form");
  const list = document.getElementById("edit-options");
  const $ = (id) => document.getElementById(`edit-${id}`);
  let kind = "poll";
  let id = null; // of the activity edited; null when adding

  const fair = createFairForm($, activities);

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
      label();
      (next?.querySelector("input") ?? $("more")).focus();
    });
    li.append(input, remove);
    list.insertBefore(li, before);
    label();
    return input;
  }

  function label() {
    inputs().forEach((input, i) => {
      input.setAttribute("aria-label", `Option ${i + 1}`);
      input.placeholder = `Option ${i + 1}`;
      input.nextElementSibling.setAttribute("aria-label", `Remove option ${i + 1}`);
    });
    $("count").textContent = `${inputs().length} of ${MAX_OPTIONS}`;
    $("more").disabled = inputs().length >= MAX_OPTIONS;
  }

  function fail(text, field) {
    $("error").textContent = text;
    for (const el of form.querySelectorAll("[aria-invalid]")) el.removeAttribute("aria-invalid");
    field?.setAttribute("aria-invalid", "true");
    field?.focus();
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
    label();
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
  // Enter ends a question; it holds no line breaks.
  $("name").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    (kind === "poll" ? inputs()[0] : $("prizes"))?.focus();
  });

  function entry() {
    const title = $("name").value.trim().replace(/\s+/g, " ");
    if (!title) return fail(kind === "poll" ? "Ask something first." : "Give the raffle a name, or say what can be won.", $("name"));
    if (kind === "raffle") {
      const winners = Number($("winners").value);
      if (!Number.isInteger(winners) || winners < 1) return fail("At least one winner.", $("winners"));
      const { wrong, field, ...rest } = fair.read(id === null);
      return wrong ? fail(wrong, field) : { kind, title, winners, ...rest };
    }
    const options = inputs().map((i) => i.value.trim()).filter(Boolean);
    if (!options.length) return fail("Give at least one option.", inputs()[0] ?? $("more"));
    const max = Number($("max").value);
    if (!Number.isInteger(max) || max < 1 || max > options.length) {
      return fail(`Choices each: 1 to ${options.length}.`, $("max"));
    }
    return { kind, title, options, max_choices: max, results: $("results").value };
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if ($("save").disabled) return;
    fail("");
    const body = entry();
    if (!body) return;
    $("save").disabled = true;
    try {
      if (id === null) await call("POST", "/activities", body);
      else {
        const { kind: _, ...changes } = body;
        await call("PATCH", `/activities/${id}`, changes);
      }
      dialog.close();
      say(id === null ? "Added" : "Saved");
    } catch (refused) {
      fail(refused.message);
    } finally {
      $("save").disabled = false;
    }
  });

  function open(of, activity) {
    kind = of;
    id = activity?.id ?? null;
    const poll = kind === "poll";
    $("title").textContent = id === null ? (poll ? "Add a poll" : "Add a raffle") : poll ? "Edit the poll" : "Edit the raffle";
    form.querySelector("label[for=edit-name]").textContent = poll ? "Question" : "Name of the raffle, or what can be won";
    $("save").textContent = id === null ? "Add" : "Save";
    $("poll").hidden = !poll;
    $("raffle").hidden = poll;
    $("name").value = activity?.title ?? "";
    $("max").value = activity?.max_choices ?? 1;
    $("results").value = activity?.results ?? "live";
    $("winners").value = activity?.winners_wanted ?? 1;
    fair.show(activity);
    list.replaceChildren();
    for (const text of activity?.options ?? ["", ""]) addOption(text);
    fail("");
    dialog.showModal();
    $("name").focus();
  }

  return {
    add: (of) => open(of, null),
    /** @param activity as the API gives it */
    edit: (activity) => open(activity.kind, activity),
  };
}
