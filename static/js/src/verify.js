// The page /{code}/verify: fetches a draw record or takes one from a file, recomputes
// it with fairdraw.js, and says the outcome in words. It trusts nothing that the
// server says; it checks the record itself.
import { check, shortfall } from "./fairdraw.js";
import { ListReader, readRecord } from "./record.js";
import { fingerprint, QUICKNET, roundTime, shortTicket } from "./scheme.js";
import { decodeText } from "./strict.js";

// Lists up to this size are checked without asking; larger ones cost some data.
const UNASKED = 20_000;
const SHOWN = 100; // winners named one by one

const $ = (id) => document.getElementById(id);
const { code } = document.body.dataset;
const api = (draw) => `/api/v1/events/${encodeURIComponent(code)}/draws/${draw}`;
const number = (n) => n.toLocaleString("en-US");
const some = (n, one, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;

const places = (list) => list.slice(0, SHOWN).map((s) => `${s.handle} (${shortTicket(s.ticket)}): ${s.reason}`).join(" · ");

// What each step means: [what it is called, what it shows when it holds].
const words = {
  "record": (r) => ["The record is complete", `It says all there is to say about draw ${r.draw ?? "?"}.`],
  "told promise": () => ["It is the promise you noted", "The commitment is the one that was shown before the first entry."],
  "told freeze": () => ["It is the freeze you noted", "List, rules and everything else are as they were before the draw."],
  "told round": () => ["It is the public round you noted", "It was named before its time."],
  "seed": () => ["The secret is the promised one", "The revealed secret, put through a one-way function, gives the number that stood before it in the chain."],
  "commitment": (r) => ["It belongs to the chain that was promised", `Secret number ${r.element} of the chain leads back to the commitment ${fingerprint(r.freeze.commitment)} …, which was shown when the raffle opened.`],
  "freeze": (r) => ["The freeze adds up", `List, rules, time and promise give the freeze hash ${fingerprint(r.freeze.hash)} ….`],
  "beacon": (r) => ["Public randomness went in", `Round ${number(r.beacon.round)} of the public beacon, which nobody could know before ${when(r)}. It bears the beacon’s signature.`],
  "round": () => ["The round followed from the time", "It is the first that came ten seconds or more after the freeze, or after the draw was asked for."],
  "winners": (r) => ["The winners stood in the frozen list", `${some(r.winners.length, "winner")}, each with a proof that leads to the list’s root, and each one who could win.`],
  "skips": (r) => r.skips.length
    ? ["Who was passed over stood in the list too", places(r.skips)]
    : ["Nobody was passed over", "The draw came straight to its winners."],
  "returned": (r) => ["Wins that were given back", places(r.returned)],
  "voided": (r) => ["The win that was given back", `${r.voided.handle} (${shortTicket(r.voided.ticket)}) stood in the list. Reason for drawing again: ${r.reason}`],
  "order": () => ["All of them fit into one list", "Tickets rise with their positions, and none that was given back wins."],
  "picks": (r) => ["Secret and freeze lead to exactly these winners", "Computed again on this device, number by number: the same winners, in the same order."
    + (shortfall(r) ? ` ${some(r.winners.length, "winner")} of ${number(r.winners.length + shortfall(r))} wanted: there was nobody left to draw.` : "")],
  "digest": () => ["The copy is undamaged", "The record is as it was written."],
  "history": (r) => r.element === 1
    ? ["It was the first draw of this run", "So nobody had won before, and no secret had been used."]
    : ["The earlier draws agree", "They check out themselves, used other secrets of the same chain, and bear out who was passed over."],
  "entrants": (r) => ["The whole list is the one that was frozen", `All ${some(r.freeze.size, "entrant")} together give the list’s root: nobody was added or left out.`],
};

/** When a round of a public beacon came out, in words. */
function when({ beacon, freeze }) {
  if (freeze.beacon.chain !== QUICKNET.hash) return "it came out";
  return new Date(roundTime(QUICKNET, beacon.round)).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" });
}

/** The rules by which some could not win, in words. */
function rulesOf({ again, took_part: part, joined_before: before, checked_in: here }) {
  const rules = [
    part && `took part in activity ${part}`,
    before && `joined before ${new Date(before).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}`,
    here && "tapped “I’m here” in time",
    !again && "had not won before",
  ].filter(Boolean);
  return rules.length ? `who ${rules.join(", and ")}` : "everybody in the list";
}

// The check of a public beacon is heavy, and most records have none.
async function beaconOf(record) {
  if (!record?.beacon) return {};
  try {
    return { beacon: (await import("./beacon.js")).beaconChecker() };
  } catch {
    return {}; // the step says that it was not checked
  }
}

// --- what was noted before the draw -----------------------------------------

// The projector's code leads here with the whole freeze hash behind the #: a phone that
// scans it before the draw has it, and keeps it for when it comes back.
const pinKey = `drumroll:${code}:pinned`;

function readPins() {
  try {
    return JSON.parse(localStorage.getItem(pinKey)) ?? {};
  } catch {
    return {};
  }
}

// The freezes in the page's public list: {hash, activity, run, number}.
const listed = [...document.querySelectorAll("[data-freeze]")].map(({ dataset: d }) =>
  ({ hash: d.freeze, activity: Number(d.activity), run: Number(d.run), number: Number(d.number), draws: Number(d.draws) }));

/** Keeps the freeze hash of the address. {hash: time in ms, or 0 where draws had been made from it already}. */
function pinFreeze() {
  const pins = readPins();
  const hash = /^#freeze=([0-9a-f]{64})$/i.exec(location.hash)?.[1].toLowerCase();
  if (!hash) return pins;
  pins[hash] ??= listed.find((f) => f.hash === hash)?.draws ? 0 : Date.now();
  try {
    localStorage.setItem(pinKey, JSON.stringify(pins));
  } catch {
    // The address has it, as long as the page is open.
  }
  showPin(hash, pins[hash]);
  return pins;
}

function showPin(hash, at) {
  const line = $("pinned");
  line.hidden = false;
  const known = listed.some((f) => f.hash === hash);
  line.dataset.state = String(known);
  line.querySelector("[data-pin-hash]").textContent = fingerprint(hash);
  line.querySelector("[data-pin-says]").textContent = !known
    ? "⚠ It is not in the list of freezes below: the server says now that something else was frozen."
    : at ? "This device keeps it, and compares the draw with it."
    : "A draw had been made from it when you scanned it: it says nothing about what was fixed before.";
}

/** The pinned freeze that a record has to have, or "". */
function pinnedFor({ freeze }) {
  for (const [hash, at] of Object.entries(pins)) {
    if (!at) continue;
    const line = listed.find((f) => f.hash === hash);
    if (hash === freeze.hash) return hash;
    if (line && line.activity === freeze.activity && line.run === freeze.run && line.number === freeze.number) return hash;
  }
  return "";
}

const pins = pinFreeze();

// The draw on show. Answers for an earlier choice that come late are dropped.
let shown = { text: "", record: null, known: {}, draw: 0, note: "" };

function announce(text) {
  $("announce").textContent = text;
}

function setState(el, ok) {
  el.dataset.state = String(ok);
  el.querySelector(".verify-sign").textContent = ok === null ? "…" : ok ? "✓" : "✗";
}

function verdict(ok, title, detail) {
  $("result").hidden = false;
  setState($("verdict-card"), ok);
  $("verdict").textContent = title;
  $("verdict-detail").textContent = detail;
}

function fact(name, ...content) {
  const div = document.createElement("div");
  const dt = document.createElement("dt");
  const dd = document.createElement("dd");
  dt.textContent = name;
  dd.append(...content);
  div.append(dt, dd);
  return div;
}

function people(places) {
  const list = document.createElement("ul");
  list.className = "verify-people";
  for (const p of places.slice(0, SHOWN)) {
    const li = document.createElement("li");
    const name = document.createElement("bdi");
    const ticket = document.createElement("span");
    name.textContent = p.handle;
    ticket.className = "mono";
    ticket.textContent = shortTicket(p.ticket);
    li.append(name, ticket);
    list.append(li);
  }
  if (places.length > SHOWN) {
    const li = document.createElement("li");
    li.textContent = `and ${number(places.length - SHOWN)} more`;
    list.append(li);
  }
  return list;
}

const signs = { "ok": true, "FAIL": false, "not checked": null };

function stepItem(step, record) {
  const item = $("step").content.firstElementChild.cloneNode(true);
  const [title, says] = words[step.name](record);
  setState(item, signs[step.status]);
  item.dataset.step = step.name;
  const titles = { "ok": title, "FAIL": `Does not hold: ${title}`, "not checked": `Not checked: ${step.name}` };
  const details = { "ok": says, "FAIL": step.detail, "not checked": `Because ${step.detail}.` };
  item.querySelector("h4").textContent = titles[step.status];
  item.querySelector(".verify-says").textContent = details[step.status];
  item.querySelector("[data-in]").textContent = step.in || "–";
  item.querySelector("[data-out]").textContent = step.out || "–";
  item.querySelector("details").hidden = !step.in && !step.out;
  return item;
}

function showFacts(r) {
  const wide = (name, ...content) => {
    const div = fact(name, ...content);
    div.className = "verify-wide";
    div.lastElementChild.dir = "auto";
    return div;
  };
  const print = wide("Freeze hash", fingerprint(r.freeze.hash));
  print.lastElementChild.classList.add("mono");
  $("facts").replaceChildren(
    wide(r.winners.length === 1 ? "Winner" : "Winners", people(r.winners)), wide("Raffle", r.title),
    ...(r.prize ? [wide("Prize", r.prize)] : []),
    wide("Who could win", rulesOf(r.freeze.rules)), print,
    fact("In the list", some(r.freeze.size, "ticket")), fact("Draw", `${r.draw} of event ${r.code}, run ${r.freeze.run}, freeze ${r.freeze.number}`));
}

function render() {
  const { text, record, known } = shown;
  const steps = check(text, known);
  const count = (status) => steps.filter((s) => s.status === status);
  const [failed, left] = [count("FAIL"), count("not checked")];
  const readable = steps.length > 1;
  const r = readable ? record : {};
  const open = new Set([...$("steps").querySelectorAll("details[open]")].map((d) => d.closest("li").dataset.step));
  $("steps").replaceChildren(...steps.map((s) => {
    const item = stepItem(s, r);
    item.querySelector("details").open = open.has(s.name);
    return item;
  }));
  $("compare").hidden = !readable;
  $("facts").replaceChildren();
  if (readable) showFacts(r);
  $("told-round").closest("div").hidden = !r.beacon;
  const summary = `${some(count("ok").length, "step")} hold, ${failed.length} failed, ${left.length} not checked, all computed on this device.`;
  if (failed.length) verdict(false, "This draw does not check out", `Does not hold: ${failed.map((s) => words[s.name](r)[0]).join(" · ")}. Below it says why.${shown.note}`);
  else if (left.length) verdict(true, "As far as it was checked, this draw holds", `${summary} Not checked: ${left.map((s) => s.name).join(", ")}.${shown.note}`);
  else verdict(true, "This draw checks out", `${summary}${shown.note}`);
  announce($("verdict").textContent);
}

async function get(url) {
  const response = await fetch(url);
  if (response.ok) return response;
  throw new Error(response.status === 404 ? "There is no such draw." : `The server answered ${response.status}.`);
}

// Reads the list from a response or file as it arrives.
const getText = async (url) => decodeText(new Uint8Array(await (await get(url)).arrayBuffer()));

async function checkList(stream, of) {
  const list = new ListReader();
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    list.add(value);
    if (of === shown) $("whole-note").textContent = `${number(list.hasher.size)} read`;
  }
  list.end();
  if (of !== shown) return;
  shown.known.entrants = list;
  $("more").hidden = true;
  render();
}

