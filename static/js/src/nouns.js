// Words that follow a number that ticks: [data-noun="entries"|"connected"] takes
// data-one or data-many by the tick's number, so that nobody reads "1 votes".

/** Sets the nouns below root to a tick's numbers. A fragment shows one activity's. */
export function tickNouns(root, tick) {
  for (const el of root.querySelectorAll("[data-noun]")) {
    const about = el.dataset.activity;
    if (about && Number(about) !== tick.activity) continue;
    const n = tick[el.dataset.noun];
    if (n === undefined) continue;
    const word = n === 1 ? el.dataset.one : el.dataset.many;
    if (el.textContent !== word) el.textContent = word;
  }
}
