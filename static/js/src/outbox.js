// Taps on their way. A tap is kept in localStorage until the server has said what
// became of it, so that a lost network, a reload or a closed tab loses none. Each
// activity's run has one place, and the newest tap takes it: what was tapped over
// need not arrive any more. Tabs of one browser share the places, hence one key
// per run and never a list to read and write back.
//
// A tap is {activity, run, choice, n, nonce}; choice is absent for a raffle, nonce
// for a poll. n rises with each tap of the participant, and the server ignores an
// older one. It is set when the tap is first sent, since only then is the
// participant's last n known.
//
// Beside the taps stands what this phone chose and was told, so that it can check a
// draw: its nonce of a run (kind "nonce") and what told.js makes of it ("told").
import { newNonce } from "./told.js";

/** localStorage, or memory where the browser refuses it. */
function storage() {
  try {
    localStorage.setItem("drumroll", "1");
    return localStorage;
  } catch {
    const memory = new Map();
    return {
      getItem: (k) => memory.get(k) ?? null,
      setItem: (k, v) => void memory.set(k, v),
      removeItem: (k) => void memory.delete(k),
      key: (i) => [...memory.keys()][i] ?? null,
      get length() {
        return memory.size;
      },
    };
  }
}

export function openOutbox(code) {
  const store = storage();
  const prefix = `drumroll:${code}:`;
  const key = (kind, activity, run) => `${prefix}${kind}:${activity}:${run}`;
  const read = (k) => {
    try {
      return JSON.parse(store.getItem(k));
    } catch {
      return null;
    }
  };
  const write = (k, value) => {
    try {
      store.setItem(k, JSON.stringify(value));
    } catch {
      // A full store costs the reload, not the tap: it is sent from memory.
    }
  };
  const keys = (kind) =>
    Array.from({ length: store.length }, (_, i) => store.key(i)).filter((k) => k?.startsWith(`${prefix}${kind}:`));

  return {
    /** Takes a tap; it replaces an older one of the same run. */
    put(tap) {
      write(key("tap", tap.activity, tap.run), tap);
    },
    /** The tap that waits for its acknowledgement, or null. */
    waiting: (activity, run) => read(key("tap", activity, run)),
    all: () => keys("tap").map(read).filter(Boolean),
    /** Gives a tap the next n, above every n used or seen so far. */
    number(tap, seen = 0) {
      if (tap.n) return tap;
      const n = Math.max(seen, Number(store.getItem(`${prefix}n`)) || 0) + 1;
      write(`${prefix}n`, n);
      const numbered = { ...tap, n };
      this.put(numbered);
      return numbered;
    },
    /** Drops the waiting tap unless a newer one has taken its place. */
    settle(tap) {
      const k = key("tap", tap.activity, tap.run);
      const now = read(k);
      if (now && now.n && now.n <= tap.n) store.removeItem(k);
    },
    /** Remembers what was acknowledged, and to whom: other tabs learn it from here. */
    remember(tap, who, ticket) {
      write(key("done", tap.activity, tap.run), { ...tap, who, ticket });
    },
    remembered: (activity, run) => read(key("done", activity, run)),
    /** The number of a run that goes into this phone's ticket: chosen once, so that whatever is sent again has the same. */
    nonce(activity, run) {
      const k = key("nonce", activity, run);
      const known = read(k);
      if (known) return known;
      const fresh = newNonce();
      write(k, fresh);
      return fresh;
    },
    /** That number, or null where this phone has chosen none. */
    chosen: (activity, run) => read(key("nonce", activity, run)),
    told: (activity, run) => read(key("told", activity, run)),
    keep(activity, run, told) {
      write(key("told", activity, run), told);
    },
    forget() {
      for (const k of ["tap", "done", "nonce", "told"].flatMap(keys)) store.removeItem(k);
    },
    /** fn({kind: "tap"|"done", activity, run, value}) when another tab wrote; value null: it is gone. */
    listen(fn) {
      addEventListener("storage", (event) => {
        if (!event.key?.startsWith(prefix)) return;
        const [kind, activity, run] = event.key.slice(prefix.length).split(":");
        if (run !== undefined) fn({ kind, activity: Number(activity), run: Number(run), value: read(event.key) });
      });
    },
  };
}
