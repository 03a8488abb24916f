// A socket that comes back. Phones sleep, change networks and sit behind Wi-Fi
// that stalls without a word, so nothing here waits for onclose: silence, an
// "offline" or a tab that wakes up is enough to drop the socket and dial again.

const SILENCE = 40_000; // the server sends something at least every 15 s
const WOKEN = 20_000; // a tab that slept this long does not trust its socket
const PATIENCE = 12_000; // for a handshake that nobody answers
const GONE = 4410;
const LEAVING = 1012;
const BUSY = 1013;
const STOPPED = new Set(["newer", "damaged"]); // problems for which the server has stopped an event

/**
 * Full jitter: anything between nothing and 0.3 s · 2^attempt, at most 15 s. A
 * browser cannot read what a refused handshake asks for, so this is all that keeps a
 * crowd from dialling at the same moment.
 */
export function backoff(attempt) {
  return Math.random() * Math.min(15_000, 300 * 2 ** attempt);
}

/** 2.5 to 7.5 s, and with each refusal in a row up to 15 to 45 s: a stopped event waits for people. */
export const stoppedDelay = (attempt) => (0.5 + Math.random()) * Math.min(30_000, 5000 * 2 ** attempt);

/** What the server asks for, and longer with each refusal in a row. */
export const retryDelay = (afterMs, attempt) => (afterMs > 0 ? Math.min(afterMs, 60_000) : 0) + backoff(attempt);

/**
 * Connects a view to its event and keeps it connected.
 *
 * Frames go to onState(frame, first), onTick, onAck, onWon; `first` marks the
 * first state of a connection. onStatus gets "connected", "reconnecting", "busy",
 * "gone" (the event was deleted; nothing is dialled any more), or "stopped" and a
 * sentence for people: the server cannot go on with the event until it is mended.
 * send(object) answers whether the frame was handed to an open socket.
 */
export function connect({ code, view, onState, onTick, onAck, onWon, onStatus }) {
  let socket = null;
  let timer = 0;
  let attempt = 0;
  let refused = 0; // handshakes in a row that failed
  let stops = 0; // answers in a row that the event is stopped
  let first = true;
  let lastFrame = 0;
  let lastBeat = Date.now();
  let status = "";
  let over = false;

  const setStatus = (next, why) => {
    if (next !== status) onStatus?.((status = next), why);
  };

  function dropSocket() {
    const old = socket;
    socket = null;
    if (!old) return;
    old.onopen = old.onmessage = old.onclose = old.onerror = null;
    old.close();
  }

  function redial(delay, next = "reconnecting") {
    dropSocket();
    if (over) return;
    setStatus(next);
    clearTimeout(timer);
    timer = setTimeout(dial, delay);
  }

  function stopForGood() {
    over = true;
    clearTimeout(timer);
    clearInterval(beat);
    dropSocket();
    setStatus("gone");
  }

  function dial() {
    clearTimeout(timer);
    if (over || socket) return;
    first = true;
    lastFrame = Date.now();
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const mine = new WebSocket(`${scheme}//${location.host}/${code}/ws?view=${view}`, "drumroll.v1");
    let opened = false;
    socket = mine;
    mine.onopen = () => {
      opened = true;
      refused = 0;
      lastFrame = Date.now();
    };
    mine.onmessage = (message) => {
      lastFrame = Date.now();
      receive(JSON.parse(message.data));
    };
    mine.onclose = (event) => {
      socket = null;
      if (event.code === GONE) return stopForGood();
      if (event.code === LEAVING) return redial(200 + Math.random() * 1500);
      if (event.code === BUSY) {
        // Sent away from the middle of an event: why? Not asked by the whole room at once,
        // nor by those whom a full node never let in.
        if (!first) setTimeout(askOverHTTP, Math.random() * 1000);
        return redial(retryDelay(Number.parseInt(event.reason, 10) || 3000, ++attempt), "busy");
      }
      if (status === "stopped") return askOverHTTP();
      redial(backoff(attempt++));
      if (!opened && ++refused % 3 === 2) askOverHTTP();
    };
  }

  function receive(frame) {
    switch (frame.t) {
      case "state": {
        const wasFirst = first;
        first = false;
        attempt = stops = 0;
        onState?.(frame, wasFirst);
        setStatus("connected");
        break;
      }
      case "tick":
        onTick?.(frame);
        break;
      case "ack":
        onAck?.(frame);
        break;
      case "won":
        onWon?.(frame);
        break;
    }
  }

  // A browser does not tell why a handshake failed; plain HTTP does. 401 means a
  // credential of an earlier event of this code: the page hands out a fresh one.
  async function askOverHTTP() {
    let stopped = null;
    try {
      const answer = await fetch(`/api/v1/events/${code}`, { cache: "no-store" });
      if (answer.status === 404) return stopForGood();
      if (answer.status === 401 && mayReloadAgain()) return location.reload();
      if (answer.status === 503) stopped = await answer.json();
    } catch {
      // No network, or a proxy that answers for the server: dialling goes on.
    }
    if (over || status === "connected") return;
    if (STOPPED.has(stopped?.code)) waitStopped(stopped.detail);
    else if (status === "stopped") redial(backoff(attempt++));
  }

  // Asks again and again, until the event goes on.
  function waitStopped(why) {
    dropSocket();
    setStatus("stopped", why);
    clearTimeout(timer);
    timer = setTimeout(askOverHTTP, stoppedDelay(stops++));
  }

  function mayReloadAgain() {
    const key = `drumroll:reload:${code}`;
    try {
      const last = Number(sessionStorage.getItem(key));
      sessionStorage.setItem(key, String(Date.now()));
      return Date.now() - last > 60_000;
    } catch {
      return false;
    }
  }

  function wake() {
    if (over) return;
    if (socket && Date.now() - lastFrame > WOKEN) dropSocket();
    if (!socket) {
      attempt = 0;
      if (status === "stopped") askOverHTTP();
      else dial();
    }
  }

  const beat = setInterval(() => {
    const now = Date.now();
    const slept = now - lastBeat > WOKEN;
    lastBeat = now;
    if (!socket) return;
    const unanswered = socket.readyState === WebSocket.CONNECTING && now - lastFrame > PATIENCE;
    if (unanswered || now - lastFrame > SILENCE || (slept && now - lastFrame > WOKEN)) redial(backoff(attempt++));
  }, 5000);

  const listeners = [
    [window, "offline", () => redial(backoff(2))],
    [window, "online", wake],
    [window, "pageshow", wake],
    [document, "visibilitychange", () => document.visibilityState === "visible" && wake()],
    [window, "pagehide", () => {
      clearTimeout(timer);
      dropSocket();
    }],
  ];
  for (const [target, name, listener] of listeners) target.addEventListener(name, listener);
  dial();

  return {
    send(object) {
      if (socket?.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(object));
      return true;
    },
    close() {
      over = true;
      clearTimeout(timer);
      clearInterval(beat);
      for (const [target, name, listener] of listeners) target.removeEventListener(name, listener);
      dropSocket();
    },
  };
}
