// How many dynamic symbols an ELF object has: only its hash tables tell.

import { DT } from "./dynamic.mjs";
import { fields } from "./fields.mjs";
import { Refused } from "./refused.mjs";
import { exactly } from "./segments.mjs";

const EM_S390 = 22;

/** By DT_HASH. Its numbers have 32 bits, but on 64-bit s390x 64. */
function countByHash(header, bytes) {
  const { u32, word } = fields(header);
  const wide = header.machine === EM_S390 && header.bits === 64;
  const [read, size] = wide ? [word, 8] : [u32, 4];
  exactly(bytes, 2 * size, "DT_HASH");
  const [buckets, chains] = [read(bytes, 0), read(bytes, size)];
  exactly(bytes, (2 + buckets + chains) * size, "DT_HASH");
  return chains;
}

/** By DT_GNU_HASH: the end of the last chain. Undefined symbols may stand beyond it if no symbol
 *  is defined, because such a table is written without their number. */
function countByGnuHash(header, bytes) {
  const { u32, wordSize } = fields(header);
  exactly(bytes, 16, "DT_GNU_HASH");
  const [buckets, first, words] = [0, 4, 8].map((at) => u32(bytes, at));
  const bucketsAt = 16 + words * wordSize;
  const chainsAt = bucketsAt + buckets * 4;
  exactly(bytes, chainsAt, "DT_GNU_HASH");
  let last = 0;
  for (let at = bucketsAt; at < chainsAt; at += 4) last = Math.max(last, u32(bytes, at));
  if (last === 0) return first;
  if (last < first) throw new Refused("DT_GNU_HASH names a symbol before its first");
  for (let at = chainsAt + (last - first) * 4; at + 4 <= bytes.length; at += 4, last += 1) {
    if (u32(bytes, at) & 1) return last + 1;
  }
  throw new Refused("a chain of DT_GNU_HASH has no end");
}

/** {count, exact}: not exact if more symbols may follow. Throws Refused. */
export function symbolCount(header, { value }, segments) {
  const gnu = value.has(DT.GNU_HASH) ? countByGnuHash(header, segments.from(value.get(DT.GNU_HASH))) : null;
  if (value.has(DT.HASH)) return { count: countByHash(header, segments.from(value.get(DT.HASH))), exact: true };
  if (gnu === null) throw new Refused("the dynamic symbols have no hash table");
  return { count: gnu, exact: false };
}
