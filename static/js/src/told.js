// What this phone was told of a raffle's run, and when: the promise (commitment),
// the root and size of the frozen list, the round of public randomness of a draw.
// A check is only as good as its starting points, so they are kept from before the
// draw, and what comes later is compared with them.
//
// A run's record is {who, commitment, root, size, at, draws, rounds, changed}:
//   who      the handle they were told to; another participant starts with an empty record
//   at       when the root came, in milliseconds since 1970
//   draws    how many draws the event had made by then: later ones were still open
//   rounds   of the public beacon, by draw, and "first" for the one that the freeze
//            names: {round, at, chain}
//   changed  the first thing that was different later: {what, was, is}

/** 16 random bytes in base64url, without padding. */
export function newNonce() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** "7c19a0f29b41…" → "7C19 A0F2 9B41" */
export const fingerprint = (hash) => hash.slice(0, 12).replace(/(.{4})(?=.)/g, "$1 ").toUpperCase();

/**
 * What is known after a frame.
 * @param {object|null} before as kept
 * @param {object} activity of the frame: {commitment, root, entries, round, beacon_chain, pending}
 * @param {{who: string, draws: number, now: number}} by
 * @returns {object} the same object where nothing is new
 */
export function updateTold(before, activity, { who, draws, now }) {
  const told = before?.who === who ? before : { who };
  const news = {};
  for (const [what, is] of Object.entries({ commitment: activity.commitment, root: activity.root })) {
    if (!is) continue;
    if (!told[what]) news[what] = is;
    else if (told[what] !== is && !told.changed) news.changed = { what, was: told[what], is };
  }
  if (news.root) Object.assign(news, { size: activity.entries, at: now, draws });
  else if (told.root && told.root === activity.root && told.size !== activity.entries && !told.changed) {
    news.changed = { what: "size", was: told.size, is: activity.entries };
  }
  // A round that has been told must not change later.
  const named = { first: activity.round, ...(activity.pending && { [activity.pending.draw]: activity.pending.round }) };
  for (const [draw, round] of Object.entries(named)) {
    if (!round) continue;
    const known = told.rounds?.[draw];
    if (!known) news.rounds = { ...told.rounds, ...news.rounds, [draw]: { round, at: now, chain: activity.beacon_chain } };
    else if (known.round !== round && !told.changed) news.changed = { what: "round", was: known.round, is: round };
  }
  return Object.keys(news).length || told !== before ? { ...told, ...news } : told;
}

/** Whether the list's root was known to this phone before draw n was made. */
export const inTime = (told, n) => Boolean(told?.root && told.commitment && told.draws < n);

const names = { commitment: "promise", root: "frozen list", size: "number of tickets", round: "public number to wait for" };

/** What was different later, in a sentence; "" where nothing was. */
export function changedWords(told) {
  if (!told?.changed) return "";
  const { what, was, is } = told.changed;
  const show = (v) => (typeof v === "string" ? fingerprint(v) : String(v));
  return `The ${names[what]} was changed: this phone was told ${show(was)} first, and ${show(is)} later.`;
}
