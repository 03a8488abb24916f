// The bytes of the fair draw: the same as Go's internal/fairdraw, after
// docs/FAIR-DRAW.md, and held to the same vectors. Pure: no DOM, no network, no
// clock. Hashes, tickets and proofs are lower-case hex strings, as in records.
// SHA-256 is a library's since crypto.subtle does not exist on plain http.
import { sha256 } from "@noble/hashes/sha2.js";
import { hmac } from "@noble/hashes/hmac.js";
import { bytesToHex as hex, hexToBytes as bytes } from "@noble/hashes/utils.js";

export const CHAIN_LENGTH = 1024;
export const TWO32 = 2 ** 32;
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
  return hex(sha256(message("drumroll/ticket/v2", bytes(uid), activity, run, bytes(pseudonym), bytes(nonce)))).slice(0, 32);
}

/** What the public list says of a phone's nonce (16 bytes in hex). */
export function hashNonce(nonce) {
  return hex(sha256(message("drumroll/nonce/v2", bytes(nonce))));
}

/** "7C19-A2" */
export function shortTicket(ticket) {
  return `${ticket.slice(0, 4)}-${ticket.slice(4, 6)}`.toUpperCase();
}

/** The first 128 bits of a hash, as people compare them: "7C19 A0F2 …", eight groups. */
export const fingerprint = (hash) => hash.slice(0, 32).replace(/(.{4})(?=.)/g, "$1 ").toUpperCase();

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
  return prefixed(0, message("drumroll/leaf/v2", bytes(leaf.ticket), leaf.handle, bytes(leaf.nonce_hash), leaf.unfit));
}

/** Whether leaf {ticket, handle, nonce_hash, unfit} stands at position of a list (RFC 9162, 2.1.3.2). */
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

/** Positions in the order of a draw, one after the other. freeze: its hash; element: of the seed; beacon: randomness in hex, or "". */
export function* positions(seed, freeze, size, element, beacon) {
  const key = bytes(seed);
  const moved = new Map();
  const at = (slot) => moved.get(slot) ?? slot;
  let counter = 0;
  for (let left = size; left > 0; ) {
    const limit = TWO32 - (TWO32 % left);
    let x;
    do {
      const mac = hmac(sha256, key, message("drumroll/draw/v2", bytes(freeze), element, bytes(beacon), counter++));
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
export function select(seed, freeze, size, element, beacon, wanted, excluded = () => "") {
  const picks = [];
  let winners = 0;
  if (wanted <= 0) return picks;
  for (const pos of positions(seed, freeze, size, element, beacon)) {
    const skip = excluded(pos);
    picks.push({ pos, skip });
    if (!skip && ++winners === wanted) break;
  }
  return picks;
}

const truth = (b) => (b ? 1 : 0);

/** The hash of a freeze, from its other members. */
export function freezeHash(f) {
  const { again, took_part: part, joined_before: before, checked_in: here, wanted, prizes } = f.rules;
  return hex(sha256(message("drumroll/freeze/v2",
    bytes(f.event), f.activity, f.run, f.number, f.draws, f.at, bytes(f.commitment), bytes(f.root), f.size,
    truth(again), part, before, truth(here), wanted, prizes.length, ...prizes,
    ...(f.beacon ? [1, bytes(f.beacon.chain), f.beacon.round] : [0]))));
}

const skipFields = (s) => [...placeFields(s), s.reason];
const placeFields = (p) => [p.position, bytes(p.ticket), p.handle, bytes(p.nonce_hash), p.unfit, p.proof.length, ...p.proof.map(bytes)];

/** The record's own checksum. */
export function digest(r) {
  return hex(sha256(message("drumroll/record/v2",
    r.code, r.title, r.draw, r.element, bytes(r.freeze.hash), bytes(r.previous), bytes(r.seed),
    ...(r.beacon ? [1, r.beacon.asked, r.beacon.round, bytes(r.beacon.signature), bytes(r.beacon.randomness)] : [0]),
    r.prize,
    r.winners.length, ...r.winners.flatMap(placeFields),
    r.skips.length, ...r.skips.flatMap(skipFields), r.returned.length, ...r.returned.flatMap(skipFields),
    ...(r.voided ? [1, ...placeFields(r.voided)] : [0]), r.reason ?? "")));
}

/** When the rounds of drand's quicknet come: genesis and period in seconds. */
export const QUICKNET = {
  hash: "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
  genesis: 1692803367,
  period: 3,
};

/** When a round of a chain is due, Unix time in ms. */
export const roundTime = ({ genesis, period }, round) => 1000 * (genesis + period * (round - 1));

/** The round that a freeze, or the asking for a draw, at ms names. */
export function roundFor({ genesis, period }, ms) {
  return 1 + Math.max(0, Math.ceil((ms + 10_000 - 1000 * genesis) / (1000 * period)));
}
