// The console's smaller dialogs: remote, redraw, rename, own timer, and copying.

/**
 * @param {object} deps
 * @param {(method, path, body?) => Promise} deps.call
 * @param {(sentence: string) => void} deps.say
 * @param {(seconds: number) => void} deps.setTimer
 */
export function wireDialogs({ call, say, setTimer }) {
  const $ = (id) => document.getElementById(id);

  /** Sends on submit, with the button held down and errors below the form. */
  function onSubmit(name, send) {
    const form = $(`${name}-form`);
    const error = form.querySelector(".form-error");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = event.submitter ?? form.querySelector("[type=submit]:not([hidden])");
      if (button.disabled) return;
      button.disabled = true;
      error.textContent = "";
      try {
        if ((await send()) !== false) $(`${name}-dialog`).close();
      } catch (refused) {
        error.textContent = refused.message;
      } finally {
        button.disabled = false;
      }
    });
  }

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) open(opener);
    const redraw = event.target.closest("[data-redraw]");
    if (redraw && !redraw.disabled) askRedraw(redraw);
    if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
    const copier = event.target.closest("[data-copy]");
    if (copier) copy(copier);
    // A click outside a dialog closes it.
    if (event.target instanceof HTMLDialogElement) event.target.close();
  });

  function open(opener) {
    const dialog = $(opener.dataset.dialog);
    if (!dialog) return;
    opener.closest("[popover]")?.hidePopover();
    for (const error of dialog.querySelectorAll(".form-error")) error.textContent = "";
    if (dialog.id === "rename-dialog") $("rename-name").value = opener.dataset.title;
    if (dialog.id === "remote-dialog") {
      $("remote-ask").hidden = false;
      $("remote-done").hidden = true;
    }
    dialog.showModal();
    if (dialog.id === "check-dialog") $("check-form").requestSubmit($("check-again"));
  }

  onSubmit("check", async () => {
    $("check-list").replaceChildren();
    $("check-wait").hidden = false;
    try {
      const { checks } = await call("POST", "/selftest");
      $("check-list").replaceChildren(...checks.map(({ status, says }) => {
        const line = document.createElement("li");
        line.dataset.status = status;
        line.textContent = says;
        return line;
      }));
    } finally {
      $("check-wait").hidden = true;
    }
    return false; // stays open to be read
  });

  onSubmit("remote", async () => {
    const remote = await call("POST", "/remotes", { label: $("remote-label").value.trim() || "Remote" });
    const [rect, path] = $("remote-qr").children;
    const { size } = remote.qr;
    $("remote-qr").setAttribute("viewBox", `0 0 ${size} ${size}`);
    rect.setAttribute("width", size);
    rect.setAttribute("height", size);
    path.setAttribute("d", remote.qr.path);
    $("remote-url").value = remote.url;
    $("remote-ask").hidden = true;
    $("remote-done").hidden = false;
    return false; // stays open to be scanned
  });
  // The link is a key: it leaves the page with its dialog.
  $("remote-dialog").addEventListener("close", () => {
    $("remote-url").value = "";
    $("remote-qr").lastElementChild.removeAttribute("d");
  });

  onSubmit("rename", () => {
    const title = $("rename-name").value.trim();
    if (!title) throw new Error("An event needs a title.");
    return call("PATCH", "", { title });
  });

  let redraw = null;
  function askRedraw(button) {
    redraw = { ...button.dataset };
    const mode = "void" in redraw ? "void" : "redraw";
    for (const el of $("redraw-form").querySelectorAll("[data-when]")) el.hidden = el.dataset.when !== mode;
    $("redraw-name").textContent = `${redraw.name} (${redraw.short})`;
    $("redraw-form").reset();
    $("redraw-other").hidden = true;
    $("redraw-form").querySelector(".form-error").textContent = "";
    $("redraw-dialog").showModal();
  }
  $("redraw-form").addEventListener("change", () => {
    const other = $("redraw-form").elements.reason.value === "other";
    $("redraw-other").hidden = !other;
    if (other) $("redraw-other").focus();
  });
  onSubmit("redraw", () => {
    const chosen = $("redraw-form").elements.reason.value;
    const reason = chosen === "other" ? $("redraw-other").value.trim() : chosen;
    if (!reason) throw new Error("Say why, in a word or two. It stays on record.");
    const body = { winner: redraw.redraw, reason };
    if (redraw.draw) body.draw = Number(redraw.draw); // a void draws nobody
    return call("POST", redraw.path, body);
  });

  onSubmit("timer", async () => {
    const seconds = Number($("timer-minutes").value) * 60 + Number($("timer-seconds").value);
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > 86_400) throw new Error("Between a second and a day.");
    setTimer(seconds);
  });

  if ($("rehearse-form")) {
    onSubmit("rehearse", async () => {
      const phones = Number($("rehearse-phones").value);
      const { max } = $("rehearse-phones");
      if (!Number.isInteger(phones) || phones < 1 || phones > Number(max)) throw new Error(`Between one phone and ${max}.`);
      const made = await call("POST", "/rehearsal", { phones, pace: $("rehearse-pace").value });
      if (!made.code) return say("They are on their way");
      location.assign(`/${made.code}/host`);
      return false; // it stays until the rehearsal's console is there
    });
  }

  async function copy(button) {
    const field = $(button.dataset.copy);
    field.select();
    // A plain-http LAN origin has no clipboard API; the old command still works there.
    const copied = navigator.clipboard
      ? await navigator.clipboard.writeText(field.value).then(() => true, () => false)
      : document.execCommand("copy");
    button.textContent = copied ? "Copied ✓" : "Select and copy";
    say(copied ? "Copied" : "Could not copy; the link is selected");
    setTimeout(() => (button.textContent = "Copy"), 2500);
  }
}
