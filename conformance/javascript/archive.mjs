// Reading zip archives that anyone may have made: stored and deflated entries, no zip64.

import { promisify } from "node:util";
import { inflateRaw } from "node:zlib";

import { crc32 } from "./crc32.mjs";
import { Refused } from "./refused.mjs";

const inflate = promisify(inflateRaw);

const END_SIZE = 22;
const ENTRY_SIZE = 46;
const LOCAL_SIZE = 30;
const LONGEST_COMMENT = 65_535;
const MOST_DIRECTORY = 2 ** 24;
const MOST_INFLATED = 2 ** 30; // of all entries together
const ENCRYPTED = 0x1;
const METHODS = { stored: 0, deflated: 8 };
const ZIP64 = 0xffffffff;

async function bytesAt(handle, offset, length, what) {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) throw new Refused(`${what} lies outside the zip archive`);
    done += bytesRead;
  }
  return bytes;
}

/** {bytes, shift} of the central directory; what stands before the archive shifts all offsets. */
async function directory(handle, size) {
  const tail = Math.min(size, END_SIZE + LONGEST_COMMENT);
  const bytes = await bytesAt(handle, size - tail, tail, "the end");
  const at = bytes.subarray(0, Math.max(0, tail - END_SIZE + 4)).lastIndexOf("PK\x05\x06", undefined, "latin1");
  if (at < 0) throw new Refused("no zip archive: its directory's end is missing");
  const end = bytes.subarray(at);
  if (end.readUInt16LE(4) !== 0 || end.readUInt16LE(6) !== 0) throw new Refused("the zip archive has several disks");
  const length = end.readUInt32LE(12);
  const offset = end.readUInt32LE(16);
  if (length === ZIP64 || offset === ZIP64) throw new Refused("zip64 is not read");
  if (length > MOST_DIRECTORY) throw new Refused("the zip archive's directory is too long");
  const start = size - tail + at - length;
  if (start < offset) throw new Refused("the zip archive's directory lies outside it");
  return { bytes: await bytesAt(handle, start, length, "the directory"), shift: start - offset };
}

function* listed({ bytes, shift }) {
  for (let at = 0; at < bytes.length;) {
    if (at + ENTRY_SIZE > bytes.length || bytes.readUInt32BE(at) !== 0x504b0102) {
      throw new Refused("the zip archive's directory is broken");
    }
    const nameEnd = at + ENTRY_SIZE + bytes.readUInt16LE(at + 28);
    const next = nameEnd + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    if (next > bytes.length) throw new Refused("the zip archive's directory is cut off");
    yield {
      // latin1 keeps the bytes as they are; names in ELF files are bytes, too.
      name: bytes.toString("latin1", at + ENTRY_SIZE, nameEnd),
      flags: bytes.readUInt16LE(at + 8),
      method: bytes.readUInt16LE(at + 10),
      crc: bytes.readUInt32LE(at + 16),
      packed: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      offset: shift + bytes.readUInt32LE(at + 42),
    };
    at = next;
  }
}

async function packedBytes(handle, entry) {
  const local = await bytesAt(handle, entry.offset, LOCAL_SIZE, "an entry");
  if (local.readUInt32BE(0) !== 0x504b0304) throw new Refused("an entry of the zip archive has no header");
  const nameLength = local.readUInt16LE(26);
  const name = await bytesAt(handle, entry.offset + LOCAL_SIZE, nameLength, "a name");
  if (name.toString("latin1") !== entry.name) throw new Refused("an entry of the zip archive has two names");
  const start = entry.offset + LOCAL_SIZE + nameLength + local.readUInt16LE(28);
  return bytesAt(handle, start, entry.packed, "an entry");
}

async function unpacked(packed, { method, size }) {
  if (method === METHODS.stored) return packed;
  try {
    return await inflate(packed, { maxOutputLength: Math.max(1, size) });
  } catch {
    throw new Refused("an entry of the zip archive cannot be inflated");
  }
}

async function content(handle, entry) {
  const { flags, method, packed, size } = entry;
  if (flags & ENCRYPTED) throw new Refused("the zip archive is encrypted");
  if (!Object.values(METHODS).includes(method)) throw new Refused(`compression method ${method} is not read`);
  if (packed > size + 2 ** 20) throw new Refused("an entry of the zip archive is too long");
  const bytes = await unpacked(await packedBytes(handle, entry), entry);
  if (bytes.length !== size || crc32(bytes) !== entry.crc) throw new Refused("an entry of the zip archive is damaged");
  return bytes;
}

/**
 * Yields {name, bytes} of each file in the zip archive of `size` bytes behind `handle`
 * (fs.promises.FileHandle), one at a time. Throws Refused for what cannot be read in full.
 */
export async function* filesOfZip(handle, size) {
  const entries = [...listed(await directory(handle, size))];
  const inflated = entries.reduce((sum, entry) => sum + entry.size, 0);
  if (inflated > MOST_INFLATED) throw new Refused("the zip archive holds more than 1 GiB");
  for (const entry of entries) {
    const bytes = await content(handle, entry);
    if (!entry.name.endsWith("/")) yield { name: entry.name, bytes };
  }
}
