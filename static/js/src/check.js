// The phone's own check of a draw, loaded when there is something to check. It starts
// from what told.js kept, and trusts nothing else that the server says.
import { check } from "./fairdraw.js";
import { isFreeze, readRecord } from "./record.js";
import { parseStrictly } from "./strict.js";
import { checkProof, fingerprint, freezeHash, hashNonce, makeTicket, QUICKNET, roundTime, shortTicket } from "./scheme.js";

const names = {
  commitment: "promise", pseudonym: "number that goes into this phone’s ticket", hash: "freeze hash", size: "number of tickets",
  round: "public round to wait for", number: "freeze",
};

/** What was different later, in a sentence; "" where nothing was. */
export function changedWords(told) {
  if (!told?.changed) return "";
  const { what, was, is } = told.changed;
  const show = (v) => (/^[0-9a-f]{32,}$/.test(v) ? fingerprint(v) : String(v || "nothing"));
  return `The ${names[what]} was changed: this phone was told ${show(was)} first, and ${show(is)} later.`;
}

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
 * Whether this phone's ticket is in the list that it was told, and was made of the two
 * numbers that it should be.
 * @param {{ticket, handle, nonce}} mine nonce in base64url, or null where the
 *   server made it
 * @param {string} text of …/proof: {freeze, position, leaf, nonce, pseudonym, proof}
 *   throws where it cannot be read
 * @returns {{fault: string, gaps: string[]}} gaps: what this phone could not check, and why
 */
export function checkTicket(mine, text, told, { activity, run }) {
  const gaps = [];
  const out = (fault) => ({ fault, gaps });
  const changed = changedWords(told);
  if (changed) return out(changed);
  const { freeze, position, leaf, proof, pseudonym, nonce: kept = "" } = parseStrictly(text);
  const known = told.freezes?.[freeze?.number];
  if (!isFreeze(freeze) || freezeHash(freeze) !== freeze.hash) return out("The freeze does not add up to its hash.");
  if (!known || known.hash !== freeze.hash) {
    return out(`This phone was told the freeze ${fingerprint(known?.hash ?? "")}, and now gets a proof for ${fingerprint(freeze.hash)}.`);
  }
  if (freeze.activity !== activity || freeze.run !== run) return out("The freeze is that of another raffle.");
  const nonce = nonceHex(mine.nonce ?? kept);
  const sound = nonce && Array.isArray(proof) && proof.every((p) => /^[0-9a-f]{64}$/.test(p)) && typeof leaf?.unfit === "string";
  const own = sound && { ticket: mine.ticket, handle: mine.handle, nonce_hash: hashNonce(nonce), unfit: leaf.unfit };
  if (!own || !checkProof(proof, freeze.root, freeze.size, position, own)) {
    return out(`This phone’s ticket ${shortTicket(mine.ticket)} is not in the frozen list ${fingerprint(freeze.hash)}.`);
  }
  if (told.pseudonym && told.pseudonym !== pseudonym) return out("The number that goes into this phone’s ticket is not the one that it was told before.");
  if (!/^[0-9a-f]{32}$/.test(pseudonym) || makeTicket(freeze.event, activity, run, pseudonym, nonce) !== mine.ticket) {
    return out(`This phone’s ticket ${shortTicket(mine.ticket)} was not made of its own number and the one that it was told.`);
  }
  if (!mine.nonce) gaps.push("how your ticket was made, because the server chose both numbers for it");
  else if (!told.pseudonym || told.lateName) gaps.push("how your ticket was made, because this phone was not told the server’s number before it sent its own");
  return out("");
}

const faults = {
  "record": () => "The record of the draw cannot be read.",
  "told promise": (r, told) => `This phone was promised ${fingerprint(told.commitment)}, but the draw was made from ${fingerprint(r.freeze.commitment)}.`,
  "told freeze": (r, told) => `This phone was told the freeze ${fingerprint(told.freezes[r.freeze.number].hash)}, but the draw was made from ${fingerprint(r.freeze.hash)}.`,
  "told round": (r, told, round) => `This phone was told of the public round ${round}, but ${r.beacon ? `round ${r.beacon.round}` : "none"} went into the draw.`,
  "seed": () => "The secret that was revealed is not the promised one.",
  "commitment": () => "The secret that was revealed is not the promised one.",
  "freeze": () => "What was frozen does not add up to its hash.",
  "beacon": () => "The public number that went into the draw is not the one that was named.",
  "round": () => "The public round is not the one that follows from the time of the freeze.",
  "winners": () => "A winner is not in the frozen list, or could not win.",
  "skips": () => "Somebody was passed over for a reason that the frozen list does not give.",
  "returned": () => "A win that was given back is not in the frozen list.",
  "voided": () => "The win that was given back is not in the frozen list.",
  "order": () => "The entrants named cannot stand in one list.",
  "picks": () => "The secret and the freeze lead to other winners than the ones named.",
  "history": () => "It does not fit the earlier draws of this raffle.",
  "digest": () => "The record of the draw was changed after it was written.",
};

