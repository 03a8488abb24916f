// A poll on a phone: one tap on an option, or several boxes to tick.
import { answers } from "../answers.js";
import { setText } from "../section.js";

const choices = answers((entry) => entry.choice);

export const poll = {
  ...choices,

  dress(section, me, waiting) {
    choices.dress(section, me, waiting);
    showChoicesLeft(section);
  },

  tapped(event, section) {
    const { type, submitter } = event;
    if (type === "change") return ticked(event.target, section);
    const isNew = type === "submit" && submitter?.name === "choice" && submitter.dataset.mark === "";
    return isNew ? { choice: [Number(submitter.value)] } : null;
  },
};

function ticked(box, section) {
  const choice = [...section.querySelectorAll("input:checked")].map((el) => Number(el.value));
  const most = Number(section.dataset.max);
  if (choice.length > 0 && choice.length <= most) return { choice };
  box.checked = !box.checked;
  return choice.length ? `That’s ${most} already: untick one first.` : "Keep at least one, or tick another one first.";
}

function showChoicesLeft(section) {
  const el = section.querySelector("[data-left]");
  if (!el) return;
  const left = Number(section.dataset.max) - section.querySelectorAll("input:checked").length;
  section.toggleAttribute("data-full", left <= 0);
  setText(el, left > 0 ? `${left} left` : "That’s all.");
}
