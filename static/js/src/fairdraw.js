// The check of a draw record, step by step, as docs/FAIR-DRAW.md has it and Go's
// internal/fairdraw makes it.
import { bytesToHex as hex, hexToBytes as bytes } from "@noble/hashes/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { formFault, readRecord } from "./record.js";
import { checkProof, digest, freezeHash, positions, rewind, roundFor, roundTime, shortTicket } from "./scheme.js";

const placesOf = (r) => [...r.winners, ...r.skips, ...r.returned, ...(r.voided ? [r.voided] : [])];
const givenBack = (r) => [...r.returned, ...(r.voided ? [r.voided] : [])].map((p) => p.ticket);
const who = ({ handle, ticket }) => `${handle} (${shortTicket(ticket)})`;
const wanted = (r) => (r.voided ? 1 : r.freeze.rules.wanted);

/** Of a record: how many winners are missing, since nobody was left. */
export const shortfall = (r) => wanted(r) - r.winners.length;

const elsewhere = (unfit) => Number(/^won before, in draw ([1-9]\d{0,15})$/.exec(unfit)?.[1] ?? 0);

// Why a leaf's reason is none that the record's rules give, or "".
function unfitFault(r, unfit) {
  const { again, took_part: part, joined_before: before, checked_in: here } = r.freeze.rules;
  const draw = elsewhere(unfit);
  const given = unfit === "" || unfit === "barred"
    || before > 0 && unfit === "joined too late"
    || here && unfit === "not checked in"
    || part > 0 && unfit === `did not take part in activity ${part}`
    || draw > 0 && draw < r.draw && !again;
  return given ? "" : `"${unfit}" is no reason that the raffle’s rules give`;
}

function placeFault(r, p) {
  if (!checkProof(p.proof, r.freeze.root, r.freeze.size, p.position, p)) return `${who(p)} is not shown to stand at position ${p.position} of the frozen list`;
  const wrong = unfitFault(r, p.unfit);
  return wrong && `${who(p)} cannot win: ${wrong}`;
}

function skipFault(s) {
  const given = s.unfit ? s.reason === s.unfit : s.reason === "won before" || s.reason === "voided";
  return given ? "" : `${who(s)} was passed over as "${s.reason}", which neither the frozen list nor the run gives`;
}

const firstFault = (all, faultOf) => {
  for (const one of all) {
    const fault = faultOf(one);
    if (fault) return fault;
  }
  return "";
};

const sameEntrant = (a, b) => a.ticket === b.ticket && a.handle === b.handle && a.nonce_hash === b.nonce_hash;

// Which two places cannot stand in one list, or "".
function oneListFault(all) {
  const places = [...all].sort((a, b) => a.position - b.position);
  for (let i = 1; i < places.length; i++) {
    const [a, b] = [places[i - 1], places[i]];
    if (a.position === b.position ? !sameEntrant(a, b) || a.unfit !== b.unfit : a.ticket >= b.ticket) {
      return `${a.ticket} at position ${a.position} and ${b.ticket} at position ${b.position} cannot stand in one list`;
    }
  }
  return "";
}

function orderFault(r) {
  const fault = oneListFault(placesOf(r));
  if (fault) return fault;
  const seen = new Set(r.winners.map((w) => w.ticket));
  return firstFault(givenBack(r), (ticket) => {
    if (seen.has(ticket)) return `${ticket} is given back twice, or wins as it is given back`;
    seen.add(ticket);
    return "";
  });
}

// Repeats the draw as far as the record tells it.
function repeat(r) {
  const came = [];
  const drum = positions(r.seed, r.freeze.hash, r.freeze.size, r.element, r.beacon?.randomness ?? "");
  let winners = 0;
  let skips = 0;
  const fault = (() => {
    while (winners + skips < r.winners.length + r.skips.length) {
      const next = winners === wanted(r) ? { done: true } : drum.next();
      if (next.done) return `the draw was over after ${winners} winners and ${skips} skips, but the record names more`;
      came.push(next.value);
      if (r.winners[winners]?.position === next.value) winners++;
      else if (r.skips[skips]?.position === next.value) skips++;
      else return `position ${next.value} comes up after ${winners} winners and ${skips} skips, but the record names another`;
    }
    if (winners < wanted(r) && came.length < r.freeze.size) {
      return `the draw stopped after ${winners} of ${wanted(r)} winners with ${r.freeze.size - came.length} entrants left`;
    }
    return "";
  })();
  return { came, fault };
}

