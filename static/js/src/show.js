// The draw's show: the result of a draw that happens while somebody watches is
// held back for the length of the roll, counted from the frame's arrival, so that
// it appears everywhere at the same moment. Whoever comes late sees it at once.
//
// The markup carries both parts within [data-draw="N"]; while the show runs the
// stage has data-show="roll" and CSS shows .roll instead of .result.

/**
 * stage: the element around #live. reveal(): called when a show ends.
 * Call seen(root) with what the page showed at load and state(root, first) after
 * each state frame's morph; state answers whether a show began or runs.
 */
export function drawShow(stage, { ms, reveal }) {
  let newest = 0;
  let timer = 0;
  const length = matchMedia("(prefers-reduced-motion: reduce)").matches ? Math.min(ms, 1000) : ms;
  const latest = (root) =>
    Math.max(0, ...[...root.querySelectorAll("[data-draw]")].map((el) => Number(el.dataset.draw) || 0));

  const end = () => {
    clearTimeout(timer);
    timer = 0;
    delete stage.dataset.show;
  };
  return {
    get running() {
      return timer !== 0;
    },
    seen(root) {
      newest = Math.max(newest, latest(root));
    },
    state(root, first) {
      const draw = latest(root);
      const fresh = draw > newest;
      newest = Math.max(newest, draw);
      if (first || draw === 0) {
        if (timer) end();
        return false;
      }
      if (fresh) {
        clearTimeout(timer);
        stage.dataset.show = "roll";
        stage.style.setProperty("--show", `${length}ms`);
        timer = setTimeout(() => {
          end();
          reveal?.();
        }, length);
      }
      return timer !== 0;
    },
  };
}
