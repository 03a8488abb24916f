// What kinds share whose participants have one standing answer in a run, which may
// change until the run closes and stands in you.entries.
import { setText } from "./section.js";

const markWords = {
  counted: (open) => (open ? "✓ counted" : "✓ your vote"),
  sending: () => "sending…",
  kept: () => "kept, will be sent",
};

/**
 * @param {(entry: object) => number[]} answerOf an entry, as you.entries has it
 * @returns {object} the methods of such a kind that do not depend on its look
 */
export const answers = (answerOf) => ({
  said: {
    counted: "Counted.",
    closed: "Not counted: voting closed before your tap arrived.",
    invalid: "Not counted: that choice isn’t possible here.",
  },
  learned(you, entry) {
    you.entries = { ...you.entries, [entry.activity]: answerOf(entry) };
  },
  lost(you, entry) {
    const known = you.entries?.[entry.activity];
    return !known || ((you.n ?? 0) < entry.n && String(known) !== String(answerOf(entry)));
  },
});

/**
 * Marks the options of an answer below section: [data-option] with data-mark "",
 * "counted", "sending" or "kept" (taken while offline), and the input in it ticked.
 * @param {number[]} answer
 * @param {boolean} isWaiting the answer is not acknowledged yet
 * @returns {string} the mark of the answer in words; "" where there is none
 */
export function markAnswer(section, answer, { isWaiting, online }) {
  const mark = !isWaiting ? "counted" : online ? "sending" : "kept";
  const words = markWords[mark](section.dataset.state === "open");
  section.dataset.in = answer.length ? "yes" : "no";
  for (const option of section.querySelectorAll("[data-option]")) {
    const mine = answer.includes(Number(option.dataset.option));
    option.dataset.mark = mine ? mark : "";
    setText(option.querySelector("[data-mark-text]"), mine ? words : "");
    if (option.hasAttribute("aria-pressed")) option.setAttribute("aria-pressed", String(mine));
    const input = option.querySelector("input");
    if (!input) continue;
    input.checked = mine;
    input.toggleAttribute("checked", mine);
  }
  return answer.length ? words : "";
}
