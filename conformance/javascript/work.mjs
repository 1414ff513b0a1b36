// How much may be done for one wheel.

import { Refused } from "./refused.mjs";

const MOST_STEPS = 100_000_000;

/** Counts steps, and throws Refused when they are too many: objects may need each other in ways
 *  that would take for ever. */
export class Work {
  #left = MOST_STEPS;

  spend(steps) {
    this.#left -= steps;
    if (this.#left < 0) throw new Refused("the objects of the wheel need each other in too many ways");
  }
}
