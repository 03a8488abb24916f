// What a phone sends over HTTP besides its entries: a winner's claim, which brings the
// code to show to the host, and the tap "I'm here" of a raffle that asks for it.

/**
 * @param {object} deps
 * @param {string} deps.code of the event
 * @param {() => object|null} deps.you the newest frame's `you`
 * @param {() => void} deps.changed
 * @param {(sentence: string) => void} deps.say to screen readers
 */
export function createClaims({ code, you, changed, say }) {
  const claims = new Map(); // ticket → {busy, note, code}
  const checkIns = new Map(); // "activity:run" → {busy, note, here}

  async function post(path, body) {
    const answer = await fetch(`/api/v1/events/${code}${path}`, {
      method: "POST",
      credentials: "same-origin",
      cache: "no-store",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.detail || said.title || `The server answered ${answer.status}.`);
    return said;
  }

  async function sendOnce(all, key, send) {
    if (all.get(key)?.busy) return;
    const set = (state) => {
      all.set(key, state);
      changed();
    };
    set({ busy: true });
    try {
      set(await send());
    } catch (error) {
      // fetch fails with a TypeError where there is no network.
      const note = error instanceof TypeError ? "That did not get through. Check the connection, then tap again." : error.message;
      set({ note });
      say(note);
    }
  }

  return {
    /** How far the claim of an own ticket is: {code, busy, note}. */
    of(ticket) {
      const told = (you()?.won ?? []).find((w) => w.ticket === ticket)?.code;
      return { ...claims.get(ticket), ...(told && { code: told }) };
    },
    claim: (ticket) =>
      sendOnce(claims, ticket, async () => {
        const { code: digits } = await post("/claims", { ticket });
        say(`Your code is ${[...digits].join(" ")}. Show it to the host.`);
        return { code: digits };
      }),
    /** Whether this phone has said that it is here: {here, busy, note}. */
    checkedIn(activity, run) {
      const here = (you()?.here ?? []).includes(activity);
      return { ...checkIns.get(`${activity}:${run}`), ...(here && { here }) };
    },
    checkIn: (activity, run) =>
      sendOnce(checkIns, `${activity}:${run}`, async () => {
        await post("/checkins", { activity, run });
        say("You are checked in.");
        return { here: true };
      }),
  };
}