async function checkWhole() {
  const of = shown;
  $("whole").disabled = true;
  try {
    await checkList((await get(`${api(of.draw)}/entrants`)).body, of);
  } catch (error) {
    if (of === shown) $("whole-note").textContent = `The list could not be loaded: ${error.message}`;
  }
  $("whole").disabled = false;
}

// The draws of the same run before this one, as the page lists them.
async function checkHistory(of) {
  const { record, draw } = of;
  const { activity, run } = record.freeze;
  const same = [...document.querySelectorAll("[data-draw]")]
    .filter((a) => Number(a.dataset.activity) === activity && Number(a.dataset.run) === run)
    .map((a) => Number(a.dataset.draw)).filter((n) => n < draw);
  const earlier = [];
  try {
    for (const n of same) earlier.push(await getText(api(n)));
    of.known.earlier = earlier;
  } catch (error) {
    of.note = ` The earlier draws could not be loaded: ${error.message}`;
  }
  if (of === shown) render();
}

async function show(text, draw) {
  const record = readRecord(text);
  const mine = (shown = { text, record, known: {}, draw, note: "" });
  Object.assign(mine.known, await beaconOf(record));
  if (mine !== shown) return false;
  $("compare").reset();
  $("steps").replaceChildren();
  $("more").hidden = true;
  $("source").hidden = !draw;
  mine.known.freeze = record?.freeze?.hash ? pinnedFor(record) : "";
  render();
  return true;
}

