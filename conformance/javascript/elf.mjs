// Reading an ELF file as far as the kernel does to find its loader.

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
 * The header {bits, data, machine, flags} and the loader's path (a Buffer, or null without
 * PT_INTERP). Throws Refused for what is no ELF file or a malformed one.
 * Implements elf.magic, elf.class, elf.byte-order, elf.program-headers,
 * elf.first-interpreter, elf.interpreter-bounds and elf.interpreter-path.
 */
export async function readElf(source) {
  const ident = await bytesAt(source, 0n, 16, "the ELF header");
  if (ident.readUInt32BE(0) !== 0x7f454c46) throw new Refused("the file does not begin with 7f 45 4c 46");
  const bits = { 1: 32, 2: 64 }[ident[4]];
  if (bits === undefined) throw new Refused(`EI_CLASS is ${ident[4]}, neither 1 nor 2`);
  const data = ident[5];
  if (data !== 1 && data !== 2) throw new Refused(`EI_DATA is ${data}, neither 1 nor 2`);

  const wide = bits === 64;
  const big = data === 2;
  const u16 = (b, at) => (big ? b.readUInt16BE(at) : b.readUInt16LE(at));
  const u32 = (b, at) => (big ? b.readUInt32BE(at) : b.readUInt32LE(at));
  const u64 = (b, at) => (big ? b.readBigUInt64BE(at) : b.readBigUInt64LE(at));
  const word = (b, at) => (wide ? u64(b, at) : BigInt(u32(b, at)));

  const header = await bytesAt(source, 0n, wide ? 64 : 52, "the ELF header");
  const machine = u16(header, 18);
  const flags = u32(header, wide ? 48 : 36);
  const found = { header: { bits, data, machine, flags }, interpreter: null };

  const tableAt = word(header, wide ? 32 : 28);
  const entrySize = u16(header, wide ? 54 : 42);
  const entries = u16(header, wide ? 56 : 44);
  if (entries === 0) return found;
  if (entrySize !== (wide ? 56 : 32)) throw new Refused(`e_phentsize is ${entrySize}`);
  if (entries * entrySize > 65536) throw new Refused("the program header table exceeds 65536 bytes");
  const table = await bytesAt(source, tableAt, entries * entrySize, "the program header table");

  for (let at = 0; at < table.length; at += entrySize) {
    if (u32(table, at) !== PT_INTERP) continue;
    const offset = word(table, at + (wide ? 8 : 4));
    const size = word(table, at + (wide ? 32 : 16));
    if (size < 2n || size > 4096n) throw new Refused(`p_filesz of PT_INTERP is ${size}, not from 2 to 4096`);
    const path = await bytesAt(source, offset, Number(size), "PT_INTERP");
    if (path[0] === 0) throw new Refused("the path in PT_INTERP is empty");
    if (path[path.length - 1] !== 0) throw new Refused("PT_INTERP does not end in NUL");
    found.interpreter = path.subarray(0, path.indexOf(0));
    break;
  }
  return found;
}
