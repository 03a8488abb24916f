// The console. The server renders what can be done now, as buttons with their call in
// data attributes; this module sends the calls and keeps the view live.
import { announce, applyTick, clock, connect, morph, reducedMotion, start } from "./core.js";
import { call as callAPI } from "./host/api.js";
import { wireDialogs } from "./host/dialogs.js";
import { createEditor } from "./host/edit.js";
import { listen } from "./host/keys.js";
import { createOrder } from "./host/order.js";
import { createPresses } from "./host/presses.js";
import { watchCrowd } from "./host/rehearsal.js";
import { tickNouns } from "./nouns.js";
import { createShow } from "./show.js";

const { code, showMs } = document.body.dataset;
const live = document.getElementById("live");
const toast = document.getElementById("toast");
let connected = false;
let event = null; // as in the newest state frame
let seconds = 0; // of the timer that goes with the next opening

const call = (method, path, body) => callAPI(code, method, path, body);

let toastTimer = 0;
function showToast(text) {
  toast.textContent = text;
  toast.toggleAttribute("data-on", true);
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => toast.removeAttribute("data-on"), 8000);
}

function showRefusal(refused) {
  showToast(refused.message);
  if (!connected) reread();
}

// Without a socket, the page itself brings the true state.
async function reread() {
  try {
    const answer = await fetch(location.pathname, { cache: "no-store" });
    if (!answer.ok || connected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("live");
    if (fresh) putFragment(fresh.innerHTML);
  } catch {
    // Still no network; the socket goes on trying.
  }
}

function putFragment(html) {
  morph(live, html);
  presses.refresh();
  showTimer();
}

function setTimer(n) {
  seconds = n;
  showTimer();
}

function showTimer() {
  const own = seconds !== 0 && ![30, 60, 120].includes(seconds);
  for (const button of document.querySelectorAll("[data-timer]")) {
    const mine = button.dataset.timer === "own" ? own : Number(button.dataset.timer) === seconds;
    button.setAttribute("aria-pressed", String(mine));
    if (button.dataset.timer === "own") button.textContent = own ? clock(seconds * 1000) : "Own …";
  }
  const label = document.querySelector("#next[data-opens] .with-timer");
  if (label) label.textContent = seconds ? ` · ${clock(seconds * 1000)}` : "";
}

// The console shows the winner at once; the show tells it while the projector still rolls.
const show = createShow(live, { ms: Number(showMs), reduced: reducedMotion });

const presses = createPresses({
  call,
  timer: () => seconds,
  say: announce,
  fail: showRefusal,
  done(button) {
    toast.removeAttribute("data-on");
    button.closest("[popover]")?.hidePopover();
    if ("leaves" in button.dataset) location.assign(button.dataset.leaves || "/");
    else if (!connected) reread();
  },
});
const editor = createEditor({ call, say: announce, activities: () => event?.activities ?? [] });

async function edit(id) {
  try {
    const known = event ?? (await call("GET", ""));
    const activity = known.activities.find((a) => a.id === id);
    if (activity) editor.edit(activity);
  } catch (refused) {
    showRefusal(refused);
  }
}

createOrder({ call, edit, say: announce, fail: showRefusal, timer: () => seconds });
wireDialogs({ call, say: announce, setTimer });
watchCrowd({ call });
listen(presses);

document.addEventListener("click", ({ target }) => {
  const add = target.closest("[data-add]");
  if (add) editor.add(add.dataset.add);
  const edited = target.closest("[data-edit]");
  if (edited) edit(Number(edited.dataset.edit));
  const timed = target.closest("[data-timer]");
  if (timed?.dataset.timer === "own") document.getElementById("timer-dialog").showModal();
  else if (timed) setTimer(Number(timed.dataset.timer));
});

const toggle = document.getElementById("order-toggle");
toggle.addEventListener("click", () => {
  const open = document.body.toggleAttribute("data-order-open");
  toggle.setAttribute("aria-expanded", String(open));
});

// The miniature is the projector itself, at its own size, scaled to the frame.
const mini = document.getElementById("mini");
new ResizeObserver(([{ contentRect }]) => {
  if (!contentRect.width) return; // a remote shows none, and so loads none
  if (!mini.src) mini.src = mini.dataset.src;
  mini.style.setProperty("transform", `scale(${contentRect.width / 1280})`);
}).observe(mini.parentElement);

start();
showTimer();
presses.refresh();

connect({
  code,
  view: "host",
  onState(frame, first) {
    if (first) show.fresh();
    event = frame.event;
    putFragment(frame.html);
    show.update();
  },
  onTick(frame) {
    applyTick(live, frame);
    tickNouns(live, frame);
  },
  onStatus(status) {
    connected = status === "connected";
    document.body.dataset.link = status;
    if (status === "gone") {
      for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
      document.querySelector(".console").hidden = true;
      document.getElementById("gone").hidden = false;
    }
  },
});
