// Appendix A: which ELF files and which kernels belong to which ARCH.

// [ARCH, class in bits, EI_DATA, e_machine, "kernel says", mask and value of e_flags]
const LSB = 1;
const MSB = 2;
const ROWS = [
  ["x86_64", 64, LSB, 62, ["x86_64"], 0, 0],
  ["i686", 32, LSB, 3, ["i686", "x86_64"], 0, 0],
  ["aarch64", 64, LSB, 183, ["aarch64"], 0, 0],
  ["aarch64_be", 64, MSB, 183, ["aarch64_be"], 0, 0],
  ["armv7l", 32, LSB, 40, ["armv7l", "armv8l", "aarch64"], 0xff000600, 0x05000400],
  ["armv6l", 32, LSB, 40, ["armv6l"], 0xff000600, 0x05000400],
  ["ppc64le", 64, LSB, 21, ["ppc64le"], 0x3, 0x2],
  ["ppc64", 64, MSB, 21, ["ppc64"], 0x3, 0x2],
  ["s390x", 64, MSB, 22, ["s390x"], 0, 0],
  ["riscv64", 64, LSB, 243, ["riscv64"], 0x6, 0x4],
  ["loongarch64", 64, LSB, 258, ["loongarch64"], 0x7, 0x3],
].map(([arch, bits, data, machine, kernels, mask, value]) =>
  ({ arch, bits, data, machine, kernels, mask, value }));

export const ARCHS = ROWS.map((row) => row.arch);

const isListed = (name) => ROWS.some((row) => row.arch === name || row.kernels.includes(name));

/** The name a kernel reports, spelled as an ARCH, or null if Appendix A has that. Implements
 * arch.unlisted. */
function unlisted(kernel) {
  const arch = kernel.replace(/[^a-z0-9_]/gu, "_");
  return isListed(arch) ? null : arch;
}

/** Whether a row holds an ELF file with this header. */
const holds = (row, { bits, data, machine, flags }) =>
  row.bits === bits && row.data === data && row.machine === machine &&
  // >>> 0, because & of two numbers is signed.
  ((flags & row.mask) >>> 0) === row.value;

/** ARCH of an ELF header alone, or null. Implements arch.from-elf. */
export const archOfElf = (header) => ROWS.find((row) => holds(row, header))?.arch ?? null;

/** Whether an ELF file with this header is for `arch`. Two ARCHs may share all headers. */
export const fitsArch = (header, arch) => ROWS.some((row) => row.arch === arch && holds(row, header));

export const isListedMachine = (machine) => ROWS.some((row) => row.machine === machine);

/**
 * ARCH of an interpreter from its ELF header and the kernel's machine name, or null if it has
 * none. Implements arch.kernel, arch.mismatch, arch.armv6l and arch.unlisted.
 */
export function archOfInterpreter(header, kernel) {
  const arch = archOfElf(header);
  if (arch === "armv7l" && kernel === "armv6l") return "armv6l";
  if (arch !== null || ROWS.some((row) => row.machine === header.machine)) return arch;
  return unlisted(kernel);
}

/**
 * ARCH where no ELF file is read, or null. Implements arch.pointer-size, arch.no-row,
 * arch.armv6l and arch.unlisted.
 */
export function archOfKernel(kernel, pointerBits) {
  const row = ROWS.find((r) => r.bits === pointerBits && r.kernels.includes(kernel));
  if (row) return row.arch;
  return unlisted(kernel);
}
