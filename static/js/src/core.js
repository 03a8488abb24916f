// What every view needs: the page's fragment kept in step with the server.
// The socket itself is in socket.js; the draw's show, for phone and screen, in show.js.
import { Idiomorph } from "idiomorph";
import * as socket from "./socket.js";

export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** 1284 → "1,284", whatever the browser's language: the page is English. */
export const number = (n) => Math.round(n).toLocaleString("en-US");

/** 83000 ms → "1:23"; hours only when there are any. Rounded up: "0:00" means over. */
export function clock(ms) {
  const s = Math.max(0, Math.ceil(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  const h = Math.floor(s / 3600);
  return (h ? `${h}:${two(Math.floor(s / 60) % 60)}` : Math.floor(s / 60)) + `:${two(s % 60)}`;
}

/** Says a sentence to screen readers; the same sentence twice is said twice. */
export function announce(text) {
  const el = document.getElementById("announce");
  if (el) el.textContent = el.textContent === text ? `${text}\u00a0` : text;
}

/** connect of socket.js, which also shows in words why an event stands still. */
export const connect = (view) =>
  socket.connect({
    ...view,
    onStatus(status, why) {
      showStopped(why);
      view.onStatus(status);
    },
  });

function showStopped(why) {
  const shown = document.getElementById("stopped");
  if (!why) return shown?.remove();
  const bar = shown ?? document.createElement("p");
  bar.id = bar.className = "stopped";
  bar.textContent = why;
  document.body.prepend(bar);
  announce(why);
}

/**
 * Replaces the inside of el by html with the fewest changes, so that focus,
 * scroll, typed text and running transitions survive. prepare(fragment) may fill
 * in what is personal before it is shown.
 */
export function morph(el, html, prepare) {
  const template = document.createElement("template");
  template.innerHTML = html;
  stampDeadlines(template.content);
  prepare?.(template.content);
  Idiomorph.morph(el, [...template.content.childNodes], {
    morphStyle: "innerHTML",
    ignoreActiveValue: true,
    callbacks: {
      // [data-keep] marks what somebody is typing in: it stays as it is.
      beforeNodeMorphed: (old, fresh) => old.dataset?.keep === undefined || fresh.dataset?.keep === undefined,
      // Styles are set through CSSOM only; a new fragment knows nothing of them.
      beforeAttributeUpdated: (name) => name !== "style",
    },
  });
  drawBars(el);
  showTimeLeft();
}

/** Makes a page rendered by the server live: bars take their share, clocks run. */
export function start(root = document) {
  stampDeadlines(root);
  drawBars(root);
  showTimeLeft();
  setInterval(showTimeLeft, 250);
}

// Remaining times become local deadlines at once, so that neither a morph with
// the same text nor a slept-through minute stops the clock.
function stampDeadlines(root) {
  for (const el of root.querySelectorAll("[data-closes-in]")) {
    el.dataset.deadline = String(Date.now() + Number(el.dataset.closesIn));
  }
}

function showTimeLeft() {
  for (const el of document.querySelectorAll("[data-deadline]")) {
    const left = Number(el.dataset.deadline) - Date.now();
    const text = clock(left);
    if (el.textContent !== text) el.textContent = text;
    el.toggleAttribute("data-hurry", left <= 10_000);
  }
}

function setShare(el, share) {
  if (el instanceof SVGElement) el.setAttribute("width", `${share * 100}%`);
  else el.style.setProperty("--share", String(share));
}

// data-share is 0…1, as rendered. Bars drawn as SVG rectangles need no help.
function drawBars(root) {
  for (const el of root.querySelectorAll("[data-bar][data-share]")) {
    if (!(el instanceof SVGElement)) setShare(el, Number(el.dataset.share));
  }
}

/** Puts a tick's numbers into every element under root that asks for them. */
export function applyTick(root, tick) {
  const id = tick.activity;
  const each = (selector, fn) => root.querySelectorAll(selector).forEach(fn);
  if (tick.connected !== undefined) each("[data-connected]", (el) => glide(el, tick.connected));
  if (tick.entries !== undefined) each(`[data-entries="${id}"]`, (el) => glide(el, tick.entries));
  if (tick.mean !== undefined) each(`[data-mean="${id}"]`, (el) => glide(el, tick.mean, (n) => n.toFixed(2)));
  const most = Math.max(1, ...(tick.counts ?? []));
  tick.counts?.forEach((count, i) => {
    const share = tick.entries > 0 ? count / tick.entries : 0;
    each(`[data-count="${id}:${i}"]`, (el) => glide(el, count));
    each(`[data-percent="${id}:${i}"]`, (el) => glide(el, share * 100));
    each(`[data-bar="${id}:${i}"]`, (el) => setShare(el, share));
    each(`[data-rise="${id}:${i}"]`, (el) => el.setAttribute("height", `${(100 * count) / most}%`)); // the highest fills its column
  });
}

const gliding = new WeakMap();

// A number runs to its new value in 400 ms, from whatever it shows now. A word
// right behind it with data-one and data-many follows.
function glide(el, to, format = number) {
  const word = el.nextElementSibling?.dataset;
  if (word?.one) el.nextElementSibling.textContent = to === 1 ? word.one : word.many;
  cancelAnimationFrame(gliding.get(el));
  const from = Number.parseFloat(el.textContent.replaceAll(",", ""));
  if (Number.isNaN(from) || from === to || document.hidden || reducedMotion()) {
    el.textContent = format(to);
    return;
  }
  const began = performance.now();
  const step = (now) => {
    const t = Math.min(1, Math.max(0, now - began) / 400);
    el.textContent = format(from + (to - from) * (1 - (1 - t) ** 3));
    if (t < 1) gliding.set(el, requestAnimationFrame(step));
  };
  gliding.set(el, requestAnimationFrame(step));
}

/** Throws confetti over the page; its code is fetched only now. */
export async function confetti(options = {}) {
  if (reducedMotion()) return;
  const { create } = await import("./confetti.js").then((m) => m.default ?? m);
  const canvas = document.createElement("canvas");
  canvas.className = "confetti";
  canvas.setAttribute("aria-hidden", "true");
  document.body.append(canvas);
  // Its worker would break a strict Content-Security-Policy.
  const fire = create(canvas, { resize: true, useWorker: false, disableForReducedMotion: true });
  const colors = ["#1b4fd6", "#d9480f", "#0f7b52", "#9c2fb0", "#ffffff", "#1a1423"];
  const burst = (more) => fire({ colors, ticks: 260, ...options, ...more });
  await Promise.all([
    burst({ particleCount: 90, spread: 75, startVelocity: 48, origin: { x: 0.5, y: 0.75 } }),
    burst({ particleCount: 50, angle: 60, spread: 60, origin: { x: 0, y: 0.65 } }),
    burst({ particleCount: 50, angle: 120, spread: 60, origin: { x: 1, y: 0.65 } }),
  ]);
  canvas.remove();
}
