// The dynamic section of an ELF object.

import { fields } from "./fields.mjs";
import { Refused } from "./refused.mjs";

const DT_NULL = 0;
const DT_NEEDED = 1;

export const DT = {
  PLTRELSZ: 2, HASH: 4, STRTAB: 5, SYMTAB: 6, RELA: 7, RELASZ: 8, RELAENT: 9, STRSZ: 10, SYMENT: 11,
  SONAME: 14, REL: 17, RELSZ: 18, RELENT: 19, PLTREL: 20, JMPREL: 23, RELRSZ: 35, RELR: 36,
  GNU_HASH: 0x6ffffef5, FLAGS_1: 0x6ffffffb,
};

/**
 * {needed, value} of the dynamic section of `segments`: the offsets of the needed names, and a
 * Map from tag to value. Throws Refused if it has no end. It is read by its address, as the
 * loader does.
 */
export function dynamicOf(header, segments) {
  const needed = [];
  const value = new Map();
  if (segments.dynamic === null) return { needed, value };
  const { word, wordSize } = fields(header);
  const bytes = segments.from(segments.dynamic.address);
  for (let at = 0; at + 2 * wordSize <= bytes.length; at += 2 * wordSize) {
    const tag = word(bytes, at);
    if (tag === DT_NULL) return { needed, value };
    const given = word(bytes, at + wordSize);
    if (tag === DT_NEEDED) needed.push(given);
    // Of two, the loader takes the last one.
    else value.set(tag, given);
  }
  throw new Refused("the dynamic section has no end");
}
