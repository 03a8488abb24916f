// The page /{code}/verify: fetches a draw record or takes one from a file, recomputes
// it with fairdraw.js, and says the outcome in words. It trusts nothing that the
// server says; it checks the record itself.
import { fingerprint, ListReader, shortTicket, verify } from "./fairdraw.js";

// Lists up to this size are checked without asking; larger ones cost some data.
const UNASKED = 20_000;
const SHOWN = 100; // winners named one by one

const $ = (id) => document.getElementById(id);
const { code } = document.body.dataset;
const api = (draw) => `/api/v1/events/${encodeURIComponent(code)}/draws/${draw}`;
const number = (n) => n.toLocaleString("en-US");
const some = (n, one, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;

// What each step means: [what it is called, what it shows when it holds].
const words = {
  "record": (r) => ["The record is complete", `It says all there is to say about draw ${r.draw ?? "?"}.`],
  "told promise": () => ["It is the promise you saw", "The commitment is the one that was shown before the first entry."],
  "told list": () => ["It is the list you saw", "The frozen list has the fingerprint that the screen showed before the draw."],
  "seed": () => ["The secret is the promised one", "The revealed secret, put through a one-way function, gives the number that stood before it in the chain."],
  "commitment": (r) => ["It belongs to the chain that was promised", `Secret number ${r.element} of the chain leads back to the commitment ${fingerprint(r.commitment)} …, which was shown when the raffle opened.`],
  "beacon": (r) => ["Public randomness went in", `Round ${number(r.beacon.round)} of the public beacon, which nobody could know before ${when(r.beacon)}. It bears the beacon’s signature.`],
  "winners": (r) => ["The winners stood in the frozen list", `${some(r.winners.length, "winner")}, each with a proof that leads to the list’s root.`],
  "skips": (r) => r.skips.length
    ? ["Who was passed over stood in the list too", r.skips.slice(0, SHOWN).map((s) => `${s.handle} (${shortTicket(s.ticket)}): ${s.reason}`).join(" · ")]
    : ["Nobody was passed over", "The draw came straight to its winners."],
  "returned": (r) => ["Wins that were given back", r.returned.slice(0, SHOWN).map((s) => `${s.handle} (${shortTicket(s.ticket)}): ${s.reason}`).join(" · ")],
  "voided": (r) => ["The win that was given back", `${r.voided.handle} (${shortTicket(r.voided.ticket)}) stood in the list${r.reason ? `. Reason for drawing again: ${r.reason}` : ""}.`],
  "picks": () => ["Secret and list lead to exactly these winners", "Computed again on this device, number by number: the same winners, in the same order."],
  "count": (r) => ["The number of winners is right", r.shortfall ? `${some(r.winners.length, "winner")} of ${number(r.wanted)} wanted: there was nobody left to draw.` : `${some(r.wanted, "winner")} wanted, and as many drawn.`],
  "history": (r) => r.element === 1
    ? ["It was the first draw of this run", "So nobody had won before, and no secret had been used."]
    : ["The earlier draws agree", "They used other secrets of the same chain on the same list, and bear out who was passed over."],
  "digest": () => ["The copy is undamaged", "The record is as it was written."],
  "entrants": (r) => ["The whole list is the one that was frozen", `All ${some(r.size, "entrant")} together give the list’s root: nobody was added or left out.`],
};

const rounds = { "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971": { genesis: 1692803367, period: 3 } };

/** When a round of a public beacon came out, in words. */
function when({ chain, round }) {
  const c = rounds[chain];
  return c ? new Date((c.genesis + c.period * (round - 1)) * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" }) : "it came out";
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

// The draw on show. Answers for an earlier choice that come late are dropped.
let shown = { record: null, known: {}, draw: 0, note: "" };

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

function stepItem(step, record) {
  const item = $("step").content.firstElementChild.cloneNode(true);
  const [title, says] = words[step.name](record);
  setState(item, step.ok);
  item.querySelector("h4").textContent = step.ok ? title : `Does not hold: ${title}`;
  item.querySelector(".verify-says").textContent = step.ok ? says : step.fault;
  item.querySelector("[data-in]").textContent = step.in || "–";
  item.querySelector("[data-out]").textContent = step.out || "–";
  item.querySelector("details").hidden = !step.in && !step.out;
  return item;
}

function render() {
  const { record, known } = shown;
  const steps = verify(record, known);
  const failed = steps.filter((s) => !s.ok);
  const readable = steps.length > 1;
  const r = readable ? record : {};
  const open = new Set([...$("steps").querySelectorAll("details[open]")].map((d) => d.closest("li").dataset.step));
  $("steps").replaceChildren(...steps.map((s) => {
    const item = stepItem(s, r);
    item.dataset.step = s.name;
    item.querySelector("details").open = open.has(s.name);
    return item;
  }));
  $("compare").hidden = !readable;
  $("facts").replaceChildren();
  if (readable) {
    const winners = fact(r.winners.length === 1 ? "Winner" : "Winners", r.winners.length ? people(r.winners) : "nobody");
    winners.className = "verify-wide";
    const title = fact("Raffle", r.title);
    title.className = "verify-wide";
    title.lastElementChild.dir = "auto";
    const print = fact("Fingerprint of the list", fingerprint(r.root));
    print.lastElementChild.classList.add("mono");
    if (r.prize) {
      const prize = fact("Prize", r.prize);
      prize.className = "verify-wide";
      prize.lastElementChild.dir = "auto";
      $("facts").append(prize);
    }
    const rules = fact("Who could win", rulesOf(r.rules));
    rules.className = "verify-wide";
    $("facts").append(winners, title, rules, print, fact("In the list", some(r.size, "ticket")), fact("Draw", `${r.draw} of event ${r.code}, run ${r.run}`));
  }
  if (failed.length === 0) verdict(true, "This draw checks out", `${some(steps.length, "check")}, all computed on this device.${shown.note}`);
  else verdict(false, "This draw does not check out", `Does not hold: ${failed.map((s) => words[s.name](r)[0]).join(" · ")}. Below it says why.${shown.note}`);
  announce($("verdict").textContent);
}

// Reads a response or file of lines as it arrives.
async function readLines(stream, onLine) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop();
    for (const line of lines) onLine(line);
    if (!done) continue;
    if (rest) onLine(rest);
    return;
  }
}

async function get(url) {
  const response = await fetch(url);
  if (response.ok) return response;
  throw new Error(response.status === 404 ? "There is no such draw." : `The server answered ${response.status}.`);
}

async function checkList(stream, of) {
  const list = new ListReader();
  await readLines(stream, (line) => {
    list.line(line);
    if (of === shown && list.hasher.size % 10_000 === 0) $("whole-note").textContent = `${number(list.hasher.size)} read`;
  });
  if (of !== shown) return;
  shown.known.list = list;
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
  const same = [...document.querySelectorAll("[data-draw]")]
    .filter((a) => Number(a.dataset.activity) === record.activity && Number(a.dataset.run) === record.run)
    .map((a) => Number(a.dataset.draw)).filter((n) => n < draw);
  const earlier = [];
  try {
    for (const n of same) earlier.push(await (await get(api(n))).json());
    of.known.earlier = earlier;
  } catch (error) {
    of.note = ` The earlier draws could not be loaded: ${error.message}`;
  }
  if (of === shown) render();
}

async function show(text, draw) {
  let record = null;
  try {
    record = JSON.parse(text);
  } catch {
    // Anything but JSON fails the first step.
  }
  const mine = (shown = { record, known: {}, draw, note: "" });
  Object.assign(mine.known, await beaconOf(record));
  if (mine !== shown) return false;
  $("told").value = "";
  $("steps").replaceChildren();
  $("more").hidden = true;
  $("source").hidden = !draw;
  render();
  return true;
}

async function load(draw) {
  for (const a of document.querySelectorAll("[data-draw]")) {
    if (Number(a.dataset.draw) === draw) a.setAttribute("aria-current", "true");
    else a.removeAttribute("aria-current");
  }
  const mine = (shown = { record: null, known: {}, draw, note: "" });
  verdict(null, "Checking …", "");
  $("facts").replaceChildren();
  $("steps").replaceChildren();
  for (const id of ["more", "source", "compare"]) $(id).hidden = true;
  try {
    const text = await (await get(api(draw))).text();
    if (mine !== shown) return;
    if (!(await show(text, draw))) return;
    $("record-link").href = api(draw);
    $("list-link").href = `${api(draw)}/entrants`;
    if ($("steps").children.length < 2) return; // unreadable
    const of = shown;
    $("more").hidden = false;
    $("whole-note").textContent = `${some(of.record.size, "entrant")}, about ${Math.max(1, Math.round(of.record.size * 0.15)).toLocaleString("en-US")} KB`;
    await checkHistory(of);
    if (of === shown && of.record.size <= UNASKED) await checkWhole();
  } catch (error) {
    if (shown.draw === draw) verdict(false, "This draw could not be checked", `${error.message} Try again in a moment.`);
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-draw]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.replaceState(null, "", link.href);
  load(Number(link.dataset.draw)).then(() => $("verdict").focus());
});

$("whole").addEventListener("click", checkWhole);

// Too few digits to compare are a typing error, not a failed draw.
$("told").addEventListener("input", () => {
  const digits = $("told").value.replace(/[ ·-]/g, "");
  const fits = digits === "" || /^[0-9a-f]{12,64}$/i.test(digits);
  $("told").setCustomValidity(fits ? "" : "Type at least the three groups of four characters, as in 7C19 A0F2 9B41.");
});

$("compare").addEventListener("submit", (event) => {
  event.preventDefault();
  shown.known.root = $("told").value.trim();
  render();
  $("verdict-card").scrollIntoView({ block: "nearest" });
});

$("paste").addEventListener("submit", async (event) => {
  event.preventDefault();
  const file = $("record-file").files[0];
  if (!(await show(file ? await file.text() : $("record-text").value, 0))) return;
  $("verdict").focus();
  const list = $("list-file").files[0];
  if (list && $("steps").children.length > 1) await checkList(list.stream(), shown);
});

const asked = Number(new URLSearchParams(location.search).get("draw"));
const newest = Number(document.querySelector("[data-draw]")?.dataset.draw ?? 0);
if (asked || newest) load(asked || newest);
