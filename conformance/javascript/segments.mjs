// Where the parts of an ELF object stand in memory, and which bytes of the file they are.

import { fields } from "./fields.mjs";
import { Refused } from "./refused.mjs";

const PT_LOAD = 1;
const PT_DYNAMIC = 2;

/** {type, offset, address, fileSize, memorySize} of each program header. */
function headers(header, table) {
  const { u32, word } = fields(header);
  const wide = header.bits === 64;
  const [size, offset, address, fileSize, memorySize] = wide ? [56, 8, 16, 32, 40] : [32, 4, 8, 16, 20];
  return Array.from({ length: table.length / size }, (_, i) => i * size).map((at) => ({
    type: u32(table, at),
    offset: word(table, at + offset),
    address: word(table, at + address),
    fileSize: word(table, at + fileSize),
    memorySize: word(table, at + memorySize),
  }));
}

/**
 * The segments of an object: {dynamic, sound, from}. `dynamic` is the header PT_DYNAMIC or null.
 * `sound` is false if a segment contradicts itself or the file is cut off. from(address) gives
 * the bytes of the file that are loaded from there on, to the end of their segment; it throws
 * Refused if there are none.
 */
export function segmentsOf(bytes, header, table) {
  const all = headers(header, table);
  const loads = all.filter((s) => s.type === PT_LOAD && s.memorySize > 0);
  const sound = loads.every((s) => s.fileSize <= s.memorySize && s.offset + s.fileSize <= bytes.length);
  // Of several, the loader takes the last one; later segments lie above earlier ones.
  const dynamic = all.findLast((s) => s.type === PT_DYNAMIC && s.fileSize > 0) ?? null;
  function from(address) {
    const load = loads.findLast((s) => address >= s.address && address < s.address + s.fileSize);
    if (load === undefined) throw new Refused(`nothing is loaded at ${address}`);
    const start = load.offset + (address - load.address);
    return bytes.subarray(Math.min(start, bytes.length), Math.min(load.offset + load.fileSize, bytes.length));
  }
  return { dynamic, sound, from };
}

/** The first `length` of some bytes. Throws Refused if they are fewer. */
export function exactly(bytes, length, what) {
  if (length > bytes.length) throw new Refused(`${what} is cut off`);
  return bytes.subarray(0, length);
}
