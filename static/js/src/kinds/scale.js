// A scale on a phone: one tap on a point.
import { answers, markAnswer } from "../answers.js";
import { runOf, setText } from "../section.js";

export const scale = {
  ...answers((entry) => [entry.value]),

  dress(section, me, waiting) {
    if (!waiting && !me.you) return;
    const answer = waiting ? [waiting.value] : me.you.entries?.[runOf(section).activity] ?? [];
    const words = markAnswer(section, answer, { isWaiting: Boolean(waiting), online: me.online });
    setText(section.querySelector("[data-said]"), words && `${answer[0]}: ${words}`);
  },

  tapped: ({ type, target }) => (type === "change" ? { value: Number(target.value) } : null),
};
