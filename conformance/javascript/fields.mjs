// The numbers in an ELF file, whose size and byte order its first bytes give.

const HIGH = 2 ** 32;

/**
 * Readers {u16, u32, word} of numbers in a Buffer, and the size of a word in bytes. A word above
 * 2^53 loses digits; it is too large for a place in a file either way.
 */
export function fields({ bits, data }) {
  const big = data === 2;
  const u16 = big ? (b, at) => b.readUInt16BE(at) : (b, at) => b.readUInt16LE(at);
  const u32 = big ? (b, at) => b.readUInt32BE(at) : (b, at) => b.readUInt32LE(at);
  const u64 = big
    ? (b, at) => b.readUInt32BE(at) * HIGH + b.readUInt32BE(at + 4)
    : (b, at) => b.readUInt32LE(at + 4) * HIGH + b.readUInt32LE(at);
  return bits === 64 ? { u16, u32, word: u64, wordSize: 8 } : { u16, u32, word: u32, wordSize: 4 };
}
