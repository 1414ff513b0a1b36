// The relocations of an ELF object.

import { DT } from "./dynamic.mjs";
import { fields } from "./fields.mjs";
import { Refused } from "./refused.mjs";
import { exactly } from "./segments.mjs";

/** {bytes, size} of the tables: those of DT_REL, DT_RELA and DT_JMPREL; `size` is an entry's. */
function tables({ value }, segments, wordSize) {
  const [rel, rela] = [2 * wordSize, 3 * wordSize];
  if ((value.get(DT.RELENT) ?? rel) !== rel) throw new Refused("DT_RELENT is wrong");
  if ((value.get(DT.RELAENT) ?? rela) !== rela) throw new Refused("DT_RELAENT is wrong");
  const kind = value.get(DT.PLTREL);
  const places = [
    [DT.REL, DT.RELSZ, rel],
    [DT.RELA, DT.RELASZ, rela],
    [DT.JMPREL, DT.PLTRELSZ, kind === DT.RELA ? rela : rel],
  ].filter(([start, length]) => value.has(start) && value.get(length) > 0);
  if (places.some(([start]) => start === DT.JMPREL) && kind !== DT.REL && kind !== DT.RELA) {
    throw new Refused("DT_PLTREL is neither DT_REL nor DT_RELA");
  }
  return places.map(([start, length, size]) =>
    ({ bytes: whole(segments, value.get(start), value.get(length), size), size }));
}

function whole(segments, address, length, size) {
  if (length % size !== 0) throw new Refused("a relocation is cut off");
  return exactly(segments.from(address), length, "a relocation table");
}

/** All relocations, each as {type, index} of a symbol. Throws Refused. */
export function* relocationsOf(header, dynamic, segments) {
  const { u32, word, wordSize } = fields(header);
  const wide = wordSize === 8;
  const high = header.data === 2 ? 0 : 4; // where the upper half of a word stands
  for (const { bytes, size } of tables(dynamic, segments, wordSize)) {
    for (let at = 0; at < bytes.length; at += size) {
      const info = at + wordSize;
      if (wide) yield { type: u32(bytes, info + 4 - high), index: u32(bytes, info + high) };
      else yield { type: word(bytes, info) & 0xff, index: word(bytes, info) >>> 8 };
    }
  }
}

/** Whether the object has relocations in DT_RELR. Throws Refused. */
export function hasRelr(header, { value }, segments) {
  const length = value.get(DT.RELRSZ) ?? 0;
  if (!value.has(DT.RELR) || length === 0) return false;
  whole(segments, value.get(DT.RELR), length, fields(header).wordSize);
  return true;
}
