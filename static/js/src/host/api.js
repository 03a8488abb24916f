// The console's calls of the JSON API: same origin, the host's cookie, and
// errors that say what happened.

const STATES = {
  open: "is open already",
  closed: "is closed already",
  revealed: "is revealed already",
  drawn: "has been drawn already",
  draft: "was reset",
};

/** What went wrong, in a sentence for the host. */
export class Refused extends Error {
  /** @param {number} status 0 when there was no answer @param {{title?, detail?, activity?}} problem */
  constructor(status, problem) {
    super(sentence(status, problem));
    this.status = status;
  }
}

function sentence(status, { title, detail, activity }) {
  if (status === 0) return "No answer from the server. Check the connection, then press again.";
  if (status === 401 || status === 403) return "This browser does not hold the event's key any more. Open your host link again.";
  if (status === 409 && activity && STATES[activity.state]) {
    // Another host, or the clock, was faster; the page shows the true state already.
    return `Someone was faster: “${activity.title}” ${STATES[activity.state]}.`;
  }
  return detail || title || `That did not work (${status}).`;
}

/**
 * Sends one call below /api/v1/events/{code} and returns the parsed answer, or
 * null where there is none. Throws Refused.
 */
export async function call(code, method, path, body) {
  let answer;
  try {
    answer = await fetch(`/api/v1/events/${code}${path}`, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout?.(15_000),
    });
  } catch {
    throw new Refused(0, {});
  }
  const parsed = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(answer.status, parsed ?? {});
  return parsed;
}
