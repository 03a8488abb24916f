// The raffle's part of the edit dialog: what can be won, by whom, and how it is claimed.

const MAX_PRIZES = 50;

export function raffle({ $, fail, activities }) {
  let joinedBefore = 0; // the instant that "joined by now" means, in ms since 1970

  const timeOfDay = (ms) => new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

  function readPrizes() {
    const prizes = $("prizes").value.split("\n").map((l) => l.trim()).filter(Boolean);
    if (prizes.length > MAX_PRIZES) return fail(`At most ${MAX_PRIZES} prizes.`, $("prizes"));
    const long = prizes.find((p) => [...p].length > 200);
    if (long) return fail(`A prize has at most 200 letters: “${long.slice(0, 30)}…”`, $("prizes"));
    return prizes;
  }

  function readEligible() {
    if ($("before").checked && !joinedBefore) joinedBefore = Date.now();
    const eligible = {};
    if ($("took-part").value) eligible.took_part = Number($("took-part").value);
    if ($("before").checked) eligible.joined_before = joinedBefore;
    if ($("here").checked) eligible.checked_in = true;
    return eligible;
  }

  return {
    words: { add: "Add a raffle", edit: "Edit the raffle", title: "Name of the raffle, or what can be won", untitled: "Give the raffle a name, or say what can be won." },

    show(activity) {
      const eligible = activity?.eligible ?? {};
      $("winners").value = activity?.winners_wanted ?? 1;
      $("prizes").value = (activity?.prizes ?? []).join("\n");
      $("again").checked = Boolean(activity?.winners_may_win_again);
      const others = activities().filter((a) => a.id !== activity?.id);
      $("took-part").replaceChildren($("took-part").firstElementChild, ...others.map((a) => new Option(a.title, a.id)));
      $("took-part").value = String(eligible.took_part || "");
      joinedBefore = eligible.joined_before ? new Date(eligible.joined_before).getTime() : 0;
      $("before").checked = joinedBefore > 0;
      $("before-when").textContent = joinedBefore ? `(${timeOfDay(joinedBefore)})` : "";
      $("here").checked = Boolean(eligible.checked_in);
      const claim = String(activity?.claim_seconds ?? 0);
      if (![...$("claim").options].some((o) => o.value === claim)) $("claim").append(new Option(`${claim} seconds`, claim));
      $("claim").value = claim;
      $("beacon").value = activity ? String(Boolean(activity.beacon)) : "";
      $("fair").open = Boolean(activity) && ($("again").checked || Object.values(eligible).some(Boolean) || claim !== "0");
    },

    /** A new raffle is sent without what stands at its default. */
    read(isNew) {
      const winners = Number($("winners").value);
      if (!Number.isInteger(winners) || winners < 1) return fail("At least one winner.", $("winners"));
      const prizes = readPrizes();
      if (!prizes) return null;
      const rules = {
        prizes,
        winners_may_win_again: $("again").checked,
        eligible: readEligible(),
        claim_seconds: Number($("claim").value),
      };
      if (isNew) for (const [name, rule] of Object.entries(rules)) if (isDefault(rule)) delete rules[name];
      return { winners, ...rules, ...($("beacon").value && { beacon: $("beacon").value === "true" }) };
    },
  };
}

/** false, 0, [] and {} are what the server takes for a rule that is not given. */
const isDefault = (rule) => !rule || (typeof rule === "object" && Object.keys(rule).length === 0);
