// Runs the page's module for the Go tests: questions as JSON on stdin, the
// module's answers on stdout.
import { readFileSync } from "node:fs";
import { beaconChecker } from "../../../static/js/src/beacon.js";
import * as fair from "../../../static/js/src/fairdraw.js";

// The check of a round takes long, and the questions have few rounds.
const rounds = new Map();
function beaconOf(chains) {
  const check = beaconChecker(chains);
  return (b) => {
    const key = JSON.stringify([b, chains]);
    if (!rounds.has(key)) rounds.set(key, check(b));
    return rounds.get(key);
  };
}

function check({ record, earlier, list, root, commitment, chains }) {
  let parsed;
  try {
    parsed = JSON.parse(record);
  } catch {
    parsed = null;
  }
  const known = { root, commitment, beacon: beaconOf(chains) };
  if (earlier) known.earlier = earlier.map((e) => JSON.parse(e));
  if (list) {
    known.list = new fair.ListReader();
    for (const line of list.split("\n")) if (line) known.list.line(line);
  }
  return fair.verify(parsed, known).map(({ name, ok, in: input, out }) => ({ name, ok, in: input, out }));
}

const { draws = [], tickets = [], lists = [], records = [] } = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify({
  draws: draws.map((d) => {
    const excluded = new Map(d.excluded.map((e) => [e.pos, e.reason]));
    return fair.select(d.seed, d.root, d.size, d.draw, d.beacon, d.wanted, (pos) => excluded.get(pos) ?? "");
  }),
  tickets: tickets.map((t) => {
    const ticket = fair.makeTicket(t.uid, t.activity, t.run, t.pseudonym, t.nonce);
    return { ticket, short: fair.shortTicket(ticket), nonce_hash: fair.hashNonce(t.nonce) };
  }),
  lists: lists.map((leaves) => {
    const hasher = new fair.ListHasher();
    for (const leaf of leaves) hasher.add(leaf);
    return { root: hasher.root(), fingerprint: fair.fingerprint(hasher.root()) };
  }),
  records: records.map(check),
}));