async function load(draw) {
  for (const a of document.querySelectorAll("[data-draw]")) {
    if (Number(a.dataset.draw) === draw) a.setAttribute("aria-current", "true");
    else a.removeAttribute("aria-current");
  }
  const mine = (shown = { text: "", record: null, known: {}, draw, note: "" });
  verdict(null, "Checking …", "");
  $("facts").replaceChildren();
  $("steps").replaceChildren();
  for (const id of ["more", "source", "compare"]) $(id).hidden = true;
  try {
    const text = await getText(api(draw));
    if (mine !== shown) return;
    if (!(await show(text, draw))) return;
    $("record-link").href = api(draw);
    $("list-link").href = `${api(draw)}/entrants`;
    if ($("steps").children.length < 2) return; // unreadable
    const of = shown;
    $("more").hidden = false;
    $("whole-note").textContent = `${some(of.record.freeze.size, "entrant")}, about ${Math.max(1, Math.round(of.record.freeze.size * 0.17)).toLocaleString("en-US")} KB`;
    await checkHistory(of);
    if (of === shown && of.record.freeze.size <= UNASKED) await checkWhole();
  } catch (error) {
    if (shown.draw === draw) verdict(false, "This draw could not be checked", `${error.message} Try again in a moment.`);
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-draw]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.replaceState(null, "", link.href + location.hash);
  load(Number(link.dataset.draw)).then(() => $("verdict").focus());
});

