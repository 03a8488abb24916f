// The projector. It never goes blank: a lost connection leaves the last state
// standing under a quiet badge.
import { applyTick, confetti, connect, morph, reducedMotion, start } from "./core.js";
import { tickNouns } from "./nouns.js";
import { createPager } from "./pager.js";
import { createShow } from "./show.js";

const { code, showMs } = document.body.dataset;
const live = document.getElementById("live");
const mini = new URLSearchParams(location.search).has("mini");

start();
const pager = createPager(live);
const show = createShow(live, {
  ms: Number(showMs),
  reduced: reducedMotion,
  onReveal: () => mini || celebrate(),
});

function celebrate() {
  confetti();
  // A second salvo when the first has thinned out.
  setTimeout(confetti, 1800);
}

connect({
  code,
  view: "screen",
  onState(frame, first) {
    if (first) show.fresh();
    morph(live, frame.html);
    show.update();
    pager.update();
  },
  onTick(frame) {
    applyTick(live, frame);
    tickNouns(live, frame);
    pager.rank(frame);
  },
  onStatus(status) {
    document.getElementById("lost").hidden = status !== "reconnecting" && status !== "busy";
    if (status === "gone") {
      live.hidden = true;
      document.getElementById("gone").hidden = false;
    }
  },
});
