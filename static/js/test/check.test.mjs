// A phone's own check of a draw, against the fair draw's test data: what holds,
// and what a server that cheats could serve instead.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { checkDraw, checkTicket } from "../src/check.js";
import { digest } from "../src/fairdraw.js";
import { updateTold } from "../src/told.js";

const data = new URL("../../../internal/fairdraw/testdata/", import.meta.url);
const read = (name) => JSON.parse(readFileSync(new URL(name, data), "utf8"));
const records = [1, 2, 3].map((n) => read(`record${n}.json`));
const [first, second] = records;
const rounds = Object.fromEntries(records.filter((r) => r.beacon).map((r) => [r.draw, { round: r.beacon.round, at: 0 }]));
const told = {
  who: "Teal Otter 42", commitment: first.commitment, root: first.root, size: first.size, at: 0, draws: first.draw - 1, rounds,
};
const asked = (r) => ({ code: r.code, activity: r.activity, run: r.run, draw: r.draw });
const named = (r) => r.winners.map((w) => w.ticket);
const check = (r, { shown = named(r), kept = told, earlier = records.filter((e) => e.draw < r.draw), mine } = {}) =>
  checkDraw(r, asked(r), kept, shown, earlier, mine);
// A forger computes the checksum again.
const forge = (r, change) => {
  const forged = structuredClone(r);
  change(forged);
  forged.digest = digest(forged);
  return forged;
};

test("true draws check out, redraws and skips included", () => {
  for (const r of records) assert.deepEqual(check(r), { state: "ok", fault: "", late: "", skipped: "" });
});

test("a forged winner is shouted, in the record and on the page", () => {
  const forged = forge(first, (r) => (r.winners[0] = { ...r.winners[1], position: r.winners[0].position }));
  assert.equal(check(forged).state, "bad");
  const swapped = forge(first, (r) => r.winners.reverse());
  assert.match(check(swapped).fault, /lead to other winners/);
  const renamed = forge(first, (r) => (r.winners[0].handle = "Mallory"));
  assert.match(check(renamed).fault, /not in the frozen list/);
  const onPage = [...named(first).slice(1), "f".repeat(32)];
  assert.match(check(first, { shown: onPage }).fault, /FFFF-FF/);
});

test("another list, promise or size than this phone was told is shouted", () => {
  const other = "ab".repeat(32);
  assert.match(check(first, { kept: { ...told, root: other } }).fault, /told the list ABAB ABAB ABAB/);
  assert.match(check(first, { kept: { ...told, commitment: other } }).fault, /promised ABAB ABAB ABAB/);
  assert.equal(check(first, { kept: { ...told, size: told.size + 1 } }).state, "bad");
  const changed = updateTold(told, { commitment: told.commitment, root: other, entries: told.size }, { who: told.who, draws: 0, now: 1 });
  assert.match(check(first, { kept: changed }).fault, /frozen list was changed/);
});

test("the record of another draw is none of this one", () => {
  const { fault } = checkDraw(second, asked(first), told, named(second), [first]);
  assert.match(fault, /another draw/);
});

test("a phone that came late says so, and still sees a broken record", () => {
  const kept = { ...told, draws: first.draw };
  assert.equal(check(first, { kept }).state, "late");
  assert.equal(check(forge(first, (r) => r.winners.reverse()), { kept }).state, "bad");
  // It is in time for what comes after.
  assert.equal(check(second, { kept }).state, "ok");
});

test("a public round is worth what this phone knew of it beforehand", () => {
  if (!first.beacon) return assert.fail("the test data has no beacon");
  assert.match(check(first, { kept: { ...told, rounds: {} } }).late, /not told in time/);
  const other = { ...rounds, [first.draw]: { round: first.beacon.round + 1, at: 0 } };
  assert.match(check(first, { kept: { ...told, rounds: other } }).fault, /public round 1001, but round 1000/);
  const chained = { ...rounds, [first.draw]: { ...rounds[first.draw], chain: "ab".repeat(32) } };
  assert.match(check(first, { kept: { ...told, rounds: chained } }).fault, /another beacon/);
  // The freeze names the round of the run's first draw, and of no other.
  const { [first.draw]: ofFreeze, ...later } = rounds;
  assert.equal(check(first, { kept: { ...told, rounds: { ...later, first: ofFreeze } } }).state, "ok");
  assert.equal(check(second, { kept: { ...told, rounds: { first: ofFreeze } } }).state, "late");
  const after = { ...rounds, [first.draw]: { round: first.beacon.round, at: 1692803367000 + 3000 * 999 } };
  assert.match(check(first, { kept: { ...told, rounds: after } }).late, /only when that was out/);
  const without = forge(first, (r) => delete r.beacon);
  assert.equal(check(without).state, "bad");
});

test("who was passed over learns why", () => {
  const passed = records.find((r) => r.skips.length);
  assert.equal(check(passed, { mine: passed.skips[0].ticket }).skipped, passed.skips[0].reason);
});

// A list of two, from the vectors; the second leaf is the phone's.
const { lists, tickets } = read("vectors.json");
const list = lists.find((l) => l.leaves.length === 2);
const mine = { ticket: list.leaves[1].ticket, handle: list.leaves[1].handle, nonce: Buffer.from(tickets[1].nonce, "hex").toString("base64url") };
const answer = { root: list.root, size: 2, position: 1, nonce: mine.nonce, proof: [list.leaf_hashes[0]] };
const toldOfTwo = { who: mine.handle, root: list.root, size: 2, at: 0, draws: 0 };

test("a phone finds its own ticket in the list", () => {
  assert.deepEqual(checkTicket(mine, answer, toldOfTwo), { fault: "", position: 1, own: true });
  assert.deepEqual(checkTicket({ ...mine, nonce: null }, answer, toldOfTwo), { fault: "", position: 1, own: false });
});

test("a ticket that was left out, changed or proved for another list is missed", () => {
  const faults = [
    checkTicket({ ...mine, ticket: "00".repeat(16) }, answer, toldOfTwo),
    checkTicket({ ...mine, handle: "Mallory" }, answer, toldOfTwo),
    checkTicket({ ...mine, nonce: "AAAAAAAAAAAAAAAAAAAAAA" }, answer, toldOfTwo),
    checkTicket(mine, { ...answer, position: 0 }, toldOfTwo),
    checkTicket(mine, { ...answer, proof: [] }, toldOfTwo),
    checkTicket(mine, { ...answer, proof: undefined }, toldOfTwo),
    checkTicket(mine, { ...answer, root: "ab".repeat(32) }, toldOfTwo),
    checkTicket(mine, answer, { ...toldOfTwo, size: 3 }),
  ];
  for (const { fault } of faults) assert.notEqual(fault, "");
});
