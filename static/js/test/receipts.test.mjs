// What a phone keeps of what it is told, and how it goes about checking.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createReceipts } from "../src/receipts.js";
import { newNonce, updateTold } from "../src/told.js";

const record = JSON.parse(readFileSync(new URL("../../../internal/fairdraw/testdata/record1.json", import.meta.url), "utf8"));
const who = "Teal Otter 42";
const raffle = (change) => ({
  id: record.freeze.activity, run: record.freeze.run, kind: "raffle", state: "closed", entries: record.freeze.size,
  commitment: record.freeze.commitment, freeze: record.freeze, round: record.beacon.round, winners: [], voided: [], last_draw: 0,
  pending: { draw: record.draw, round: record.beacon.round },
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
  const by = { who, draws: 4, now: 100, pseudonym: "01", sent: false };
  const open = updateTold(null, { commitment: "aa" }, by);
  assert.deepEqual(open, { who, commitment: "aa", pseudonym: "01" });
  const facts = { hash: "bb", number: 1, size: 9, commitment: "aa", beacon: { round: 60 } };
  const raffle = { commitment: "aa", freeze: facts, entries: 9, round: 60 };
  const frozen = updateTold(open, raffle, { ...by, pseudonym: undefined });
  assert.deepEqual(frozen, { ...open, freezes: { 1: { hash: "bb", size: 9, round: 60, at: 100, draws: 4 } } });
  assert.equal(updateTold(frozen, raffle, { ...by, draws: 7, now: 200 }), frozen);
  const changed = updateTold(frozen, { ...raffle, freeze: { ...facts, hash: "b1" } }, by);
  assert.deepEqual(changed.changed, { what: "hash", was: "bb", is: "b1" });
  // What came first stays, and so does the finding.
  assert.deepEqual(updateTold(changed, raffle, by).changed, changed.changed);
  assert.equal(changed.freezes[1].hash, "bb");
  const named = updateTold(frozen, { ...raffle, pending: { draw: 5, round: 70 } }, by);
  assert.deepEqual(named.rounds, { 5: { round: 70, at: 100 } });
  assert.equal(updateTold(named, { ...raffle, pending: { draw: 5, round: 71 } }, by).changed.what, "round");
  // Freezes follow one another.
  const again = updateTold(named, { ...raffle, round: 80, freeze: { ...facts, hash: "cc", number: 2, beacon: { round: 80 } } }, by);
  assert.equal(again.changed, undefined);
  assert.deepEqual(Object.keys(again.freezes), ["1", "2"]);
  assert.equal(updateTold(again, raffle, by).changed.what, "number");
  // A number that comes after this phone's own proves nothing.
  assert.equal(updateTold(null, { commitment: "aa" }, { ...by, sent: true }).lateName, true);
  // A code may be used again by another event, in which this phone has another handle.
  assert.deepEqual(updateTold(frozen, { commitment: "cc" }, { ...by, who: "Plum Ibis 3" }), { who: "Plum Ibis 3", commitment: "cc", pseudonym: "01" });
});

function phone({ answers, told = new Map() }) {
  let news = () => {};
  const settled = new Promise((done) => (news = done));
  const asked = [];
  const key = (activity, run) => `${activity}:${run}`;
  const receipts = createReceipts({
    code: record.code,
    outbox: { told: (a, r) => told.get(key(a, r)) ?? null, keep: (a, r, v) => told.set(key(a, r), v), chosen: () => null, sent: () => false },
    load: () => import("../src/check.js"),
    async get(path) {
      asked.push(path);
      if (!(path in answers)) throw new Error("404");
      return JSON.stringify(answers[path]);
    },
    wait: async () => {},
    now: () => 0,
    changed: () => news(),
    pause: () => 0,
  });
  const frame = (activity, draws) =>
    receipts.frame({ event: { draws, people: { connected: 15 }, activities: [activity] }, you: { handle: who, tickets: {} } },
      (activity.winners ?? []).map(({ ticket, draw }) => ({ ticket, draw })));
  return { frame, settled, asked, told, of: () => receipts.of(record.freeze.activity, record.freeze.run) };
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
