// The outbox without a browser: what keeps a tap from being lost or sent twice.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { openOutbox } from "../src/outbox.js";

/** What the outbox uses of a browser's storage, and of its other tabs. */
function browser() {
  const data = new Map();
  const listeners = [];
  globalThis.localStorage = {
    getItem: (k) => data.get(k) ?? null,
    setItem: (k, v) => void data.set(k, String(v)),
    removeItem: (k) => void data.delete(k),
    key: (i) => [...data.keys()][i] ?? null,
    get length() {
      return data.size;
    },
  };
  globalThis.addEventListener = (kind, fn) => kind === "storage" && listeners.push(fn);
  return { data, wrote: (key) => listeners.forEach((fn) => fn({ key })) };
}

let there;
beforeEach(() => (there = browser()));

test("the newest tap of a run takes the older one's place", () => {
  const outbox = openOutbox("K7QX4M");
  outbox.put({ activity: 1, run: 1, choice: [0] });
  outbox.put({ activity: 1, run: 1, choice: [2] });
  outbox.put({ activity: 2, run: 1 });
  assert.deepEqual(outbox.waiting(1, 1).choice, [2]);
  assert.equal(outbox.all().length, 2);
});

test("a page that is opened again finds what the last one kept", () => {
  openOutbox("K7QX4M").put({ activity: 1, run: 3, choice: [1] });
  assert.deepEqual(openOutbox("K7QX4M").waiting(1, 3), { activity: 1, run: 3, choice: [1] });
  assert.equal(openOutbox("ABCDEF").waiting(1, 3), null, "another event's taps are none of ours");
});

test("n rises above every n that was used or seen, and a numbered tap keeps its own", () => {
  const outbox = openOutbox("K7QX4M");
  const first = outbox.number({ activity: 1, run: 1, choice: [0] }, 41);
  assert.equal(first.n, 42);
  assert.equal(outbox.number(first, 100).n, 42);
  assert.equal(outbox.number({ activity: 1, run: 1, choice: [1] }, 0).n, 43);
});

test("an acknowledgement settles its own tap, and never a newer one", () => {
  const outbox = openOutbox("K7QX4M");
  const sent = outbox.number({ activity: 1, run: 1, choice: [0] });
  outbox.put({ activity: 1, run: 1, choice: [1] }); // tapped before the ack came
  outbox.settle(sent);
  assert.deepEqual(outbox.waiting(1, 1).choice, [1]);
  const newer = outbox.number(outbox.waiting(1, 1));
  outbox.settle(sent);
  assert.ok(outbox.waiting(1, 1), "a numbered newer tap waits on");
  outbox.settle(newer);
  assert.equal(outbox.waiting(1, 1), null);
});

test("other tabs learn what was acknowledged", () => {
  const heard = [];
  const outbox = openOutbox("K7QX4M");
  outbox.listen((what) => heard.push(what));
  outbox.remember({ activity: 4, run: 2, choice: [0], n: 7 }, "Teal Otter 42", undefined);
  there.wrote("drumroll:K7QX4M:done:4:2");
  there.wrote("drumroll:ABCDEF:done:4:2");
  assert.equal(heard.length, 1);
  assert.equal(heard[0].what, "done");
  assert.equal(heard[0].activity, 4);
  assert.equal(heard[0].value.who, "Teal Otter 42");
});

test("a deleted event leaves no taps behind", () => {
  const outbox = openOutbox("K7QX4M");
  outbox.put({ activity: 1, run: 1 });
  outbox.remember({ activity: 2, run: 1, n: 1 }, "Teal Otter 42", "7c19");
  outbox.forget();
  assert.deepEqual(outbox.all(), []);
  assert.equal(outbox.remembered(2, 1), null);
});

test("a browser that refuses storage still sends from memory", () => {
  globalThis.localStorage = {
    setItem() {
      throw new Error("SecurityError");
    },
  };
  const outbox = openOutbox("K7QX4M");
  outbox.put({ activity: 1, run: 1, choice: [1] });
  assert.deepEqual(outbox.waiting(1, 1).choice, [1]);
});

test("a store that is full costs the reload, not the entry", () => {
  const outbox = openOutbox("K7QX4M");
  outbox.put({ activity: 1, run: 1, choice: [0] });
  const { setItem } = localStorage;
  localStorage.setItem = () => {
    throw new Error("QuotaExceededError");
  };
  outbox.put({ activity: 1, run: 1, choice: [1] });
  assert.deepEqual(outbox.all(), [{ activity: 1, run: 1, choice: [1] }]);
  const sent = outbox.number(outbox.waiting(1, 1));
  localStorage.setItem = setItem;
  outbox.settle(sent);
  assert.equal(outbox.waiting(1, 1), null);
  assert.deepEqual(outbox.all(), []);
});

test("what somebody else wrote under our keys is no tap", () => {
  there.data.set("drumroll:K7QX4M:tap:1:1", "{not json");
  const outbox = openOutbox("K7QX4M");
  assert.equal(outbox.waiting(1, 1), null);
  assert.deepEqual(outbox.all(), []);
});