// What a phone says of the steps that it makes, and of those that it does not.
const covered = {
  "told promise": "the promise", "told freeze": "the freeze", "told round": "the public round", "seed": "the secret",
  "round": "when the round was due", "picks": "who came up", "history": "the earlier draws",
};
const left = {
  "told promise": "the promise", "told freeze": "the freeze", "told round": "the public round", "beacon": "the beacon’s signature",
  "round": "when the round was due", "history": "the earlier draws",
};

// Checking a beacon's signatures takes more code than a phone should load; the page that
// checks whole records does it.
function beaconOf({ chain }) {
  if (chain !== QUICKNET.hash) return { unchecked: "phones know no other beacon than drand’s" };
  return { chain: QUICKNET, unchecked: "only the page that checks whole draws loads the code for it" };
}

// What this phone was told for draw n, whenever that was, and why it does not count:
// {commitment, freeze, round, late, why}. late: all of it came after the draw, or the
// round after its time.
function toldFor(r, told, n) {
  const known = told.freezes?.[r.freeze.number];
  const first = r.element === r.freeze.draws + 1 && known?.round ? known : undefined;
  const pending = told.rounds?.[n] ?? first;
  const round = pending?.round;
  const since = Math.max(known?.at ?? 0, first?.round === round ? 0 : pending?.at ?? 0);
  const why = {};
  let late = "";
  if (!known || known.draws >= n) {
    late = "this phone came after the freeze";
    for (const name of ["told promise", "told freeze", "told round"]) why[name] = late;
  } else if (!round) {
    why["told round"] = late = r.beacon ? "this phone was not told in time which public round to wait for" : "";
  } else if (r.freeze.beacon?.chain === QUICKNET.hash && since >= roundTime(QUICKNET, round)) {
    why["told round"] = late = "this phone was told the public round only when that was out";
  }
  return { commitment: told.commitment, freeze: known?.hash, round, late, why };
}

const enumerate = (all) => (all.length < 2 ? all.join("") : `${all.slice(0, -1).join(", ")} and ${all.at(-1)}`);

// The steps that were not made, those with the same reason together.
function gapsOf(steps, why) {
  const byReason = new Map();
  for (const s of steps) {
    const reason = why[s.name] ?? (s.status === "not checked" ? s.detail : "");
    if (reason && left[s.name]) byReason.set(reason, [...(byReason.get(reason) ?? []), left[s.name]]);
  }
  return [...byReason].map(([reason, what]) => `${enumerate(what)}, because ${reason}`);
}

const listed = (tickets) => [...tickets].map(shortTicket).join(", ") || "nobody";

/**
 * Checks one draw from its record.
 * @param {string} text of the record, as fetched, of draw n
 * @param {{activity, run, draw, code}} asked which draw that was to be
 * @param {object} told as told.js kept it
 * @param {string[]} shown tickets that this page names as the draw's winners
 * @param {string[]} earlier texts of the records of the run's draws before it
 * @returns {{state: "ok"|"late"|"bad", fault: string, late: string, covers: string[], gaps: string[], skipped: string}}
 *   late: why this phone cannot know; covers: what was checked; gaps: what was not, and why;
 *   skipped: the reason where ticket `mine` came up and was passed over
 */
export function checkDraw(text, asked, told, shown, earlier, mine = "") {
  const bad = (fault) => ({ state: "bad", fault, late: "", covers: [], gaps: [], skipped: "" });
  const changed = changedWords(told);
  if (changed) return bad(changed);
  const record = readRecord(text);
  const known = isFreeze(record?.freeze) ? toldFor(record, told, asked.draw) : {};
  const steps = check(text, { ...known, earlier, beacon: beaconOf });
  const failed = steps.find((s) => s.status === "FAIL");
  if (failed) return bad(faults[failed.name]?.(record, told, known.round) ?? failed.detail);
  const { activity, run } = record.freeze;
  if (record.code !== asked.code || record.draw !== asked.draw || activity !== asked.activity || run !== asked.run) {
    return bad("The record is that of another draw.");
  }
  const won = new Set(record.winners.map((w) => w.ticket));
  const named = new Set(shown);
  if (won.size !== named.size || [...won].some((t) => !named.has(t))) {
    return bad(`This page names ${listed(named)} as winners, but the secret and the freeze lead to ${listed(won)}.`);
  }
  const made = (s) => s.status === "ok" && !known.why[s.name] && (s.name !== "history" || record.element > 1);
  const covers = steps.filter((s) => made(s) && covered[s.name]).map((s) => covered[s.name]);
  const gaps = gapsOf(steps, known.why);
  const skipped = record.skips.find((s) => s.ticket === mine)?.reason ?? "";
  return { state: known.late ? "late" : "ok", fault: "", late: known.late, covers, gaps, skipped };
}

/** What was checked and what was not, in sentences. */
export function coverWords({ covers = [], gaps = [] }) {
  const said = covers.length ? [`Checked here: ${enumerate(covers)}.`] : [];
  if (gaps.length) said.push(`Not checked: ${gaps.join("; ")}.`);
  return said.join(" ");
}
