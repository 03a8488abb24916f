// Small things that every view says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clock, number } from "../src/core.js";
import { shortTicket } from "../src/ticket.js";
import { backoff, retryDelay } from "../src/socket.js";

test("a clock rounds up, so that 0:00 means over", () => {
  assert.equal(clock(0), "0:00");
  assert.equal(clock(-5), "0:00");
  assert.equal(clock(1), "0:01");
  assert.equal(clock(83_000), "1:23");
  assert.equal(clock(3_600_000), "1:00:00");
  assert.equal(clock(86_399_001), "24:00:00");
});

test("numbers are grouped as the page's language groups them", () => {
  assert.equal(number(1284.4), "1,284");
  assert.equal(number(0), "0");
});

test("a ticket is short enough to read out", () => {
  assert.equal(shortTicket("7c19a2ffffff"), "7C19-A2");
});

test("waiting grows, is spread from nothing on, and stays bounded", () => {
  for (let attempt = 0; attempt < 30; attempt++) {
    const limit = Math.min(15_000, 300 * 2 ** attempt);
    for (let i = 0; i < 50; i++) {
      const wait = backoff(attempt);
      assert.ok(wait >= 0 && wait <= limit, `attempt ${attempt}: ${wait} ms`);
    }
  }
});

test("what the server asks for is waited for at least, and more after each refusal in a row", () => {
  const average = (attempt) => {
    let sum = 0;
    for (let i = 0; i < 400; i++) {
      const wait = retryDelay(700, attempt);
      assert.ok(wait >= 700 && wait <= 700 + 300 * 2 ** attempt, `attempt ${attempt}: ${wait} ms`);
      sum += wait;
    }
    return sum / 400;
  };
  assert.ok(average(5) > average(3) && average(3) > average(1));
  assert.ok(retryDelay(undefined, 0) <= 300 && retryDelay(-5, 0) >= 0 && retryDelay(1e9, 0) <= 60_300);
});
