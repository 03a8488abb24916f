// The phone's own check of a draw, loaded when there is something to check. It starts
// from what told.js kept, and trusts nothing else that the server says.
import { checkProof, hashNonce, shortTicket, verify } from "./fairdraw.js";
import { changedWords, fingerprint, inTime } from "./told.js";

// When a round of drand's quicknet is due. Checking its signatures takes more code than
// a phone should load; the page that checks whole records does it.
const quicknet = {
  hash: "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
  due: (round) => (1692803367 + 3 * (round - 1)) * 1000,
};

/** base64url → hex; "" where it is not 16 bytes. */
function nonceHex(text) {
  try {
    const bytes = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    if (bytes.length !== 16) return "";
    return [...bytes].map((c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join("");
  } catch {
    return "";
  }
}

/**
 * Whether this phone's ticket is in the list that it was told.
 * @param {{ticket, handle, nonce}} mine nonce in base64url, or null where the
 *   server made it
 * @param {{root, size, position, nonce, proof}} answer of …/proof
 * @returns {{fault: string, position: number, own: boolean}} own: the ticket holds
 *   this phone's own random number
 */
export function checkTicket(mine, answer, told) {
  const { size, position, proof } = answer;
  const out = (fault) => ({ fault, position, own: Boolean(mine.nonce) });
  const changed = changedWords(told);
  if (changed) return out(changed);
  if (answer.root !== told.root || size !== told.size) {
    return out(`This phone was told the list ${fingerprint(told.root)} of ${told.size}, and now gets a proof for ${fingerprint(String(answer.root))} of ${size}.`);
  }
  const nonce = nonceHex(mine.nonce ?? answer.nonce ?? "");
  const sound = Array.isArray(proof) && proof.every((p) => /^[0-9a-f]{64}$/.test(p)) && Number.isInteger(position);
  const leaf = nonce && sound && { ticket: mine.ticket, handle: mine.handle, nonce_hash: hashNonce(nonce) };
  if (!leaf || !checkProof(proof, told.root, told.size, position, leaf)) {
    return out(`This phone’s ticket ${shortTicket(mine.ticket)} is not in the frozen list ${fingerprint(told.root)}.`);
  }
  return out("");
}

const faults = {
  "record": () => "The record of the draw cannot be read.",
  "told promise": (r, told) => `This phone was promised ${fingerprint(told.commitment)}, but the draw was made from ${fingerprint(r.commitment)}.`,
  "told list": (r, told) => `This phone was told the list ${fingerprint(told.root)}, but the draw was made from ${fingerprint(r.root)}.`,
  "seed": () => "The secret that was revealed is not the promised one.",
  "commitment": () => "The secret that was revealed is not the promised one.",
  "winners": () => "A winner is not in the frozen list.",
  "skips": () => "Somebody who was passed over is not in the frozen list.",
  "returned": () => "A win that was given back is not in the frozen list.",
  "voided": () => "The win that was given back is not in the frozen list.",
  "picks": () => "The secret and the list lead to other winners than the ones named.",
  "count": () => "The number of winners is not the one that was wanted.",
  "history": () => "It does not fit the earlier draws of this raffle.",
  "digest": () => "The record of the draw was changed after it was written.",
  "beacon": () => "The public number that went into the draw is not the one that was named.",
};

/**
 * Compares a draw's public randomness with the round that this phone was told, and
 * when. {fault} or {late}, why it proves nothing to this phone; both "" where it does.
 */
function checkRound(record, told, draw) {
  const { beacon } = record;
  const known = told.rounds?.[draw] ?? (record.element === 1 ? told.rounds?.first : undefined);
  if (!beacon) {
    return known ? { fault: `This phone was told to wait for the public round ${known.round}, but the draw was made without it.` } : {};
  }
  if (!known) return { late: "it was not told in time which public round to wait for" };
  if (known.round !== beacon.round) return { fault: `This phone was told of the public round ${known.round}, but round ${beacon.round} went into the draw.` };
  if (known.chain && known.chain !== beacon.chain) return { fault: "The public number came from another beacon than this phone was told." };
  if (beacon.chain !== quicknet.hash) return { late: "the draw used a public beacon that phones do not know" };
  if (Math.max(known.at, told.at) >= quicknet.due(beacon.round)) return { late: "it was told the public round only when that was out" };
  return {};
}

const listed = (tickets) => [...tickets].map(shortTicket).join(", ") || "nobody";

/**
 * Checks one draw from its record.
 * @param {object} record as fetched, of draw n
 * @param {{activity, run, draw, code}} asked which draw that was to be
 * @param {object} told as told.js kept it
 * @param {string[]} shown tickets that this page names as the draw's winners
 * @param {object[]} earlier records of the run's draws before it
 * @returns {{state: "ok"|"late"|"bad", fault: string, late: string, skipped: string}}
 *   late: why this phone cannot know; skipped: the reason where ticket `mine` came
 *   up and was passed over
 */
export function checkDraw(record, asked, told, shown, earlier, mine = "") {
  const bad = (fault) => ({ state: "bad", fault, late: "", skipped: "" });
  const changed = changedWords(told);
  if (changed) return bad(changed);
  const punctual = inTime(told, asked.draw);
  const beacon = (b) => ({ randomness: b.randomness, fault: "" }); // see quicknet above
  const known = { earlier, beacon, ...(punctual && { commitment: told.commitment, root: told.root }) };
  const failed = verify(record, known).find((s) => !s.ok);
  if (failed) return bad(faults[failed.name]?.(record, told) ?? failed.fault);
  for (const what of ["code", "activity", "run", "draw"]) {
    if (record[what] !== asked[what]) return bad("The record is that of another draw.");
  }
  if (punctual && record.size !== told.size) return bad(`This phone was told of ${told.size} tickets, but ${record.size} took part.`);
  const won = new Set(record.winners.map((w) => w.ticket));
  const named = new Set(shown);
  if (won.size !== named.size || [...won].some((t) => !named.has(t))) {
    return bad(`This page names ${listed(named)} as winners, but the secret and the list lead to ${listed(won)}.`);
  }
  const round = checkRound(record, told, asked.draw);
  if (round.fault) return bad(round.fault);
  const late = punctual ? round.late ?? "" : "it came after the freeze";
  const skipped = record.skips.find((s) => s.ticket === mine)?.reason ?? "";
  return { state: late ? "late" : "ok", fault: "", late, skipped };
}
