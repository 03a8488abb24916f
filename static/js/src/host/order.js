// The running order: moved by dragging, by alt and the arrows, or from the menu
// that opens on each activity.

/**
 * @param {object} deps
 * @param {(method, path, body?) => Promise} deps.call
 * @param {(id: number) => void} deps.edit
 * @param {(sentence: string) => void} deps.say
 * @param {(refused: Error) => void} deps.fail
 * @param {() => number} deps.timer
 */
export function createOrder({ call, edit, say, fail, timer }) {
  const menu = document.getElementById("item-menu");
  const items = () => [...document.querySelectorAll("#order-list > li")];
  let chosen = null; // id of the activity the menu is about
  let dragged = null;

  async function save(ids) {
    try {
      await call("PUT", "/order", { activities: ids });
    } catch (refused) {
      fail(refused);
    }
  }

  function move(id, by) {
    const ids = items().map((li) => Number(li.dataset.id));
    const from = ids.indexOf(id);
    const to = from + by;
    if (from < 0 || to < 0 || to >= ids.length) return;
    ids.splice(to, 0, ids.splice(from, 1)[0]);
    say(`Moved to place ${to + 1} of ${ids.length}`);
    save(ids);
  }

  function open(li) {
    chosen = Number(li.dataset.id);
    const { state } = li.dataset;
    const all = items();
    const fits = {
      show: state !== "draft" && !li.classList.contains("current"),
      open: state === "draft",
      close: state === "open",
      edit: state === "draft",
      delete: state === "draft",
      up: li !== all[0],
      down: li !== all.at(-1),
    };
    for (const line of menu.querySelectorAll("[data-item]")) {
      line.hidden = !fits[line.dataset.item];
      line.removeAttribute("data-armed");
    }
    menu.showPopover();
    const box = li.getBoundingClientRect();
    const { offsetHeight: height, offsetWidth: width } = menu;
    menu.style.setProperty("left", `${Math.max(8, Math.min(box.left + 24, innerWidth - width - 8))}px`);
    menu.style.setProperty("top", `${box.bottom + height + 8 < innerHeight ? box.bottom + 4 : Math.max(8, box.top - height - 4)}px`);
    menu.querySelector("[data-item]:not([hidden])")?.focus();
  }

  const acts = {
    show: (id) => call("POST", "/current", { id }),
    open: (id) => call("POST", `/activities/${id}/open`, timer() ? { seconds: timer() } : {}),
    close: (id) => call("POST", `/activities/${id}/close`, {}),
    delete: (id) => call("DELETE", `/activities/${id}`),
    edit: async (id) => edit(id),
    up: async (id) => move(id, -1),
    down: async (id) => move(id, 1),
  };

  document.addEventListener("click", async (event) => {
    const item = event.target.closest("#order-list .item");
    if (item) return open(item.closest("li"));
    const line = event.target.closest("#item-menu [data-item]");
    if (!line) return;
    if (line.dataset.item === "delete" && !line.hasAttribute("data-armed")) {
      line.setAttribute("data-armed", "");
      say("Press again to delete");
      setTimeout(() => line.removeAttribute("data-armed"), 10_000);
      return;
    }
    menu.hidePopover();
    try {
      await acts[line.dataset.item](chosen);
    } catch (refused) {
      fail(refused);
    }
  });

  menu.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const lines = [...menu.querySelectorAll("[data-item]:not([hidden])")];
    lines.at((lines.indexOf(document.activeElement) + by) % lines.length).focus();
  });

  document.addEventListener("keydown", (event) => {
    const li = event.target.closest?.("#order-list > li");
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!li || !by || !event.altKey) return;
    event.preventDefault();
    move(Number(li.dataset.id), by);
  });

  document.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.("#order-list > li") ?? null;
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.id);
    dragged.setAttribute("data-dragged", "");
  });
  document.addEventListener("dragover", (event) => {
    const over = event.target.closest?.("#order-list > li");
    if (!dragged || !over) return;
    event.preventDefault();
    if (over === dragged) return;
    const box = over.getBoundingClientRect();
    over.parentElement.insertBefore(dragged, event.clientY < box.top + box.height / 2 ? over : over.nextSibling);
  });
  document.addEventListener("drop", (event) => {
    if (dragged) event.preventDefault();
  });
  document.addEventListener("dragend", () => {
    if (!dragged) return;
    dragged.removeAttribute("data-dragged");
    dragged = null;
    save(items().map((li) => Number(li.dataset.id)));
  });
}
