// Reading an ELF file as far as the kernel does to find its loader.

import { fields } from "./fields.mjs";
import { Refused } from "./refused.mjs";

const PT_INTERP = 3;

/**
 * Reads `length` bytes at `offset` (BigInt) and refuses what lies outside the file.
 * A source has a size (BigInt) and read(offset, length), both numbers.
 */
async function bytesAt(source, offset, length, what) {
  if (offset + BigInt(length) > source.size) throw new Refused(`${what} lies outside the file`);
  const bytes = await source.read(Number(offset), length);
  if (bytes.length !== length) throw new Refused(`${what} could not be read in full`);
  return bytes;
}

/** A source over bytes in memory. */
export const bytesSource = (bytes) => ({
  size: BigInt(bytes.length),
  read: async (offset, length) => bytes.subarray(offset, offset + length),
});

/** A source over an open file (fs.promises.FileHandle) of a known size. */
export const fileSource = (handle, size) => ({
  size,
  read: async (offset, length) => {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  },
});

/**
 * The header {type, bits, data, machine, flags} and the place of the program headers. Throws
 * Refused for what is no ELF file or a malformed one. Implements elf.magic, elf.class and
 * elf.byte-order.
 */
export async function readHeader(source) {
  const ident = await bytesAt(source, 0n, 16, "the ELF header");
  if (ident.readUInt32BE(0) !== 0x7f454c46) throw new Refused("the file does not begin with 7f 45 4c 46");
  const bits = { 1: 32, 2: 64 }[ident[4]];
  if (bits === undefined) throw new Refused(`EI_CLASS is ${ident[4]}, neither 1 nor 2`);
  const data = ident[5];
  if (data !== 1 && data !== 2) throw new Refused(`EI_DATA is ${data}, neither 1 nor 2`);

  const wide = bits === 64;
  const { u16, u32 } = fields({ bits, data });
  const bytes = await bytesAt(source, 0n, wide ? 64 : 52, "the ELF header");
  return {
    header: { type: u16(bytes, 16), bits, data, machine: u16(bytes, 18), flags: u32(bytes, wide ? 48 : 36) },
    tableAt: exactWord(bytes, wide ? 32 : 28, { bits, data }),
    entrySize: u16(bytes, wide ? 54 : 42),
    entries: u16(bytes, wide ? 56 : 44),
  };
}

/** A word as a BigInt. */
function exactWord(bytes, at, { bits, data }) {
  if (bits === 32) return BigInt(fields({ bits, data }).u32(bytes, at));
  return data === 2 ? bytes.readBigUInt64BE(at) : bytes.readBigUInt64LE(at);
}

/** The program header table, a Buffer. Throws Refused. Implements elf.program-headers. */
export async function readTable(source, { header, tableAt, entrySize, entries }) {
  if (entries === 0) return Buffer.alloc(0);
  if (entrySize !== (header.bits === 64 ? 56 : 32)) throw new Refused(`e_phentsize is ${entrySize}`);
  if (entries * entrySize > 65536) throw new Refused("the program header table exceeds 65536 bytes");
  return bytesAt(source, tableAt, entries * entrySize, "the program header table");
}

/**
 * The loader's path (a Buffer), or null without PT_INTERP, by the program header table. Throws
 * Refused. Implements elf.first-interpreter, elf.interpreter-bounds and elf.interpreter-path.
 */
export async function readInterpreter(source, header, table) {
  const wide = header.bits === 64;
  const { u32 } = fields(header);
  for (let at = 0; at < table.length; at += wide ? 56 : 32) {
    if (u32(table, at) !== PT_INTERP) continue;
    const offset = exactWord(table, at + (wide ? 8 : 4), header);
    const size = exactWord(table, at + (wide ? 32 : 16), header);
    if (size < 2n || size > 4096n) throw new Refused(`p_filesz of PT_INTERP is ${size}, not from 2 to 4096`);
    const path = await bytesAt(source, offset, Number(size), "PT_INTERP");
    if (path[0] === 0) throw new Refused("the path in PT_INTERP is empty");
    if (path[path.length - 1] !== 0) throw new Refused("PT_INTERP does not end in NUL");
    return path.subarray(0, path.indexOf(0));
  }
  return null;
}

/**
 * The header and the loader's path (a Buffer, or null without PT_INTERP). Throws Refused for
 * what is no ELF file or a malformed one.
 */
export async function readElf(source) {
  const found = await readHeader(source);
  const table = await readTable(source, found);
  return { header: found.header, interpreter: await readInterpreter(source, found.header, table) };
}
