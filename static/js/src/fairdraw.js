// The fair draw in the page: the same bytes as Go's internal/fairdraw, after
// docs/FAIR-DRAW.md, and held to the same vectors. Pure: no DOM, no network, no
// clock. Hashes, tickets and proofs are lower-case hex strings, as in records.
// SHA-256 is a library's since crypto.subtle does not exist on plain http.
import { sha256 } from "@noble/hashes/sha2.js";
import { hmac } from "@noble/hashes/hmac.js";
import { bytesToHex as hex, hexToBytes as bytes } from "@noble/hashes/utils.js";

export const RECORD_VERSION = 1;
export const CHAIN_LENGTH = 1024;
const TWO32 = 2 ** 32;
const utf8 = new TextEncoder();

// message is the input of a hash: each field as its length (4 bytes, big-endian)
// and its bytes. Fields: Uint8Array, string (UTF-8), integer (8 bytes, big-endian).
function message(...fields) {
  const parts = fields.map((f) => {
    if (typeof f === "string") return utf8.encode(f);
    if (typeof f !== "number") return f;
    const eight = new DataView(new ArrayBuffer(8));
    eight.setUint32(0, Math.floor(f / TWO32));
    eight.setUint32(4, f % TWO32);
    return new Uint8Array(eight.buffer);
  });
  const out = new Uint8Array(parts.reduce((n, p) => n + 4 + p.length, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const p of parts) {
    view.setUint32(at, p.length);
    out.set(p, at + 4);
    at += 4 + p.length;
  }
  return out;
}

/** The ticket of a participant: all byte strings in hex. */
export function makeTicket(uid, activity, run, pseudonym, nonce) {
  return hex(sha256(message("drumroll/ticket/v1", bytes(uid), activity, run, bytes(pseudonym), bytes(nonce)))).slice(0, 32);
}

/** What the public list says of a phone's nonce (16 bytes in hex). */
export function hashNonce(nonce) {
  return hex(sha256(message("drumroll/nonce/v1", bytes(nonce))));
}

/** "7C19-A2" */
export function shortTicket(ticket) {
  return `${ticket.slice(0, 4)}-${ticket.slice(4, 6)}`.toUpperCase();
}

/** "7C19 A0F2 9B41" */
export function fingerprint(root) {
  return root.slice(0, 12).replace(/(.{4})(?=.)/g, "$1 ").toUpperCase();
}

/** The chain element that stands `steps` places before `element`. */
export function rewind(element, steps) {
  let e = bytes(element);
  for (let i = 0; i < steps; i++) e = sha256(e);
  return hex(e);
}

function prefixed(prefix, ...parts) {
  const h = sha256.create().update(Uint8Array.of(prefix));
  for (const p of parts) h.update(p);
  return h.digest();
}

const nodeHash = (left, right) => prefixed(1, left, right);

function leafHash(leaf) {
  return prefixed(0, message("drumroll/leaf/v1", bytes(leaf.ticket), leaf.handle, bytes(leaf.nonce_hash)));
}

/** Whether leaf {ticket, handle, nonce_hash} stands at position of a list (RFC 9162, 2.1.3.2). */
export function checkProof(proof, root, size, position, leaf) {
  if (!(position >= 0 && position < size)) return false;
  let fn = position;
  let sn = size - 1;
  let h = leafHash(leaf);
  for (const p of proof) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      h = nodeHash(bytes(p), h);
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2;
        sn = Math.floor(sn / 2);
      }
    } else {
      h = nodeHash(h, bytes(p));
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && hex(h) === root;
}

/** Takes the leaves of a list in order; its root, size and first fault. */
export class ListHasher {
  #subtrees = [];
  #last = "";
  size = 0;
  fault = "";

