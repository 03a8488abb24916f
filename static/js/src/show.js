// The draw's show: phones and projector hold a new draw back for the show's
// length, so that every view in the room learns the name at the same moment.
//
// The fragment carries both parts, `.roll` and `.result`, inside
// [data-draw="N"], where N counts draws through the event. While the show is
// on, #live's parent has data-show="roll"; then for a few seconds
// data-show="reveal", for entrances; then nothing. CSS does the rest.
//
// A reel is [data-reel] with an odd number of children (the middle one is the one that
// counts), data-names = JSON array of the names that rush by, and data-final = the name
// it stops at (absent: it does not stop, many have won).

const REVEAL_MS = 6000;
const REDUCED_MS = 1000;
const TURNS = 46; // names that pass before the reel stands

/**
 * @param {HTMLElement} live the element whose content `state` frames replace
 * @param {{ms?: number, reduced?: () => boolean, onRoll?: () => void, onReveal?: () => void}} options
 *   ms: the show's length in milliseconds
 * @returns {{fresh(): void, update(): void}} `fresh` before the first state of
 *   each connection, `update` after each state was put into the page
 */
export function createShow(live, { ms = 5000, reduced = () => false, onRoll, onReveal } = {}) {
  const stage = live.parentElement;
  let seen = newestDraw(live, true);
  let first = true;
  let rolling = 0; // number of the draw being rolled, or 0
  let timer = 0;

  function endShow() {
    clearTimeout(timer);
    rolling = 0;
    delete stage.dataset.show;
  }

  function reveal() {
    rolling = 0;
    stage.dataset.show = "reveal";
    timer = setTimeout(() => delete stage.dataset.show, REVEAL_MS);
    onReveal?.();
  }

  function startRoll(draw) {
    const length = reduced() ? Math.min(ms, REDUCED_MS) : ms;
    clearTimeout(timer);
    rolling = draw;
    stage.dataset.show = "roll";
    timer = setTimeout(reveal, length);
    if (!reduced()) turnReels(live, length, () => rolling === draw);
    onRoll?.();
  }

  return {
    fresh() {
      first = true;
    },
    update() {
      const draw = newestDraw(live, false);
      if (first) {
        // A view that was away during the roll shows the result at once. A roll that is
        // under way goes on: the same draw, after a reconnect.
        first = false;
        if (draw !== rolling) endShow();
        seen = Math.max(seen, newestDraw(live, true));
      } else if (draw > seen) {
        seen = draw;
        startRoll(draw);
      } else if (rolling && draw !== rolling) {
        endShow(); // reset, or another activity is on
      }
    },
  };
}

/** The newest draw in the fragment; with `all`, also those it only counts (data-draws). */
function newestDraw(live, all) {
  let n = 0;
  for (const el of live.querySelectorAll("[data-draw]")) n = Math.max(n, Number(el.dataset.draw) || 0);
  if (all) for (const el of live.querySelectorAll("[data-draws]")) n = Math.max(n, Number(el.dataset.draws) || 0);
  return n;
}

/** Turns every reel below `live`, looked up on each frame since a morph may replace it. */
function turnReels(live, length, isRolling) {
  const start = performance.now();
  const frame = (now) => {
    if (!isRolling()) return;
    // The reel stands still for the last moments before the result.
    const t = Math.min(1, Math.max(0, now - start) / (length * 0.92));
    for (const reel of live.querySelectorAll(".roll [data-reel]")) turnReel(reel, t);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

function turnReel(reel, t) {
  const names = JSON.parse(reel.dataset.names || "[]");
  if (!names.length) return;
  const final = reel.dataset.final;
  const position = TURNS * (final === undefined ? t : 1 - (1 - t) ** 3.2);
  const base = Math.floor(position);
  const middle = reel.children.length >> 1;
  for (let k = 0; k < reel.children.length; k++) {
    const i = base + k - middle;
    const name = i === TURNS && final !== undefined ? final : names[((i % names.length) + names.length) % names.length];
    if (reel.children[k].textContent !== name) reel.children[k].textContent = name;
  }
  reel.style.setProperty("--turn", (position - base).toFixed(3));
}
