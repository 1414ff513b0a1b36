// Whether an interpreter is a musl program.

import { archOfInterpreter } from "./architectures.mjs";
import { parseBanner } from "./banner.mjs";
import { fileSource, readElf } from "./elf.mjs";
import { loaderStderr, openRegular } from "./loader.mjs";
import { pathBytes } from "./path-bytes.mjs";

const SLASH = 0x2f;

/**
 * {musl: [major, minor], arch} of the interpreter at `executable`, or null if it is not musl.
 * `machine` is the kernel's name. Nothing is kept between calls, and nothing is thrown.
 * Implements detect.executable, detect.presence, detect.no-interpreter, detect.relative-path,
 * detect.timeout-uncached and detect.failure.
 */
export async function detect(executable, machine) {
  try {
    const { header, interpreter } = await readInterpreter(pathBytes(executable));
    if (interpreter === null || interpreter[0] !== SLASH) return null;
    const arch = archOfInterpreter(header, machine);
    if (arch === null) return null;
    return { musl: parseBanner(await loaderStderr(interpreter)), arch };
  } catch {
    return null;
  }
}

async function readInterpreter(path) {
  const { handle, size } = await openRegular(path);
  try {
    return await readElf(fileSource(handle, size));
  } finally {
    await handle.close();
  }
}
