// The scale's part of the edit dialog: its two ends, and what they mean.

const MAX_STEPS = 10;

export function scale({ $, fill, fail }) {
  return {
    words: { add: "Add a scale", edit: "Edit the scale", title: "Question", untitled: "Ask something first." },

    show({ min = 1, max = 5, labels: [low = "", high = ""] = [], results = "live" } = {}) {
      fill({ from: min, to: max, low, high, "scale-results": results });
    },

    read() {
      const [min, max] = [$("from"), $("to")].map((field) => field.valueAsNumber);
      if (!(max > min && max <= min + MAX_STEPS)) return fail(`To: a whole number, 1 to ${MAX_STEPS} more than From.`, $("to"));
      const labels = [$("low"), $("high")].map((field) => field.value.trim());
      const missing = labels.indexOf("");
      if (missing >= 0 && labels.some(Boolean)) return fail("Label both ends, or neither.", $(missing ? "high" : "low"));
      return { min, max, labels: labels.filter(Boolean), results: $("scale-results").value };
    },
  };
}
