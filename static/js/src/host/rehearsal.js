// The console of a rehearsal: the crowd's numbers are asked for while it is here;
// what is said in words comes with the frames.
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
      // Without an answer the last numbers stand; the socket says that it is gone.
      await call("GET", "/rehearsal").then(put, () => {});
    }
    setTimeout(look, EVERY);
  }
  if (document.getElementById("rehearsing")) look();
}
