// Keyboard and presenter clicker. The page's shortcuts are off while something is typed,
// a dialog or menu is open, or the keyboard's focus is on a control that the space bar
// presses.

const ADVANCE = new Set([" ", "PageDown", "PageUp"]);

/** @param {{advance: () => void, disarm: () => void}} presses */
export function listen(presses) {
  let swallow = false; // the space bar's keyup would click a button that kept a mouse's focus

  addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
    if (event.key === "Escape") return presses.disarm();
    if (typing(event.target) || covered()) return;
    if (ADVANCE.has(event.key)) {
      if (event.key === " " && event.target.closest?.("button, a, summary, [role=menuitem]")?.matches(":focus-visible")) return;
      event.preventDefault();
      swallow = event.key === " ";
      if (!event.repeat) presses.advance();
      return;
    }
    if (event.repeat || event.shiftKey || !/^[a-z]$/.test(event.key)) return;
    const button = [...document.querySelectorAll(`[data-key="${event.key}"]`)].find((b) => b.checkVisibility?.() ?? b.offsetParent);
    if (!button) return;
    event.preventDefault();
    button.click();
  });

  addEventListener("keyup", (event) => {
    if (event.key === " " && swallow) event.preventDefault();
    swallow = false;
  });

  // A button pressed by mouse or finger loses the focus, so that the space bar then
  // takes the next step and does not press it again.
  addEventListener("click", (event) => {
    const button = event.target.closest?.("button, a");
    if (event.detail > 0 && button && !button.closest("dialog, [popover]")) button.blur();
  });
}

function typing(target) {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}

function covered() {
  return document.querySelector("dialog[open]") !== null || document.querySelector("[popover]:popover-open") !== null;
}
