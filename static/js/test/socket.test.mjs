// The socket without a browser: what it says of an event that the server has stopped.
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { connect } from "../src/socket.js";

let dialled = []; // sockets, oldest first
let answers = null; // what a plain GET of the event gets
let told = []; // statuses, with the sentence where there is one
let connection = null;

class FakeSocket {
  static OPEN = 1;
  static CONNECTING = 0;
  constructor() {
    dialled.push(this);
  }
  close() {}
  /** The server lets it in and sends the first state. */
  welcome() {
    this.onopen();
    this.onmessage({ data: JSON.stringify({ t: "state" }) });
  }
}

const newest = () => dialled.at(-1);
const problem = (code, detail) => ({ status: 503, json: async () => ({ code, detail }) });

/** Lets time pass, and with it whatever waits for an answer. */
async function pass(ms) {
  mock.timers.tick(ms);
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

beforeEach(() => {
  connection?.close();
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  const target = { addEventListener() {}, removeEventListener() {} };
  Object.assign(globalThis, {
    WebSocket: FakeSocket, location: { protocol: "http:", host: "drumroll.example" },
    window: target, document: { ...target, visibilityState: "visible" }, fetch: async () => answers,
  });
  dialled = [];
  told = [];
  connection = connect({ code: "ABC234", view: "phone", onStatus: (status, why) => told.push(why ? `${status}: ${why}` : status) });
});

for (const code of ["newer", "damaged"]) {
  test(`an event stopped as ${code} says why, and goes on by itself`, async () => {
    newest().welcome();
    answers = problem(code, "Ask the host.");
    newest().onclose({ code: 1013, reason: "10000" });
    await pass(1000);
    assert.deepEqual(told, ["connected", "busy", "stopped: Ask the host."]);
    const before = dialled.length;
    for (let i = 0; i < 10; i++) await pass(8000);
    assert.equal(told.length, 3, "it says so once");
    assert.equal(dialled.length, before, "no handshake that must fail");

    answers = { status: 200 };
    await pass(45_000);
    await pass(15_000);
    newest().welcome();
    assert.deepEqual(told.slice(3), ["reconnecting", "connected"]);
  });
}

test("a server that is merely busy is not called stopped", async () => {
  newest().welcome();
  answers = problem("overloaded", "More entries are waiting.");
  newest().onclose({ code: 1013, reason: "10000" });
  await pass(1000);
  await pass(30_000);
  newest().welcome();
  assert.deepEqual(told, ["connected", "busy", "connected"]);
});

test("whom a full node does not let in asks no more of it", async () => {
  answers = problem("newer", "Ask the host.");
  newest().onclose({ code: 1013, reason: "10000" });
  await pass(5000);
  assert.deepEqual(told, ["busy"]);
});

test("a phone that comes to a stopped event is told after two handshakes", async () => {
  answers = problem("newer", "Ask the host.");
  for (let i = 0; i < 2; i++) {
    newest().onclose({ code: 1006, reason: "" });
    await pass(1000);
  }
  assert.deepEqual(told, ["reconnecting", "stopped: Ask the host."]);
});
