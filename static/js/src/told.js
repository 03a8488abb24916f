// What this phone was told of a raffle's run, and when: the promise (commitment), its
// pseudonym, each freeze, the round of public randomness of a draw. A check is only as
// good as its starting points, so they are kept from before the draw, and what comes
// later is compared with them, all of it.
//
// A run's record is {who, commitment, pseudonym, lateName, freezes, rounds, changed}:
//   who        the handle they were told to; another participant starts with an empty record
//   pseudonym  what the server puts into this phone's ticket; lateName: it came only after
//              the phone had sent its own number
//   freezes    by their number in the run: {hash, size, round, at, draws}; at: when it came,
//              in milliseconds since 1970; draws: how many the event had made by then
//   rounds     of the public beacon, by the draw that waits for it: {round, at}
//   changed    the first thing that was different later: {what, was, is}

/** 16 random bytes in base64url, without padding. */
export function newNonce() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/**
 * What is known after a frame.
 * @param {object|null} before as kept
 * @param {object} raffle of the frame: {commitment, freeze, entries, round, pending}
 * @param {{who: string, draws: number, now: number, pseudonym?: string, sent: boolean}} by
 *   sent: this phone's own number has been sent already
 * @returns {object} the same object where nothing is new
 */
export function updateTold(before, { commitment, freeze, entries, round, pending }, { who, draws, now, pseudonym, sent }) {
  const told = before?.who === who ? before : { who };
  const news = {};
  const change = (what, was, is) => {
    if (was !== is && !told.changed) news.changed ??= { what, was, is };
  };
  const note = (what, is) => {
    if (is && told[what]) change(what, told[what], is);
    else if (is) news[what] = is;
  };
  note("commitment", commitment);
  note("pseudonym", pseudonym);
  if (news.pseudonym && sent) news.lateName = true;
  if (freeze) {
    const { hash, number, size } = freeze;
    const known = told.freezes?.[number];
    const is = { hash, size, round: freeze.beacon?.round ?? 0 };
    for (const what of ["size", "round", "hash"]) if (known) change(what, known[what], is[what]);
    // A later freeze is of the same entrants.
    for (const [n, other] of Object.entries(told.freezes ?? {})) {
      change("size", other.size, size);
      if (Number(n) > number) change("number", n, number);
    }
    change("size", size, entries);
    change("round", is.round, round ?? 0);
    change("commitment", told.commitment ?? commitment, freeze.commitment);
    if (!known) news.freezes = { ...told.freezes, [number]: { ...is, at: now, draws } };
  }
  if (pending) {
    const known = told.rounds?.[pending.draw];
    if (known) change("round", known.round, pending.round);
    else news.rounds = { ...told.rounds, [pending.draw]: { round: pending.round, at: now } };
  }
  return Object.keys(news).length || told !== before ? { ...told, ...news } : told;
}
