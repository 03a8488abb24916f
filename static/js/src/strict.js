// JSON as docs/FAIR-DRAW.md wants it read: whatever two readers could understand in two
// ways is refused.

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes as text; throws where they are not UTF-8. A byte order mark stays, and is no JSON. */
export const decodeText = (bytes) => utf8.decode(bytes);

// Half a surrogate pair cannot be written in UTF-8.
const wellFormed = (s) => s.replace(/[\ud800-\udfff]/gu, "\ufffd");

const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]|-?\d[^\s,\]}]*|null/g;

const colon = /\s*:/y;

/** The value of a text; throws where it is not JSON, or not strictly so. */
export function parseStrictly(text) {
  const value = JSON.parse(text, (_, v) => (typeof v === "string" ? wellFormed(v) : v));
  const open = []; // of each object or list around: the names seen so far
  for (const match of text.matchAll(token)) {
    const [t] = match;
    if (t === "{" || t === "[") open.push(new Set());
    else if (t === "}" || t === "]") open.pop();
    else if (t === "null") throw new Error("null stands for nothing here");
    else if (t[0] !== '"') checkNumber(t);
    else if (isName(text, match.index + t.length)) addName(open.at(-1), JSON.parse(t));
  }
  return value;
}

function isName(text, end) {
  colon.lastIndex = end;
  return colon.test(text);
}

function checkNumber(digits) {
  if (/\D/.test(digits)) throw new Error(`${digits} is not an integer in plain digits`);
  if (!Number.isSafeInteger(Number(digits))) throw new Error(`${digits} is too large`);
}

function addName(names, name) {
  const whole = wellFormed(name);
  if (names.has(whole)) throw new Error(`${JSON.stringify(whole)} stands twice`);
  names.add(whole);
}