  add(leaf) {
    if (this.#last >= leaf.ticket) this.fault ||= `entrant ${this.size} is out of order`;
    this.#last = leaf.ticket;
    let h = leafHash(leaf);
    for (let n = this.size; n % 2 === 1; n = Math.floor(n / 2)) h = nodeHash(this.#subtrees.pop(), h);
    this.#subtrees.push(h);
    this.size++;
  }

  root() {
    if (this.size === 0) return hex(sha256(new Uint8Array()));
    return hex(this.#subtrees.reduceRight((right, left) => nodeHash(left, right)));
  }
}

/** Positions in the order of a draw, one after the other. draw: its number in the run; beacon in hex. */
export function* positions(seed, root, size, draw, beacon) {
  const key = bytes(seed);
  const moved = new Map();
  const at = (slot) => moved.get(slot) ?? slot;
  let counter = 0;
  for (let left = size; left > 0; ) {
    const limit = TWO32 - (TWO32 % left);
    let x;
    do {
      const mac = hmac(sha256, key, message("drumroll/draw/v1", bytes(root), size, draw, bytes(beacon), counter++));
      x = new DataView(mac.buffer, mac.byteOffset).getUint32(0);
    } while (x >= limit);
    const slot = x % left;
    const position = at(slot);
    left--;
    if (slot !== left) moved.set(slot, at(left));
    moved.delete(left);
    yield position;
  }
}

/** Go's Select: [{pos, skip}], excluded(pos) giving a reason or "". */
export function select(seed, root, size, draw, beacon, wanted, excluded = () => "") {
  const picks = [];
  let winners = 0;
  if (wanted <= 0) return picks;
  for (const pos of positions(seed, root, size, draw, beacon)) {
    const skip = excluded(pos);
    picks.push({ pos, skip });
    if (!skip && ++winners === wanted) break;
  }
  return picks;
}

const truth = (b) => (b ? 1 : 0);
const skipFields = (s) => [...placeFields(s), s.reason];
const placeFields = (p) => [p.position, bytes(p.ticket), p.handle, bytes(p.nonce_hash), p.proof.length, ...p.proof.map(bytes)];

/** The record's own checksum. */
export function digest(r) {
  return hex(sha256(message("drumroll/record/v1",
    r.code, bytes(r.event), r.activity, r.title, r.run, r.draw, r.element,
    bytes(r.commitment), bytes(r.previous), bytes(r.seed),
    bytes(r.root), r.size,
    ...(r.beacon ? [1, bytes(r.beacon.chain), r.beacon.round, bytes(r.beacon.signature), bytes(r.beacon.randomness)] : [0]),
    truth(r.rules.again), r.rules.took_part, r.rules.joined_before, truth(r.rules.checked_in),
    r.prize, r.wanted, r.shortfall,
    r.winners.length, ...r.winners.flatMap(placeFields),
    r.skips.length, ...r.skips.flatMap(skipFields), r.returned.length, ...r.returned.flatMap(skipFields),
    ...(r.voided ? [1, ...placeFields(r.voided)] : [0]), r.reason ?? "")));
}

const isTruth = (v) => typeof v === "boolean";
const isText = (v) => typeof v === "string";
const isHex = (digits) => (v) => isText(v) && v.length === digits && /^[0-9a-f]*$/.test(v);
const within = (least, most) => (v) => Number.isInteger(v) && v >= least && v <= most;
const listOf = (is) => (v) => Array.isArray(v) && v.every(is);
const optional = (is) => Object.assign((v) => is(v), { optional: true });
const most = Number.MAX_SAFE_INTEGER;

// Each object has exactly the members of its form, or the name of one that is wrong.
function misfit(value, form) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "it";
  for (const [name, is] of Object.entries(form)) {
    if (!(name in value ? is(value[name]) : is.optional)) return name;
  }
  return Object.keys(value).find((name) => !Object.hasOwn(form, name)) ?? "";
}

const leafForm = { ticket: isHex(32), handle: isText, nonce_hash: isHex(64) };
const placeForm = { position: within(-most, most), ...leafForm, proof: listOf(isHex(64)) };
const isPlace = (v) => misfit(v, placeForm) === "";
const skipForm = { ...placeForm, reason: isText };
const beaconForm = { chain: isHex(64), round: within(1, most), signature: isHex(96), randomness: isHex(64) };
const rulesForm = { again: isTruth, took_part: within(0, most), joined_before: within(0, most), checked_in: isTruth };
const recordForm = {
  version: within(RECORD_VERSION, RECORD_VERSION),
  code: isText, event: isHex(32), activity: within(0, most), title: isText, run: within(0, most),
  draw: within(1, most), element: within(1, CHAIN_LENGTH),
  commitment: isHex(64), previous: isHex(64), seed: isHex(64),
  root: isHex(64), size: within(0, TWO32 - 1), beacon: optional((v) => misfit(v, beaconForm) === ""),
  rules: (v) => misfit(v, rulesForm) === "", prize: isText,
  wanted: within(1, most), shortfall: within(0, most),
  winners: listOf(isPlace), skips: listOf((v) => misfit(v, skipForm) === ""),
  returned: listOf((v) => misfit(v, skipForm) === "" && v.reason !== ""),
  voided: optional(isPlace), reason: optional((v) => isText(v) && v !== ""), digest: isHex(64),
};
const listForm = {
  version: within(RECORD_VERSION, RECORD_VERSION),
  code: isText, event: isHex(32), activity: within(0, most), run: within(0, most), root: isHex(64), size: within(0, TWO32 - 1),
};

function formFault(r) {
  const wrong = misfit(r, recordForm);
  if (wrong === "version") return `this is a record of version ${r.version}, and only version ${RECORD_VERSION} can be checked here`;
  if (!wrong && r.reason && !r.voided) return "there is a reason for giving a winner's ticket back, but no such ticket";
  if (wrong === "it") return "this is no draw record";
  return wrong && `this is no complete draw record: ${wrong} is missing or malformed`;
}

/** Reads one line of an entrant list after the other: its head, then leaves. */
export class ListReader {
  head = null;
  hasher = new ListHasher();
  fault = "";

  line(text) {
    if (this.fault) return;
    let value;
    try {
      value = JSON.parse(text);
    } catch {
      this.fault = "a line of the list is no JSON";
      return;
    }
    const wrong = misfit(value, this.head ? leafForm : listForm);
    if (wrong) this.fault = `a line of the list is wrong: ${wrong}`;
    else if (this.head) this.hasher.add(value);
    else this.head = value;
  }
}

const repeat = (r) => {
  const came = [];
  const drum = positions(r.seed, r.root, r.size, r.element, r.beacon?.randomness ?? "");
  let winners = 0;
  let skips = 0;
  const fault = (() => {
    while (winners + skips < r.winners.length + r.skips.length) {
      const next = winners === r.wanted ? { done: true } : drum.next();
      if (next.done) return `the draw was over after ${winners} winners and ${skips} skips, but the record names more`;
      came.push(next.value);
      if (r.winners[winners]?.position === next.value) winners++;
      else if (r.skips[skips]?.position === next.value) skips++;
      else return `position ${next.value} comes up after ${winners} winners and ${skips} skips, but the record names another`;
    }
    if (winners < r.wanted && came.length < r.size) {
      return `the draw stopped after ${winners} of ${r.wanted} winners with ${r.size - came.length} entrants left`;
    }
    return "";
  })();
  return { came, fault };
};

function placesFault(r, places) {
  const bad = places.find((p) => !checkProof(p.proof, r.root, r.size, p.position, p));
  return bad ? `${bad.handle} (${shortTicket(bad.ticket)}) is not shown to stand at position ${bad.position} of the frozen list` : "";
}

// Why a reason is none that the record's rules give, or "".
function skipFault(r, { handle, ticket, reason }) {
  const { again, took_part: part, joined_before: before, checked_in: here } = r.rules;
  const draw = /^won before, in draw ([1-9]\d{0,15})$/.exec(reason)?.[1];
  const given = reason === "won before" || reason === "voided"
    || before > 0 && reason === "joined too late"
    || here && reason === "not checked in"
    || part > 0 && reason === `did not take part in activity ${part}`
    || draw && Number(draw) < r.draw && !again;
  return given ? "" : `${handle} (${shortTicket(ticket)}) was passed over: "${reason}" is no reason that the raffle's rules give`;
}

function toldFault(told, is) {
  const digits = told.toLowerCase().replace(/[ ·-]/g, "");
  if (digits.length < 12) return `"${told}" has fewer than 12 hex digits: too few to compare`;
  return is.startsWith(digits) ? "" : `shown before was ${told}, the record says ${is}`;
}

function historyFault(r, earlier) {
  const standing = new Map();
  const seen = new Set();
  for (const e of earlier) {
    const wrong = formFault(e);
    if (wrong) return wrong;
    if (e.event !== r.event || e.activity !== r.activity || e.run !== r.run) return `draw ${e.draw} is of another run`;
    if (e.commitment !== r.commitment || e.root !== r.root || e.size !== r.size) return `draw ${e.draw} was made from another commitment or list`;
    if (Object.keys(rulesForm).some((name) => e.rules[name] !== r.rules[name])) return `draw ${e.draw} was made by other rules`;
    if (e.beacon?.chain !== r.beacon?.chain) return `draw ${e.draw} was made with another beacon, or without`;
    if (e.beacon && e.beacon.round >= r.beacon.round) return `draw ${e.draw} used round ${e.beacon.round} of the beacon, and this one no later round`;
    if (e.draw >= r.draw || e.element >= r.element) return `draw ${e.draw} (seed ${e.element}) is not earlier than draw ${r.draw} (seed ${r.element})`;
    if (seen.has(e.element)) return `seed ${e.element} was used by two draws`;
    if (rewind(r.seed, r.element - e.element) !== e.seed) return `the seed of draw ${e.draw} is not of this chain`;
    seen.add(e.element);
    for (const w of e.winners) {
      if (standing.has(w.ticket)) return `${w.ticket} won twice before`;
      standing.set(w.ticket, "won before");
    }
  }
  if (seen.size !== r.element - 1) return `${seen.size} earlier draws are given, but the seed is number ${r.element}`;
  for (const e of [...earlier, r]) {
    for (const { ticket } of e.voided ? [...e.returned, e.voided] : e.returned) {
      if (!standing.has(ticket)) return `draw ${e.draw} gave back ${ticket}, which had not won`;
      standing.set(ticket, "voided");
    }
  }
  for (const s of r.skips) {
    const why = standing.get(s.ticket);
    if (!why && s.reason !== "won before" && s.reason !== "voided") continue; // the rules', which this run cannot bear out
    if (why !== s.reason) return `${s.handle} (${shortTicket(s.ticket)}) was passed over as "${s.reason}", but is ${why ?? "neither won before nor voided"}`;
  }
  const again = r.winners.find((w) => standing.has(w.ticket));
  return again ? `${again.handle} (${shortTicket(again.ticket)}) wins, but is ${standing.get(again.ticket)}` : "";
}

function listFault(r, list) {
  const { head, hasher } = list;
  if (list.fault || !head) return list.fault || "the list is empty";
  if (head.code !== r.code || head.event !== r.event || head.activity !== r.activity || head.run !== r.run) return "this is the list of another run";
  if (head.size !== hasher.size) return `the list has ${hasher.size} entrants, but says ${head.size}`;
  if (hasher.fault) return hasher.fault;
  const root = hasher.root();
  return hasher.size === r.size && root === r.root ? ""
    : `the list of ${hasher.size} entrants has the root ${root}, but ${r.size} with the root ${r.root} were frozen`;
}

/**
 * Go's Verify: the steps [{name, ok, in, out, fault}] of checking a parsed record.
 * known: {commitment, root} as shown before (hex, 12 digits or more), {earlier}
 * all earlier records of the run, {list} a ListReader that has read the whole list,
 * {beacon} what beaconChecker of beacon.js gives: without it a beacon fails, unchecked.
 */
export function verify(r, known = {}) {
  const steps = [];
  const step = (name, input, output, fault) => steps.push({ name, ok: !fault, in: input, out: output, fault });
  const form = formFault(r);
  step("record", form ? "" : `event ${r.code}, raffle ${r.activity}, run ${r.run}, draw ${r.draw}`, form ? "" : `version ${r.version}`, form);
  if (form) return steps;

  if (known.commitment) step("told promise", known.commitment, r.commitment, toldFault(known.commitment, r.commitment));
  if (known.root) step("told list", known.root, r.root, toldFault(known.root, r.root));

  const before = rewind(r.seed, 1);
  step("seed", r.seed, before, before === r.previous ? "" : `the seed hashes to ${before}, but the chain element before it is ${r.previous}`);
  const start = rewind(r.previous, r.element - 1);
  step("commitment", r.previous, start, start === r.commitment ? "" : `${r.element - 1} steps back from the element before the seed stands ${start}, not the commitment ${r.commitment}`);
  if (r.beacon) {
    const { randomness, fault } = known.beacon?.(r.beacon) ?? { randomness: "", fault: "the public randomness was not checked here" };
    step("beacon", `chain ${r.beacon.chain}, round ${r.beacon.round}, signature ${r.beacon.signature}`, randomness,
      fault || (randomness === r.beacon.randomness ? "" : `the signature of round ${r.beacon.round} gives ${randomness}, but ${r.beacon.randomness} went into the draw`));
  }

  const tickets = (places) => places.map((p) => p.ticket).join(", ");
  step("winners", tickets(r.winners), r.root, placesFault(r, r.winners));
  const unexplained = r.skips.find((s) => skipFault(r, s));
  step("skips", tickets(r.skips), r.root, unexplained ? skipFault(r, unexplained) : placesFault(r, r.skips));
  if (r.returned.length) step("returned", tickets(r.returned), r.root, placesFault(r, r.returned));
  if (r.voided) step("voided", r.voided.ticket, r.root, placesFault(r, [r.voided]));

  const { came, fault } = repeat(r);
  step("picks", `seed ${r.seed}, root ${r.root}, size ${r.size}, element ${r.element}`, `positions ${came.join(", ")}`, fault);
  step("count", `${r.wanted} wanted`, `${r.winners.length} winners, ${r.shortfall} missing`,
    r.winners.length + r.shortfall === r.wanted ? "" : `${r.wanted} wanted, but ${r.winners.length} winners and ${r.shortfall} missing`);
  if (known.earlier) step("history", `${known.earlier.length} earlier draws of this run`, `element ${r.element}`, historyFault(r, known.earlier));
  const sum = digest(r);
  step("digest", "all of the record", sum, sum === r.digest ? "" : `the record adds up to ${sum}, but says ${r.digest}: it was changed after it was written`);
  if (known.list) step("entrants", `${known.list.hasher.size} entrants`, known.list.hasher.root(), listFault(r, known.list));
  return steps;
}
