// What a kind does with a tick beyond the counts that core.js puts in. A function
// (root, tick, glide) per kind that has something of its own to show, for all views.
import { scale } from "./scale.js";

export const ticks = { scale };