function toldFault(told, is) {
  const digits = told.toLowerCase().replace(/[ ·-]/g, "");
  if (digits.length !== 32 && digits.length !== 64) return `"${told}" is neither the whole hash nor its first 32 hex digits`;
  return is.startsWith(digits) ? "" : `shown before was ${told}, the record says ${is}`;
}

function roundFault(r, chain) {
  const { beacon: b, freeze: f } = r;
  if (!chain) return "without a known beacon nothing says when its rounds come";
  const named = roundFor(chain, f.at);
  const due = roundFor(chain, b.asked);
  if (f.beacon.round !== named) return `the freeze at ${f.at} has to name round ${named}, but names ${f.beacon.round}`;
  if (r.element === f.draws + 1 && (b.asked !== f.at || b.round !== named)) return `the first draw from a freeze takes its round, ${named}, but this one took ${b.round}`;
  if (b.asked < f.at) return `the draw was asked for at ${b.asked}, before its freeze`;
  return b.round === due ? "" : `a draw asked for at ${b.asked} takes round ${due}, but this one took ${b.round}`;
}

const notHere = () => ({ unchecked: "the code that checks a public beacon is not here" });

class Verifier {
  steps = [];

  constructor(r) {
    this.r = r;
  }

  step(name, input, output, fault) {
    this.steps.push({ name, status: fault ? "FAIL" : "ok", in: input, out: output, detail: fault });
  }

  unchecked(name, why) {
    this.steps.push({ name, status: "not checked", in: "", out: "", detail: why });
  }

  // form says whether the record can be read at all.
  form() {
    const r = this.r;
    const fault = formFault(r);
    this.step("record", fault ? "" : `event ${r.code}, raffle ${r.freeze.activity}, run ${r.freeze.run}, draw ${r.draw}`, fault ? "" : `version ${r.version}`, fault);
    return !fault;
  }

  told(name, what, told, is) {
    if (told) this.step(name, told, is, toldFault(told, is));
    else this.unchecked(name, `no ${what} was given that was noted before`);
  }

  toldRound(told) {
    const round = this.r.beacon?.round;
    if (!told) {
      if (round) this.unchecked("told round", "no round was given that was noted before its time");
    } else if (round) {
      this.step("told round", `${told}`, `${round}`, told === round ? "" : `shown before was round ${told}, the record says ${round}`);
    } else {
      this.step("told round", `${told}`, "none", "a round was shown before, but no beacon went into the draw");
    }
  }

  // draw makes the steps that need nothing but the record.
  draw(beaconOf) {
    const r = this.r;
    const f = r.freeze;
    const before = rewind(r.seed, 1);
    this.step("seed", r.seed, before, before === r.previous ? "" : `the seed hashes to ${before}, but the chain element before it is ${r.previous}`);
    const start = rewind(r.previous, r.element - 1);
    this.step("commitment", r.previous, start, start === f.commitment ? "" : `${r.element - 1} steps back from the element before the seed stands ${start}, not the commitment ${f.commitment}`);
    const sum = freezeHash(f);
    this.step("freeze", `freeze ${f.number} of run ${f.run}`, sum, sum === f.hash ? "" : `the freeze adds up to ${sum}, but says ${f.hash}`);
    if (r.beacon) this.beacon(beaconOf);
    this.places("winners", r.winners, (w) => w.unfit && `${who(w)} wins, but cannot: ${w.unfit}`);
    this.places("skips", r.skips, skipFault);
    if (r.returned.length) this.places("returned", r.returned);
    if (r.voided) this.places("voided", [r.voided]);
    const all = placesOf(r);
    this.step("order", tickets(all), `${all.length} places`, orderFault(r));
    const { came, fault } = repeat(r);
    this.step("picks", `seed ${r.seed}, freeze ${f.hash}, size ${f.size}, element ${r.element}`, `positions ${came.join(", ")}`, fault);
    const own = digest(r);
    this.step("digest", "all of the record", own, own === r.digest ? "" : `the record adds up to ${own}, but says ${r.digest}: it was changed after it was written`);
  }

