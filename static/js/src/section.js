// Small things that all kinds do with their section of the page.

/** The run that a section shows: {activity, run}. */
export const runOf = (section) => ({ activity: Number(section.dataset.activity), run: Number(section.dataset.run) });

export function setText(el, value) {
  if (el && el.textContent !== value) el.textContent = value;
}

/** Shows an element with these words; without words it is hidden. */
export function setNote(el, words = "") {
  if (!el) return;
  el.hidden = !words;
  setText(el, words);
}
