// What a phone keeps of what it is told, and how it goes about checking.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createReceipts } from "../src/receipts.js";
import { changedWords, inTime, newNonce, updateTold } from "../src/told.js";

const record = JSON.parse(readFileSync(new URL("../../../internal/fairdraw/testdata/record1.json", import.meta.url), "utf8"));
const who = "Teal Otter 42";
const raffle = (change) => ({
  id: record.activity, run: record.run, kind: "raffle", state: "closed", entries: record.size,
  commitment: record.commitment, root: record.root, winners: [], voided: [], last_draw: 0,
  ...(record.beacon && { pending: { draw: record.draw, round: record.beacon.round } }),
  ...change,
});
const winners = record.winners.map(({ ticket, handle }) => ({ ticket, handle, draw: record.draw }));
const drawn = () => raffle({ state: "drawn", winners, last_draw: record.draw, pending: undefined });

test("a nonce is 16 bytes in base64url", () => {
  for (let i = 0; i < 50; i++) {
    const nonce = newNonce();
    assert.match(nonce, /^[\w-]{22}$/);
    assert.equal(Buffer.from(nonce, "base64url").length, 16);
  }
});

test("the first that is told is kept, and a change is noticed", () => {
  const by = { who, draws: 4, now: 100 };
  const open = updateTold(null, { commitment: "aa" }, by);
  assert.deepEqual(open, { who, commitment: "aa" });
  const frozen = updateTold(open, { commitment: "aa", root: "bb", entries: 9 }, by);
  assert.deepEqual(frozen, { who, commitment: "aa", root: "bb", size: 9, at: 100, draws: 4 });
  assert.equal(updateTold(frozen, { commitment: "aa", root: "bb", entries: 9 }, { ...by, draws: 7, now: 200 }), frozen);
  assert.equal(inTime(frozen, 4), false);
  assert.equal(inTime(frozen, 5), true);
  for (const [change, what] of [
    [{ commitment: "a1" }, "promise"], [{ root: "b1" }, "frozen list"], [{ entries: 10 }, "number of tickets"],
  ]) {
    const later = updateTold(frozen, { commitment: "aa", root: "bb", entries: 9, ...change }, by);
    assert.match(changedWords(later), new RegExp(what));
    // What came first stays, and so does the finding.
    assert.match(changedWords(updateTold(later, { commitment: "aa", root: "bb", entries: 9 }, by)), new RegExp(what));
  }
  const named = updateTold(frozen, { commitment: "aa", root: "bb", entries: 9, pending: { draw: 5, round: 70 } }, by);
  assert.deepEqual(named.rounds, { 5: { round: 70, at: 100, chain: undefined } });
  const freezing = updateTold(open, { commitment: "aa", root: "bb", entries: 9, round: 60, beacon_chain: "dd" }, by);
  assert.deepEqual(freezing.rounds, { first: { round: 60, at: 100, chain: "dd" } });
  assert.match(changedWords(updateTold(freezing, { commitment: "aa", root: "bb", entries: 9, round: 61 }, by)), /public number/);
  assert.match(changedWords(updateTold(named, { commitment: "aa", root: "bb", entries: 9, pending: { draw: 5, round: 71 } }, by)), /public number/);
  // A code may be used again by another event, in which this phone has another handle.
  assert.deepEqual(updateTold(frozen, { commitment: "cc" }, { ...by, who: "Plum Ibis 3" }), { who: "Plum Ibis 3", commitment: "cc" });
});

function phone({ answers, told = new Map() }) {
  let news = () => {};
  const settled = new Promise((done) => (news = done));
  const asked = [];
  const key = (activity, run) => `${activity}:${run}`;
  const receipts = createReceipts({
    code: record.code,
    outbox: { told: (a, r) => told.get(key(a, r)) ?? null, keep: (a, r, v) => told.set(key(a, r), v), chosen: () => null },
    load: () => import("../src/check.js"),
    async get(path) {
      asked.push(path);
      if (!(path in answers)) throw new Error("404");
      return structuredClone(answers[path]);
    },
    wait: async () => {},
    now: () => 0,
    changed: () => news(),
    pause: () => 0,
  });
  const frame = (activity, draws) =>
    receipts.frame({ event: { draws, people: { connected: 15 }, activities: [activity] }, you: { handle: who, tickets: {} } },
      (activity.winners ?? []).map(({ ticket, draw }) => ({ ticket, draw })));
  return { frame, settled, asked, told, of: () => receipts.of(record.activity, record.run) };
}

const path = `/draws/${record.draw}`;

test("a phone that saw the freeze checks the draw, also after a reload", async () => {
  const before = phone({ answers: {} });
  before.frame(raffle(), record.draw - 1);
  const after = phone({ answers: { [path]: record }, told: before.told });
  after.frame(drawn(), record.draw);
  assert.equal(after.of().draw.state, "wait");
  await after.settled;
  assert.equal(after.of().draw.state, "ok");
  assert.equal(after.of().fault, "");
  after.frame(drawn(), record.draw);
  assert.deepEqual(after.asked, [path]); // once is enough
});

test("a phone that came after the draw does not claim to have checked it", async () => {
  const late = phone({ answers: { [path]: record } });
  late.frame(drawn(), record.draw);
  await late.settled;
  assert.equal(late.of().draw.state, "late");
});

test("a forged record and a forged frame are shouted", async () => {
  const forged = structuredClone(record);
  forged.winners[0].ticket = "0".repeat(32);
  const one = phone({ answers: { [path]: forged } });
  one.frame(raffle(), record.draw - 1);
  one.frame(drawn(), record.draw);
  await one.settled;
  assert.notEqual(one.of().fault, "");

  const other = phone({ answers: { [path]: record } });
  other.frame(raffle(), record.draw - 1);
  const lie = drawn();
  lie.winners = [{ ...winners[0], ticket: "1".repeat(32) }, ...winners.slice(1)];
  other.frame(lie, record.draw);
  await other.settled;
  assert.match(other.of().fault, /1111-11/);
});

test("a record that cannot be had proves nothing, and is asked for again", async () => {
  const answers = {};
  const p = phone({ answers });
  p.frame(raffle(), record.draw - 1);
  p.frame(drawn(), record.draw);
  await p.settled;
  assert.equal(p.of().draw.state, "none");
  assert.equal(p.of().fault, "");
  answers[path] = record;
  p.frame(drawn(), record.draw);
  for (let i = 0; i < 200 && p.of().draw.state === "wait"; i++) await new Promise(setImmediate);
  assert.equal(p.of().draw.state, "ok");
});
