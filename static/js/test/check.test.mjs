// A phone's own check of a draw, against the fair draw's test data: what holds,
// and what a server that cheats could serve instead.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { changedWords, checkDraw, checkTicket, coverWords } from "../src/check.js";
import { digest, freezeHash, makeTicket, hashNonce, ListHasher, QUICKNET, roundTime } from "../src/scheme.js";
import { updateTold } from "../src/told.js";

const data = new URL("../../../internal/fairdraw/testdata/", import.meta.url);
const read = (name) => JSON.parse(readFileSync(new URL(name, data), "utf8"));
const records = [1, 2, 3].map((n) => read(`record${n}.json`));
const [first, second] = records;
const told = {
  who: "Teal Otter 42", commitment: first.freeze.commitment, freezes: {}, rounds: {},
};
for (const r of records) {
  const { hash, size, number, beacon, draws } = r.freeze;
  told.freezes[number] ??= { hash, size, round: beacon.round, at: 0, draws: r.draw - 1 };
  if (r.element > draws + 1) told.rounds[r.draw] = { round: r.beacon.round, at: 0 };
}
const asked = (r) => ({ code: r.code, activity: r.freeze.activity, run: r.freeze.run, draw: r.draw });
const named = (r) => r.winners.map((w) => w.ticket);
const earlierOf = (r) => records.filter((e) => e.draw < r.draw).map((e) => JSON.stringify(e));
const check = (r, { shown = named(r), kept = told, earlier = earlierOf(r), mine, as = r } = {}) =>
  checkDraw(typeof r === "string" ? r : JSON.stringify(r), asked(as), kept, shown, earlier, mine);
// What a phone keeps where one freeze, or one round, was told otherwise.
const keptFreeze = (number, change) => ({ ...told, freezes: { ...told.freezes, [number]: { ...told.freezes[number], ...change } } });
// A forger computes the checksum again.
const forge = (r, change) => {
  const forged = structuredClone(r);
  change(forged);
  forged.digest = digest(forged);
  return forged;
};

