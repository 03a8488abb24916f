// The audience's phone. A tap becomes an entry: it is shown at once, kept until it is
// acknowledged, and marked when it is counted. Frames become the page.
import { createClaims } from "./claims.js";
import { announce, applyTick, confetti, connect, morph, reducedMotion, start } from "./core.js";
import { kinds } from "./kinds/index.js";
import { runOf } from "./section.js";
import { openOutbox, placeOf } from "./outbox.js";
import { dress } from "./personal.js";
import { createReceipts } from "./receipts.js";
import { createShow } from "./show.js";
import { retryDelay } from "./socket.js";
import { shortTicket } from "./ticket.js";

const MOST_IN_FLIGHT = 16; // unacknowledged entries the server takes from one socket

const TAKEN = new Set(["counted", "changed", "unchanged"]);
const PATIENCE = 15_000; // for an acknowledgement, before the same entry is sent again

const { code, showMs } = document.body.dataset;
const live = document.getElementById("live");
const stage = live.parentElement;
const link = document.getElementById("link");
const outbox = openOutbox(code);
const inFlight = new Map(); // place → the entry as sent on this connection
const retries = new Map(); // place → {timer, attempt}
const notes = new Map(); // place → why an entry was not counted
let you = null; // the newest frame's `you`, kept up by acknowledgements
let online = false;

// Browsers complain in the console about a vibration before the first touch.
const vibrate = (pattern) => navigator.userActivation?.hasBeenActive !== false && navigator.vibrate?.(pattern);

const claims = createClaims({ code, you: () => you, changed: dressPage, say: announce });
const receipts = createReceipts({
  code,
  outbox,
  load: () => import("./check.js"),
  async get(path) {
    const answer = await fetch(`/api/v1/events/${code}${path}`, { cache: "no-store", credentials: "same-origin" });
    if (!answer.ok) throw new Error(`${answer.status}`);
    // Bytes that are not UTF-8 are refused, and a byte order mark stays in.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await answer.arrayBuffer());
  },
  wait: (ms) => new Promise((done) => setTimeout(done, ms)),
  now: Date.now,
  changed: showChecks,
});

const me = {
  get you() {
    return you;
  },
  get online() {
    return online;
  },
  waiting: outbox.waiting,
  nonce: outbox.nonce,
  note: (activity, run) => notes.get(placeOf({ activity, run })),
  receipt: receipts.of,
  claims,
};

let announcedAlarm = "";

function showChecks() {
  dressPage();
  const why = stage.dataset.show === "roll" ? "" : live.querySelector("[data-alarm]:not([hidden]) [data-alarm-why]")?.textContent ?? "";
  if (why && why !== announcedAlarm) {
    announce(`Warning. This draw does not check out. ${why}`);
    vibrate([60, 60, 60, 60, 60]);
  }
  announcedAlarm = why;
}

function dressPage() {
  dress(live, me);
  const main = live.querySelector("#pane > [data-activity]");
  stage.dataset.outcome = main?.dataset.outcome ?? "none";
  if (you) {
    const who = stage.querySelector(".who [data-who]");
    if (who) who.textContent = you.name || you.handle;
    showOtherWins(main);
  }
  showLinkStatus();
  tintBrowserBars();
}

// The browser's own bars turn brass with the page.
function tintBrowserBars() {
  const won = stage.dataset.outcome === "won" && stage.dataset.show !== "roll";
  for (const meta of document.querySelectorAll('meta[name="theme-color"]')) {
    meta.dataset.paper ??= meta.content;
    meta.content = won ? "#fbb61b" : meta.dataset.paper;
  }
}

// A winner's codes stay on the page when the host has moved on.
function showOtherWins(main) {
  const shown = main && you.tickets?.[main.dataset.activity];
  const tickets = (you.won ?? []).map((w) => w.ticket ?? w).filter((t) => typeof t === "string" && t !== shown);
  document.getElementById("wins").hidden = tickets.length === 0;
  document.getElementById("wins-codes").textContent = tickets.map(shortTicket).join(", ");
}

// --- taps -------------------------------------------------------------------

function onTap(event) {
  const section = event.target.closest("[data-activity]");
  const kind = section && kinds[section.dataset.kind];
  if (!kind) return;
  if (event.type === "submit") event.preventDefault();
  const run = runOf(section);
  const fields = kind.tapped(event, section, me);
  if (!fields) return;
  if (typeof fields === "string") return refuseTap(run, fields);
  notes.delete(placeOf(run));
  outbox.put({ kind: section.dataset.kind, ...run, ...fields });
  vibrate(12);
  flush();
  dressPage();
}
for (const type of ["submit", "change", "click"]) document.addEventListener(type, onTap);

function refuseTap(entry, why) {
  notes.set(placeOf(entry), why);
  announce(why);
  dressPage();
}

/** Sends what waits. An entry whose place has one in flight waits for its answer first. */
function flush() {
  if (!online || !you) return;
  for (const waiting of outbox.all()) {
    const place = placeOf(waiting);
    if (!kinds[waiting.kind]) continue; // of a newer page in another tab
    if (inFlight.has(place) || retries.get(place)?.timer || inFlight.size >= MOST_IN_FLIGHT) continue;
    const entry = outbox.number(waiting, you.n);
    you.n = Math.max(you.n ?? 0, entry.n);
    const { kind: _, ...frame } = entry;
    if (!socket.send({ t: "entry", ref: `${place}:${entry.n}`, ...frame })) return;
    inFlight.set(place, entry);
    setTimeout(() => {
      if (inFlight.get(place) !== entry) return;
      inFlight.delete(place);
      flush();
    }, PATIENCE);
  }
}

