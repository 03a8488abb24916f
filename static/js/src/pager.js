// A poll with more options than a board can hold turns its pages: the most
// chosen first, a page at a time, then from the top again.

const PAGE_MS = 6000;

/** Turns the pages of `[data-pages]` below live; rank() re-sorts it by a tick's counts. */
export function createPager(live) {
  const list = () => live.querySelector("[data-pages]");

  setInterval(() => {
    const el = list();
    if (!el || el.scrollHeight <= el.clientHeight + 1) return;
    const end = el.scrollTop + el.clientHeight >= el.scrollHeight - 2;
    el.scrollTo({ top: end ? 0 : el.scrollTop + el.clientHeight, behavior: "smooth" });
  }, PAGE_MS);

  return {
    /** A new fragment comes sorted by itself. */
    update() {
      for (const bar of list()?.children ?? []) bar.style.removeProperty("order");
    },
    /** Sorts by CSS order, which moves no node and so keeps the bars' transitions. */
    rank(tick) {
      const el = list();
      if (!el || !tick.counts || Number(el.dataset.activity) !== tick.activity) return;
      const bars = [...el.children].map((bar) => [bar, Number(bar.dataset.option)]);
      bars.sort(([, a], [, b]) => tick.counts[b] - tick.counts[a] || a - b);
      bars.forEach(([bar], i) => bar.style.setProperty("order", i));
    },
  };
}
