// The dialog that adds or edits an activity. What a kind asks for is its own
// (host/kinds); the title, saving and errors are common to all.
import { kinds as allKinds } from "./kinds/index.js";

/**
 * @param {object} deps
 * @param {(method, path, body?) => Promise} deps.call
 * @param {(sentence: string) => void} deps.say to screen readers
 * @param {() => object[]} deps.activities of the event, as the API gives them
 */
export function createEditor({ call, say, activities }) {
  const dialog = document.getElementById("edit-dialog");
  const form = document.getElementById("edit-form");
  const $ = (id) => document.getElementById(`edit-${id}`);
  const parts = { $, fill, fail, say, activities };
  const kinds = Object.fromEntries(Object.entries(allKinds).map(([name, create]) => [name, create(parts)]));
  let kind = ""; // of the activity in the dialog
  let id = null; // of the activity edited; null when adding

  /** Gives fields, by their ids without "edit-", their values. */
  function fill(values) {
    for (const [field, value] of Object.entries(values)) $(field).value = value;
  }

  /** Says what is wrong, and in which field; returns null. */
  function fail(text, field) {
    $("error").textContent = text;
    for (const el of form.querySelectorAll("[aria-invalid]")) el.removeAttribute("aria-invalid");
    field?.setAttribute("aria-invalid", "true");
    field?.focus();
    return null;
  }

  // Enter ends a title; it holds no line breaks.
  $("name").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    $(kind).querySelector("input, textarea").focus();
  });

  function readSpec() {
    const title = $("name").value.trim().replace(/\s+/g, " ");
    if (!title) return fail(kinds[kind].words.untitled, $("name"));
    const rest = kinds[kind].read(id === null);
    return rest && { title, ...rest };
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if ($("save").disabled) return;
    fail("");
    const spec = readSpec();
    if (!spec) return;
    $("save").disabled = true;
    try {
      if (id === null) await call("POST", "/activities", { kind, ...spec });
      else await call("PATCH", `/activities/${id}`, spec);
      dialog.close();
      say(id === null ? "Added" : "Saved");
    } catch (refused) {
      fail(refused.message);
    } finally {
      $("save").disabled = false;
    }
  });

  function open(kindOpened, activity) {
    kind = kindOpened;
    id = activity?.id ?? null;
    const { words, show } = kinds[kind];
    $("title").textContent = activity ? words.edit : words.add;
    form.querySelector("label[for=edit-name]").textContent = words.title;
    $("save").textContent = activity ? "Save" : "Add";
    for (const name of Object.keys(kinds)) $(name).hidden = name !== kind;
    $("name").value = activity?.title ?? "";
    show(activity);
    fail("");
    dialog.showModal();
    $("name").focus();
  }

  return {
    /** @param {string} kindAdded */
    add: (kindAdded) => open(kindAdded),
    /** @param {object} activity as the API gives it */
    edit: (activity) => open(activity.kind, activity),
  };
}
