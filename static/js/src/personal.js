// A frame's html is the same for every phone. This puts in what is this phone's
// own: its choice and whether it counts, its ticket, what the draw meant for it.
// web/ui/phone.go answers the same questions for pages without a script.

/** "7c19a2…" → "7C19-A2" */
export const shortTicket = (t) => `${t.slice(0, 4)}-${t.slice(4, 6)}`.toUpperCase();

const text = (el, value) => {
  if (el && el.textContent !== value) el.textContent = value;
};

const words = {
  counted: (open) => (open ? "✓ counted" : "✓ your vote"),
  sending: () => "sending…",
  kept: () => "kept, will be sent",
};

/**
 * root: a parsed fragment, or the live element. me: {you, online, waiting(activity,
 * run), note(activity, run), receipt(activity, run), claim(ticket), checkedIn(activity,
 * run)}; you is null until the first frame, and then what the
 * server rendered stands.
 */
export function dress(root, me) {
  for (const section of root.querySelectorAll("[data-activity]")) {
    const id = Number(section.dataset.activity);
    const run = Number(section.dataset.run);
    const tap = me.waiting(id, run);
    if (section.dataset.kind === "raffle") dressRaffle(section, me, id, run, tap);
    else dressPoll(section, me, id, tap);
    const note = section.querySelector("[data-note]");
    if (note) {
      const said = me.note(id, run);
      note.hidden = !said;
      text(note, said ?? "");
    }
  }
  const who = me.you?.name || me.you?.handle;
  if (who) for (const el of root.querySelectorAll("[data-who]")) text(el, who);
}

function dressPoll(section, me, id, tap) {
  if (!tap && !me.you) return leftOver(section);
  const chosen = tap?.choice ?? me.you?.entries?.[id] ?? [];
  const open = section.dataset.state === "open";
  section.dataset.in = chosen.length ? "yes" : "no";
  for (const option of section.querySelectorAll("[data-option]")) {
    const mine = chosen.includes(Number(option.dataset.option));
    const mark = !mine ? "" : !tap ? "counted" : me.online ? "sending" : "kept";
    option.dataset.mark = mark;
    text(option.querySelector("[data-mark-text]"), mark && words[mark](open));
    if (option.hasAttribute("aria-pressed")) option.setAttribute("aria-pressed", String(mine));
    const box = option.querySelector("input");
    if (box) {
      box.checked = mine;
      box.toggleAttribute("checked", mine);
    }
  }
  leftOver(section);
}

/** Says how many of several choices are left. */
function leftOver(section) {
  const el = section.querySelector("[data-left]");
  if (!el) return;
  const left = Number(section.dataset.max) - section.querySelectorAll("input:checked").length;
  section.toggleAttribute("data-full", left <= 0);
  text(el, left > 0 ? `${left} left` : "That’s all.");
}

function dressRaffle(section, me, id, run, tap) {
  const ticket = me.you?.tickets?.[id];
  if (me.you) {
    section.dataset.in = ticket ? "yes" : "no";
    section.dataset.outcome = outcome(section, ticket);
    for (const el of section.querySelectorAll("[data-own-ticket]")) text(el, ticket ? shortTicket(ticket) : "");
    for (const el of section.querySelectorAll("[data-voided]")) el.hidden = el.dataset.voided !== ticket;
    for (const el of section.querySelectorAll("[data-ticket]")) el.toggleAttribute("data-me", el.dataset.ticket === ticket);
    dressWin(section, section.querySelector(`[data-ticket="${ticket}"]`), me.claim(ticket));
    dressCheckIn(section, me.checkedIn(id, run));
    const unfit = me.you.unfit?.[id];
    tell(section.querySelector("[data-unfit]"), unfit && `Your ticket cannot win this raffle: ${unfitWords(unfit)}.`);
    dressReceipt(section, me.receipt(id, run));
  }
  const button = section.querySelector(".im-in");
  if (!button) return;
  const busy = Boolean(tap) && !ticket;
  button.toggleAttribute("data-busy", busy);
  text(button.querySelector("[data-enter-text]"), !busy ? "I’m in" : me.online ? "sending…" : "kept, will be sent");
}

