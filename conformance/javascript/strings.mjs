// The string table of an ELF object.

import { DT } from "./dynamic.mjs";
import { exactly } from "./segments.mjs";
import { Refused } from "./refused.mjs";

const MOST_CHARACTERS = 2 ** 28;

/** How many characters of names may be kept of one wheel: names that overlap could fill any memory. */
export const nameBudget = () => ({ left: MOST_CHARACTERS });

export class TooManyNames extends Refused {}

/**
 * A function that gives the name at an offset of the string table, each byte as one character.
 * It throws Refused for what is no name, and TooManyNames.
 */
export function stringsOf({ value }, segments, budget) {
  if (!value.has(DT.STRTAB)) return () => { throw new Refused("there is no string table"); };
  const rest = segments.from(value.get(DT.STRTAB));
  const table = value.has(DT.STRSZ) ? exactly(rest, value.get(DT.STRSZ), "the string table") : rest;
  const known = new Map();
  return (offset) => {
    if (known.has(offset)) return known.get(offset);
    const end = offset < table.length ? table.indexOf(0, offset) : -1;
    if (end < 0) throw new Refused("a name lies outside the string table");
    budget.left -= end - offset + 1;
    if (budget.left < 0) throw new TooManyNames("the wheel has too many long names");
    const name = table.toString("latin1", offset, end);
    known.set(offset, name);
    return name;
  };
}
