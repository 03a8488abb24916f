// A phone's receipts: for each raffle on show, whether its own ticket is in the frozen
// list, and whether each draw follows from promise and list. Keeps what the phone is
// told (told.js), fetches what is to be checked, and loads check.js only then.
import { updateTold } from "./told.js";
import { backoff } from "./socket.js";

const TRIES = 6;

/**
 * @param {object} deps
 * @param {string} deps.code of the event
 * @param {object} deps.outbox keeps what was told and the phone's own nonces
 * @param {() => Promise} deps.load the module check.js
 * @param {(path: string) => Promise<string>} deps.get the text at a path below /api/v1/events/{code}; rejects where there is no answer
 * @param {(ms: number) => Promise} deps.wait
 * @param {() => number} deps.now
 * @param {() => void} deps.changed a receipt has news
 * @param {(attempt: number) => number} deps.pause before a fetch is tried again, in milliseconds
 */
export function createReceipts({ code, outbox, load, get, wait, now, changed, pause = backoff }) {
  const tickets = new Map(); // "activity:run" → {freeze, state, fault, says}
  const draws = new Map(); // draw → {state, fault, late, skipped, says}
  const changes = new Map(); // "activity:run" → what was changed, in words
  const records = new Map(); // draw → the text of its record, or the promise of it
  let latest = []; // activities of the newest frame that made a promise: raffles
  const at = (activity, run) => `${activity}:${run}`;

  // A node that lags does not know a draw for a moment, and networks fail.
  async function getPatiently(path) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await get(path);
      } catch (error) {
        if (attempt === TRIES) throw error;
        await wait(pause(attempt));
      }
    }
  }

  /** frame: {event, you}; shown: [{ticket, draw}], the winners that the page names. */
  function frame({ event, you }, shown) {
    if (!you) return;
    latest = event.activities.filter((a) => a.commitment);
    // All phones learn of it at the same moment: spread their requests.
    const spread = Math.min(20_000, 300 + (event.people?.connected ?? 0) / 2);
    for (const a of latest) {
      const before = outbox.told(a.id, a.run);
      const told = updateTold(before, a, {
        who: you.handle, draws: event.draws ?? 0, now: now(),
        pseudonym: you.pseudonyms?.[a.id], sent: Boolean(you.tickets?.[a.id]) || outbox.sent(a.id, a.run),
      });
      if (told !== before) outbox.keep(a.id, a.run, told);
      if (told.changed) sayChange(a, told);
      if (a.freeze && you.tickets?.[a.id]) findTicket(a, told, you, spread);
      const made = new Set([...(a.winners ?? []), ...(a.voided ?? [])].map((w) => w.draw));
      for (const n of [...made].sort((x, y) => x - y)) {
        checkOne(a, n, you, shown.filter((s) => s.draw === n).map((s) => s.ticket), [...made], spread);
      }
    }
  }

  // The alarm is raised at once; its words come with the module.
  async function sayChange(a, told) {
    const key = at(a.id, a.run);
    if (changes.has(key)) return;
    changes.set(key, "What this phone was told before was changed.");
    try {
      changes.set(key, (await load()).changedWords(told));
    } catch {
      // The plain sentence stays.
    }
    changed();
  }

  async function findTicket(a, told, you, spread) {
    const key = at(a.id, a.run);
    const known = tickets.get(key);
    if (known?.freeze === a.freeze.hash && known.state !== "none") return;
    const mine = { state: "wait", freeze: a.freeze.hash };
    tickets.set(key, mine);
    await wait(Math.random() * spread);
    try {
      const [check, answer] = await Promise.all([load(), getPatiently(`/activities/${a.id}/proof`)]);
      const own = { ticket: you.tickets[a.id], handle: you.handle, nonce: outbox.chosen(a.id, a.run) };
      const found = check.checkTicket(own, answer, told, { activity: a.id, run: a.run });
      Object.assign(mine, found, { state: found.fault ? "bad" : "ok", says: check.coverWords(found) });
    } catch {
      mine.state = "none"; // could not be loaded; the next frame asks again
    }
    changed();
  }

  const record = (n) => {
    if (!records.has(n)) {
      const asked = getPatiently(`/draws/${n}`);
      records.set(n, asked);
      asked.catch(() => records.delete(n));
    }
    return records.get(n);
  };

  async function checkOne(a, n, you, shown, made, spread) {
    const signature = `${a.run} ${shown.slice().sort().join()}`;
    const known = draws.get(n);
    if (known?.signature === signature && known.state !== "none") return;
    const one = { state: "wait", signature };
    draws.set(n, one);
    await wait(Math.random() * spread);
    try {
      const [check, mine, ...earlier] = await Promise.all([load(), record(n), ...made.filter((m) => m < n).map(record)]);
      const asked = { code, activity: a.id, run: a.run, draw: n };
      Object.assign(one, check.checkDraw(mine, asked, outbox.told(a.id, a.run), shown, earlier, you.tickets?.[a.id]));
      one.says = check.coverWords(one.late ? { covers: one.covers } : one);
    } catch {
      one.state = "none";
    }
    if (draws.get(n) === one) changed();
  }

  /**
   * The receipts of an activity's run: {ticket, draw, fault}. ticket and draw are null
   * or {state: "wait"|"ok"|"late"|"bad"|"none", …}; fault is what does not check out,
   * or "".
   */
  function of(activity, run) {
    const a = latest.find((x) => x.id === activity && x.run === run);
    if (!a) return { ticket: null, draw: null, fault: "" };
    const ticket = tickets.get(at(activity, run)) ?? null;
    const made = [...(a.winners ?? []), ...(a.voided ?? [])].map((w) => draws.get(w.draw)).filter(Boolean);
    const draw = draws.get(a.last_draw) ?? null;
    const fault = changes.get(at(activity, run)) || ticket?.fault || made.find((d) => d.fault)?.fault || "";
    return { ticket, draw, fault };
  }

  return { frame, of };
}
