// What an auditor has to know of one object: an ELF file inside a wheel.

import { fitsArch, isListedMachine } from "./architectures.mjs";
import { DT, dynamicOf } from "./dynamic.mjs";
import { bytesSource, readHeader, readInterpreter, readTable } from "./elf.mjs";
import { Refused } from "./refused.mjs";
import { NONE, relocationKinds } from "./relocation-types.mjs";
import { hasRelr, relocationsOf } from "./relocations.mjs";
import { segmentsOf } from "./segments.mjs";
import { TooManyNames, stringsOf } from "./strings.mjs";
import { symbolsOf } from "./symbols.mjs";

const TYPES = { relocatable: 1, executable: 2, core: 4 };
const DF_1_PIE = 0x08000000;
const MAGIC = "\x7fELF";
const NO_KINDS = { irelative: () => false, initialExec: () => false, copy: () => false };

const baseName = (path) => path.slice(path.lastIndexOf("/") + 1);

/** Symbols that are taken to be the interpreter's. Implements audit.provided. */
export const fromInterpreter = (name) => /^_?Py/.test(name);

/** Does steps of reading. A step that finds a contradiction gives what stands for nothing read. */
class Reading {
  malformed = false;

  async step(read, otherwise) {
    try {
      return await read();
    } catch (error) {
      if (error instanceof TooManyNames || !(error instanceof Refused || error instanceof RangeError)) throw error;
      this.malformed = true;
      return otherwise;
    }
  }
}

/** What the relocations ask for. Throws Refused. Implements audit.weak. */
function asked(header, dynamic, segments, symbols, nameAt, kinds) {
  const found = { wanted: new Set(), copied: new Set(), refused: false, initialExec: false };
  const seen = new Map();
  const named = (index) => {
    if (!seen.has(index)) seen.set(index, { ...symbols.symbol(index), name: null });
    return seen.get(index);
  };
  for (const { type, index } of relocationsOf(header, dynamic, segments)) {
    if (type === NONE) continue;
    const symbol = index === 0 ? null : named(index);
    if (symbol !== null && !symbol.local) symbol.name ??= nameAt(symbol.nameAt);
    const needed = symbol !== null && !symbol.local && !symbol.defined;
    if (needed && !symbol.weak) found.wanted.add(symbol.name);
    if (kinds.copy(type) && symbol?.name) found.copied.add(symbol.name);
    if (kinds.irelative(type) || symbol?.ifunc) found.refused = true;
    // The interpreter's thread-local storage has its place since the program started.
    if (kinds.initialExec(type) && !(needed && fromInterpreter(symbol.name))) found.initialExec = true;
  }
  return found;
}

/** The dynamic part of an object. Each step stands alone: what can be read counts. */
async function linkage(reading, bytes, header, table, kinds, budget) {
  const segments = segmentsOf(bytes, header, table);
  if (!segments.sound) reading.malformed = true;
  const dynamic = await reading.step(() => dynamicOf(header, segments), { needed: [], value: new Map() });
  const nameAt = await reading.step(() => stringsOf(dynamic, segments, budget), () => { throw new Refused("no names"); });
  const names = (offsets) => reading.step(() => offsets.map(nameAt), []);
  const needed = new Set(await names(dynamic.needed));
  const [soname = null] = await names(dynamic.value.has(DT.SONAME) ? [dynamic.value.get(DT.SONAME)] : []);
  // Machines that Appendix A does not name have hash tables and relocations of their own.
  const quiet = isListedMachine(header.machine) ? reading : new Reading();
  const symbols = await quiet.step(() => symbolsOf(header, dynamic, segments, nameAt), null);
  const nothing = { wanted: new Set(), copied: new Set(), refused: false, initialExec: false };
  return {
    needed,
    soname,
    defined: symbols?.defined ?? new Set(),
    relr: await quiet.step(() => hasRelr(header, dynamic, segments), false),
    pie: ((dynamic.value.get(DT.FLAGS_1) ?? 0) & DF_1_PIE) !== 0,
    ...(symbols && await quiet.step(() => asked(header, dynamic, segments, symbols, nameAt, kinds), null)) ?? nothing,
  };
}

/** The file name of the loader, or null; `present` if there is a PT_INTERP, however broken. */
async function loaderOf(reading, source, header, table) {
  const broken = { present: true, name: null };
  return reading.step(async () => {
    const path = await readInterpreter(source, header, table);
    return { present: path !== null, name: path && baseName(path.toString("latin1")) };
  }, broken);
}

/**
 * The object in a file of a wheel, or null if it is none: no ELF file, or one that nothing
 * loads. What contradicts itself or is cut off is `malformed`; nothing of what could not be read
 * stands in the answer then. `budget` is a nameBudget.
 */
export async function objectOf(path, bytes, arch, budget) {
  if (bytes.toString("latin1", 0, MAGIC.length) !== MAGIC) return null;
  const reading = new Reading();
  const source = bytesSource(bytes);
  const found = await reading.step(() => readHeader(source), null);
  if (found === null) return { path, fileName: baseName(path), malformed: true, header: null, fits: false };
  const { header } = found;
  if (header.type === TYPES.relocatable || header.type === TYPES.core) return null;
  const fits = fitsArch(header, arch);
  const kinds = fits ? relocationKinds(arch) : NO_KINDS;
  const table = await reading.step(() => readTable(source, found), Buffer.alloc(0));
  const loader = await loaderOf(reading, source, header, table);
  const linked = await linkage(reading, bytes, header, table, kinds, budget);
  const program = loader.present || header.type === TYPES.executable || linked.pie;
  return {
    path,
    fileName: baseName(path),
    malformed: reading.malformed,
    header,
    fits,
    loader: loader.name,
    program,
    isStatic: program && !loader.present,
    extension: [...linked.defined].some((name) => /^PyInitU?_/.test(name)),
    ...linked,
  };
}
