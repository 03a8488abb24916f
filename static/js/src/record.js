// The form of a draw record and of an entrant list, and how they are read: strictly.
import { CHAIN_LENGTH, ListHasher, TWO32 } from "./scheme.js";
import { decodeText, parseStrictly } from "./strict.js";

const RECORD_VERSION = 2;
const MOST_LINE = 65_536; // bytes of a line of a list, with the newline

const isTruth = (v) => typeof v === "boolean";
const isText = (v) => typeof v === "string";
const isHex = (digits) => (v) => isText(v) && v.length === digits && /^[0-9a-f]*$/.test(v);
const within = (least, most) => (v) => Number.isInteger(v) && v >= least && v <= most;
const listOf = (is) => (v) => Array.isArray(v) && v.every(is);
const optional = (is) => Object.assign((v) => is(v), { optional: true });
const fits = (form) => (v) => misfit(v, form) === "";
const most = Number.MAX_SAFE_INTEGER;

// Each object has exactly the members of its form, or the name of one that is wrong.
function misfit(value, form) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "it";
  for (const [name, is] of Object.entries(form)) {
    if (!(Object.hasOwn(value, name) ? is(value[name]) : is.optional)) return name;
  }
  return Object.keys(value).find((name) => !Object.hasOwn(form, name)) ?? "";
}

const leafForm = { ticket: isHex(32), handle: isText, nonce_hash: isHex(64), unfit: isText };
const placeForm = { position: within(0, TWO32 - 2), ...leafForm, proof: listOf(isHex(64)) };
const isReason = (v) => isText(v) && v !== "";
const skipForm = { ...placeForm, reason: isReason };
const rulesForm = {
  again: isTruth, took_part: within(0, most), joined_before: within(0, most), checked_in: isTruth,
  wanted: within(1, most), prizes: listOf(isText),
};
const freezeForm = {
  hash: isHex(64), event: isHex(32), activity: within(1, most), run: within(1, most), number: within(1, most),
  draws: within(0, CHAIN_LENGTH - 1), at: within(0, most), commitment: isHex(64), root: isHex(64), size: within(1, TWO32 - 1),
  rules: fits(rulesForm), beacon: optional(fits({ chain: isHex(64), round: within(1, most) })),
};
const recordForm = {
  version: within(RECORD_VERSION, RECORD_VERSION),
  code: isText, title: isText, draw: within(1, most), element: within(1, CHAIN_LENGTH),
  freeze: fits(freezeForm), previous: isHex(64), seed: isHex(64),
  beacon: optional(fits({ asked: within(0, most), round: within(1, most), signature: isHex(96), randomness: isHex(64) })),
  prize: isText, winners: (v) => listOf(fits(placeForm))(v) && v.length > 0, skips: listOf(fits(skipForm)),
  returned: listOf(fits(skipForm)),
  voided: optional(fits(placeForm)), reason: optional(isReason), digest: isHex(64),
};
const headForm = { version: within(RECORD_VERSION, RECORD_VERSION), code: isText, freeze: fits(freezeForm) };

/** Whether a freeze, as frames and proofs give it, is complete. */
export const isFreeze = fits(freezeForm);

/** Why a value is no complete record, or "". */
export function formFault(r) {
  const wrong = misfit(r, recordForm);
  if (wrong === "it") return "this is no draw record";
  if (wrong === "version") return `this is a record of version ${r.version}, and only version ${RECORD_VERSION} can be checked here`;
  if (wrong) return `this is no complete draw record: ${wrong} is missing, unknown or malformed`;
  if (r.element <= r.freeze.draws || r.draw < r.element) return `draw ${r.draw} with seed ${r.element} cannot follow ${r.freeze.draws} draws`;
  if (!r.beacon !== !r.freeze.beacon) return "the draw has to have a beacon where the freeze has one, and nowhere else";
  if (!r.voided !== !r.reason) return "a redraw names the ticket given back and a reason, any other draw neither";
  return "";
}

/** Reads the bytes of an entrant list, in pieces as they come: its head, then leaves. */
export class ListReader {
  head = null;
  hasher = new ListHasher();
  unfit = new Set(); // the reasons that stand in it
  fault = "";
  #rest = new Uint8Array();

  add(piece) {
    let all = piece;
    if (this.#rest.length) {
      all = new Uint8Array(this.#rest.length + piece.length);
      all.set(this.#rest);
      all.set(piece, this.#rest.length);
    }
    let from = 0;
    for (let end; !this.fault && (end = all.indexOf(10, from)) >= 0; from = end + 1) this.#line(all.subarray(from, end));
    this.#rest = all.slice(from);
    if (this.#rest.length >= MOST_LINE) this.fault ||= "a line of the list is too long";
  }

  /** After the last piece. */
  end() {
    if (this.#rest.length) this.fault ||= "the last line of the list does not end";
    if (!this.head) this.fault ||= "the list is empty";
  }

  #line(line) {
    if (line.length >= MOST_LINE) this.fault = "a line of the list is too long";
    else if (line.includes(13)) this.fault = "a line of the list ends with more than a newline";
    else this.#take(line);
  }

  #take(line) {
    let value;
    try {
      value = parseStrictly(decodeText(line));
    } catch (error) {
      this.fault = `a line of the list cannot be read: ${error.message}`;
      return;
    }
    const wrong = misfit(value, this.head ? leafForm : headForm);
    if (wrong) {
      this.fault = `a line of the list is wrong: ${wrong}`;
    } else if (this.head) {
      this.hasher.add(value);
      this.unfit.add(value.unfit);
    } else {
      this.head = value;
    }
  }
}

/** The record in a JSON text; null where that cannot be read. */
export function readRecord(text) {
  try {
    return parseStrictly(text);
  } catch {
    return null;
  }
}
