// A winner's claim: the tap that says "I'm here", and the code that the phone then
// shows to the host. The code is kept, so that a reload still has it.

/**
 * @param {object} deps
 * @param {string} deps.code of the event
 * @param {object} deps.outbox keeps {ticket, code} by activity and run
 * @param {() => void} deps.changed
 * @param {(sentence: string) => void} deps.say to screen readers
 */
export function createClaims({ code, outbox, changed, say }) {
  const pressed = new Map(); // "activity:run" → {busy, note}
  const at = (activity, run) => `${activity}:${run}`;

  async function ask(ticket) {
    const answer = await fetch(`/api/v1/events/${code}/claims`, {
      method: "POST",
      credentials: "same-origin",
      cache: "no-store",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ticket }),
    });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.detail || said.title || `The server answered ${answer.status}.`);
    return said.code;
  }

  return {
    /** {ticket, code, busy, note}, as far as there is a claim. */
    of: (activity, run) => ({ ...outbox.claim(activity, run), ...pressed.get(at(activity, run)) }),

    async press(activity, run, ticket) {
      const key = at(activity, run);
      if (!ticket || pressed.get(key)?.busy) return;
      pressed.set(key, { busy: true, note: "" });
      changed();
      try {
        const digits = await ask(ticket);
        outbox.claimed(activity, run, { ticket, code: digits });
        pressed.delete(key);
        say(`Your code is ${[...digits].join(" ")}. Show it to the host.`);
      } catch (error) {
        const note = error instanceof TypeError ? "That did not get through. Check the connection, then tap again." : error.message;
        pressed.set(key, { busy: false, note });
        say(note);
      }
      changed();
    },
  };
}
