// The dynamic symbols of an ELF object.

import { DT } from "./dynamic.mjs";
import { fields } from "./fields.mjs";
import { Refused } from "./refused.mjs";
import { exactly } from "./segments.mjs";
import { symbolCount } from "./symbol-count.mjs";

const LOCAL = 0;
const BINDINGS = { global: 1, weak: 2, unique: 10 };
const IFUNC = 10;
const SHN_UNDEF = 0;

/** A function that gives the symbol {nameAt, local, weak, found, ifunc, defined} at an index;
 *  `found` says that the loader finds it by its binding. It throws Refused. */
function symbolReader(header, { value }, segments, counted) {
  const { u16, u32 } = fields(header);
  const [size, infoAt, sectionAt] = header.bits === 64 ? [24, 4, 6] : [16, 12, 14];
  if ((value.get(DT.SYMENT) ?? size) !== size) throw new Refused("DT_SYMENT is wrong");
  const start = value.get(DT.SYMTAB);
  const rest = segments.from(start);
  const strings = value.get(DT.STRTAB) ?? 0;
  // Where no table has the number of symbols, their names at least do not stand among them.
  const room = strings > start ? Math.min(rest.length, strings - start) : rest.length;
  const table = counted.exact ? exactly(rest, counted.count * size, "the symbol table") : rest.subarray(0, room);
  return (index) => {
    const at = index * size;
    if (at + size > table.length) throw new Refused(`there is no symbol ${index}`);
    const info = table[at + infoAt];
    return {
      nameAt: u32(table, at),
      local: info >> 4 === LOCAL,
      weak: info >> 4 === BINDINGS.weak,
      found: Object.values(BINDINGS).includes(info >> 4),
      ifunc: (info & 0xf) === IFUNC,
      defined: u16(table, at + sectionAt) !== SHN_UNDEF,
    };
  };
}

/**
 * {defined, symbol}: the Set of names that an object has for others, and a function that gives
 * the symbol at an index. Throws Refused.
 */
export function symbolsOf(header, dynamic, segments, nameAt) {
  if (!dynamic.value.has(DT.SYMTAB)) {
    return { defined: new Set(), symbol: () => { throw new Refused("there is no symbol table"); } };
  }
  const counted = symbolCount(header, dynamic, segments);
  const symbol = symbolReader(header, dynamic, segments, counted);
  const defined = new Set();
  for (let index = 1; index < counted.count; index += 1) {
    const { nameAt: at, found, ifunc, defined: here } = symbol(index);
    if (here && found && !ifunc) defined.add(nameAt(at));
  }
  return { defined, symbol };
}