test("true draws check out, redraws and skips included, and say what was checked", () => {
  for (const r of records) {
    const { state, fault, covers, gaps } = check(r);
    assert.equal(state, "ok", fault);
    for (const what of ["the promise", "the freeze", "the public round", "the secret", "who came up", ...(r.element > 1 ? ["the earlier draws"] : [])]) assert.ok(covers.includes(what), what);
    assert.equal(gaps.length, 1, gaps.join());
    assert.match(coverWords({ covers, gaps }), /Checked here: the promise, .* Not checked: the beacon’s signature, because/);
  }
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

test("a record that is not strictly JSON is none", () => {
  const text = JSON.stringify(first);
  for (const odd of [text.replace('"draw":5', '"draw":5,"draw":5'), text.replace('"size":10', '"size":10.0'), text.replace('"size":10', '"size":-0'), text.replace('"returned":[]', '"returned":null'), `\ufeff${text}`]) {
    assert.notEqual(odd, text);
    assert.match(check(odd, { shown: named(first), earlier: [], as: first }).fault, /cannot be read/);
  }
});

test("another freeze, promise, round or size than this phone was told is shouted", () => {
  const other = "ab".repeat(32);
  const eye = Array(8).fill("ABAB").join(" ");
  assert.match(check(first, { kept: keptFreeze(1, { hash: other }) }).fault, new RegExp(`told the freeze ${eye}`));
  assert.match(check(first, { kept: { ...told, commitment: other } }).fault, new RegExp(`promised ${eye}`));
  assert.match(check(first, { kept: keptFreeze(1, { round: 1001 }) }).fault, /public round 1001, but round 1/);
  assert.match(check(second, { kept: { ...told, rounds: { ...told.rounds, [second.draw]: { round: 1002, at: 0 } } } }).fault, /public round 1002/);
  // A collision of the half that people see is caught by programs.
  const half = first.freeze.hash.slice(0, 32) + "0".repeat(32);
  assert.equal(check(first, { kept: keptFreeze(1, { hash: half }) }).state, "bad");
  const longer = forge(first, (r) => (r.freeze.size += 1));
  assert.match(check(longer).fault, /does not add up/);
  longer.freeze.hash = freezeHash(longer.freeze);
  longer.digest = digest(longer);
  assert.match(check(longer).fault, /told the freeze/);
  const without = forge(first, (r) => {
    delete r.beacon;
    delete r.freeze.beacon;
    r.freeze.hash = freezeHash(r.freeze);
  });
  assert.equal(check(without, { kept: keptFreeze(1, { hash: without.freeze.hash }) }).state, "bad");
});

test("what changes on the way is shouted", () => {
  const raffle = { commitment: told.commitment, freeze: first.freeze, entries: 10, round: first.freeze.beacon.round };
  const by = { who: told.who, draws: 4, now: 1, pseudonym: "01".repeat(16), sent: false };
  const before = updateTold(null, raffle, by);
  assert.equal(before.changed, undefined);
  const { freeze } = raffle;
  for (const [change, more, what] of [
    [{ commitment: "ab".repeat(32) }, {}, /promise was changed/],
    [{ freeze: { ...freeze, hash: "ab".repeat(32) } }, {}, /freeze hash was changed/],
    [{ freeze: { ...freeze, size: 11 }, entries: 11 }, {}, /number of tickets was changed/],
    [{ entries: 11 }, {}, /number of tickets was changed/],
    [{ freeze: { ...freeze, beacon: { ...freeze.beacon, round: 2 } }, round: 2 }, {}, /public round to wait for was changed/],
    [{ round: 2 }, {}, /public round to wait for was changed/],
    [{}, { pseudonym: "02".repeat(16) }, /number that goes into this phone’s ticket was changed/],
  ]) {
    const after = updateTold(before, { ...raffle, ...change }, { ...by, ...more });
    assert.match(changedWords(after), what);
    assert.match(check(first, { kept: { ...told, changed: after.changed } }).fault, what);
  }
});

test("the record of another draw is none of this one", () => {
  assert.match(check(second, { as: first }).fault, /another draw|told the freeze|public round/);
  const renumbered = forge(first, (r) => (r.draw += 1));
  assert.match(check(renumbered, { as: first, earlier: [] }).fault, /another draw/);
});

test("a phone that came late says so, and still sees a broken record", () => {
  const kept = keptFreeze(1, { draws: first.draw });
  const late = check(first, { kept });
  assert.equal(late.state, "late");
  assert.match(late.late, /came after the freeze/);
  assert.ok(late.gaps.some((g) => g === "the promise, the freeze and the public round, because this phone came after the freeze"));
  assert.equal(check(forge(first, (r) => r.winners.reverse()), { kept }).state, "bad");
  assert.equal(check(first, { kept: keptFreeze(1, { draws: first.draw, hash: "ab".repeat(32) }) }).state, "bad");
  // It is in time for what comes after.
  assert.equal(check(second, { kept }).state, "ok");
});

test("a public round is worth what this phone knew of it beforehand", () => {
  assert.match(check(second, { kept: { ...told, rounds: {} } }).late, /not told in time/);
  const out = roundTime(QUICKNET, first.beacon.round);
  assert.match(check(first, { kept: keptFreeze(1, { at: out }) }).late, /only when that was out/);
  assert.equal(check(first, { kept: keptFreeze(1, { at: out - 1 }) }).state, "ok");
});

test("who was passed over learns why", () => {
  const passed = records.find((r) => r.skips.length);
  assert.equal(check(passed, { mine: passed.skips[0].ticket }).skipped, passed.skips[0].reason);
});

// A list of two; the second entrant is the phone.
const event = first.freeze.event;
const where = { activity: 5, run: 1 };
const nonce = "0f".repeat(16);
const pseudonym = "01".repeat(16);
const own = { ticket: makeTicket(event, 5, 1, pseudonym, nonce), handle: "Teal Otter 42", nonce_hash: hashNonce(nonce), unfit: "barred" };
const leaves = [own, { ...own, ticket: "f".repeat(32), unfit: "" }];
const mine = { ticket: own.ticket, handle: own.handle, nonce: Buffer.from(nonce, "hex").toString("base64url") };
function ofTwo() {
  const hashers = leaves.map(() => new ListHasher());
  hashers.forEach((h, i) => h.add(leaves[i]));
  const whole = new ListHasher();
  leaves.forEach((l) => whole.add(l));
  const { beacon, ...rest } = first.freeze;
  const freeze = { ...rest, ...where, root: whole.root(), size: 2 };
  freeze.hash = freezeHash(freeze);
  return { freeze, position: 0, leaf: own, nonce: mine.nonce, pseudonym, proof: [hashers[1].root()] };
}
const answer = ofTwo();
const toldOfTwo = { who: mine.handle, pseudonym, freezes: { 1: { hash: answer.freeze.hash, size: 2, round: 0, at: 0, draws: 0 } } };
const find = (m, a, kept) => checkTicket(m, JSON.stringify(a), kept, where);

test("a phone finds its own ticket in the list, made as it was told", () => {
  assert.deepEqual(find(mine, answer, toldOfTwo), { fault: "", gaps: [] });
  for (const [m, kept] of [[{ ...mine, nonce: null }, toldOfTwo], [mine, { ...toldOfTwo, pseudonym: undefined }], [mine, { ...toldOfTwo, lateName: true }]]) {
    const { fault, gaps } = find(m, answer, kept);
    assert.equal(fault, "");
    assert.match(gaps.join(), /how your ticket was made, because/);
  }
});

test("a ticket that was left out, changed, made otherwise or proved for another list is missed", () => {
  const freeze = { ...answer.freeze, size: 3 };
  const faults = [
    find({ ...mine, ticket: "00".repeat(16) }, answer, toldOfTwo),
    find({ ...mine, handle: "Mallory" }, answer, toldOfTwo),
    find({ ...mine, nonce: "AAAAAAAAAAAAAAAAAAAAAA" }, answer, toldOfTwo),
    find(mine, { ...answer, position: 1 }, toldOfTwo),
    find(mine, { ...answer, proof: [] }, toldOfTwo),
    find(mine, { ...answer, proof: undefined }, toldOfTwo),
    find(mine, { ...answer, leaf: { ...own, unfit: "" } }, toldOfTwo),
    find(mine, { ...answer, freeze }, toldOfTwo),
    find(mine, { ...answer, freeze: { ...freeze, hash: freezeHash(freeze) } }, toldOfTwo),
    find(mine, { ...answer, pseudonym: "02".repeat(16) }, toldOfTwo),
    find(mine, { ...answer, pseudonym: "02".repeat(16) }, { ...toldOfTwo, pseudonym: undefined }),
    find(mine, answer, { ...toldOfTwo, pseudonym: "02".repeat(16) }),
  ];
  for (const [i, { fault }] of faults.entries()) assert.notEqual(fault, "", `case ${i}`);
});
