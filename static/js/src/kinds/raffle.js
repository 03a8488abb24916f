// A raffle on a phone: one tap for a ticket, and what the draw meant for it.
import { runOf, setNote, setText } from "../section.js";
import { shortTicket } from "../ticket.js";

export const raffle = {
  dress(section, me, waiting) {
    const { activity, run } = runOf(section);
    const ticket = me.you?.tickets?.[activity];
    if (me.you) {
      section.dataset.in = ticket ? "yes" : "no";
      section.dataset.outcome = outcomeOf(section, ticket);
      for (const el of section.querySelectorAll("[data-own-ticket]")) setText(el, ticket ? shortTicket(ticket) : "");
      for (const el of section.querySelectorAll("[data-voided]")) el.hidden = el.dataset.voided !== ticket;
      for (const el of section.querySelectorAll("[data-ticket]")) el.toggleAttribute("data-me", el.dataset.ticket === ticket);
      dressWin(section, section.querySelector(`[data-ticket="${ticket}"]`), me.claims.of(ticket));
      dressCheckIn(section, me.claims.checkedIn(activity, run));
      const unfit = me.you.unfit?.[activity];
      setNote(section.querySelector("[data-unfit]"), unfit && `Your ticket cannot win this raffle: ${unfitWords(unfit)}.`);
      dressReceipt(section, me.receipt(activity, run));
    }
    const button = section.querySelector(".im-in");
    if (!button) return;
    const busy = Boolean(waiting) && !ticket;
    button.toggleAttribute("data-busy", busy);
    setText(button.querySelector("[data-enter-text]"), !busy ? "I’m in" : me.online ? "sending…" : "kept, will be sent");
  },

  tapped({ type, target }, section, me) {
    const { activity, run } = runOf(section);
    if (type === "submit") return me.waiting(activity, run) ? null : { nonce: me.nonce(activity, run) };
    if (type !== "click") return null;
    const ticket = me.you?.tickets?.[activity];
    if (target.closest("[data-claim-press]") && ticket) me.claims.claim(ticket);
    if (target.closest("[data-check-in]")) me.claims.checkIn(activity, run);
    return null;
  },

  learned(you, entry, ticket) {
    if (ticket) you.tickets = { ...you.tickets, [entry.activity]: ticket };
  },

  lost: (you, entry) => !you.tickets?.[entry.activity],

  said: {
    counted: "You’re in. Your ticket is in the drum.",
    closed: "You’re not in: the drum closed before your tap arrived.",
    invalid: "Not counted: that isn’t possible here.",
  },
};

function outcomeOf(section, ticket) {
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
    setText(el, prize);
  }
  const code = (li && claim.code) || "";
  const steps = { "": code ? "code" : "ask", claiming: code ? "code" : "again", claimed: "done" };
  section.dataset.claim = !li ? "none" : claim.busy ? "busy" : steps[li.dataset.claimed ?? ""];
  for (const el of section.querySelectorAll("[data-claim-code]")) setText(el, code ? `${code.slice(0, 2)} ${code.slice(2)}` : "");
  setNote(section.querySelector("[data-claim-note]"), claim.note);
  // The time to claim runs on the winner's line, which the winner's own page hides.
  const due = li?.querySelector("[data-deadline]")?.dataset.deadline;
  for (const el of section.querySelectorAll("[data-claim-due]")) if (due) el.dataset.deadline = due;
}

function dressCheckIn(section, { here, busy, note }) {
  const box = section.querySelector("[data-checked-in]");
  if (!box) return;
  box.dataset.checkedIn = here ? "yes" : busy ? "busy" : "no";
  setNote(box.querySelector("[data-check-in-note]"), note);
}

// The reasons that the log gives, in words for the participant they are about.
const unfitWords = (reason) =>
  ({
    "joined too late": "you joined too late for it",
    "not checked in": "you did not tap “I’m here” in time",
    "won before": "you have won already",
    "voided": "your win was given back",
    "barred": "the host has barred you",
  })[reason] ?? (reason.startsWith("did not take part") ? "you did not take part in what it asks for" : reason.startsWith("won before") ? "you have won already" : reason);

const ticketWords = {
  wait: "Looking for your ticket in the frozen list …",
  ok: (t) => `✓ Your ticket is in the draw. ${t.says}`,
  none: "Not checked: the proof could not be loaded.",
};
const drawWords = {
  wait: "Checking the draw …",
  ok: (d) => `✓ This phone checked the draw itself. ${d.says}`,
  late: (d) => `Not checked, because ${d.late}. ${d.says}`,
  none: "Not checked: the record of the draw could not be loaded.",
};

// What this phone checked by itself; a mismatch raises the alarm.
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
    setText(el, typeof words === "string" ? words : words(found));
  }
  setNote(section.querySelector("[data-passed-over]"), draw?.skipped && `Your ticket came up and was passed over: ${unfitWords(draw.skipped)}.`);
  const alarm = section.querySelector("[data-alarm]");
  if (alarm) {
    alarm.hidden = !fault;
    setText(alarm.querySelector("[data-alarm-why]"), fault);
  }
}
