// The scale's part of the edit dialog: its two ends, and what they mean.

const MAX_STEPS = 10;

export function scale({ $, fail }) {
  return {
    words: { add: "Add a scale", edit: "Edit the scale", title: "Question", untitled: "Ask something first." },

    show(activity) {
      const [low = "", high = ""] = activity?.labels ?? [];
      $("from").value = activity?.min ?? 1;
      $("to").value = activity?.max ?? 5;
      $("low").value = low;
      $("high").value = high;
      $("scale-results").value = activity?.results ?? "live";
    },

    read() {
      const min = $("from").valueAsNumber;
      const max = $("to").valueAsNumber;
      const labels = [$("low"), $("high")].map((field) => field.value.trim());
      if (!Number.isInteger(min)) return fail("From: a whole number.", $("from"));
      if (!Number.isInteger(max) || max <= min || max > min + MAX_STEPS) return fail(`To: ${min + 1} to ${min + MAX_STEPS}.`, $("to"));
      const missing = labels.indexOf("");
      if (missing >= 0 && labels.some(Boolean)) return fail("Label both ends, or neither.", $(missing ? "high" : "low"));
      return { min, max, labels: labels.filter(Boolean), results: $("scale-results").value };
    },

    first: () => $("from"),
  };
}
