// Entries on their way. An entry is kept in localStorage until the server has said
// what became of it, so that a lost network, a reload or a closed tab loses none. Each
// entry has a place, and a newer entry takes it: what was tapped over need not arrive
// any more. Tabs of one browser share the places, hence one key per place and never a
// list to read and write back.
//
// An entry is {kind, activity, run, n} and the fields of its kind (choice, value,
// nonce). n rises with each entry of the participant, and the server ignores an older
// one. It is set when the entry is first sent, since only then is the participant's
// last n known.
//
// The same storage holds what this phone chose and was told, so that it can check a
// draw: its nonce of a run ("nonce") and what told.js makes of it ("told").
import { newNonce } from "./told.js";

/** An entry's place: one per run. A kind with several entries in a run gives each its own. */
export const placeOf = ({ activity, run }) => `${activity}:${run}`;

/** localStorage; what the browser refuses, or has no room for, is kept in memory. */
function storage() {
  const memory = new Map();
  let disk = null;
  try {
    localStorage.setItem("drumroll", "1");
    disk = localStorage;
  } catch {
    // Private windows and strict settings: an entry lives as long as the page.
  }
  return {
    get: (k) => memory.get(k) ?? disk?.getItem(k) ?? null,
    set(k, value) {
      try {
        disk.setItem(k, value);
        memory.delete(k);
      } catch {
        memory.set(k, value);
      }
    },
    remove(k) {
      memory.delete(k);
      disk?.removeItem(k);
    },
    keys: () => [...new Set([...memory.keys(), ...Array.from({ length: disk?.length ?? 0 }, (_, i) => disk.key(i))])],
  };
}

export function openOutbox(code) {
  const store = storage();
  const prefix = `drumroll:${code}:`;
  const key = (what, activity, run) => keyAt(what, { activity, run });
  const keyAt = (what, entry) => `${prefix}${what}:${placeOf(entry)}`;
  const read = (k) => {
    try {
      return JSON.parse(store.get(k));
    } catch {
      return null;
    }
  };
  const write = (k, value) => store.set(k, JSON.stringify(value));
  const keys = (what) => store.keys().filter((k) => k?.startsWith(`${prefix}${what}:`));

  return {
    /** Keeps an entry; it replaces an older one of the same place. */
    put(entry) {
      write(keyAt("tap", entry), entry);
    },
    /** The entry that waits for its acknowledgement, or null. */
    waiting: (activity, run) => read(key("tap", activity, run)),
    all: () => keys("tap").map(read).filter(Boolean),
    /** Gives an entry the next n, above every n used or seen so far. */
    number(entry, seen = 0) {
      if (entry.n) return entry;
      const n = Math.max(seen, Number(store.get(`${prefix}n`)) || 0) + 1;
      write(`${prefix}n`, n);
      const numbered = { ...entry, n };
      this.put(numbered);
      return numbered;
    },
    /** Drops the waiting entry unless a newer one has taken its place. */
    settle(entry) {
      const k = keyAt("tap", entry);
      const waiting = read(k);
      if (waiting?.n && waiting.n <= entry.n) store.remove(k);
    },
    /** Remembers what was acknowledged, and to whom: other tabs learn it from here. */
    remember(entry, who, ticket) {
      write(keyAt("done", entry), { ...entry, who, ticket });
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
    /** Whether that number has left this phone. */
    sent: (activity, run) => Boolean(read(key("tap", activity, run))?.n || read(key("done", activity, run))),
    told: (activity, run) => read(key("told", activity, run)),
    keep(activity, run, told) {
      write(key("told", activity, run), told);
    },
    forget() {
      for (const k of ["tap", "done", "nonce", "told"].flatMap(keys)) store.remove(k);
    },
    /** fn({what: "tap"|"done", activity, run, value}) when another tab wrote; value null: it is gone. */
    listen(fn) {
      addEventListener("storage", (event) => {
        if (!event.key?.startsWith(prefix)) return;
        const [what, activity, run] = event.key.slice(prefix.length).split(":");
        if (run !== undefined) fn({ what, activity: Number(activity), run: Number(run), value: read(event.key) });
      });
    },
  };
}
