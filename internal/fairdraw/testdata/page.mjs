// Runs the page's modules for the Go tests: questions as JSON on stdin, the
// modules' answers on stdout.
import { readFileSync } from "node:fs";
import { beaconChecker } from "../../../static/js/src/beacon.js";
import { check } from "../../../static/js/src/fairdraw.js";
import { ListReader } from "../../../static/js/src/record.js";
import * as fair from "../../../static/js/src/scheme.js";

// The check of a round takes long, and the questions have few rounds.
const rounds = new Map();
function beaconOf(chains) {
  const checkBeacon = beaconChecker(chains);
  return (b) => {
    const key = JSON.stringify([b, chains]);
    if (!rounds.has(key)) rounds.set(key, checkBeacon(b));
    return rounds.get(key);
  };
}

function answerRecord({ record, list, chains, ...known }) {
  known.beacon = beaconOf(chains);
  if (list) {
    known.entrants = new ListReader();
    // In pieces that end anywhere.
    const bytes = new TextEncoder().encode(list);
    for (let at = 0; at < bytes.length; at += 1000) known.entrants.add(bytes.subarray(at, at + 1000));
    known.entrants.end();
  }
  return check(record, known);
}

const { draws = [], tickets = [], lists = [], freezes = [], records = [] } = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify({
  draws: draws.map((d) => {
    const excluded = new Map(d.excluded.map((e) => [e.pos, e.reason]));
    return fair.select(d.seed, d.freeze, d.size, d.element, d.beacon, d.wanted, (pos) => excluded.get(pos) ?? "");
  }),
  tickets: tickets.map((t) => {
    const ticket = fair.makeTicket(t.uid, t.activity, t.run, t.pseudonym, t.nonce);
    return { ticket, short: fair.shortTicket(ticket), nonce_hash: fair.hashNonce(t.nonce) };
  }),
  lists: lists.map((leaves) => {
    const hasher = new fair.ListHasher();
    for (const leaf of leaves) hasher.add(leaf);
    return { root: hasher.root() };
  }),
  freezes: freezes.map((f) => ({ hash: fair.freezeHash(f), fingerprint: fair.fingerprint(f.hash) })),
  records: records.map(answerRecord),
}));
