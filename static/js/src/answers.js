// What kinds share whose participants have one standing answer in a run, which may
// change until the run closes and stands in you.entries.
import { runOf, setText } from "./section.js";

const markWords = {
  counted: (open) => (open ? "✓ counted" : "✓ your vote"),
  sending: () => "sending…",
  kept: () => "kept, will be sent",
};

/**
 * @param {(entry: object) => number[]} answerOf an entry, as you.entries has it
 * @returns {object} what such a kind has but tapped
 */
export const answers = (answerOf) => ({
  dress(section, me, waiting) {
    if (!waiting && !me.you) return;
    const answer = waiting ? answerOf(waiting) : me.you.entries?.[runOf(section).activity] ?? [];
    markAnswer(section, answer, { isWaiting: Boolean(waiting), online: me.online });
  },
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
 * [data-said] says the answer and its mark, where options have no room for that.
 * @param {number[]} answer
 * @param {boolean} isWaiting the answer is not acknowledged yet
 */
function markAnswer(section, answer, { isWaiting, online }) {
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
  setText(section.querySelector("[data-said]"), answer.length ? `${answer.join(", ")}: ${words}` : "");
}
