// A scale on a phone: one tap on a point.
import { answers } from "../answers.js";

export const scale = {
  ...answers((entry) => [entry.value]),

  tapped: ({ type, target }) => (type === "change" ? { value: Number(target.value) } : null),
};