function acknowledged({ ref, status, ticket, after_ms: afterMs }) {
  const place = String(ref).replace(/:\d+$/, "");
  const entry = inFlight.get(place);
  if (!entry || `${place}:${entry.n}` !== ref) return;
  inFlight.delete(place);
  if (status === "retry") return retry(place, afterMs);
  retries.delete(place);
  outbox.settle(entry);
  const { said, learned } = kinds[entry.kind];
  if (TAKEN.has(status)) {
    learned(you, entry, ticket);
    outbox.remember(entry, you.handle, ticket);
    announce(said.counted);
  } else {
    refuseTap(entry, said[status] ?? "That was not counted.");
  }
  flush();
  dressPage();
}

function retry(place, afterMs) {
  const attempt = (retries.get(place)?.attempt ?? 0) + 1;
  const timer = setTimeout(() => {
    retries.set(place, { attempt });
    flush();
  }, retryDelay(afterMs, attempt));
  retries.set(place, { attempt, timer });
}

// The log may have lost its tail behind an acknowledgement. What was counted for this
// participant and is missing while the run is open is sent again, as a new entry.
function sendLostEntriesAgain() {
  for (const section of live.querySelectorAll('[data-activity][data-state="open"]')) {
    const { activity, run } = runOf(section);
    const done = outbox.remembered(activity, run);
    if (!done || done.who !== you.handle || outbox.waiting(activity, run)) continue;
    if (!kinds[done.kind]?.lost(you, done)) continue;
    const { n, who, ticket, ...entry } = done;
    outbox.put(entry);
  }
}

// Another tab of this browser tapped, or learned what became of a tap.
outbox.listen(({ what, value }) => {
  if (what === "done" && value && you && value.who === you.handle) kinds[value.kind]?.learned(you, value, value.ticket);
  dressPage();
});

// --- frames -----------------------------------------------------------------

const shownRun = () => {
  const main = live.querySelector("#pane > [data-activity]");
  return main ? `${main.dataset.activity}:${main.dataset.run}:${main.dataset.state}` : "";
};

// Says to screen readers what has changed on the page; a draw is announced by its show.
function announceChange(before) {
  const now = shownRun();
  if (now === before) return;
  const [activity, , state] = now.split(":");
  if (activity !== before.split(":")[0]) scrollTo(0, 0);
  if (state === "drawn") return;
  const heading = live.querySelector("h1")?.textContent.trim() ?? "";
  const hint = live.querySelector("#pane > [data-activity] > .hint")?.textContent.trim() ?? "";
  announce(`${heading} ${hint}`);
  if (state === "open") vibrate(30);
}

const show = createShow(live, {
  ms: Number(showMs) || 5000,
  reduced: reducedMotion,
  onRoll() {
    scrollTo(0, 0);
    announce("Drum roll …");
    vibrate(40);
  },
  onReveal() {
    showChecks();
    const heading = [...live.querySelectorAll("[data-draw] h1")].find((el) => el.offsetParent !== null);
    if (heading) announce(heading.textContent.trim());
    // A winner of an earlier draw of this raffle has had the party.
    const own = live.querySelector("#pane > [data-activity] [data-me]");
    if (!own || own.dataset.drawn !== own.closest("[data-draw]").dataset.draw) return;
    vibrate([180, 90, 180, 90, 500]);
    confetti().catch(() => {}); // a chunk that does not load spoils nothing
  },
});

// The winners that the page names: the check is of what people see.
const winnersShown = () =>
  [...live.querySelectorAll("[data-drawn]")].map((el) => ({ ticket: el.dataset.ticket ?? el.dataset.voided, draw: Number(el.dataset.drawn) }));

function onState(frame, first) {
  if (frame.you) you = frame.you;
  online = true;
  if (first) {
    inFlight.clear();
    show.fresh();
  }
  const before = shownRun();
  morph(live, frame.html, (fragment) => dress(fragment, me));
  // First what this phone is told, then what it answers: its number goes into a ticket
  // only after the server's is known.
  receipts.frame(frame, winnersShown());
  sendLostEntriesAgain();
  flush();
  dressPage();
  show.update();
  tintBrowserBars();
  announceChange(before);
}

function onWon(frame) {
  if (!you) return;
  const known = (you.won ?? []).some((w) => (w.ticket ?? w) === frame.ticket);
  if (!known) you.won = [...(you.won ?? []), frame.ticket];
}

const statusWords = {
  connected: "connected",
  connecting: "connecting…",
  reconnecting: "reconnecting…",
  busy: "very busy, trying again…",
  stopped: "stopped…",
  gone: "ended",
};
let status = "connecting";

function showLinkStatus() {
  const kept = !online && status !== "gone" && outbox.all().length > 0;
  link.dataset.status = status;
  document.getElementById("link-word").textContent = statusWords[status] + (kept ? " your tap is kept" : "");
}

function onStatus(next) {
  status = next;
  online = next === "connected";
  if (!online) inFlight.clear();
  if (next === "gone") {
    outbox.forget();
    delete stage.dataset.show;
    stage.dataset.outcome = "none";
    live.replaceChildren(document.getElementById("gone").content.cloneNode(true));
    announce("This event is over.");
    showLinkStatus();
    return;
  }
  dressPage();
}

document.documentElement.dataset.js = "";
start();
dressPage();
const socket = connect({
  code,
  view: "phone",
  onState,
  onTick: (frame) => applyTick(live, frame),
  onAck: acknowledged,
  onWon,
  onStatus,
});
