// The audience's phone: taps become entries, at once to the eye and for certain
// to the log; frames become the page.
import { createClaims } from "./claims.js";
import { announce, applyTick, confetti, connect, morph, reducedMotion, start } from "./core.js";
import { openOutbox } from "./outbox.js";
import { dress, shortTicket } from "./personal.js";
import { createReceipts } from "./receipts.js";
import { createShow } from "./show.js";
import { patience } from "./socket.js";

const MOST_IN_FLIGHT = 16; // unacknowledged entries the server takes from one socket

const PATIENCE = 15_000; // for an acknowledgement, before the same tap is sent again

const { code, showMs } = document.body.dataset;
const live = document.getElementById("live");
const stage = live.parentElement;
const link = document.getElementById("link");
const outbox = openOutbox(code);
const flying = new Map(); // "activity:run" → the tap as sent on this connection
const retries = new Map(); // "activity:run" → {timer, attempt}
const notes = new Map(); // "activity:run" → why an entry was not counted
let you = null; // the newest frame's `you`, kept up by acknowledgements
let online = false;

const place = (tap) => `${tap.activity}:${tap.run}`;
// Browsers complain in the console about a vibration before the first touch.
const vibrate = (pattern) => navigator.userActivation?.hasBeenActive !== false && navigator.vibrate?.(pattern);

const claims = createClaims({ code, you: () => you, changed: refresh, say: announce });
const receipts = createReceipts({
  code,
  outbox,
  load: () => import("./check.js"),
  async get(path) {
    const answer = await fetch(`/api/v1/events/${code}${path}`, { cache: "no-store", credentials: "same-origin" });
    if (!answer.ok) throw new Error(`${answer.status}`);
    return answer.json();
  },
  wait: (ms) => new Promise((done) => setTimeout(done, ms)),
  now: Date.now,
  changed: checked,
});

const me = {
  get you() {
    return you;
  },
  get online() {
    return online;
  },
  waiting: outbox.waiting,
  note: (activity, run) => notes.get(`${activity}:${run}`),
  receipt: receipts.of,
  claim: claims.of,
  checkedIn: claims.checkedIn,
};

let shouted = "";

function checked() {
  refresh();
  const why = stage.dataset.show === "roll" ? "" : live.querySelector("[data-alarm]:not([hidden]) [data-alarm-why]")?.textContent ?? "";
  if (why && why !== shouted) {
    announce(`Warning. This draw does not check out. ${why}`);
    vibrate([60, 60, 60, 60, 60]);
  }
  shouted = why;
}

function refresh() {
  dress(live, me);
  const main = live.querySelector("#pane > [data-activity]");
  stage.dataset.outcome = main?.dataset.outcome ?? "none";
  if (you) {
    const who = stage.querySelector(".who [data-who]");
    if (who) who.textContent = you.name || you.handle;
    keepWinsAtHand(main);
  }
  tellStatus();
  tint();
}

// The browser's own bars turn brass with the page.
function tint() {
  const won = stage.dataset.outcome === "won" && stage.dataset.show !== "roll";
  for (const meta of document.querySelectorAll('meta[name="theme-color"]')) {
    meta.dataset.paper ??= meta.content;
    meta.content = won ? "#fbb61b" : meta.dataset.paper;
  }
}

// A winner's codes stay on the page when the host has moved on.
function keepWinsAtHand(main) {
  const shown = main && you.tickets?.[main.dataset.activity];
  const tickets = (you.won ?? []).map((w) => w.ticket ?? w).filter((t) => typeof t === "string" && t !== shown);
  document.getElementById("wins").hidden = tickets.length === 0;
  document.getElementById("wins-codes").textContent = tickets.map(shortTicket).join(", ");
}

// --- taps -------------------------------------------------------------------

function tap(section, choice) {
  const entry = { activity: Number(section.dataset.activity), run: Number(section.dataset.run), choice };
  if (section.dataset.kind === "raffle") entry.nonce = outbox.nonce(entry.activity, entry.run);
  notes.delete(place(entry));
  outbox.put(entry);
  vibrate(12);
  flush();
  refresh();
}

/** Sends what waits. A run with a tap in flight waits for its answer first. */
function flush() {
  if (!online || !you) return;
  for (const waiting of outbox.all()) {
    const at = place(waiting);
    if (flying.has(at) || retries.get(at)?.timer || flying.size >= MOST_IN_FLIGHT) continue;
    const entry = outbox.number(waiting, you.n);
    you.n = Math.max(you.n ?? 0, entry.n);
    const { activity, run, choice, n, nonce } = entry;
    if (!socket.send({ t: "entry", ref: `${at}:${n}`, activity, run, n, choice, nonce })) return;
    flying.set(at, entry);
    setTimeout(() => {
      if (flying.get(at) !== entry) return;
      flying.delete(at);
      flush();
    }, PATIENCE);
  }
}

function acknowledged(ack) {
  const at = String(ack.ref).split(":").slice(0, 2).join(":");
  const entry = flying.get(at);
  if (!entry || `${at}:${entry.n}` !== ack.ref) return;
  flying.delete(at);
  if (ack.status === "retry") return retry(at, ack.after_ms);
  retries.delete(at);
  outbox.settle(entry);
  if (ack.status === "closed" || ack.status === "invalid") refused(entry, ack.status);
  else counted(entry, ack.ticket);
  flush();
  refresh();
}

function retry(at, afterMs) {
  const attempt = (retries.get(at)?.attempt ?? 0) + 1;
  const timer = setTimeout(() => {
    retries.set(at, { attempt });
    flush();
  }, patience(afterMs, attempt));
  retries.set(at, { attempt, timer });
}

