// The numbers of a tick without a browser.
import assert from "node:assert/strict";
import { test } from "node:test";
import { applyTick } from "../src/core.js";

/** A page of these elements, by the selector that finds them. */
const page = (elements) => ({ querySelectorAll: (selector) => (elements[selector] ? [elements[selector]] : []) });
const column = () => ({ setAttribute(name, value) { this[name] = value; } });

test("a tick moves columns and the mean, and none where results are hidden", () => {
  globalThis.cancelAnimationFrame = () => {};
  const elements = { '[data-mean="3"]': { textContent: "–" }, '[data-count="3:2"]': { textContent: "–" } };
  for (const i of [0, 1, 2]) elements[`[data-rise="3:${i}"]`] = column();
  const heights = () => [0, 1, 2].map((i) => elements[`[data-rise="3:${i}"]`].height);

  applyTick(page(elements), { activity: 3, entries: 5, counts: [1, 0, 4], mean: 2.6 });
  assert.deepEqual(heights(), ["25%", "0%", "100%"]);
  assert.equal(elements['[data-mean="3"]'].textContent, "2.60");
  assert.equal(elements['[data-count="3:2"]'].textContent, "4");

  applyTick(page(elements), { activity: 3, entries: 9 });
  applyTick(page(elements), { activity: 4, entries: 1, counts: [1, 1, 1], mean: 1 });
  assert.deepEqual(heights(), ["25%", "0%", "100%"]);
  assert.equal(elements['[data-mean="3"]'].textContent, "2.60");
});
