// The console of a rehearsal: fetches the crowd's numbers while there is a crowd. The
// words come with the frames.
import { number } from "../core.js";

const EVERY = 1000; // ms

/** @param {{call: (method, path) => Promise}} deps */
export function watchCrowd({ call }) {
  const bar = () => document.querySelector("#rehearsing[data-crowd-state=here]");

  function put(crowd) {
    const texts = {
      connected: number(crowd.connected),
      rate: number(crowd.entries_per_second),
      p99: number(Math.ceil(crowd.latency_p99_ms)),
    };
    for (const el of bar()?.querySelectorAll("[data-crowd]") ?? []) el.textContent = texts[el.dataset.crowd];
    const some = bar()?.querySelector("[data-crowd-some]");
    if (some) some.hidden = crowd.accepted === 0;
  }

  async function look() {
    if (bar() && !document.hidden) {
      // Without an answer the last numbers stay; the socket reports the outage.
      await call("GET", "/rehearsal").then(put, () => {});
    }
    setTimeout(look, EVERY);
  }
  if (document.getElementById("rehearsing")) look();
}