function counted(entry, ticket) {
  learn(entry, ticket);
  outbox.remember(entry, you.handle, ticket);
  announce(entry.choice ? "Counted." : "You’re in. Your ticket is in the drum.");
}

function learn(entry, ticket) {
  if (entry.choice) you.entries = { ...you.entries, [entry.activity]: entry.choice };
  else if (ticket) you.tickets = { ...you.tickets, [entry.activity]: ticket };
}

function refused(entry, status) {
  const why =
    status === "invalid" ? "Not counted: that choice isn’t possible here."
    : entry.choice ? "Not counted: voting closed before your tap arrived."
    : "You’re not in: the drum closed before your tap arrived.";
  notes.set(place(entry), why);
  announce(why);
}

// The log may have been taken back behind an acknowledgement. What was counted for
// this participant and is missing while the run is open is sent again, as new.
function sendAgainWhatWasLost() {
  for (const section of live.querySelectorAll('[data-activity][data-state="open"]')) {
    const activity = Number(section.dataset.activity);
    const run = Number(section.dataset.run);
    const done = outbox.remembered(activity, run);
    if (!done || done.who !== you.handle || outbox.waiting(activity, run)) continue;
    const has = done.choice ? you.entries?.[activity] : you.tickets?.[activity];
    const older = done.choice && has && (you.n ?? 0) < done.n && String(has) !== String(done.choice);
    if (!has || older) outbox.put({ activity, run, choice: done.choice, nonce: done.nonce });
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-entry]");
  if (!form) return;
  event.preventDefault();
  const section = form.closest("[data-activity]");
  const button = event.submitter;
  if (section.dataset.kind === "raffle") {
    if (!outbox.waiting(Number(section.dataset.activity), Number(section.dataset.run))) tap(section);
  } else if (button?.name === "choice" && button.dataset.mark === "") {
    tap(section, [Number(button.value)]);
  }
});

document.addEventListener("click", ({ target }) => {
  const section = target.closest("[data-activity]");
  if (!section) return;
  const activity = Number(section.dataset.activity);
  const own = you?.tickets?.[activity];
  if (target.closest("[data-claim-press]") && own) claims.claim(own);
  if (target.closest("[data-check-in]")) claims.checkIn(activity, Number(section.dataset.run));
});

document.addEventListener("change", (event) => {
  const box = event.target;
  const section = box.closest("form[data-entry]")?.closest("[data-activity]");
  if (!section) return;
  const choice = [...section.querySelectorAll("input:checked")].map((el) => Number(el.value));
  const most = Number(section.dataset.max);
  const at = `${section.dataset.activity}:${section.dataset.run}`;
  if (choice.length > most || choice.length === 0) {
    box.checked = !box.checked;
    const why = choice.length ? `That’s ${most} already: untick one first.` : "Keep at least one, or tick another one first.";
    notes.set(at, why);
    announce(why);
    refresh();
    return;
  }
  tap(section, choice);
});

// Another tab of this browser tapped, or learned what became of a tap.
outbox.listen(({ kind, value }) => {
  if (kind === "done" && value && you && value.who === you.handle) learn(value, value.ticket);
  refresh();
});

// --- frames -----------------------------------------------------------------

const onShow = () => {
  const main = live.querySelector("#pane > [data-activity]");
  return main ? `${main.dataset.activity}:${main.dataset.run}:${main.dataset.state}` : "";
};

// What a glance shows, said to those who listen; the draw speaks for itself.
function tellNews(before) {
  const now = onShow();
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
    checked();
    const heading = [...live.querySelectorAll("[data-draw] h1")].find((el) => el.offsetParent !== null);
    if (heading) announce(heading.textContent.trim());
    // Who won in an earlier draw of this raffle has had the party.
    const own = live.querySelector("#pane > [data-activity] [data-me]");
    if (!own || own.dataset.drawn !== own.closest("[data-draw]").dataset.draw) return;
    vibrate([180, 90, 180, 90, 500]);
    confetti().catch(() => {}); // a chunk that does not load spoils nothing
  },
});

// Whom the page names, whatever else the frame says: the check is of what people see.
const winnersShown = () =>
  [...live.querySelectorAll("[data-drawn]")].map((el) => ({ ticket: el.dataset.ticket ?? el.dataset.voided, draw: Number(el.dataset.drawn) }));

function onState(frame, first) {
  if (frame.you) you = frame.you;
  online = true;
  if (first) {
    flying.clear();
    show.fresh();
  }
  const before = onShow();
  morph(live, frame.html, (fragment) => dress(fragment, me));
  sendAgainWhatWasLost();
  flush();
  receipts.frame(frame, winnersShown());
  refresh();
  show.update();
  tint();
  tellNews(before);
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
  gone: "ended",
};
let status = "connecting";

function tellStatus() {
  const kept = !online && status !== "gone" && outbox.all().length > 0;
  link.dataset.status = status;
  document.getElementById("link-word").textContent = statusWords[status] + (kept ? " your tap is kept" : "");
}

function onStatus(next) {
  status = next;
  online = next === "connected";
  if (!online) flying.clear();
  if (next === "gone") {
    outbox.forget();
    delete stage.dataset.show;
    stage.dataset.outcome = "none";
    live.replaceChildren(document.getElementById("gone").content.cloneNode(true));
    announce("This event is over.");
    tellStatus();
    return;
  }
  refresh();
}

document.documentElement.dataset.js = "";
start();
refresh();
const socket = connect({
  code,
  view: "phone",
  onState,
  onTick: (frame) => applyTick(live, frame),
  onAck: acknowledged,
  onWon,
  onStatus,
});
