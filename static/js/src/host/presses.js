// Buttons that act: [data-method][data-path] speak to the API, and those with
// [data-arm] need to be pressed twice. The server does not know which is armed, so
// that is put back after each morph.

const ARMED_MS = 10_000;
// A clicker that bounces, or a hand that presses twice, must neither confirm what it
// has just armed nor take a second step.
const BOUNCE_MS = 500;

/**
 * @param {object} deps
 * @param {(method, path, body) => Promise} deps.call
 * @param {() => number} deps.timer seconds for the next opening, 0 for none
 * @param {(sentence: string) => void} deps.say to screen readers
 * @param {(refused: Error) => void} deps.fail
 * @param {(button: HTMLElement) => void} deps.done after an accepted call
 */
export function createPresses({ call, timer, say, fail, done }) {
  let armed = null; // {id, signature, at, timeout}
  const busy = new Set(); // ids of buttons whose call is under way
  let nextAct = ""; // what #next does now
  let nextSince = 0; // when it began to do so

  const signature = (b) => `${b.dataset.method} ${b.dataset.path} ${b.dataset.body ?? ""}`;

  function disarm() {
    if (!armed) return;
    clearTimeout(armed.timeout);
    document.getElementById(armed.id)?.removeAttribute("data-armed");
    armed = null;
  }

  function arm(button) {
    disarm();
    armed = { id: button.id, signature: signature(button), at: performance.now(), timeout: setTimeout(disarm, ARMED_MS) };
    button.setAttribute("data-armed", "");
    say(button.dataset.arm);
  }

  async function act(button) {
    const { id, dataset } = button;
    const body = dataset.body ? JSON.parse(dataset.body) : undefined;
    if ("opens" in dataset && timer() > 0) body.seconds = timer();
    busy.add(id);
    refresh();
    try {
      await call(dataset.method, dataset.path, body);
      done(button);
    } catch (refused) {
      fail(refused);
    } finally {
      busy.delete(id);
      refresh();
    }
  }

  /** Presses a button as a click would; returns whether it counted. */
  function press(button) {
    if (busy.has(button.id) || button.disabled) return false;
    if (!button.dataset.arm) {
      act(button);
      return true;
    }
    if (armed?.id !== button.id || armed.signature !== signature(button)) {
      arm(button);
      return true;
    }
    if (performance.now() - armed.at < BOUNCE_MS) return false;
    disarm();
    act(button);
    return true;
  }

  /** Takes the one next step, unless it has just become another one. */
  function advance() {
    const next = document.getElementById("next");
    if (!next || next.disabled || performance.now() - nextSince < BOUNCE_MS) return;
    if ([...busy].length) return;
    if (next.dataset.method) press(next);
    else next.click();
  }

  /** Puts arming and business back onto the buttons after a morph. */
  function refresh() {
    const next = document.getElementById("next");
    if (next && next.dataset.next !== nextAct) {
      nextAct = next.dataset.next;
      nextSince = performance.now();
    }
    for (const button of document.querySelectorAll("[aria-busy]")) {
      if (!busy.has(button.id)) button.removeAttribute("aria-busy");
    }
    for (const id of busy) document.getElementById(id)?.setAttribute("aria-busy", "true");
    if (!armed) return;
    const button = document.getElementById(armed.id);
    if (button && signature(button) === armed.signature) button.setAttribute("data-armed", "");
    else disarm();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-method]");
    if (button) press(button);
  });

  return { advance, disarm, refresh };
}
