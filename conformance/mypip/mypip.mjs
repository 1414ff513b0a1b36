// The same example as a program for Node, which the suite starts and asks line by line.
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { createInterface } from "node:readline";

const PYTHON = 12; // Wheels are chosen for CPython 3.12.
// Appendix A: ARCH, kind of ELF file, mask of e_flags, their value, uname.
const ARCHES = [
  ["x86_64", "64 LSB 62", 0, 0, ["x86_64"]],
  ["i686", "32 LSB 3", 0, 0, ["i686", "x86_64"]],
  ["aarch64", "64 LSB 183", 0, 0, ["aarch64"]],
  ["aarch64_be", "64 MSB 183", 0, 0, ["aarch64_be"]],
  ["armv7l", "32 LSB 40", 0xff000600, 0x05000400, ["armv7l", "armv8l", "aarch64"]],
  ["armv6l", "32 LSB 40", 0xff000600, 0x05000400, ["armv6l"]],
  ["ppc64le", "64 LSB 21", 3, 2, ["ppc64le"]],
  ["ppc64", "64 MSB 21", 3, 2, ["ppc64"]],
  ["s390x", "64 MSB 22", 0, 0, ["s390x"]],
  ["riscv64", "64 LSB 243", 6, 4, ["riscv64"]],
  ["loongarch64", "64 LSB 258", 7, 3, ["loongarch64"]],
];

function check(truth, otherwise) {
  if (!truth) throw new Error(otherwise);
}

// Return the loader (bytes) that an interpreter's file names, and the file's ARCH.
function readElf(path, uname) {
  check(statSync(path).isFile(), "no regular file"); // Reading a FIFO would wait for ever.
  const elf = readFileSync(path);
  const [bits, order] = [{ 1: 32, 2: 64 }[elf[4]], { 1: "LSB", 2: "MSB" }[elf[5]]];
  const [wide, little] = [bits === 64, order === "LSB"];
  check(elf.readUInt32BE(0) === 0x7f454c46 && bits && order, "no ELF file");
  check(elf.length >= (wide ? 64 : 52), "the ELF header is cut short");
  const view = new DataView(elf.buffer, elf.byteOffset, elf.length);
  const half = (offset) => view.getUint16(offset, little);
  const word = (offset) => view.getUint32(offset, little);
  // Beyond 2^53 a number loses its last digits, but every file has ended by then.
  const long = (offset) => (wide ? Number(view.getBigUint64(offset, little)) : word(offset));
  const [kind, flags] = [`${bits} ${order} ${half(18)}`, word(wide ? 48 : 36)];
  const rows = ARCHES.filter((row) => row[1] === kind && (flags & row[2]) === row[3]);
  const [arch] = uname === "armv6l" && rows.length === 2 ? rows[1] : rows[0];
  const [start, size, count] = [long(wide ? 32 : 28), wide ? 56 : 32, half(wide ? 56 : 44)];
  const end = start + count * size;
  const fits = half(wide ? 54 : 42) === size && end - start <= 65536 && end <= elf.length;
  check(!count || fits, "malformed program header table");
  for (let at = start; at < end; at += size) {
    if (word(at) !== 3) continue; // Not PT_INTERP.
    const [offset, length] = [long(at + (wide ? 8 : 4)), long(at + (wide ? 32 : 16))];
    check(length >= 2 && length <= 4096 && offset + length <= elf.length, "out of bounds");
    const loader = elf.subarray(offset, offset + length);
    check(loader[0] === 47 && loader[length - 1] === 0, "PT_INTERP is no absolute path");
    return [loader.subarray(0, loader.indexOf(0)), arch];
  }
  throw new Error("no PT_INTERP");
}

// Return the first bytes that a loader writes to standard error, a character for each.
function run(path) {
  const start = statSync(path).isFile() ? readFileSync(path).toString("latin1", 0, 2) : "";
  check(start === "#!" || start === "\x7fE", "no program: Node would give it to a shell");
  // A path is bytes, which spawnSync does not take: open it, and run what was opened.
  const loader = openSync(path);
  const stdio = ["ignore", "ignore", "pipe", loader];
  const bounds = { timeout: 10000, maxBuffer: 65536, killSignal: "SIGKILL" };
  const { error, stderr } = spawnSync("/proc/self/fd/3", [], { env: {}, stdio, ...bounds });
  closeSync(loader);
  if (error && !(stderr?.length >= 65536)) throw error; // Except that it wrote enough.
  return stderr.toString("latin1", 0, 65536);
}

const FIRST = /^[ \t\r\n]*musl libc(?: \([^\n()]*\))?[ \t\r]*\n[ \t\r\n]*/.source;
const SECOND = /Version (0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})(?!\d)/.source;
const VERSION = /(?:\d+!)?\d+(?:\.\d+)*(?:\.?(?:a|b|rc|post|dev)\d+)*(?:\+[\w.]+)?/.source;
const WHEEL = RegExp(`^[\\w.]+-${VERSION}(?:-(\\d+)[^-]*)?-([^-]+)-([^-]+)-([^-]+)\\.whl$`);

function detect({ executable, machine }) {
  try {
    const [loader, arch] = readElf(executable, machine);
    const [, major, minor] = RegExp(FIRST + SECOND).exec(run(loader));
    return { musl: [Number(major), Number(minor)], arch };
  } catch {
    return null; // Whatever failed: see detect.failure.
  }
}

function platform_tags({ musl: [major, running], machine, pointer_bits }) {
  const fits = ([, kind, , , uname]) => kind.startsWith(pointer_bits) && uname.includes(machine);
  const minors = Array.from({ length: running + 1 }, (_, n) => running - n);
  const named = ([arch]) => minors.map((minor) => `musllinux_${major}_${minor}_${arch}`);
  return ARCHES.filter(fits).flatMap(named); // One row fits, or none.
}

function select({ files, ...host }) {
  const cp = `cp3${PYTHON}`;
  const older = Array.from({ length: PYTHON }, (_, n) => PYTHON - 1 - n);
  const native = [`${cp}-${cp}`, `${cp}-abi3`, `${cp}-none`, ...older.map((n) => `cp3${n}-abi3`)];
  const pure = [`py3${PYTHON}-none`, "py3-none", ...older.map((n) => `py3${n}-none`)];
  const platforms = platform_tags(host);
  const tags = [...native, ...pure].flatMap((each) => platforms.map((p) => `${each}-${p}`));
  tags.push(...[`${cp}-none`, ...pure].map((each) => `${each}-any`));
  let best = { rank: Infinity, build: -1, filename: null };
  for (const { filename, yanked } of files) {
    const parts = WHEEL.exec(filename);
    if (yanked || !parts) continue;
    const [pythons, abis, its] = parts.slice(2).map((set) => set.split("."));
    const fits = (tag) => [pythons, abis, its].every((set, n) => set.includes(tag.split("-")[n]));
    const [rank, build] = [tags.findIndex(fits), Number(parts[1] ?? -1)];
    if (rank >= 0 && (rank < best.rank || (rank === best.rank && build > best.build)))
      best = { rank, build, filename };
  }
  return best.filename;
}

const operations = { detect, platform_tags, select };
function answer({ id, op, hello, ...fields }) {
  const about = { name: "mypip.mjs", version: "1.0", language: "JavaScript", lineage: [] };
  if (hello) return { ...about, python: `3.${PYTHON}`, operations: Object.keys(operations) };
  try {
    return { id, ok: operations[op](fields) };
  } catch (error) {
    return { id, error: String(error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.bye) break;
  process.stdout.write(`${JSON.stringify(answer(message))}\n`);
}
