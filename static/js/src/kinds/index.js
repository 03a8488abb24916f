// The kinds of activity on a phone, one file each. Nothing else in the phone's modules
// knows what a kind's entry holds. A section of a kind that is not listed keeps its
// plain form, which works without a script.
//
// A kind has
//   dress(section, me, waiting)   fills in what is this phone's own; waiting: the entry
//                                 that is not acknowledged yet, or null
//   tapped(event, section, me)    a click, submit or change in its section → the fields
//                                 of an entry; or a sentence that says why there is
//                                 none; or null, where the event is no entry
//   learned(you, entry, ticket)   puts a counted entry into `you`
//   lost(you, entry)              whether `you` lacks an entry that was counted, which
//                                 happens where the log lost its tail
//   said                          a sentence for each of counted, closed and invalid
import { poll } from "./poll.js";
import { raffle } from "./raffle.js";
import { scale } from "./scale.js";

export const kinds = { poll, raffle, scale };