  places(name, places, more = () => "") {
    this.step(name, tickets(places), this.r.freeze.root, firstFault(places, (p) => placeFault(this.r, p) || more(p)));
  }

  beacon(beaconOf = notHere) {
    const { beacon: b, freeze: f } = this.r;
    const { chain, unchecked, fault = "" } = beaconOf({ chain: f.beacon.chain, round: b.round, signature: b.signature });
    this.chain = chain;
    const randomness = hex(sha256(bytes(b.signature)));
    const wrong = fault || (randomness === b.randomness ? "" : `the signature of round ${b.round} gives ${randomness}, but ${b.randomness} went into the draw`);
    if (unchecked && !wrong) this.unchecked("beacon", unchecked);
    else this.step("beacon", `chain ${f.beacon.chain}, round ${b.round}, signature ${b.signature}`, fault ? "" : randomness, wrong);
    if (unchecked && !chain) this.unchecked("round", unchecked);
    else this.step("round", `asked at ${b.asked}`, `round ${b.round}`, roundFault(this.r, chain));
  }

  history(earlier, beaconOf) {
    const r = this.r;
    if (earlier.length === 0 && r.element > 1) this.unchecked("history", `the records of the run's ${r.element - 1} earlier draws were not given`);
    else this.step("history", `${earlier.length} earlier draws of this run`, `element ${r.element}`, historyFault(r, earlier, beaconOf));
  }

  entrants(list) {
    if (!list) return this.unchecked("entrants", "the whole list was not given");
    const fault = listFault(this.r, list);
    this.step("entrants", `${list.head?.freeze.size ?? 0} entrants`, fault ? "" : list.hasher.root(), fault);
  }
}

const tickets = (places) => places.map((p) => p.ticket).join(", ");

function listFault(r, list) {
  const { head, hasher } = list;
  if (list.fault) return list.fault;
  if (head.code !== r.code || head.freeze.hash !== r.freeze.hash || freezeHash(head.freeze) !== freezeHash(r.freeze)) return "this is the list of another freeze";
  if (head.freeze.size !== hasher.size) return `the list has ${hasher.size} entrants, but ${head.freeze.size} were frozen`;
  const wrong = hasher.fault || firstFault(list.unfit, (unfit) => unfitFault(r, unfit));
  if (wrong) return wrong;
  const root = hasher.root();
  return root === r.freeze.root ? "" : `the list has the root ${root}, but one with the root ${r.freeze.root} was frozen`;
}

function historyFault(r, earlier, beaconOf) {
  const run = { last: null, drawn: new Set(), standing: new Map(), prizes: new Map(), named: 0, places: [], chain: undefined };
  if (earlier.some(formFault)) return "an earlier record cannot be read, or is not complete";
  const draws = [...earlier].sort((a, b) => a.element - b.element);
  for (const [i, e] of [...draws, r].entries()) {
    if (e.element !== i + 1) return `the records given are not those of draws 1 to ${r.element} of the run`;
    const { steps, chain } = e === r ? { steps: [] } : checkAlone(e, beaconOf);
    const failed = steps.find((s) => s.status === "FAIL");
    if (failed) return `draw ${e.draw} does not check out itself: ${failed.name}: ${failed.detail}`;
    const fault = addDraw(run, e);
    if (fault) return `draw ${e.draw}: ${fault}`;
    run.chain = chain;
  }
  return oneListFault(run.places);
}

function checkAlone(r, beaconOf) {
  const v = new Verifier(r);
  if (v.form()) v.draw(beaconOf);
  return v;
}