function outcome(section, ticket) {
  if (section.dataset.state !== "drawn" || !ticket) return "none";
  const among = (name) => [...section.querySelectorAll(`[data-${name}]`)].some((el) => el.dataset[name] === ticket);
  if (among("ticket")) return "won";
  return among("voided") ? "back" : "lost";
}

// The winner's own part: what was won, and how far its claim has come.
// li: the winner's line in the list, or null; claim: {code, busy, note}.
function dressWin(section, li, claim) {
  const prize = li?.dataset.prize ?? "";
  for (const el of section.querySelectorAll("[data-own-prize]")) {
    el.hidden = !prize;
    text(el, prize);
  }
  const code = (li && claim.code) || "";
  const steps = { "": code ? "code" : "ask", claiming: code ? "code" : "again", claimed: "done" };
  section.dataset.claim = !li ? "none" : claim.busy ? "busy" : steps[li.dataset.claimed ?? ""];
  for (const el of section.querySelectorAll("[data-claim-code]")) text(el, code ? `${code.slice(0, 2)} ${code.slice(2)}` : "");
  tell(section.querySelector("[data-claim-note]"), claim.note);
  // The time to claim runs on the winner's line, which the winner's own page hides.
  const due = li?.querySelector("[data-deadline]")?.dataset.deadline;
  for (const el of section.querySelectorAll("[data-claim-due]")) if (due) el.dataset.deadline = due;
}

function tell(el, words = "") {
  if (!el) return;
  el.hidden = !words;
  text(el, words);
}

function dressCheckIn(section, { here, busy, note }) {
  const box = section.querySelector("[data-checked-in]");
  if (!box) return;
  box.dataset.checkedIn = here ? "yes" : busy ? "busy" : "no";
  tell(box.querySelector("[data-check-in-note]"), note);
}

// The reasons that the log gives, said to the one whom they concern.
const unfitWords = (reason) =>
  ({
    "joined too late": "you joined too late for it",
    "not checked in": "you did not tap “I’m here” in time",
    "won before": "you have won already",
    "voided": "your win was given back",
  })[reason] ?? (reason.startsWith("did not take part") ? "you did not take part in what it asks for" : reason.startsWith("won before") ? "you have won already" : reason);

const ticketWords = {
  wait: "Looking for your ticket in the frozen list …",
  ok: "✓ Your ticket is in the draw",
  none: "Not checked: the proof could not be had.",
};
const drawWords = {
  wait: "Checking the draw …",
  ok: "✓ This phone checked the draw itself",
  late: (d) => `Not checked: ${d.late.replace(/^it /, "this phone ")}`,
  none: "Not checked: the record of the draw could not be had.",
};

// What this phone found out by itself; a mismatch is shouted.
function dressReceipt(section, { ticket, draw, fault }) {
  const marks = {
    ticket: fault || section.dataset.state === "drawn" ? null : [ticket, ticketWords],
    draw: fault ? null : [draw, drawWords],
  };
  for (const el of section.querySelectorAll("[data-receipt]")) {
    const [found, say] = marks[el.dataset.receipt] ?? [];
    el.hidden = !found;
    el.dataset.state = found?.state ?? "";
    const words = found ? say[found.state] ?? "" : "";
    text(el, typeof words === "string" ? words : words(found));
  }
  tell(section.querySelector("[data-passed-over]"), draw?.skipped && `Your ticket came up and was passed over: ${unfitWords(draw.skipped)}.`);
  const alarm = section.querySelector("[data-alarm]");
  if (alarm) {
    alarm.hidden = !fault;
    text(alarm.querySelector("[data-alarm-why]"), fault);
  }
}