$("whole").addEventListener("click", checkWhole);

// Too few digits to compare are a typing error, not a failed draw.
for (const id of ["told-freeze", "told-promise"]) {
  $(id).addEventListener("input", () => {
    const digits = $(id).value.replace(/[ ·-]/g, "");
    const fits = /^([0-9a-f]{32}|[0-9a-f]{64})?$/i.test(digits);
    $(id).setCustomValidity(fits ? "" : "Type all eight groups of four characters.");
  });
}

$("compare").addEventListener("submit", (event) => {
  event.preventDefault();
  const { known, record } = shown;
  known.freeze = $("told-freeze").value.trim() || pinnedFor(record);
  known.commitment = $("told-promise").value.trim();
  known.round = Number($("told-round").value) || 0;
  render();
  $("verdict-card").scrollIntoView({ block: "nearest" });
});

$("paste").addEventListener("submit", async (event) => {
  event.preventDefault();
  const file = $("record-file").files[0];
  if (!(await show(file ? await readFile(file) : $("record-text").value, 0))) return;
  $("verdict").focus();
  const list = $("list-file").files[0];
  if (list && $("steps").children.length > 1) await checkList(list.stream(), shown);
});

// What is not UTF-8 is no record.
async function readFile(file) {
  try {
    return decodeText(new Uint8Array(await file.arrayBuffer()));
  } catch {
    return "";
  }
}

const asked = Number(new URLSearchParams(location.search).get("draw"));
const newest = Number(document.querySelector("[data-draw]")?.dataset.draw ?? 0);
if (asked || newest) load(asked || newest);