function addDraw(run, r) {
  const { standing, prizes } = run;
  const fault = (run.last && followFault(run.last, r, run.chain))
    || firstFault(placesOf(r), (p) => (run.drawn.has(elsewhere(p.unfit)) ? `draw ${elsewhere(p.unfit)} was no other raffle's` : ""))
    || giveBackFault(run, r)
    || firstFault(r.skips, (s) => (s.unfit || standing.get(s.ticket) === s.reason ? "" : `${who(s)} was passed over as "${s.reason}", but is not`))
    || firstFault(r.winners, (w) => (standing.has(w.ticket) ? `${who(w)} wins, but is "${standing.get(w.ticket)}"` : ""));
  for (const p of placesOf(r)) run.places.push({ ...p, unfit: lasting(p.unfit) });
  for (const { ticket } of r.winners) {
    standing.set(ticket, "won before");
    prizes.set(ticket, r.prize);
  }
  run.drawn.add(r.draw);
  run.last = r;
  return fault;
}

// A leaf's reason where every freeze of the run has the same, else "".
const lasting = (unfit) => (unfit === "barred" || elsewhere(unfit) ? "" : unfit);

// Takes back the wins that a draw's record says were given back, and checks the prize
// that is drawn for.
function giveBackFault(run, r) {
  const { standing, prizes } = run;
  const prize = r.voided ? prizes.get(r.voided.ticket) ?? "" : r.freeze.rules.prizes[run.named++] ?? "";
  const fault = firstFault(givenBack(r), (ticket) => {
    if (standing.get(ticket) !== "won before") return `${ticket} is given back, which had not won`;
    standing.set(ticket, "voided");
    return "";
  });
  return fault || (r.prize === prize ? "" : `it is for "${r.prize}", but "${prize}" was to come`);
}

function followFault(last, r, chain) {
  if (r.previous !== last.seed) return "its seed does not follow from that of the draw before";
  if (r.draw <= last.draw) return `it does not come after draw ${last.draw}`;
  if (r.beacon && last.beacon && r.beacon.round <= last.beacon.round) return `draw ${last.draw} used round ${last.beacon.round} of the beacon, and this one no later round`;
  if (r.beacon && last.beacon && chain && r.beacon.asked < roundTime(chain, last.beacon.round)) return `it was asked for at ${r.beacon.asked}, before round ${last.beacon.round}, which draw ${last.draw} used`;
  return freezeAgainFault(last.freeze, r.freeze, last.element);
}

// Why f cannot be the freeze that the next draw is made from after one made from prev.
function freezeAgainFault(prev, f, draws) {
  const same = { ...prev, number: f.number, draws: f.draws, at: f.at, root: f.root };
  if (prev.beacon && f.beacon) same.beacon = { chain: prev.beacon.chain, round: f.beacon.round };
  if (freezeHash(same) !== freezeHash(f)) return "it was made in another run, from another number of entrants, or by other rules";
  if (f.number === prev.number && freezeHash(f) !== freezeHash(prev)) return `freeze ${f.number} of the run is another one here`;
  if (f.number < prev.number || f.at < prev.at) return `freeze ${f.number} comes before freeze ${prev.number}`;
  return f.number > prev.number && f.draws !== draws ? `freeze ${f.number} was made after ${f.draws} draws, but ${draws} came before` : "";
}

/**
 * Go's Check: the steps [{name, status: "ok"|"FAIL"|"not checked", in, out, detail}] of
 * checking a record's JSON. If the first fails it is the only one.
 * known: {commitment, freeze} as noted before (hex, whole or 32 digits), {round} as noted
 * before its time, {earlier} the texts of all earlier records of the run, {entrants} a
 * ListReader that has read the whole list, {beacon} what beaconChecker of beacon.js gives:
 * without it the beacon's signature is not checked.
 */
export function check(text, { commitment, freeze, round, earlier = [], entrants, beacon } = {}) {
  const r = readRecord(text);
  const v = new Verifier(r);
  if (v.form()) {
    v.told("told promise", "commitment", commitment, r.freeze.commitment);
    v.told("told freeze", "freeze hash", freeze, r.freeze.hash);
    v.toldRound(round);
    v.draw(beacon);
    v.history(earlier.map(readRecord), beacon);
    v.entrants(entrants);
  }
  return v.steps;
}
