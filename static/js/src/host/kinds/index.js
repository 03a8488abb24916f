// The kinds of activity in the console's edit dialog, one file each. The part of the
// dialog that a kind fills has the id "edit-" and the kind's name.
//
// A kind is a function of the parts it needs ({$, fill, fail, say, activities}, see edit.js). It returns
//   words                 {add, edit, title, untitled}: the dialog's headings, the label of
//                         the title, and what is said where it is missing
//   show(activity)        fills the part in; activity: as the API gives it, undefined for a new one
//   read(isNew)           what the API is sent in addition to kind and title; or null, once fail has
//                         said what is wrong
import { poll } from "./poll.js";
import { raffle } from "./raffle.js";
import { scale } from "./scale.js";

export const kinds = { poll, raffle, scale };
