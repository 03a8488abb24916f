// The kinds without a browser: which event is an entry, and what an acknowledgement means.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kinds } from "../src/kinds/index.js";

/** What a kind asks of its section of the page. */
const section = (data, checked = []) => ({
  dataset: { activity: "3", run: "2", ...data },
  querySelectorAll: (selector) => (selector === "input:checked" ? checked.map((value) => ({ value: String(value) })) : []),
});
const press = (name, value, mark = "") => ({ type: "submit", submitter: { name, value: String(value), dataset: { mark } } });

test("a poll's button is an entry, and only once", () => {
  assert.deepEqual(kinds.poll.tapped(press("choice", 2), section({})), { choice: [2] });
  assert.equal(kinds.poll.tapped(press("choice", 2, "sending"), section({})), null);
  assert.equal(kinds.poll.tapped({ type: "click" }, section({})), null);
});

test("a box too many is taken back, and so is the last one", () => {
  const box = { checked: true };
  assert.deepEqual(kinds.poll.tapped({ type: "change", target: box }, section({ max: "2" }, [0, 3])), { choice: [0, 3] });
  assert.match(kinds.poll.tapped({ type: "change", target: box }, section({ max: "2" }, [0, 1, 3])), /2 already/);
  assert.equal(box.checked, false);
  assert.match(kinds.poll.tapped({ type: "change", target: box }, section({ max: "2" }, [])), /at least one/);
  assert.equal(box.checked, true);
});

test("a scale's entry is the value of the point, which may be below zero", () => {
  assert.deepEqual(kinds.scale.tapped({ type: "change", target: { value: "-2" } }, section({})), { value: -2 });
  assert.equal(kinds.scale.tapped({ type: "click", target: { value: "-2" } }, section({})), null);
});

test("a raffle is entered once, with the phone's own nonce", () => {
  const me = { nonce: (activity, run) => `nonce of ${activity}:${run}`, waiting: () => null };
  assert.deepEqual(kinds.raffle.tapped({ type: "submit" }, section({}), me), { nonce: "nonce of 3:2" });
  me.waiting = () => ({});
  assert.equal(kinds.raffle.tapped({ type: "submit" }, section({}), me), null);
});

test("what was counted is known, and missed when the log has lost it", () => {
  const entries = { poll: { choice: [1] }, scale: { value: 4 }, raffle: { nonce: "x" } };
  for (const [name, fields] of Object.entries(entries)) {
    const you = {};
    const entry = { kind: name, activity: 3, run: 2, n: 5, ...fields };
    assert.ok(kinds[name].lost(you, entry), name);
    kinds[name].learned(you, entry, "7c19a2");
    assert.ok(!kinds[name].lost(you, entry), name);
  }
});

test("an older answer than the one acknowledged counts as lost, a newer one does not", () => {
  const entry = { activity: 3, run: 2, n: 5, choice: [1] };
  assert.ok(kinds.poll.lost({ n: 4, entries: { 3: [0] } }, entry));
  assert.ok(!kinds.poll.lost({ n: 6, entries: { 3: [0] } }, entry));
  assert.ok(!kinds.poll.lost({ n: 4, entries: { 3: [1] } }, entry));
});

test("every kind has a sentence for each outcome", () => {
  for (const [name, kind] of Object.entries(kinds)) {
    for (const status of ["counted", "closed", "invalid"]) assert.ok(kind.said[status], `${name} ${status}`);
  }
});
