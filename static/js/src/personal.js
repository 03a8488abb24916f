// A frame's html is the same for every phone. This puts in what is this phone's
// own: its choice and whether it counts, its ticket, what the draw meant for it.
// web/ui answers the same questions for pages without a script.
import { kinds } from "./kinds/index.js";
import { runOf, setNote, setText } from "./section.js";

/**
 * @param {ParentNode} root a parsed fragment, or the live element
 * @param {object} me what this phone knows
 * @param {object|null} me.you null until the first frame; until then what the server
 *   rendered stays
 * @param {boolean} me.online
 * @param {(activity, run) => object|null} me.waiting the entry that is not acknowledged yet
 * @param {(activity, run) => string|undefined} me.note why the last tap was not counted
 * @param {(activity, run) => string} me.nonce of a run's ticket
 * @param {(activity, run) => object} me.receipt see receipts.js
 * @param {object} me.claims see claims.js
 */
export function dress(root, me) {
  for (const section of root.querySelectorAll("[data-activity]")) {
    const { activity, run } = runOf(section);
    kinds[section.dataset.kind]?.dress(section, me, me.waiting(activity, run));
    setNote(section.querySelector("[data-note]"), me.note(activity, run));
  }
  const who = me.you?.name || me.you?.handle;
  if (who) for (const el of root.querySelectorAll("[data-who]")) setText(el, who);
}
