// The part of the raffle dialog that says what can be won, by whom, and how it is
// claimed. What stands at its default is left out of what is sent for a new raffle.

const MAX_PRIZES = 50;

/**
 * @param {(id: string) => HTMLElement} $ an element of the dialog by its short id
 * @param {() => object[]} activities of the event, as the API gives them
 */
export function createFairForm($, activities) {
  let before = 0; // the instant that "joined by now" means, in ms since 1970

  const clock = (ms) => new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

  return {
    /** activity: as the API gives it, or undefined for a new raffle */
    show(activity) {
      const eligible = activity?.eligible ?? {};
      $("prizes").value = (activity?.prizes ?? []).join("\n");
      $("again").checked = Boolean(activity?.winners_may_win_again);
      const choices = activities().filter((a) => a.id !== activity?.id);
      $("took-part").replaceChildren($("took-part").firstElementChild, ...choices.map((a) => new Option(a.title, a.id)));
      $("took-part").value = String(eligible.took_part || "");
      before = eligible.joined_before ? new Date(eligible.joined_before).getTime() : 0;
      $("before").checked = before > 0;
      $("before-when").textContent = before ? `(${clock(before)})` : "";
      $("here").checked = Boolean(eligible.checked_in);
      const claim = String(activity?.claim_seconds ?? 0);
      if (![...$("claim").options].some((o) => o.value === claim)) $("claim").append(new Option(`${claim} seconds`, claim));
      $("claim").value = claim;
      $("beacon").value = activity ? String(Boolean(activity.beacon)) : "";
      $("fair").open = Boolean(activity) && ($("again").checked || Object.values(eligible).some(Boolean) || claim !== "0");
    },

    /** What the API is sent, or {wrong, field}. fresh: a new raffle. */
    read(fresh) {
      const prizes = $("prizes").value.split("\n").map((l) => l.trim()).filter(Boolean);
      if (prizes.length > MAX_PRIZES) return { wrong: `At most ${MAX_PRIZES} prizes.`, field: $("prizes") };
      const long = prizes.find((p) => [...p].length > 200);
      if (long) return { wrong: `A prize has at most 200 letters: “${long.slice(0, 30)}…”`, field: $("prizes") };
      if ($("before").checked && !before) before = Date.now();
      const eligible = {};
      if ($("took-part").value) eligible.took_part = Number($("took-part").value);
      if ($("before").checked) eligible.joined_before = before;
      if ($("here").checked) eligible.checked_in = true;
      const all = {
        prizes,
        winners_may_win_again: $("again").checked,
        eligible,
        claim_seconds: Number($("claim").value),
        ...($("beacon").value && { beacon: $("beacon").value === "true" }),
      };
      if (!fresh) return all;
      return Object.fromEntries(Object.entries(all).filter(([name, v]) => name === "beacon" || (Array.isArray(v) ? v.length : typeof v === "object" ? Object.keys(v).length : v)));
    },
  };
}
