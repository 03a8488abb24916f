// A scale's columns and mean. Both follow from the counts, so no tick carries more.

/** The mean in two decimals, half away from zero, as the server rounds it; null without entries. */
export function meanOf(counts, min) {
  const entries = counts.reduce((sum, count) => sum + count, 0);
  if (!entries) return null;
  const sum = counts.reduce((all, count, i) => all + count * (min + i), 0);
  const hundredths = Math.floor((200 * Math.abs(sum) + entries) / (2 * entries));
  return (Math.sign(sum) * hundredths) / 100;
}

/** The highest column takes the whole height. */
export function scale(root, { activity, counts }, glide) {
  if (!counts) return;
  const most = Math.max(1, ...counts);
  for (const el of root.querySelectorAll(`[data-scale="${activity}"]`)) {
    for (const column of el.querySelectorAll("[data-rise]")) {
      column.setAttribute("height", `${(100 * counts[column.dataset.rise]) / most}%`);
    }
    const mean = meanOf(counts, Number(el.dataset.min));
    const shown = el.querySelector("[data-mean]");
    if (shown && mean !== null) glide(shown, mean, (n) => n.toFixed(2));
  }
}
